"""Who is told outside of Slack (O4): the kinds that a plan may name under `notifiers:`, each in one file."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.notifiers.apprise import AppriseNotifier, AppriseOptions
from adapters.notifiers.grafana import GrafanaNotifier, GrafanaOptions
from adapters.notifiers.jira import Jira, JiraOptions
from adapters.notifiers.pagerduty import PagerDuty, PagerDutyOptions
from adapters.notifiers.webhook import Webhook, WebhookOptions
from bot.domain.kinds import Kind
from bot.domain.urgencies import Hears
from bot.ports import Notifier

KINDS: Mapping[str, Kind[Notifier]] = {
    "pagerduty": Kind(PagerDutyOptions, PagerDuty, hears=Hears.PAGES),
    "jira": Kind(JiraOptions, Jira, hears=Hears.FOLLOWS),
    "webhook": Kind(WebhookOptions, Webhook),
    "grafana": Kind(GrafanaOptions, GrafanaNotifier),
    "apprise": Kind(AppriseOptions, AppriseNotifier),
}
