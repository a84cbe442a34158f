"""Alertmanager's webhook, read: which alerts there are, and what each asks of Perch. Only ways down can be asked.

The payload, version "4": https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

ACTIONS = ("rollback", "kill", "hold")
"""All that a webhook can ask for."""
MOST_LABELS, LONGEST = 20, 200


class NotAlerts(ValueError):
    """The body isn't what Alertmanager sends; the text says how, for whoever set it up."""


class Alert(BaseModel):
    """One alert of a delivery."""

    model_config = ConfigDict(frozen=True)

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    startsAt: str = ""
    fingerprint: str = ""

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "without a name")[:LONGEST]

    @property
    def concerns_rollouts(self) -> bool:
        """Whether it names a plan or a service of Perch's at all."""
        return any(self.labels.get(name) or self.annotations.get(name) for name in ("perch_plan", "perch_service"))

    @property
    def occasion(self) -> str:
        """The same for each notification of one firing, and another when it fires anew."""
        of = self.fingerprint or json.dumps(self.labels, sort_keys=True)
        return hashlib.sha256(f"{of}\n{self.startsAt}".encode()).hexdigest()[:20]

    @property
    def reason(self) -> str:
        """Why Perch acts, fit for the evidence and the channel."""
        severity = f" ({self.labels['severity'][:40]})" if self.labels.get("severity") else ""
        says = self.annotations.get("summary") or self.annotations.get("description") or ""
        return f"alert {self.name}{severity} is firing" + (f": {says[:LONGEST]}" if says else "")

    @property
    def shown_labels(self) -> Mapping[str, str]:
        """Its labels, cut to what a record needs."""
        return {name[:LONGEST]: value[:LONGEST] for name, value in sorted(self.labels.items())[:MOST_LABELS]}


@dataclass(frozen=True, slots=True)
class Wish:
    """What an alert asks for, and of which rollouts: those of a plan, or of all plans of a service."""

    action: str
    plan: str
    service: str
    environment: str

    def means(self, plan: str, service: str) -> bool:
        """Whether a rollout of this plan and service is meant, in whatever environment."""
        return plan == self.plan if self.plan else service == self.service

    def __str__(self) -> str:
        whom = f"the plan {self.plan}" if self.plan else f"the service {self.service}"
        return whom + (f" in {self.environment}" if self.environment else "")


def read_alerts(body: bytes) -> list[Alert | str]:
    """The alerts of a delivery, in order; one that can't be read is a sentence that says why. Raises NotAlerts."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAlerts("The body is not JSON.") from None
    if not isinstance(payload, dict) or not isinstance(payload.get("alerts"), list):
        raise NotAlerts('The body is not what Alertmanager sends: there is no list "alerts".')
    if payload.get("version") != "4":
        raise NotAlerts('Perch reads version "4" of Alertmanager\'s webhook, and this says another.')
    return [_alert(each) for each in payload["alerts"]]


def _alert(given: object) -> Alert | str:
    try:
        return Alert.model_validate(given)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        return f"this alert can't be read: {'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"


def wish(alert: Alert) -> Wish | str:
    """What a firing alert asks for; a sentence where it asks for nothing that can be done."""
    said = {**alert.annotations, **alert.labels}
    plan, service = said.get("perch_plan", ""), said.get("perch_service", "")
    action = said.get("perch_action", "").strip().lower()
    if not plan and not service:
        return "it has no label perch_plan or perch_service, so it concerns no rollout"
    if not action:
        return f"it has no label or annotation perch_action: one of {', '.join(ACTIONS)}"
    if action not in ACTIONS:
        return f"perch_action '{action[:40]}' is not open to a webhook, only {', '.join(ACTIONS)} are"
    return Wish(action, plan, service, said.get("perch_environment", ""))
