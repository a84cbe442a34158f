"""PagerDuty's Events API v2 as its reference states it: alerts by deduplication key, and what an event may be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.far_web import FarWeb, told

KEY = "R0UTINGKEY0123456789abcdefABCDEF"
SEVERITIES = ("critical", "error", "warning", "info")


@dataclass
class PagerDutyServer(FarWeb):
    """`alerts` are by deduplication key: `triggered`, `acknowledged` or `resolved`; `woken` counts new incidents."""

    alerts: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    woken: int = 0

    async def answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.method == "GET":
            return told(404)
        if request.path != "/v2/enqueue":
            return told(404)
        wrong = self._wrong(body)
        if wrong:
            return told(400, status="invalid event", message="Event object is invalid", errors=wrong)
        event = json.loads(body)
        self.events.append(event)
        self._take(event)
        return told(202, status="success", message="Event processed", dedup_key=event["dedup_key"])

    def _take(self, event: dict[str, Any]) -> None:
        key, now = event["dedup_key"], self.alerts.get(event["dedup_key"], "resolved")
        match event["event_action"]:
            case "trigger":
                self.woken += now == "resolved"
                self.alerts[key] = "triggered" if now == "resolved" else now
            case "acknowledge" if now != "resolved":
                self.alerts[key] = "acknowledged"
            case "resolve" if key in self.alerts:
                self.alerts[key] = "resolved"

    def _wrong(self, body: bytes) -> list[str]:
        if len(body) > 512 * 1024:
            return ["too large"]
        event = json.loads(body)
        found = []
        if len(event.get("routing_key", "")) != 32:
            found.append("Length of 'routing_key' is incorrect (should be 32 characters)")
        if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
            found.append("'event_action' is invalid")
        if not 0 < len(event.get("dedup_key", "")) <= 255:
            found.append("'dedup_key' is invalid")
        if event.get("event_action") == "trigger":
            payload = event.get("payload", {})
            if not 0 < len(payload.get("summary", "")) <= 1024:
                found.append("'payload.summary' is missing or too long")
            if not payload.get("source") or payload.get("severity") not in SEVERITIES:
                found.append("'payload.source' or 'payload.severity' is invalid")
            if any(set(link) - {"href", "text"} for link in event.get("links", ())):
                found.append("'links' is invalid")
        return found
