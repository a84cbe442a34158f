"""A plan with a condition of every form that an alert rule can have, and of every one that it can't."""

from __future__ import annotations

from typing import Any

from bot.assembly import all_kinds
from bot.domain.plan import Plan
from bot.domain.planning.reading import report_on

KINDS = all_kinds()


def tree(**changes: Any) -> dict[str, Any]:
    """As its file says it."""
    share = "100 * sum(rate(ok{$side}[5m])) / sum(rate(all{$side}[5m]))"
    seen = {"source": "prom", "unit": "count"}
    return {
        "name": "shop",
        "service": 'the "shop"',
        "channel": "#shop",
        "environment": 'eu "1" {{ .x }}',
        "roles": {"operators": ["@sre"], "approvers": ["@leads"]},
        "sources": {
            "prom": {"kind": "prometheus", "url": "${PROMETHEUS_URL}"},
            "other": {"kind": "prometheus", "url": "${OTHER_URL}"},
        },
        "sides": {"canary": 'track="canary"', "stable": 'track="stable"'},
        "metrics": {
            "success": {
                "source": "prom",
                "unit": "percent",
                "query": share,
                "at_least": {"query": "sum(increase(all{$side}[5m]))", "value": 100},
                "runbook": {"link": "https://runbooks.example.org/{{shop}}", "remedies": ["ask {{ $labels.pod }}"]},
            },
            "p99": {
                "source": "prom",
                "unit": "seconds",
                "query": "p99 # of all",
                "baseline": {"before_start": "30m"},
            },
            "orders": {"source": "prom", "unit": "per_minute", "query": "orders_per_minute"},
            "queue": {"source": "prom", "unit": "count", "query": "queue", "lag": "30s"},
            "memory": {"source": "prom", "unit": "percent", "query": "memory", "series": "max"},
            "pods": {**seen, "query": "restarts", "series": "each"},
            "dead": {**seen, "query": "dead_letters", "empty_is": 0, "alive_when": "queue"},
            "seen": {"source": "prom", "unit": "timestamp", "query": "worker_seen", "series": "min"},
            "far": {"source": "other", "unit": "count", "query": "far"},
            "jobs": {**seen, "query": "jobs_total"},
            "chat": {"source": {"kind": "probe", "url": "https://shop.example.org/chat"}},
        },
        "traffic": [
            {
                "kind": "http",
                "apply": {"method": "PUT", "url": "https://x.example.org/f", "json": {"p": "{percent}"}},
                "read": {"url": "https://x.example.org/f", "path": "p"},
            }
        ],
        "stages": [
            {
                "weight": "5%",
                "name": "first",
                "bake": "1h",
                "promote_when": [
                    "success > 99%",
                    "p99 <= baseline + 10%",
                    "age_of(seen) < 2m",
                    "pods == 0",
                    {"condition": "queue != 13", "on_fail": "hold 24h then rollback"},
                    "jobs never decreases",
                ],
                "rollback_when": [
                    "success < 95%",
                    {"condition": "success < stable - 2pp", "class": "security"},
                    "orders < 7d ago - 20%",
                    {"condition": "memory > 90%", "on_breach": "hold"},
                    {"condition": "pods > 3", "on_breach": "kill"},
                    "dead >= 5",
                    "queue > 500 for 10m",
                    "p99 > 2s after 10m",
                    "queue > 400 3 times in a row",
                    "far > 3",
                    "chat down",
                    "check fails 3 times in a row",
                ],
            },
            {
                "weight": "100%",
                "bake": "1h",
                "settle": "0s",
                "promote_when": ["success > 99%"],
                "rollback_when": ["success < 95%", "p99 > 1500ms"],
                "rollback_to": "previous",
            },
        ],
        "complete_when": ["success > 99%"],
        **changes,
    }


def a_plan(**changes: Any) -> Plan:
    """The same, read."""
    report = report_on(tree(**changes), "", KINDS)
    assert report.plan is not None, report.mistakes
    return report.plan
