"""The sandbox's rollout in a hurry: the same service and the same words, with checks each second and short bakes.

What ends badly when it takes too long has half a minute; a story of such an end has less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FLAG = "${SANDBOX_SERVICE_URL}/flags/materializers"
SWITCH = "${SANDBOX_SERVICE_URL}/internal/kill-switch/materializers"
PATIENCE = "6s"
"""For a far side in the same process: a busy machine may keep it waiting."""
TRIGGERS = ["success_rate < 90%", "latency_p99 > 5s", "queue_depth > 500"]
"""Of every stage."""

HTTP_FLAG: Mapping[str, Any] = {
    "kind": "http",
    "apply": {"method": "PUT", "url": FLAG, "json": {"percent": "{percent}"}},
    "read": {"url": FLAG, "path": "percent"},
    "timeout": PATIENCE,
}
HTTP_SWITCH: Mapping[str, Any] = {
    "kind": "http",
    "engage": {"method": "POST", "url": SWITCH},
    "read": {"url": SWITCH, "path": "engaged", "off": True},
    "restore": {"method": "DELETE", "url": SWITCH},
    "timeout": PATIENCE,
}
METRICS: Mapping[str, Any] = {
    "success_rate": {
        "source": "page",
        "unit": "percent",
        "percent": {
            "of": 'materializer_requests_total{variant="new",outcome="ok"}',
            "to": 'materializer_requests_total{variant="new"}',
        },
        "over": "5s",
    },
    "latency_p99": {
        "source": "page",
        "unit": "seconds",
        "quantile": 0.99,
        "of": 'materializer_latency_seconds_bucket{variant="new"}',
        "over": "5s",
    },
    "queue_depth": {"source": "page", "unit": "count", "value": "tools_mut_queue_depth"},
    "materializer_pct": {"source": "page", "unit": "percent", "value": "materializer_pct"},
    "materializer_new": {"source": "page", "unit": "count", "value": "materializer_new"},
}


def stage(weight: str, **changes: Any) -> dict[str, Any]:
    """A stage of a second and a half."""
    return {
        "weight": weight,
        "settle": "1s",
        "bake": "1500ms",
        "promote_when": ["success_rate > 95%"],
        "warn_unless": ["queue_depth < 300"],
        "rollback_when": TRIGGERS,
        **changes,
    }


def plan(**changes: Any) -> dict[str, Any]:
    """A whole plan as its file says it: 1 → 100 %, over HTTP."""
    return {
        "name": "materializers",
        "service": "denis",
        "what": "materializers async",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@sre-leads"], "override": ["@sre-leads"]},
        "sources": {"page": {"kind": "metrics_page", "url": "${SANDBOX_SERVICE_URL}/metrics", "deadline": PATIENCE}},
        "metrics": dict(METRICS),
        "traffic": [dict(HTTP_FLAG)],
        "confirm": {"metric": "materializer_pct", "within": "30s"},
        "every": {"check": "1s", "snapshot": "5m"},
        "no_data": {"after": "30s", "then": "hold"},
        "cooldown": "24h",
        "gate": {"expires": "5m", "then": "hold"},
        "stages": [stage("1%"), stage("100%")],
        "kill_switch": [[dict(HTTP_SWITCH)]],
        "killed_when": ["materializer_new == 0 within 10s"],
        **changes,
    }
