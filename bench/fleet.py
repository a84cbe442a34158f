"""Live rollouts by the hundred: each with a plan of its own, eight queries that nobody else asks, and one target."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.machine import State
from bot.domain.planning.reading import digest
from bot.domain.rollout import Person, Rollout
from bot.domain.units import Weight
from bot.engine.telling import first_status
from bot.ports import Change, Rollouts

QUERIES = 8
TRIGGER = 7
"""The metric of the last of them; over 5 it is a breach."""
PERCENT = Weight(1.0)
OWNER = Person(id="U0BENCH")
Tree = dict[str, Any]


def query(name: str, metric: int) -> str:
    """The PromQL of one metric of one rollout; no two are the same."""
    return f'sum(rate(bench_{metric}_total{{rollout="{name}"}}[5m])) / sum(rate(bench_total{{rollout="{name}"}}[5m]))'


def plan(name: str, far_side: str, *, every: timedelta = timedelta(minutes=1), **changes: Any) -> Tree:
    """A plan with eight conditions, each on a metric of its own; all hold while the far side answers 1."""
    return {
        "name": name,
        "service": "bench",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@sre-leads"]},
        "sources": {"prometheus": {"kind": "prometheus", "url": far_side}},
        "metrics": {
            f"metric_{each}": {"source": "prometheus", "unit": "percent", "query": query(name, each)}
            for each in range(QUERIES)
        },
        "traffic": [{"kind": "dry_run", "name": name, "begin_at": str(PERCENT)}],
        "every": {"check": f"{every.total_seconds():g}s", "snapshot": "24h"},
        "stages": [
            {
                "weight": weight,
                "settle": "0s",
                "bake": "24h",
                "promote_when": ["metric_0 < 2%", "metric_1 < 2%", "metric_2 < 2%"],
                "warn_unless": ["metric_3 < 2%", "metric_4 < 2%"],
                "rollback_when": ["metric_5 > 5%", "metric_6 > 5%", "metric_7 > 5%"],
            }
            for weight in ("1%", "10%", "100%")
        ],
        **changes,
    }


def names(count: int, prefix: str = "fleet") -> list[str]:
    """Plan names, all different."""
    return [f"{prefix}-{number}" for number in range(count)]


async def launch(rollouts: Rollouts, trees: Iterable[Tree], now: datetime | None = None) -> list[Rollout]:
    """Put one live rollout for each plan into the database: baking at 1 %, due now, its status message unsent."""
    now = now or datetime.now(UTC)
    launched = []
    for tree in trees:
        rollout = baking(tree, now)
        launched.append(await rollouts.create(rollout, tree, Change(messages=(first_status(rollout),))))
    return launched


def baking(tree: Tree, now: datetime) -> Rollout:
    """A rollout of this plan in its first stage, as one look back it would have been."""
    return Rollout(
        id=f"{tree['name']}-1",
        plan=tree["name"],
        plan_digest=digest(tree, "production"),
        service=tree["service"],
        environment="production",
        version="v1",
        requester=OWNER,
        involved=(OWNER.id,),
        started_at=now,
        state=State.BAKING,
        confirmed=PERCENT,
        approved=PERCENT,
        target=PERCENT,
        seen_weight=PERCENT,
        shifted_at=now,
        entered_at=now,
        counted_at=now,
        rehearsed_at=now,
        snapshot_at=now + timedelta(days=1),
        due_at=now,
    )
