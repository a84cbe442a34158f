"""Kind `pagerduty` (O4): events by the Events API v2. One rollout is one alert, by its deduplication key.

https://developer.pagerduty.com/docs/events-api-v2-overview: 202 takes an event; 400 says what is wrong with it; 429
and 5xx are to be tried again. A summary has at most 1,024 characters, an event 512 KB, a routing key 32. Resolving
what isn't open does nothing there, and triggering what is open adds to it without waking anybody anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.http import Address, client, fetch, secret
from adapters.notifiers.options import Deadline, cut, one_line
from adapters.options import Options, VariableName
from bot.domain.kinds import Environment
from bot.domain.urgencies import Act, Urgency
from bot.ports import Denied, Notice

PREFIX = "perch/"
"""How the deduplication keys begin that are Perch's; the rollout's id follows."""
SUMMARY, DETAILS, LINK_TEXT, LINKS = 1024, 8000, 200, 20
KEY_LENGTH = 32
ACTIONS = {Act.OPENS: "trigger", Act.TAKEN: "acknowledge", Act.OVER: "resolve"}
SEVERITIES = {Urgency.PAGE: "critical", Urgency.TICKET: "error", Urgency.WARNING: "warning", None: "critical"}
"""Where nothing says how urgent it is, the plan named the pager by hand: then it's meant to wake somebody."""


class PagerDutyOptions(Options):
    """`notifiers: {oncall: {kind: pagerduty, routing_key_env: PD_KEY}}`. For the EU, `url` is another."""

    routing_key_env: VariableName
    url: Address = "https://events.pagerduty.com"
    timeout: Deadline = timedelta(seconds=10)


class PagerDuty:
    """The `Notifier` port over one integration of a PagerDuty service."""

    def __init__(self, options: PagerDutyOptions, environment: Environment) -> None:
        self._key = secret(options.routing_key_env, environment)
        self._name = options.routing_key_env
        self._url = options.url
        self._client = client(deadline_s=options.timeout.total_seconds(), kept_open=1)

    @property
    def target(self) -> str:
        return f"pagerduty by {self._name}"

    async def tell(self, notice: Notice) -> str:
        action = ACTIONS.get(notice.act)
        if action is None:
            return f"nothing: '{notice.event}' wakes nobody"
        self._check_key()
        await fetch(self._client, "POST", f"{self._url}/v2/enqueue", json=self._event(notice, action), expect=(202,))
        return f"{action} {PREFIX}{notice.rollout}"

    def _event(self, notice: Notice, action: str) -> Mapping[str, Any]:
        event = {"routing_key": self._key, "event_action": action, "dedup_key": f"{PREFIX}{notice.rollout}"[:255]}
        if action != "trigger":
            return event
        links = [{"href": href, "text": one_line(text, LINK_TEXT)} for text, href in notice.links.items()]
        return {**event, "client": "Perch", "links": links[:LINKS], "payload": _payload(notice)}

    async def rehearse(self) -> str:
        """Nothing of PagerDuty's tells whether a routing key is good without an event; so its form, and the way."""
        self._check_key()
        await fetch(self._client, "GET", self._url, expect=range(200, 500))
        return "answers; a key can't be tried without an event"

    def _check_key(self) -> None:
        if len(self._key) != KEY_LENGTH or not self._key.isalnum():
            raise Denied(f"{self._name} is no routing key: that has {KEY_LENGTH} letters and digits (Events API v2)")

    async def aclose(self) -> None:
        await self._client.aclose()


def _payload(notice: Notice) -> Mapping[str, Any]:
    classes = f" [{', '.join(notice.classes)}]" if notice.classes else ""
    reason = f": {notice.reason}" if notice.reason else ""
    details = {
        "event": notice.event,
        "reason": cut(notice.reason, DETAILS),
        "what": cut(notice.text, DETAILS),
        "plan": notice.plan,
        "environment": notice.environment,
        "version": notice.version,
        "rollout": notice.rollout,
        "classes": list(notice.classes),
    }
    return {
        "summary": one_line(f"{notice.subject}{classes}{reason}", SUMMARY),
        "source": one_line(f"perch/{notice.plan}/{notice.environment}", SUMMARY),
        "severity": SEVERITIES[notice.urgency],
        "timestamp": notice.at.isoformat(),
        "component": notice.service,
        "group": notice.plan,
        "class": ", ".join(notice.classes) or notice.event,
        "custom_details": details,
    }
