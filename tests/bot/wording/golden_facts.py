"""The plan, the checks and the rollouts that one message of each kind is told about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.language.grammar import parse
from bot.domain.machine import State
from bot.domain.objectives import NO_BUDGET
from bot.domain.plan import ChecklistItem, Plan, Task
from bot.domain.rollout import Check, Line, Role, Rollout, Tried, Verdict
from bot.domain.slos import Figure, SloLevel, SloSeen
from bot.domain.trends import History, Point, Shift
from bot.domain.units import Weight
from tests.bot.wording.stories import ANA, NOW, a_check, a_plan, a_rollout

Story = tuple[str, Mapping[str, Any], Rollout]


def the_plan() -> Plan:
    """The sample plan's shape: shares, times, a baseline, a count, a probe."""
    percent: dict[str, Any] = {"source": "prom", "unit": "percent"}
    seconds: dict[str, Any] = {"source": "prom", "unit": "seconds"}
    metrics = {
        "success_rate": {**percent, "at_least": {"value": 21000, "of": "canary requests"}},
        "error_rate": percent,
        "latency_p99": {
            **seconds,
            "runbook": {
                "link": "https://wiki.example/slow",
                "look_at": ["the write queue", "the database's locks"],
                "remedies": ["CALL db.killQuery(ID)", "scale the workers up"],
                "diagnose": ["queue_depth"],
            },
        },
        "chat_p99": {**seconds, "baseline": {"before_start": "30m"}},
        "queue_depth": {"source": "prom", "unit": "count"},
        "chat": {"source": {"kind": "probe", "url": "https://chat.example"}, "unit": "count"},
    }
    changes: dict[str, Any] = {"metrics": metrics, "verify_after": {"rollback": ["error_rate < 1% within 30s"]}}
    gate = {"expires": "4h", "escalate_after": "30m", "escalate_to": "@oncall"}
    watched: dict[str, Any] = {
        "dashboards": [{"id": "ttfv", "url": "https://grafana.example/d/ttfv", "title": "TTFV protection"}]
    }
    changes["slos"] = {
        "toggle": {"metric": "success_rate", "target": "99%", "window": "30d"},
        "slowness": {"metric": "latency_p99", "target": "<= 1500ms", "window": "7d"},
    }
    watched["alerts"] = [{"id": "rls-errors", "rule": "rls_errors > 0", "url": "https://alerts.example/rls"}]
    plan = a_plan(**watched, links={"dashboard": "https://grafana.example/d/canary"}, gate=gate, **changes)
    listed = plan.stages[2].model_copy(update={"checklist": CHECKLIST})
    tried = plan.stages[0].model_copy(update={"tasks": TASKS})
    return plan.model_copy(update={"stages": (tried, plan.stages[1], listed, *plan.stages[3:])})


TASKS = tuple(
    map(
        Task.model_validate,
        (
            {
                "name": "burst",
                "at": "5m",
                "load": {"url": "https://relay.example/query"},
                "expect": ["success_rate > 99%"],
            },
            {"name": "crash injection", "at": "10m", "command": ["./inject-crash.sh", "5"], "needed": False},
        ),
    )
)
"""Of the first stage."""


CHECKLIST = (
    ChecklistItem(item="Grafana dashboard looked at"),
    ChecklistItem(item="customers told", by=("@support", "U0ANA")),
    ChecklistItem(item="the queue is short", auto=parse("queue_depth < 10")),
)
"""Of the third stage."""


def slos(left: float = 62.0) -> tuple[SloSeen, ...]:
    """One that keeps its target, one that doesn't and has no budget, one that nobody could ask."""
    toggle = SloSeen(
        name="toggle",
        target="99%",
        window=timedelta(days=30),
        unit="percent",
        actual=Figure(value=99.95),
        level=SloLevel.PASS,
        budget=Figure(value=left),
        burns={"1h": Figure(value=0.42), "5m": Figure(value=1.5)},
    )
    slowness = SloSeen(
        name="slowness",
        target="<= 1500ms",
        window=timedelta(days=7),
        unit="seconds",
        actual=Figure(value=1.62),
        level=SloLevel.VIOLATED,
        budget=Figure(missing=NO_BUDGET),
    )
    gone = Figure(missing="timeout: total: no answer in 5 s")
    loss = SloSeen(
        name="loss",
        target="< 1%",
        window=timedelta(days=1),
        unit="percent",
        actual=gone,
        budget=gone,
        burns={"1h": gone},
    )
    return (toggle, slowness, loss)


def the_history() -> History:
    """Twelve looks in 42 minutes: a queue that fills, a source that was away once, a raise on the way."""
    began = NOW - timedelta(minutes=42)

    def looks(*values: float | None) -> list[Point]:
        return [Point(began + timedelta(minutes=3.5 * place), value) for place, value in enumerate(values)]

    points = {
        "success_rate": looks(*[100.0] * 12),
        "error_rate": looks(*[0.0] * 12),
        "latency_p99": looks(0.9, 0.92, 0.91, 0.9, 0.93, 0.9, None, 0.91, 0.92, 0.9, 0.91, 0.995),
        "chat_p99": looks(*[0.4 + 0.03 * place for place in range(12)]),
        "queue_depth": looks(*[5.0 + 58 * place for place in range(12)]),
    }
    return History(points, (Shift(began, Weight(1)), Shift(NOW - timedelta(minutes=20), Weight(10))))


def here(state: State = State.BAKING, **changes: Any) -> Rollout:
    """A rollout that baked its four hours at 10%, or has come down from there."""
    down = state in (State.ROLLED_BACK, State.KILLED)
    at = Weight(0) if down else Weight(100) if state is State.COMPLETED else Weight(10)
    baked = timedelta(hours=1 if state is State.BAKING else 4)
    facts: dict[str, Any] = {"confirmed": at, "seen_weight": at, "approved": at, "baked": baked, "involved": (ANA.id,)}
    if state is State.COMPLETED:
        facts |= {"stage": 3, "reason": "all stages held"}
    return a_rollout(state, **{**facts, **changes})


def a_line(role: Role, condition: str, met: bool | None, value: float | None = None, **facts: Any) -> Line:
    return Line(role=role, condition=condition, metric=condition.split()[0], met=met, value=value, **facts)


def good_lines() -> tuple[Line, ...]:
    chat: dict[str, Any] = {"value": 1.0, "unit": "count", "detail": "status 200 in 0.00 s"}
    return (
        a_line("trigger", "success_rate < 90%", False, 100.0, unit="percent", threshold=90),
        a_line("trigger", "error_rate > 5%", False, 0.0, unit="percent", threshold=5),
        a_line("trigger", "chat down", False, **chat),
        a_line("trigger", "latency_p99 > 5s", False, 0.995, unit="seconds", threshold=5),
        a_line("trigger", "queue_depth > 500 for 10m", False, 5.72, unit="count", threshold=500),
        a_line("hard", "success_rate > 95%", True, 100.0, unit="percent", threshold=95),
        a_line("hard", "error_rate < 2%", True, 0.0, unit="percent", threshold=2),
        a_line("soft", "latency_p99 < 4s", True, 0.995, unit="seconds", threshold=4),
        a_line("soft", "chat_p99 <= baseline + 50%", True, 0.41, unit="seconds", threshold=0.6, reference=0.4),
        a_line("soft", "queue_depth < 100", True, 5.72, unit="count", threshold=100),
    )


def with_lines(*others: Line) -> tuple[Line, ...]:
    """The good lines, some of them replaced by others with the same condition."""
    replaced = {line.condition: line for line in others}
    return tuple(replaced.get(line.condition, line) for line in good_lines())


SLOW = a_line("trigger", "latency_p99 > 5s", True, 28.7, unit="seconds", threshold=5)
SLOWER = a_line("soft", "latency_p99 < 4s", False, 28.7, unit="seconds", threshold=4)
WARNED = a_line("soft", "chat_p99 <= baseline + 50%", False, 0.71, unit="seconds", threshold=0.6, reference=0.4)
WRONG = a_line("hard", "error_rate < 2%", False, 3.2, unit="percent", threshold=2)
UNKNOWN = a_line("hard", "success_rate > 95%", None, unit="percent", detail="too few samples: 1.09092 of 5")
FULL = a_line(
    "trigger", "queue_depth > 500 for 10m", False, 640.4, unit="count", threshold=500,
    detail='{component="database"}; true for 240 s',
)  # fmt: skip


def checked(verdict: Verdict, *others: Line, **changes: Any) -> Check:
    return a_check(verdict, lines=with_lines(*others), **changes)


def facts_of(check: Check) -> dict[str, Any]:
    return {"check": check.model_dump(mode="json")}


def tried() -> tuple[Tried, ...]:
    """A preflight under way, with each way in which one thing may go."""
    few: dict[str, Any] = {"outcome": "note", "said": "too few samples: 0 of 5"}
    return (
        Tried(what="metric", kind="metric", name="success_rate", **few),
        Tried(what="metric", kind="metric", name="chat_p99", **few),
        Tried(what="metric", kind="metric", name="latency_p99", outcome="ok"),
        Tried(what="metric", kind="stable", name="chat_p99", outcome="ok"),
        Tried(what="metric", kind="metric", name="queue_depth"),
        Tried(what="baseline", kind="baseline", name="chat_p99", said="too few samples: 3 of 10"),
        Tried(what="traffic", kind="traffic", name="http https://flags.example/percent", outcome="ok"),
        Tried(what="kill", kind="kill switch", name="redis_flag new_way", outcome="red", said="no answer in 15 s"),
        Tried(what="paper", kind="paper"),
    )
