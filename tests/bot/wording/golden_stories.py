"""One message of each kind, with the facts that the engine gives it, for a reviewer to read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.machine import State
from bot.domain.rollout import Hold, Line, Verdict
from bot.domain.samples import Count, Samples
from bot.domain.units import Weight
from tests.bot.wording import golden_endings as endings
from tests.bot.wording import golden_people as people
from tests.bot.wording import golden_trouble as trouble
from tests.bot.wording.golden_facts import (
    FULL,
    SLOW,
    SLOWER,
    UNKNOWN,
    WARNED,
    WRONG,
    Story,
    a_line,
    checked,
    facts_of,
    good_lines,
    here,
    slos,
    tried,
    with_lines,
)
from tests.bot.wording.stories import ANA, BEN, NOW


def stories() -> Iterator[tuple[str, Story]]:
    yield from _status()
    yield from people.gates()
    yield from people.questions()
    yield from people.replans()
    yield from _checks()
    yield from people.acts()
    yield from trouble.on_the_way()
    yield from endings.endings()
    yield from people.watching()
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
        if not state.unmoved:
            yield f"status.{state.value}", ("status", {}, here(state, check=good))


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
