"""Rules and tests as the files that Prometheus reads; no text of a plan is taken for a template there.

https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from adapters.alerting.rules import Alert, RuleSet

NOW = '{{ $value | printf "%.4g" }}'


LONG = 90


class _Text(yaml.SafeDumper):
    """Long texts and several lines are written as they are, not folded."""


def _str(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text or len(text) > LONG else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Text.add_representer(str, _str)


def yaml_text(tree: Any, head: Iterable[str] = ()) -> str:
    """A YAML document, with these lines as comments before it."""
    lines = "".join(f"# {line}".rstrip() + "\n" for text in head for line in text.splitlines() or [""])
    return lines + yaml.dump(tree, Dumper=_Text, sort_keys=False, allow_unicode=True, width=110)


def plain(text: str) -> str:
    """A text that a template leaves as it is."""
    return text.replace("{{", '{{ "{{" }}')


def rule_file(rules: RuleSet) -> str:
    """For `rule_files` of the Prometheus that the plan asks."""
    group = {
        "name": rules.group,
        "rules": [
            *({"record": each.record, "expr": each.expr, "labels": each.labels} for each in rules.recorded),
            *(_alert(alert) for alert in rules.alerts),
        ],
    }
    return yaml_text({"groups": [group]}, _head(rules))


def _head(rules: RuleSet) -> list[str]:
    plan = rules.plan
    head = [
        f"Guardrails of the plan {plan.name} in {plan.environment}, for the Prometheus that it calls {rules.source}.",
        f"Made by `perch plan rules {plan.name}`: make it anew when the plan changes. docs/alerting.md tells more.",
        "This Prometheus must scrape Perch's /metrics with `honor_labels: true`.",
    ]
    if rules.left_out:
        head += ["", "Not in here, and watched by Perch alone:", *(f"- {each}" for each in rules.left_out)]
    return head


def _alert(alert: Alert) -> dict[str, Any]:
    lasting = {"for": alert.lasting} if alert.lasting else {}
    labels = {name: plain(value) for name, value in alert.labels.items()}
    made = {"alert": alert.name, "expr": alert.expr, **lasting, "labels": labels}
    return made | {"annotations": texts(alert, NOW)}


def texts(alert: Alert, now: str) -> dict[str, str]:
    """As the file says them with a template for `now`; as they come out with a number for it."""
    spelled = plain if now == NOW else str
    value = f" (now {now})" if alert.firing else ""
    told = {"summary": spelled(alert.summary) + value, "description": spelled(alert.description)}
    return told | ({"runbook_url": spelled(alert.runbook)} if alert.runbook else {})
