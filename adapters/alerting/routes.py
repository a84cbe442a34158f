"""Alertmanager's part (O3): what asks Perch to go down reaches its webhook at once; people hear by class and severity.

https://prometheus.io/docs/alerting/latest/configuration/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.alerting.promql import quoted
from adapters.alerting.writing import yaml_text

ACTING = 'perch_action=~"hold|kill|rollback"'
OURS = 'perch_role!=""'
"""All that Perch's rules make, and the rules about Perch itself."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Who hears what. `plans` are the only ones meant; without any it is about all. `token_file` lies where
    Alertmanager runs."""

    webhook: str
    token_file: str
    plans: Sequence[str] = ()
    default: str = "default"
    by_severity: Mapping[str, str] = field(default_factory=dict)
    by_class: Mapping[str, str] = field(default_factory=dict)


def routing_file(routing: Routing) -> str:
    """A whole `alertmanager.yml`, of which `routes`, `receivers` and `inhibit_rules` can be taken into another."""
    people = [routing.default, *routing.by_class.values(), *routing.by_severity.values()]
    config = {
        "route": {"receiver": routing.default, "routes": [_to_perch(routing), _to_people(routing)]},
        "receivers": [_perch(routing), *({"name": name} for name in dict.fromkeys(people))],
        "inhibit_rules": [_going_down()],
    }
    return yaml_text(config, _head(routing))


def _head(routing: Routing) -> list[str]:
    return [
        "What Perch's alert rules tell, made by `perch plan routing`. docs/alerting.md says how it works.",
        f"{routing.token_file} holds what Perch has in PERCH_WEBHOOK_TOKEN, and is for Alertmanager's user alone.",
        "Receivers that only have a name are yours to fill in. Into a file of your own take the routes, before others",
        "that may match, the receivers that you lack, and the inhibition.",
    ]


def _to_perch(routing: Routing) -> dict[str, Any]:
    """Each alert by itself, and without waiting for others."""
    return {
        "matchers": [ACTING, *_plans(routing.plans)],
        "receiver": "perch",
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "10s",
        "repeat_interval": "5m",
        "continue": True,
    }


def _to_people(routing: Routing) -> dict[str, Any]:
    """A class's people hear of it besides those of its severity."""
    classes = [_one("perch_class", name, to) | {"continue": True} for name, to in routing.by_class.items()]
    severities = [_one("severity", name, to) for name, to in routing.by_severity.items()]
    route = {
        "matchers": [OURS, *_plans(routing.plans, perchs_own=True)],
        "receiver": routing.default,
        "group_by": ["perch_plan", "perch_environment", "severity"],
        "group_wait": "10s",
        "group_interval": "1m",
        "repeat_interval": "4h",
    }
    routes = [*classes, *severities]
    return route | ({"routes": routes} if routes else {})


def _one(label: str, value: str, receiver: str) -> dict[str, Any]:
    return {"matchers": [f"{label}={quoted(value)}"], "receiver": receiver}


def _plans(plans: Sequence[str], *, perchs_own: bool = False) -> list[str]:
    if not plans:
        return []
    names = "|".join(map(re.escape, plans)).replace("\\", "\\\\")
    return [f'perch_plan=~"{"|" if perchs_own else ""}{names}"']


def _perch(routing: Routing) -> dict[str, Any]:
    """Perch does nothing about what is resolved, so it isn't told."""
    authorization = {"type": "Bearer", "credentials_file": routing.token_file}
    http = {"authorization": authorization, "follow_redirects": False}
    return {
        "name": "perch",
        "webhook_configs": [{"url": routing.webhook, "send_resolved": False, "http_config": http}],
    }


def _going_down() -> dict[str, Any]:
    """While a trigger takes it down, conditions that aren't met are no news."""
    return {
        "source_matchers": ['perch_role="trigger"', 'severity="critical"'],
        "target_matchers": ['perch_role="hard"'],
        "equal": ["perch_plan", "perch_environment"],
    }
