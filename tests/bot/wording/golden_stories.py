"""One message of each kind, with the facts that the engine gives it, for a reviewer to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.language.grammar import parse
from bot.domain.machine import State
from bot.domain.objectives import NO_BUDGET
from bot.domain.overrides import Override, Overruled
from bot.domain.plan import ChecklistItem, Plan, Task
from bot.domain.replans import Replan
from bot.domain.rollout import (
    Approval,
    Asked,
    BaselineValue,
    Check,
    Frozen,
    Hold,
    Line,
    Role,
    Rollout,
    Tick,
    Tried,
    Verdict,
)
from bot.domain.samples import Count, Samples
from bot.domain.severities import Incident, Severity
from bot.domain.slos import Figure, SloLevel, SloSeen
from bot.domain.task_runs import TaskRun
from bot.domain.trends import History, Point, Shift
from bot.domain.units import Weight
from bot.domain.verified import Verified
from tests.bot.wording.stories import ANA, BEN, NOW, a_check, a_gate, a_plan, a_rollout

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


def stories() -> Iterator[tuple[str, Story]]:
    yield from _status()
    yield from _gates()
    yield from _asked()
    yield from _replans()
    yield from _checks()
    yield from _acts()
    yield from _trouble()
    yield from _endings()
    yield from _watching()
    yield from _budgets()
    yield from _by_itself()


def _budgets() -> Iterator[tuple[str, Story]]:
    seen = checked(Verdict.PASS, slos=slos())
    yield "status.slos", ("status", {}, here(check=seen))
    yield "snapshot.slos", ("snapshot", facts_of(seen), here(check=seen))
    yield "gate.cost", ("gate", {"gate": "g1", "state": "open"}, here(State.GATE, check=seen))
    dear = checked(Verdict.PASS, slos=slos(8.0)[:1])
    yield "gate.too_dear", ("gate", {"gate": "g1", "state": "open"}, here(State.GATE, check=dear))
    facts = {"slo": "toggle", "left": 24.0, "window": "30d", "burns": {"1h": 3.2, "5m": 0.0}, "level": "warning"}
    yield "budget.warning", ("budget", facts, here())
    yield "budget.critical", ("budget", {**facts, "left": 7.0, "burns": {}, "level": "critical"}, here())
    yield "budget.exhausted", ("budget", {**facts, "left": 0.0, "level": "exhausted"}, here())
    hold = Hold(
        why="the error budget of toggle (30d) is used up",
        owner=ANA.id,
        since=NOW,
        until=NOW + timedelta(days=1),
        cause="budget",
    )
    paused = here(State.HELD, hold=hold, budgets={"toggle": "exhausted"}, check=checked(Verdict.PASS, slos=slos(0.0)))
    held = {"why": hold.why, "owner": ANA.id, "until": (NOW + timedelta(days=1)).timestamp(), "then": "hold"}
    yield "held.budget", ("held", {**held, "cause": "budget"}, paused)
    yield "status.budget", ("status", {}, paused)
    went_on = {"by": BEN.id, "reason": "the outage was ours, INC-7", "budgets": [{"slo": "toggle"}]}
    yield "overspent", ("overspent", went_on, here())


def _watching() -> Iterator[tuple[str, Story]]:
    given = {"from": ANA.id, "to": BEN.id, "by": ANA.id}
    yield "watching", ("watching", given, here())
    yield "watching.taken", ("watching", {**given, "by": BEN.id}, here())
    yield "handed", ("handed", given, here())
    yield "taken", ("taken", given, here())
    yield "handed.held", ("handed", {**given, "held": "the weekend"}, here(State.HELD))
    yield "status.watched_by", ("status", {}, here(watcher=BEN.id))


def _by_itself() -> Iterator[tuple[str, Story]]:
    yield "answer", ("answer", {"text": "materializers is on hold at 10%."}, here())
    missed = [
        "materializers is rolling back, 10% → 0%: customers complain.",
        "materializers waits for an approval at 10%.",
    ]
    since = {"since": NOW.timestamp() - 300, "why": "Slack can't be reached"}
    yield "second_way", ("second_way", {**since, "lines": missed, "more": 3}, here())
    yield "second_way_back", ("second_way_back", {}, here())


def _status() -> Iterator[tuple[str, Story]]:
    good = checked(Verdict.PASS)
    early = {"confirmed": Weight(0), "target": Weight(0), "stage": 0, "check": None}
    for seconds, name in ((1, "preflight"), (600, "baseline")):
        began = NOW - timedelta(seconds=seconds)
        yield f"status.{name}", ("status", {}, here(State.PREFLIGHT, **early, started_at=began))
    settling = checked(Verdict.PASS, settling=True).model_copy(
        update={"lines": tuple(line.model_copy(update={"counts": line.role != "hard"}) for line in good_lines())}
    )
    rehearsed = {"rehearsed_at": NOW - timedelta(minutes=37)}
    early |= {"started_at": NOW - timedelta(seconds=3), "preflight": tried()}
    yield "status.checklist", ("status", {}, here(State.PREFLIGHT, **early))
    watched = {"mode": "observe", "check": checked(Verdict.PASS), "baked": timedelta(hours=1)}
    yield "status.watched", ("status", {}, here(State.BAKING, **watched))
    yield "status.rehearsed", ("status", {}, here(State.BAKING, check=checked(Verdict.PASS), **rehearsed))
    failed = {**rehearsed, "rehearsal_faults": ("kill switch redis_flag new_way: no answer in 15 s",)}
    yield "status.unrehearsed", ("status", {}, here(State.GATE, check=checked(Verdict.PASS), **failed))
    few = checked(Verdict.NO_DATA, a_line("hard", "success_rate > 95%", None, detail="too few samples: 9000 of 21000"))
    counts = [Count(at=NOW - timedelta(minutes=each), seen=9000 - 300 * each) for each in (9, 0)]
    rare = {"success_rate": Samples(wanted=21_000, counts=tuple(counts))}
    yield "status.few_samples", ("status", {}, here(State.BAKING, check=few, samples=rare))
    yield "status.settling", ("status", {}, here(State.BAKING, check=settling))
    yield "status.warned", ("status", {}, here(State.BAKING, check=checked(Verdict.WARN, WARNED, FULL)))
    for state in State:
        if state is not State.PREFLIGHT:
            yield f"status.{state.value}", ("status", {}, here(state, check=good))


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


def _gates() -> Iterator[tuple[str, Story]]:
    card = a_gate(approvals=(Approval(person=BEN, at=NOW, how="reaction"),))
    where = {"gate": "g1", "from": 10, "to": 50, "card": card.model_dump(mode="json")}
    asked = here(State.GATE, check=checked(Verdict.PASS), gate=a_gate(), involved=(ANA.id,))
    yield "gate.open", ("gate", {**where, "state": "open"}, asked)
    warned = a_gate(verdict=Verdict.WARN, warnings=("chat_p99 <= baseline + 50%", "latency_p99 < 4s"))
    check = checked(Verdict.WARN, WARNED)
    yield "gate.warned", ("gate", {**where, "state": "open"}, asked.but(check=check, gate=warned))
    yield from _checklists(where)
    yield "gate.used", ("gate", {**where, "state": "used"}, here(State.SHIFTING))
    expired = {"then": "hold", "gate": "g1"}
    yield "gate_expired", ("gate_expired", expired, here(State.HELD))
    yield "gate_escalated", ("gate_escalated", {"to": ["@sre-leads"]}, asked)
    yield "gate_closed", ("gate_closed", {"why": "the check now says fail"}, here())


def _overruled(risen: Mapping[str, Any]) -> Iterator[tuple[str, Story]]:
    """A false alarm, and a number that isn't there: overruled for one gate."""
    wrong = Overruled(condition="error_rate < 2%", measured=True, value=3.2, unit="percent", threshold=2)
    unseen = Overruled(condition="queue_depth < 100", measured=False, detail="no answer in 3 s")
    what = (wrong, unseen)
    override = Override(
        what="verdict", by=BEN.id, at=NOW, stage=1, weight=10, reason="INC-7, the alarm is wrong", gate="g1",
        verdict="fail", overruled=what,
    )  # fmt: skip
    gate = a_gate(verdict=Verdict.FAIL, overruled=what)
    people = {"overrides": (override,), "involved": (ANA.id, BEN.id)}
    asked = here(State.GATE, check=checked(Verdict.FAIL, WRONG), gate=gate, **people)
    shown = [each.model_dump(mode="json") for each in what]
    facts = {"by": BEN.id, "reason": override.reason, "from": 10, "to": 50, "overruled": shown}
    yield "overruled", ("overruled", facts, asked)
    yield "gate.overruled", ("gate", {"gate": "g1", "state": "open"}, asked)
    without = {name: value for name, value in risen.items() if name != "early"}
    yield "promoted.overruled", ("promoted", {**without, "overruled": shown}, here(State.SHIFTING))


def _checklists(where: Mapping[str, Any]) -> Iterator[tuple[str, Story]]:
    """At the third stage; two people have ticked, and the last check has ticked nothing."""
    ticks = (Tick(item=CHECKLIST[0].text, person=BEN, at=NOW - timedelta(minutes=3)),)
    yes = Approval(person=BEN, at=NOW, how="button")
    third = a_gate(stage=2, ticks=ticks, approvals=(yes,), opened_at=NOW - timedelta(minutes=40), escalated=1)
    queue = a_line("item", "queue_depth < 10", False, 12.0, unit="count", threshold=10)
    check = checked(Verdict.PASS).model_copy(update={"stage": 2, "items": (queue,)})
    at = {"stage": 2, "confirmed": Weight(50), "seen_weight": Weight(50), "approved": Weight(50)}
    asked = here(State.GATE, check=check, gate=third, **at)
    yield "gate.checklist", ("gate", {**where, "state": "open"}, asked)
    yield "status.ticking", ("status", {}, asked)
    card = third.model_copy(update={"ticks": (*ticks, Tick(item="customers told", person=ANA, at=NOW))})
    gone = {**where, "from": 50, "to": 100, "card": card.model_dump(mode="json")}
    over = {**gone, "state": "rejected", "by": BEN.id, "why": "the dashboard is red"}
    yield "gate.rejected", ("gate", over, here(State.HELD, **at))
    yield "gate_escalated.again", ("gate_escalated", {"to": ["@oncall"]}, asked)


def _asked() -> Iterator[tuple[str, Story]]:
    until = NOW + timedelta(minutes=20)
    ask = Asked(id="T+15m@1", name="T+15m", of=("U0ANA", "@sre"), at=NOW - timedelta(minutes=10), until=until)
    seen = ask.model_copy(update={"by": ANA, "done_at": NOW})
    late = ask.model_copy(update={"until": NOW - timedelta(minutes=5), "missed": True})
    for name, each in {"asked": ask, "asked.seen": seen, "asked.missed": late}.items():
        yield name, ("asked", {"asked": each.model_dump(mode="json")}, here(asked=(each,)))
    facts = {"name": late.name, "of": list(late.of), "until": late.until.timestamp()}
    yield "acknowledgement_missed", ("acknowledgement_missed", facts, here())
    gone = {"by": "shell:ben", "reason": "left, asked for it", "records": 3}
    yield "redacted", ("redacted", gone, here(State.COMPLETED, ended_at=NOW))


def _replans() -> Iterator[tuple[str, Story]]:
    lines = (
        ("stage 10% promote_when", "error_rate < 2%", "error_rate < 3%"),
        ("stage 10% bake", "4h", "2h"),
        ("stage 50% warn_unless", "", "queue_depth < 200"),
    )
    asked = Replan(
        id="plan-1", by=ANA.id, reason="the limit was a guess", at=NOW, before="a" * 64, after="b" * 64, lines=lines
    )
    card = {"replan": asked.model_dump(mode="json"), "state": "open"}
    yield "replan.open", ("replan", card, here(replan=asked))
    yield "replan.approved", ("replan", {**card, "state": "approved"}, here())
    done = {"reason": asked.reason, "asked_by": ANA.id, "by": [BEN.id], "lines": lines, "more": 0}
    yield "replanned", ("replanned", done, here())
    yield "replan_rejected", ("replan_rejected", {"by": BEN.id, "reason": "not during an incident"}, here())


def _checks() -> Iterator[tuple[str, Story]]:
    def changed(verdict: Verdict, before: str, *others: Line) -> Story:
        lines = [line.model_dump(mode="json") for line in with_lines(*others)]
        facts = {"verdict": verdict.value, "before": before, "lines": lines}
        return "verdict_changed", facts, here(check=checked(verdict, *others))

    yield "verdict_changed.first", changed(Verdict.PASS, "")
    yield "verdict_changed.pass", changed(Verdict.PASS, "fail")
    yield "verdict_changed.warn", changed(Verdict.WARN, "pass", WARNED, SLOWER)
    yield "verdict_changed.fail", changed(Verdict.FAIL, "pass", WRONG, WARNED)
    yield "verdict_changed.still_fail", changed(Verdict.FAIL, "fail", WRONG)
    yield "verdict_changed.no_data", changed(Verdict.NO_DATA, "pass", UNKNOWN)
    yield "verdict_changed.breach", changed(Verdict.BREACH, "pass", SLOW, SLOWER)
    mixed = checked(Verdict.WARN, WARNED, FULL)
    yield "snapshot", ("snapshot", facts_of(mixed), here(check=mixed))
    yield "checkpoint", ("checkpoint", {"name": "T+15m", **facts_of(mixed)}, here(check=mixed))
    missing = ["success_rate > 95% (too few samples: 1.09092 of 5)", "error_rate < 2% (timeout: no answer in 3 s)"]
    later = (NOW + timedelta(minutes=10)).timestamp()
    lacking = here(stage=3, confirmed=Weight(100), unfinished_told=True)
    ends = {"complete_when": ["budget(toggles) > 25% (now 12%)"], "artifacts": ["snapshot_15m at 10%", "load_burst"]}
    yield "unfinished", ("unfinished", {**ends, "gone": ["snapshot_15m at 10%"]}, lacking)
    yield "unfinished.ends", ("unfinished", {**ends, "artifacts": [], "gone": []}, lacking)
    overruled = {"by": BEN.id, "reason": "load was tested by hand, INC-7", "artifacts": ["load_burst"], "unmet": []}
    yield "overruled_artifacts", ("overruled_artifacts", overruled, lacking)
    yield "no_data", ("no_data", {"missing": missing, "then": "hold", "until": later}, here())


def _acts() -> Iterator[tuple[str, Story]]:
    by, baking = {"by": ANA.id}, here(check=checked(Verdict.PASS))
    override = {"reason": "index added", "fix": "DEN-12", "rollout": "materializers-6"}
    yield "started", ("started", {**by, "weight": 1, "override": {}}, baking)
    yield "started.overruled", ("started", {**by, "weight": 1, "override": override}, baking)
    lines = [
        ("stage 1% promote_when", "success_rate > 95%", "success_rate > 97%"),
        ("stage 1% rollback_when", "", "queue_depth > 500 for 10m"),
        ("stage 10% bake", "4h", "2h"),
        ("gate.expires", "4h", "8h"),
        ("stages", "stage 25%", ""),
        *((f"metrics.m{number}", "", "{source: prom}") for number in range(7)),
    ]
    differs = {"since": "materializers-6", "before": "ab" * 32, "after": "cd" * 32, "lines": lines, "more": 2}
    renewed = {**by, "weight": 1, "reason": "faster materializers", "changed": differs}
    yield "started.changed", ("started", renewed, baking)
    lines_seen = [line.model_dump(mode="json") for line in (SLOW, WRONG)]
    seen = here(mode="observe", check=checked(Verdict.PASS))
    yield "observing", ("observing", {"weight": 10, "stage": "10%"}, seen)
    moved = {"before": 1, "weight": 50, "stage": "50%", "skipped": ["10%"], "early": ["3h more of baking"]}
    yield "observed_weight", ("observed_weight", moved, seen)
    yield "would.ask", ("would", {"do": "ask", "weight": 10, "to": 50, "why": "", "lines": []}, seen)
    down = {"do": "rollback", "weight": 10, "to": 0, "why": "latency_p99 > 5s", "lines": lines_seen[:1]}
    yield "would.rollback", ("would", down, seen)
    for do in ("kill", "hold", "extend", "complete"):
        yield (
            f"would.{do}",
            ("would", {"do": do, "weight": 10, "why": "error_rate < 2%", "lines": lines_seen[1:]}, seen),
        )
    over = {"reason": "it was taken to 0%", "weight": 0}
    yield "observed", ("observed", over, here(State.OBSERVED, mode="observe", ended_at=NOW))
    taken = {"weight": 10, "stage": 1, "skipped": ["1%"], "by": ANA.id}
    yield "adopted", ("adopted", taken, here(adopts=Weight(10)))
    base = BaselineValue(value=0.41, samples=30, taken_at=NOW, how="median of the 30m before the start")
    baselines = {"chat_p99": base.model_dump(mode="json")}
    notes = ["success_rate: too few samples: 0 of 5"]
    yield "preflight", ("preflight", {"baselines": baselines, "notes": notes}, baking)
    yield "stage_confirmed", ("stage_confirmed", {"stage": 1, "weight": 10, "before": 1, "took_s": 0}, baking)
    given = {"by": BEN.id, "how": "button"}
    yield "approved", ("approved", {**given, "have": 1, "need": 1}, baking)
    yield "approved.more_needed", ("approved", {**given, "have": 1, "need": 2}, baking)
    yield "withdrawn", ("withdrawn", {"by": BEN.id}, here(State.GATE))
    yield "rejected", ("rejected", {"by": BEN.id, "reason": "the dashboard is red"}, here(State.HELD))
    risen = {"from": 10, "to": 50, "by": [BEN.id], "warnings": ["latency_p99 < 4s"], "early": "hotfix"}
    yield "promoted", ("promoted", risen, here(State.SHIFTING))
    yield from _overruled(risen)
    yield "early", ("early", {**by, "reason": "hotfix for customers"}, here(State.GATE))
    until = (NOW + timedelta(hours=24)).timestamp()
    hold = {"why": "the weekend", "owner": ANA.id, "until": until, "then": "rollback", "cause": "person", **by}
    yield "held", ("held", hold, here(State.HELD))
    yield "hold_over", ("hold_over", hold, here(State.HELD))
    yield "resumed", ("resumed", by, baking)
    yield "started_again", ("started_again", by, baking)
    failing = {"failing": ["error_rate < 2%"]}
    yield "extended", ("extended", {"lasting_s": 7200, **failing}, baking)
    yield "retried", ("retried", failing, baking)


def _frozen() -> Iterator[tuple[str, Story]]:
    until = NOW + timedelta(hours=4)
    mark = Frozen(freeze="freeze-1", service="denis", why="incident 7", by=BEN, until=until)
    there = [{"plan": "materializers", "rollout": "materializers-1", "environment": "production", "held": True}]
    facts = {"service": "denis", "why": "incident 7", "by": BEN.id, "until": until.timestamp(), "rollouts": there}
    yield "freeze", ("freeze", {**facts, "exempt": ["hotfixes"]}, here(State.HELD))
    yield "freeze.everywhere", ("freeze", {**facts, "service": "", "until": None}, here(State.HELD))
    yield "unfreeze", ("unfreeze", {**facts, "reason": "it was the network"}, here(State.HELD))
    yield "unfreeze.over", ("unfreeze", {**facts, "by": "perch", "rollouts": []}, here(State.HELD))
    yield "exempt", ("exempt", {**facts, "only": ["materializers"], "reason": "it is the fix"}, here(State.HELD))
    yield "unfrozen", ("unfrozen", {"service": "denis"}, here(State.HELD))
    hold = Hold(why="denis is frozen: incident 7", owner=BEN.id, since=NOW, until=until, cause="freeze")
    told = {"why": hold.why, "owner": BEN.id, "until": until.timestamp(), "then": "hold", "cause": "freeze"}
    yield "held.frozen", ("held", told, here(State.HELD))
    yield "status.frozen", ("status", {}, here(State.HELD, hold=hold, frozen=mark))


def _trouble() -> Iterator[tuple[str, Story]]:
    yield "unconfirmed", ("unconfirmed", {"wanted": 10, "real": 1, "within_s": 60}, here(State.HELD))
    flag, proxy = {"target": "redis redis:6379/0 denis:pct", "weight": 10}, {"target": "haproxy denis/canary"}
    two: list[dict[str, Any]] = [flag, {**proxy, "weight": None, "fault": "no answer in 5 s"}]
    partly = {"wanted": 10, "real": 10, "within_s": 60, "targets": two}
    yield "unconfirmed.partly", ("unconfirmed", partly, here(State.HELD))
    both = [flag, {**proxy, "weight": 50}]
    apart = {"recorded": 10, "real": 50, "did": "lowered", "targets": both}
    yield "drift.one_of_two", ("drift", apart, here(State.HELD))
    yield "drift.held", ("drift", {"recorded": 10, "real": 5, "did": "held"}, here(State.HELD))
    yield "mirror_drift.held", ("mirror_drift", {"recorded": 100, "real": 0, "did": "held"}, here(State.HELD))
    yield "mirror_drift.lowered", ("mirror_drift", {"recorded": 50, "real": 100, "did": "lowered"}, here(State.HELD))
    yield "drift.lowered", ("drift", {"recorded": 10, "real": 50, "did": "lowered"}, here(State.HELD))
    other = {"bound": "2.4.1", "before": "2.4.1", "after": "2.4.2"}
    yield "version_changed", ("version_changed", other, here(State.HELD))
    yield "version_changed.back", ("version_changed", {**other, "before": "2.4.2", "after": "2.4.1"}, here(State.HELD))
    yield (
        "unseen",
        (
            "unseen",
            {"since": NOW.timestamp() - 60, "unread": ["http flag: 503 Service Unavailable"]},
            here(State.BAKING),
        ),
    )
    yield from _diagnoses()
    yield from _tasks()
    yield from _besides()
    yield from _incidents()
    yield "seen_again", ("seen_again", {"real": 10}, here(State.BAKING))
    yield "late_raise", ("late_raise", {"weight": 50, "real": 10, "to": 0}, here(State.ROLLING_BACK))
    rearm = {"by": ANA.id, "engaged": ["redis flag"], "still_on": ["http switch: connection refused"]}
    yield "late_rearm", ("late_rearm", rearm, here(State.KILLED))
    stuck = {"what": "set the weight to 0%", "fault": "connection refused", "still_on": "10%"}
    yield "stuck", ("stuck", stuck, here(State.STUCK))
    yield from _frozen()
    why = {"where": "#canary-live", "why": "not_in_channel"}
    yield "undelivered", ("undelivered", why, here())
    unsent = {"where": "mail:lead@x.org", "why": "no mail server is set where Perch runs: PERCH_SMTP_URL"}
    yield "undelivered.mail", ("undelivered", unsent, here())
    places = [
        "git https://git.x.org/records.git main: materializers/m-1 in 9f86d081884c",
        "s3://rollouts/materializers/m-1",
    ]
    yield "kept", ("kept", {"places": places}, here())
    refused = {"kind": "s3", "why": "s3 rollouts refuses us (AccessDenied)", "since": NOW.isoformat()}
    yield "not_kept", ("not_kept", refused, here())
    returned = {"kind": "mail", "to": "lead@x.org", "why": "550 there is no such mailbox", "since": NOW.isoformat()}
    yield "not_kept.mail", ("not_kept", returned, here())


def _incidents() -> Iterator[tuple[str, Story]]:
    grave = Incident(
        id="inc-1", severity=Severity.SEV1, what="writes <lost> & gone", at=NOW - timedelta(minutes=34), by=BEN.id
    )
    there = {"incidents": (grave, grave.model_copy(update={"id": "inc-2", "severity": Severity.SEV3}))}
    facts = {**grave.model_dump(mode="json"), "by": BEN.id}
    yield "incident", ("incident", facts, here(State.BAKING, **there))
    over = {**facts, "ended_at": NOW.isoformat(), "by": ANA.id}
    yield "incident.over", ("incident", over, here(State.BAKING))
    last = {"stage": 3, "confirmed": Weight(100), "seen_weight": Weight(100), "baked": timedelta(days=3), **there}
    yield "status.incident", ("status", {}, here(State.BAKING, **last))


def _diagnoses() -> Iterator[tuple[str, Story]]:
    about = {"id": "x-latency_p99", "metric": "latency_p99", "lines": [SLOW.model_dump(mode="json")]}
    hints = {
        "look_at": ["the write queue"],
        "remedies": ["CALL db.killQuery(ID) for what holds <locks>"],
        "link": "https://wiki.example/slow",
    }
    locks = "\n".join(f"tx-{number} waits for `node({number})` & <rel>" for number in range(14))
    steps = [
        {"what": "queue depth", "ok": True, "answer": "812", "took_s": 0.1},
        {"what": "cypher-shell -f locks.cypher", "ok": True, "answer": locks, "took_s": 2.4, "cut": True},
        {"what": "redis-cli llen jobs", "ok": False, "answer": "redis-cli was not run: no command", "took_s": 0.0},
    ]
    yield "diagnosis", ("diagnosis", {**about, **hints, "steps": steps}, here(State.BAKING))
    well = {**about, "lines": [], "steps": steps[:1]}
    yield "diagnosis.asked", ("diagnosis", well, here(State.BAKING))
    broken_off = {**about, **hints, "steps": [], "unfinished": "Perch was interrupted while it looked"}
    yield "diagnosis.unfinished", ("diagnosis", broken_off, here(State.BAKING))


def _tasks() -> Iterator[tuple[str, Story]]:
    """`the_plan` has a burst and a crash injection at its first stage."""
    burst, injection = TASKS
    about = {
        "task": "burst",
        "what": "100 × POST https://relay.example/query by 5 users over 20s",
        "needed": True,
        "expect": ["success_rate > 99%"],
        "turn": 1,
    }
    until = {"until": (NOW + timedelta(seconds=35)).timestamp()}
    yield "task_begun", ("task_begun", {**about, **until}, here(State.BAKING))
    yield "task_begun.again", ("task_begun", {**about, **until, "turn": 2}, here(State.BAKING))
    units = {"requests": "count", "success_rate": "percent", "average": "seconds", "p50": "seconds", "p99": "seconds"}
    found = {"requests": 100.0, "success_rate": 99.0, "average": 0.042, "p50": 0.03, "p99": 1.5}
    numbers = [{"name": name, "value": found[name], "unit": units[name]} for name in units]
    passed = {**about, "outcome": "passed", "numbers": numbers, "took_s": 19.8}
    yield "task_ended", ("task_ended", passed, here(State.BAKING))
    low = {"why": "success_rate > 99% (91)", "outcome": "failed"}
    yield "task_ended.failed", ("task_ended", {**passed, **low}, here(State.BAKING))
    cut_short = {**passed, "outcome": "stopped", "why": "the rollout was killed", "took_s": 4.0}
    yield "task_ended.stopped", ("task_ended", cut_short, here(State.KILLING))
    wrote = {"output": "leases <cleared>\njobs & locks: 3\n" * 6, "needed": False, "numbers": [], "why": "no result"}
    crashed = {**about, "task": injection.name, "what": injection.shown, **wrote, "outcome": "failed", "took_s": 61.0}
    yield "task_ended.command", ("task_ended", crashed, here(State.BAKING))
    gone = {**about, "outcome": "unfinished", "why": "Perch was interrupted in the middle of it", "took_s": 60.0}
    yield "task_ended.unfinished", ("task_ended", gone, here(State.BAKING))
    entered = NOW - timedelta(minutes=6)
    run = TaskRun(
        id="x-0", name="burst", stage=0, mark=burst.mark, at=NOW - timedelta(minutes=1), owner="p",
        until=NOW + timedelta(seconds=35),
    )  # fmt: skip
    there = {"entered_at": entered, "shifted_at": entered, "check": checked(Verdict.PASS), "stage": 0}
    yield "status.task", ("status", {}, here(State.BAKING, **there, tasks=(run,)))


def _besides() -> Iterator[tuple[str, Story]]:
    act = {"key": "m-1-2-before-1", "what": "start the queue exporter", "kind": "command", "when": "before", "stage": 1}
    fault = "systemctl ended with exit code 5: Unit queue-exporter.service not found"
    refused = {**act, "fault": f"{fault}."}
    done = {**act, "said": "systemctl ended well", "took_s": 3.2}
    yield "action_done", ("action_done", done, here(State.SHIFTING))
    yield "action_failed", ("action_failed", refused, here(State.HELD))
    why = f"'{act['what']}' is to be done before 10%, and failed: {fault}"
    held = {"why": why, "owner": ANA.id, "until": (NOW + timedelta(days=1)).timestamp(), "then": "hold"}
    yield "held.action", ("held", {**held, "cause": "action"}, here(State.HELD))
    yield "action_failed.after", ("action_failed", {**refused, "when": "after"}, here(State.BAKING))
    yield "action_failed.completed", ("action_failed", {**refused, "when": "completed"}, here(State.COMPLETED))
    yield "action_undone", ("action_undone", done, here(State.ROLLED_BACK))
    yield "action_undone.stays", ("action_undone", {**act, "said": ""}, here(State.ROLLED_BACK))
    yield "action_stands", ("action_stands", refused, here(State.ROLLED_BACK))
    left = {"acts": [act], "reason": "stopped by hand", "fix": "OPS-7", "by": BEN.id}
    yield "actions_given_up", ("actions_given_up", left, here(State.ROLLED_BACK))


def _endings() -> Iterator[tuple[str, Story]]:
    first = {"stage": 0, "shifted_at": NOW - timedelta(seconds=37), "reason": "latency_p99 > 5s"}
    broken = here(State.ROLLED_BACK, **first, check=checked(Verdict.BREACH, SLOW, SLOWER))
    reason = {"reason": "latency_p99 > 5s", "from": 1, "to": 0}
    lines = [SLOW.model_dump(mode="json")]
    yield "rolling_back", ("rolling_back", {**reason, "lines": lines, "by": "perch"}, broken)
    asked = {"reason": "customers complain", "from": 10, "to": 0}
    yield "rolling_back.asked", ("rolling_back", {**asked, "by": BEN.id}, here(State.ROLLING_BACK))
    cooldown = {"took_s": 0.2, "cooldown_until": (NOW + timedelta(hours=24)).timestamp()}
    yield "rolled_back", ("rolled_back", {**reason, **cooldown, "by": "perch"}, broken)
    good = checked(Verdict.PASS)
    yield "rolled_back.asked", ("rolled_back", {**asked, **cooldown}, here(State.ROLLED_BACK, check=good))
    partly = {"reason": "latency_p99 > 5s", "from": 50, "to": 10, "took_s": 1.4}
    yield "rolled_back.partly", ("rolled_back", partly, here(State.HELD, check=None))
    told = {"event": "rolled_back", **reason, **cooldown}
    yield "announcement.rolled_back", ("announcement", told, broken)
    yield "announcement.group", ("announcement", {"event": "started", "by": ANA.id, "for": "S0ENGINEERS"}, here())
    yield "announcement.started", ("announcement", {"event": "started", "by": ANA.id}, here())
    claims = "error_rate < 1% within 30s"
    yield "verified", ("verified", {"passed": [claims, "chat up"], "failed": [], "took_s": 4.2}, broken)
    yield "verified.failed", ("verified", {"passed": ["chat up"], "failed": [claims], "took_s": 31}, broken)
    yield from _verified(broken)
    yield from _kills()
    done = {"weight": 100, "took_s": 97200}
    yield "completed", ("completed", done, here(State.COMPLETED, check=good))
    shown = here(State.COMPLETED, check=good)
    yield "report", ("report", {"revision": 31}, shown)
    closed = {"revision": 31, "refused": "Slack says file_uploads_disabled: a rule of the workspace forbids it"}
    yield "report.refused", ("report", closed, shown)
    nothing = {"confirmed": Weight(0), "stage": 0, "check": None}
    red = [
        "traffic http https://flags.example/materializers percent is already at 100%: set it to 0% first, a start "
        "begins from nothing",
        "metric error_rate: timeout: no answer in 10 s",
        "kill switch http https://switch.example: connection refused",
    ]
    facts = {"reason": "preflight found problems", "red": red, "by": "perch"}
    yield "aborted", ("aborted", facts, here(State.ABORTED, **nothing))
    asked_for = {"reason": "asked for by a person", "red": [], "by": ANA.id}
    yield "aborted.asked", ("aborted", asked_for, here(State.ABORTED, **nothing))


def _verified(broken: Rollout) -> Iterator[tuple[str, Story]]:
    back = Verified(condition="chat up", met=True, within_s=300, took_s=4.2)
    slow = Verified(
        condition="latency_p99 < 5s within 30s", met=False, within_s=30, value=7.3, unit="seconds", took_s=None
    )
    blind = Verified(condition="queue_depth == 0 within 5m", met=False, within_s=300, detail="timeout: no answer")
    late = slow.model_copy(update={"took_s": 95.0})
    results = [each.model_dump(mode="json") for each in (back, slow, blind, late)]
    yield "verified.times", ("verified", {"after": "rollback", "results": results, "took_s": 300}, broken)
    yield "verify_missed", ("verify_missed", {"after": "kill", "results": results[1:2]}, broken)
    well = {"after": "kill", "results": results[:1], "took_s": 4.2}
    yield "verified.kill", ("verified", well, here(State.KILLED))
    left = {"verify_since": NOW, "verify_left": ("error_rate < 1% within 30s",), "verified": (back, slow)}
    yield "status.verifying", ("status", {}, broken.but(**left))


def _kills() -> Iterator[tuple[str, Story]]:
    killed = here(State.KILLED, check=checked(Verdict.PASS))
    yield "killing", ("killing", {"by": BEN.id, "reason": "it burns", "tier": 0}, here(State.KILLING))
    yield "kill_tier", ("kill_tier", {"tier": 1, "why": "redis flag: not read back"}, here(State.KILLING))
    still_on = ["http https://switch.example: no answer in 10 s"]
    partly = {"off": ["weight 0% on dry_run", "redis_flag new_way"], "still_on": still_on}
    yield "kill_partly", ("kill_partly", partly, here(State.KILLING))
    outcomes = [
        {"name": "kill switch http https://switch.example", "tier": 0, "fault": "", "read_back_at": NOW.isoformat()},
        {"name": "traffic http https://flags.example", "tier": 0, "fault": "timeout", "read_back_at": None},
    ]
    times = {"applied_s": 0.4, "read_back_s": 1.2, "measured_s": None, "not_measured": "the plan has no killed_when"}
    seen = [
        {"condition": "new_jobs == 0 within 30s", "took_s": 12.0, "within_s": 30, "says": "PASS"},
        {"condition": "queue_depth == 0 within 5m", "took_s": 400.0, "within_s": 300, "says": "FAIL"},
        {"condition": "chat up within 5m", "took_s": None, "within_s": 300, "says": "FAIL"},
    ]
    measured = {"applied_s": 0.4, "read_back_s": 1.2, "measured_s": None, "not_measured": "chat up (no data)"}
    yield "killed.measured", ("killed", {**measured, "by": BEN.id, "reason": "x", "conditions": seen}, killed)
    yield "killed", ("killed", {**times, "by": BEN.id, "reason": "it burns", "outcomes": outcomes}, killed)
    of = {"number": 29, "kind": "killed", "conditions": ["chat down", "error_rate > 5%"]}
    yield "false_alarm", ("false_alarm", {"by": ANA.id, "reason": "the probe was being redeployed", "of": of}, killed)
    yield "false_alarm_undone", ("false_alarm_undone", {"by": ANA.id, "of": 29, "conditions": ["chat down"]}, killed)
    judged = {"by": BEN.id, "word": "right", "reason": "the alert was wrong", "of": 1, "computed": "wrong"}
    yield "override_judged", ("override_judged", judged, killed)
    yield "override_judged.computed", ("override_judged", {**judged, "word": "computed", "reason": ""}, killed)
    yield "rearmed", ("rearmed", {"by": ANA.id, "restored": ["kill switch"]}, killed)
    half = {"by": ANA.id, "restored": ["flag_file flags.json"], "unknown": ["http https://switch.example"]}
    yield "rearmed.half", ("rearmed", half, killed)
    yield "rehearsal_failed", ("rehearsal_failed", {"faults": still_on}, here(State.GATE))
    yield "rehearsed", ("rehearsed", {}, here(State.GATE))
