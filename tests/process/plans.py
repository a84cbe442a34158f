"""Short plans over the far service: a check each second, bakes of two, one approval."""

from __future__ import annotations

from typing import Any

TRIGGERS = ["success_rate < 90%", "latency_p99 > 5s", "queue_depth > 500"]
UNITS = {
    "success_rate": "percent",
    "latency_p99": "seconds",
    "queue_depth": "count",
    "canary_pct": "percent",
    "canary_new": "count",
}


def stage(weight: str, **changes: Any) -> dict[str, Any]:
    """A stage of two seconds on the plan's clock."""
    return {
        "weight": weight,
        "settle": "0s",
        "bake": "2s",
        "promote_when": ["success_rate > 95%"],
        "warn_unless": ["queue_depth < 300"],
        "rollback_when": TRIGGERS,
        **changes,
    }


def plan(name: str = "materializers", **changes: Any) -> dict[str, Any]:
    """A whole plan as its file says it: 1 → 50 %, by HTTP."""
    flag, switch = f"${{SERVICE_URL}}/flags/{name}", f"${{SERVICE_URL}}/switches/{name}"
    return {
        "name": name,
        "service": f"denis-{name}",
        "what": f"{name} async",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@sre-leads"], "override": ["@sre-leads"]},
        "sources": {"page": {"kind": "metrics_page", "url": "${SERVICE_URL}/metrics", "deadline": "2s"}},
        "metrics": {
            metric: {"source": "page", "unit": unit, "value": f'{metric}{{part="{name}"}}'}
            for metric, unit in UNITS.items()
        },
        "traffic": [
            {
                "kind": "http",
                "apply": {"method": "PUT", "url": flag, "json": {"percent": "{percent}"}},
                "read": {"url": flag, "path": "percent"},
                "timeout": "2s",
            }
        ],
        "confirm": {"metric": "canary_pct", "within": "10s"},
        "every": {"check": "1s", "snapshot": "5m"},
        "no_data": {"after": "5m", "then": "hold"},
        "cooldown": "1h",
        "gate": {"expires": "4h", "then": "hold"},
        "stages": [stage("1%"), stage("50%")],
        "kill_switch": [
            [
                {
                    "kind": "http",
                    "engage": {"method": "POST", "url": switch},
                    "read": {"url": switch, "path": "engaged", "off": True},
                    "restore": {"method": "DELETE", "url": switch},
                    "timeout": "2s",
                }
            ]
        ],
        "killed_when": ["canary_new == 0 within 60s"],
        **changes,
    }
