"""PagerDuty's webhook, read: who signed it, and what it says of an incident.

V3: https://developer.pagerduty.com/docs/webhooks-overview. `X-PagerDuty-Signature` holds, commas between, `v1=` and the
hex of HMAC-SHA256 over the body, one for each secret that is in force:
https://developer.pagerduty.com/docs/verifying-webhook-signatures.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.domain.severities import Severity

BEGINS, ENDS = frozenset({"incident.triggered", "incident.reopened"}), frozenset({"incident.resolved"})
LONGEST = 300
_PRIORITIES = {"P1": Severity.SEV1, "P2": Severity.SEV2, "P3": Severity.SEV3, "P4": Severity.SEV4, "P5": Severity.SEV4}


class NotPagerDuty(ValueError):
    """The body isn't what PagerDuty sends; the text says how, for whoever set it up."""


def signed(header: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Whether one of the signatures is by one of our secrets."""
    given = [each.strip().encode("utf-8", "surrogateescape") for each in header.split(",")]
    ours = ["v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    return any(hmac.compare_digest(one, other.encode()) for one in given for other in ours)


class _Named(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str = ""
    summary: str = ""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    incident_key: str | None = None
    title: str = ""
    urgency: str | None = None
    created_at: AwareDatetime | None = None
    service: _Named = _Named()
    priority: _Named | None = None


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    event_type: str
    occurred_at: AwareDatetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """An incident has begun, or is over. `key` is the deduplication key of what opened it, `service` PagerDuty's id."""

    id: str
    incident: str
    key: str
    service: str
    what: str
    severity: Severity
    began: datetime
    at: datetime
    over: bool


def read_event(body: bytes) -> IncidentEvent | str:
    """The event of a delivery; a sentence for one that Perch has no use for. Raises NotPagerDuty."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NotPagerDuty("The body is not JSON.") from None
    try:
        event = _Event.model_validate(payload.get("event") if isinstance(payload, dict) else None)
        if event.event_type not in BEGINS | ENDS:
            return f"'{event.event_type[:60]}' neither begins nor ends an incident"
        data = _Data.model_validate(event.data)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "event"
        raise NotPagerDuty(f"The body is not what PagerDuty's V3 webhooks send: {place}: {first['msg']}.") from None
    return IncidentEvent(
        id=event.id,
        incident=data.id,
        key=data.incident_key or "",
        service=data.service.id,
        what=" ".join(data.title.split())[:LONGEST] or "an incident without a title",
        severity=_severity(data),
        began=data.created_at or event.occurred_at,
        at=event.occurred_at,
        over=event.event_type in ENDS,
    )


def _severity(data: _Data) -> Severity:
    """By its priority, where there is one of the usual names; otherwise by its urgency, which is high or low."""
    named = _PRIORITIES.get(data.priority.summary.upper()) if data.priority else None
    return named or (Severity.SEV3 if data.urgency == "low" else Severity.SEV2)
