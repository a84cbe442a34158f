"""SLOs through the whole engine: what is asked when, budgets shared by rollouts, a used-up one held (R13, X11, U7)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import NotAllowed
from bot.domain.kinds import Kind
from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.obstacles import BudgetUsedUp, ServiceFrozen
from bot.domain.rollout import Rollout
from bot.domain.slos import SloLevel, SloSeen
from bot.domain.units import Weight
from bot.engine.gather import Remembered
from bot.engine.kept import Kept, again_after
from bot.ports import Answer, Question, Sample, StoreAway
from tests.rig import ANA, BEN, Ask, Nothing, Rig, rig, sick, tree

pytestmark = pytest.mark.anyio

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REASON = "the outage was ours, INC-7"
COUNTED = {
    "source": "events",
    "good": {"number": "good[$window]"},
    "total": {"number": "all[$window_s]"},
    "target": "99.9%",
    "window": "30d",
    "warning": "99.5%",
}


@dataclass
class Events:
    """A source that counts events by window; a NoData is given as it is, and `hangs` answers nothing."""

    bad: float | NoData = 0.0
    hangs: bool = False
    asked: Counter[str] = field(default_factory=Counter)

    async def ask(self, question: Question, at: datetime) -> Answer:
        assert isinstance(question.ask, Ask)
        self.asked[question.ask.number] += 1
        if self.hangs:
            await asyncio.Event().wait()
        if isinstance(self.bad, NoData):
            return self.bad
        return (Sample(1e6 * (1 - self.bad) if question.ask.number.startswith("good") else 1e6, at),)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return await self.ask(question, end)

    async def aclose(self) -> None: ...

    @property
    def kind(self) -> dict[str, Kind[Any]]:
        return {"events": Kind(Nothing, lambda options, environment: self, ask=Ask)}


def plan(slo: dict[str, Any] | None = None, name: str = "materializers", **stage: Any) -> dict[str, Any]:
    sources = {**tree()["sources"], "events": {"kind": "events"}}
    stages = [{**each, **stage} for each in tree()["stages"]]
    return tree(name=name, sources=sources, slos={"toggle": slo or COUNTED}, stages=stages)


async def seen(story: Rig, rollout: Rollout) -> SloSeen:
    check = (await story.load(rollout)).check
    assert check is not None
    [toggle] = check.slos
    return toggle


# ---- events ---------------------------------------------------------------------------------------------------------


async def test_a_source_is_asked_for_whole_windows_and_that_every_few_minutes(tmp_path: Path) -> None:
    """`$window` is filled in as plans write it, or in seconds; a month is asked again after 5 minutes, not always."""
    events = Events(bad=0.0004)
    long = plan(bake="1h", warn_unless=["burn(toggle, 1h, 5m) < 14.4", "budget(toggle) > 50%"])
    async with rig(tmp_path, long, sources=events.kind) as story:
        rollout = await story.start()
        events.asked.clear()
        await story.minutes(10)
        assert events.asked == {
            "good[30d]": 2,
            "all[2592000]": 2,
            "good[1h]": 2,
            "all[3600]": 2,
            "good[5m]": 10,
            "all[300]": 10,
        }
        toggle = await seen(story, rollout)
        assert (toggle.actual.value, toggle.level, toggle.unit) == (99.96, SloLevel.PASS, "percent")
        assert toggle.budget.value == pytest.approx(60.0)
        assert [each.value for each in toggle.burns.values()] == [pytest.approx(0.4)] * 2
        check = (await story.load(rollout)).check
        assert check is not None
        assert check.verdict == "pass"


async def test_rollouts_that_ask_the_same_share_the_answer(tmp_path: Path) -> None:
    """X11: one budget, one question, whoever asks."""
    events = Events(bad=0.0004)
    plans = {name: plan(name=name) for name in ("materializers", "indexers")}
    for number, each in enumerate(plans.values()):
        each["traffic"] = [{"kind": "fake", "number": number}]
    async with rig(tmp_path, plans=plans, targets=2, sources=events.kind) as story:
        one, other = await story.start(), await story.start(plan="indexers")
        await story.minutes(1)
        assert await seen(story, one) == await seen(story, other)
        assert events.asked["good[30d]"] <= 3


async def test_a_sick_source_is_no_data_and_holds_nothing_by_itself(tmp_path: Path) -> None:
    """Law 3: the budget isn't known; a condition on it has no data, and is never met."""
    events = Events()
    async with rig(tmp_path, plan(promote_when=["success > 98%", "all slos pass"]), sources=events.kind) as story:
        rollout = await story.start()
        events.bad = sick()
        await story.minutes(6)
        rollout = await story.load(rollout)
        assert rollout.check is not None
        assert rollout.check.verdict == "no_data"
        assert rollout.state is not State.GATE
        [toggle] = rollout.check.slos
        assert (toggle.level, toggle.budget.missing) == (None, "unreachable: good: refused the connection")


async def test_a_look_for_a_person_asks_for_no_window(tmp_path: Path) -> None:
    events = Events(bad=0.0004)
    async with rig(tmp_path, plan(), sources=events.kind) as story:
        rollout = await story.start()
        await story.minutes(1)
        events.asked.clear()
        check, _ = await story.engine.desk.glimpse(await story.load(rollout))
        assert check.slos[0].budget.value == pytest.approx(60.0)
        assert not events.asked


# ---- a used-up budget -----------------------------------------------------------------------------------------------


async def exhausted(story: Rig, events: Events) -> Rollout:
    rollout = await story.start()
    await story.minutes(1)
    events.bad = 0.002
    await story.minutes(5)
    return await story.load(rollout)


async def test_a_used_up_budget_holds_until_the_override_role_says_so(tmp_path: Path) -> None:
    """Told with why, who and what next; traffic stays; a plain resume is refused with the command that works."""
    events = Events(bad=0.0004)
    async with rig(tmp_path, plan(bake="1h"), sources=events.kind) as story:
        rollout = await exhausted(story, events)
        assert (rollout.state, rollout.confirmed) == (State.HELD, Weight(1))
        assert rollout.hold is not None
        assert (rollout.hold.cause, rollout.hold.owner) == ("budget", ANA)
        with pytest.raises(BudgetUsedUp, match="error budget of toggle is used up") as refused:
            await story.engine.desk.resume(story.request("resume"), rollout.id, "")
        assert "/canary override materializers REASON" in refused.value.next_step
        with pytest.raises(NotAllowed):
            await story.engine.desk.override(story.request("override", ANA), rollout.id, REASON)
        await story.engine.desk.override(story.request("override", BEN), rollout.id, REASON)
        await story.minutes(3)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.overspent) == (State.BAKING, ("toggle",))
        kinds = await story.kinds_on_record(rollout)
        assert [kind for kind in kinds if kind in ("budget", "held", "overspent", "resumed")] == [
            "budget",
            "held",
            "overspent",
        ]
        loud = [each for each in await story.said() if each.broadcast]
        assert [each.say for each in loud if each.say in ("budget", "held", "overspent")] == ["held", "overspent"]


async def test_a_start_on_a_used_up_budget_moves_no_traffic(tmp_path: Path) -> None:
    """Held before the first percent; an override goes on with the start, and counts for its first stage."""
    events = Events(bad=0.002)
    async with rig(tmp_path, plan(bake="1h"), sources=events.kind) as story:
        rollout = await story.start()
        assert (rollout.state, rollout.confirmed) == (State.HELD, Weight(0))
        assert story.traffic[0].weight == Weight(0)
        await story.engine.desk.override(story.request("override", BEN), rollout.id, REASON)
        await story.minutes(2)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(1))


async def test_a_freeze_is_no_way_around_and_an_override_of_the_budget_none_around_a_freeze(tmp_path: Path) -> None:
    events = Events(bad=0.0004)
    async with rig(tmp_path, plan(bake="1h"), sources=events.kind) as story:
        rollout = await exhausted(story, events)
        await story.engine.desk.freeze(story.request("freeze", BEN), "denis", "audit", HOUR, ())
        with pytest.raises(ServiceFrozen):
            await story.engine.desk.override(story.request("override", BEN), rollout.id, REASON)


async def test_a_recovered_budget_is_resumed_by_its_operator(tmp_path: Path) -> None:
    events = Events(bad=0.0004)
    async with rig(tmp_path, plan(bake="1h"), sources=events.kind) as story:
        rollout = await exhausted(story, events)
        events.bad = 0.0005
        await story.minutes(6)
        await story.engine.desk.resume(story.request("resume"), rollout.id, "")
        await story.minutes(1)
        assert (await story.load(rollout)).state is State.BAKING


async def test_who_only_watches_says_that_it_would_be_held(tmp_path: Path) -> None:
    events = Events(bad=0.0004)
    async with rig(tmp_path, plan(bake="1h"), sources=events.kind) as story:
        story.traffic[0].weight = Weight(1)
        rollout = await story.start(how="observe")
        await story.minutes(1)
        events.bad = 0.002
        await story.minutes(5)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.would) == (State.BAKING, "hold")


async def test_preflight_says_that_a_budget_cannot_be_asked(tmp_path: Path) -> None:
    """X5: a source that fails is red; one that has no events yet is a note."""
    events = Events(bad=sick())
    async with rig(tmp_path, plan(), sources=events.kind) as story:
        rollout = await story.start()
        assert rollout.state is State.ABORTED
        assert ("SLO toggle", "red") in [(each.what, each.outcome) for each in rollout.preflight]
    events.bad = NoData(Missing.EMPTY, "no such series", datetime(2026, 3, 2, tzinfo=UTC))
    (tmp_path / "second").mkdir()
    async with rig(tmp_path / "second", plan(), sources=events.kind) as story:
        assert (await story.start()).state is State.BAKING


# ---- what Perch measured --------------------------------------------------------------------------------------------

MEASURED = {"metric": "success", "target": "99%", "window": "40m"}


async def test_a_metric_has_a_budget_once_half_of_its_window_was_measured(tmp_path: Path) -> None:
    """Nothing is known of the half that nobody looked at; before that it's no data, and not all of it (law 3)."""
    long = plan(MEASURED, bake="2h", warn_unless=["budget(toggle) > 10%"])
    async with rig(tmp_path, long, sources=Events().kind) as story:
        rollout = await story.start()
        await story.minutes(10)
        toggle = await seen(story, rollout)
        assert toggle.level is SloLevel.PASS
        assert toggle.budget.missing.startswith("too few samples: ")
        await story.minutes(15)
        assert (await seen(story, rollout)).budget.value == pytest.approx(50.0, abs=0.1)


async def test_rollouts_of_a_service_share_the_budget_of_the_same_slo(tmp_path: Path) -> None:
    """X11: what one plan's rollout used up is gone for the other's, also when the first is long over; an SLO that is
    another in spite of its name has a budget of its own."""
    plans = {
        "materializers": plan(MEASURED, bake="2h"),
        "indexers": plan(MEASURED, name="indexers", bake="2h"),
        "others": plan({**MEASURED, "target": "98%"}, name="others", bake="2h"),
    }
    for number, each in enumerate(plans.values()):
        each["traffic"] = [{"kind": "fake", "number": number}]
    async with rig(tmp_path, plans=plans, targets=3, sources=Events().kind) as story:
        first = await story.start()
        await story.minutes(25)
        await story.engine.desk.rollback(story.request("rollback"), first.id, "")
        await story.minutes(7)
        assert not (await story.load(first)).live, "and no answer of its time is kept any more"
        second, third = await story.start(plan="indexers"), await story.start(plan="others")
        await story.minutes(1)
        assert (await seen(story, second)).budget.value == pytest.approx(50.0, abs=0.1)
        assert (await seen(story, third)).budget.value is None


async def test_without_the_database_a_budget_is_no_data_and_the_check_goes_on(tmp_path: Path) -> None:
    """Law 2: what else a check finds may be urgent."""
    async with rig(tmp_path, plan(MEASURED, bake="2h"), sources=Events().kind) as story:
        rollout = await story.start()
        remembered = story.engine.ticker._remembered
        assert remembered is not None

        async def away(*asked: Any) -> Any:
            raise StoreAway("the disk is gone")

        broken: Any = _Away(away)
        story.engine.ticker._remembered = Remembered(broken, remembered.rollouts, remembered.plan_of)
        await story.minutes(6)
        assert (await seen(story, rollout)).budget.missing == "not asked: the disk is gone"


@dataclass
class _Away:
    newest: Callable[..., Any]


# ---- what is kept ---------------------------------------------------------------------------------------------------

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_windows_answer_does_for_a_twelfth_of_it_and_for_no_more_than_five_minutes() -> None:
    assert [again_after(each) for each in (MINUTE, HOUR, 30 * DAY)] == [
        5 * timedelta(seconds=1),
        5 * MINUTE,
        5 * MINUTE,
    ]


async def test_an_answer_is_kept_for_its_time_and_none_for_a_minute() -> None:
    kept, asked = Kept(), 0

    async def ask() -> float | NoData:
        nonlocal asked
        asked += 1
        return sick() if asked == 1 else float(asked)

    async def at(minutes: float) -> float | NoData:
        return (await kept.get("x", NOW + minutes * MINUTE, 5 * MINUTE, ask))[0]

    assert isinstance(await at(0), NoData)
    assert isinstance(await at(0.9), NoData)
    assert [await at(minutes) for minutes in (1, 3, 5.9, 6, 2)] == [2.0, 2.0, 2.0, 3.0, 4.0]


async def test_who_gives_up_waiting_takes_the_answer_from_nobody() -> None:
    kept, ready = Kept(), asyncio.Event()

    async def ask() -> float:
        await ready.wait()
        return 1.0

    first = asyncio.create_task(kept.get("x", NOW, MINUTE, ask))
    second = asyncio.create_task(kept.get("x", NOW, MINUTE, ask))
    await asyncio.sleep(0)
    first.cancel()
    ready.set()
    assert (await second)[0] == 1.0
    await kept.aclose()


async def test_what_broke_is_asked_again() -> None:
    kept, times = Kept(), 0

    async def ask() -> float:
        nonlocal times
        times += 1
        if times == 1:
            raise StoreAway("gone")
        return 1.0

    with pytest.raises(StoreAway):
        await kept.get("x", NOW, MINUTE, ask)
    assert (await kept.get("x", NOW, MINUTE, ask))[0] == 1.0
