"""Law 3 over time: any mixture of sick answers, flapping, half answers, both sides bad, and what recovery resumes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sources import KINDS
from adapters.sources.metrics_page.source import MetricsPage
from bot.domain.checks import Facts, Moment, judge
from bot.domain.looks import Look
from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.plan import Plan
from bot.domain.progress import progress
from bot.domain.readings import measure
from bot.domain.rollout import Verdict
from bot.ports import Answer, Sample
from tests.builders import ANA as STARTER
from tests.builders import BEN, MINUTE, START, Story, a_plan, a_stage
from tests.far_side import serving
from tests.laws.driven import QUICK
from tests.laws.sickness import ILL, WELL, Asked, healthy, says
from tests.laws.ward import STAGE, ward
from tests.rig import ANA, Rig, rig, tree

pytestmark = pytest.mark.anyio

# ---- any mixture of answers --------------------------------------------------------------------------------------

METRICS = ("success", "errors", "queue", "latency", "chat")
GOOD: Mapping[str, float] = {"success": 99.5, "errors": 0.1, "queue": 10.0, "latency": 2.0, "chat": 1.0}
BAD: Mapping[str, float] = {"success": 97.0, "errors": 9.0, "queue": 900.0, "latency": 30.0, "chat": 0.0}
SICK = ("away", "empty", "two", "NaN", "+Inf", "-Inf", "old", "early")
"""Ways to answer that are no measurement, whatever the number in them."""


def answer(how: str, value: float, now: datetime) -> Answer:
    """What a source gives. Whether it is a measurement is decided by `how` alone, by hand."""
    match how:
        case "away":
            return NoData(Missing.UNREACHABLE, "refused the connection", now)
        case "empty":
            return ()
        case "two":
            return (Sample(value, now, '{pod="a"}'), Sample(value, now, '{pod="b"}'))
        case "NaN" | "+Inf" | "-Inf":
            return (Sample(float(how), now),)
        case "old":
            return (Sample(value, now - timedelta(minutes=6)),)
        case "early":
            return (Sample(value, now + timedelta(minutes=2)),)
        case _:
            return (Sample(value, now),)


@dataclass
class Oracle:
    """What was really measured, and which triggers that fires, by the words of the design; no code of Perch's."""

    queue_in_a_row: int = 0
    down_in_a_row: int = 0
    latency_for: timedelta = timedelta(0)
    latency_bad_at: datetime | None = None

    def fires(self, truth: Mapping[str, float | None], now: datetime) -> bool:
        """`errors > 5%`, `chat down twice`, `queue > 500` thrice, `latency > 10s for 3m`. No data freezes counts."""
        errors, queue, latency, chat = truth["errors"], truth["queue"], truth["latency"], truth["chat"]
        if chat is not None:
            self.down_in_a_row = self.down_in_a_row + 1 if chat < 1 else 0
        if queue is not None:
            self.queue_in_a_row = self.queue_in_a_row + 1 if queue > 500 else 0
        if latency is not None and latency <= 10:
            self.latency_for, self.latency_bad_at = timedelta(0), None
        elif latency is not None:
            gap = now - (self.latency_bad_at or now)
            self.latency_for += gap if gap <= 2 * MINUTE else timedelta(0)
            self.latency_bad_at = now
        return (
            (errors is not None and errors > 5)
            or (chat is not None and self.down_in_a_row >= 2)
            or (queue is not None and queue > 500 and self.queue_in_a_row >= 3)
            or (latency is not None and latency > 10 and self.latency_for >= timedelta(minutes=3))
        )


@dataclass
class Patient:
    """One rollout, looked at once a minute through the reading of answers, the check and the decision."""

    story: Story = field(default_factory=lambda: Story.baking(mixed_plan()))
    oracle: Oracle = field(default_factory=Oracle)

    def look(self, answers: Mapping[str, tuple[str, float]]) -> tuple[set[str], Mapping[str, float | None]]:
        """One check; what happened, and what was really measured."""
        story = self.story
        story.now += MINUTE
        raw = {name: answer(how, value, story.now) for name, (how, value) in answers.items()}
        canary = {name: measure(story.plan.metrics[name], raw[name], story.now) for name in METRICS}
        moment = Moment(story.now, story.rollout.shifted_at or START, timedelta(0), MINUTE)
        check, streaks = judge(story.plan, story.rollout.stage, Facts(canary), story.rollout.streaks, moment)
        look = Look(story.now, story.new_id(), check, streaks, {}, story.world)
        step = progress(story.rollout, story.plan, look)
        story.take(step)
        truth = {name: value if how == "well" else None for name, (how, value) in answers.items()}
        return {happening.kind for happening in step.happenings}, truth

    def people_act(self) -> None:
        """Whoever may say yes does so at once; where it goes up a stage, counts begin anew."""
        if self.story.rollout.gate is None:
            return
        self.story.approve(BEN)
        if self.story.rollout.intent is not None:
            self.story.lands()
            self.oracle = Oracle()


def mixed_plan() -> Plan:
    triggers = ["errors > 5%", "chat down 2 times in a row", "queue > 500 3 times in a row", "latency > 10s for 3m"]
    stage = {"bake": "3m", "promote_when": ["success > 98%"], "warn_unless": [], "rollback_when": triggers}
    return a_plan(a_stage("1%", **stage), a_stage("50%", **stage), no_data={"after": "4m", "then": "hold"})


def one(name: str) -> st.SearchStrategy[tuple[str, float]]:
    """Well or ill, measured or not: a sick source has every number in it."""
    values = st.sampled_from([GOOD[name], GOOD[name], BAD[name], math.nan])
    hows = st.sampled_from(["well", "well", "well", *SICK])
    return st.tuples(hows, values).map(lambda it: ("NaN", 0.0) if math.isnan(it[1]) else it)


checks = st.lists(st.fixed_dictionaries({name: one(name) for name in METRICS}), min_size=1, max_size=14)
Checks = list[dict[str, tuple[str, float]]]
UP, DOWN = {"gate", "promoted", "completed"}, {"rolling_back", "killing"}


def any_mixture(several: Checks) -> None:
    """The property. Raises AssertionError where the law is broken."""
    patient = Patient()
    for answers in several:
        state = patient.story.rollout.state
        happened, truth = patient.look(answers)
        if patient.oracle.fires(truth, patient.story.now):
            assert DOWN & happened, f"a measured breach was left standing: {truth}"
            return
        assert not DOWN & happened, f"rolled back without a measured breach: {truth}"
        assert patient.story.emergency == "", "killed without a measured breach"
        if any(truth[name] is None for name in METRICS):
            assert not UP & happened, f"went up, or ended, without data: {happened} from {state}"
            assert patient.story.rollout.state is not State.GATE, "a gate stays open without data"
        patient.people_act()
        if patient.story.rollout.state is State.COMPLETED:
            return
    recovers(patient)


def recovers(patient: Patient) -> None:
    """Well again: resumed where it was held, and it goes on to the end by itself and the approvals it needs."""
    well = {name: ("well", GOOD[name]) for name in METRICS}
    for _ in range(14):
        if patient.story.rollout.state is State.HELD:
            patient.story.resume(STARTER)
        happened, _ = patient.look(well)
        assert not DOWN & happened, "rolled back in health"
        patient.people_act()
        if patient.story.rollout.state is State.COMPLETED:
            return
    raise AssertionError(f"it never recovered: {patient.story.rollout.state}, {patient.story.rollout.check}")


@settings(QUICK, max_examples=300)
@given(checks)
def test_any_mixture_of_answers_moves_only_what_was_measured(several: Checks) -> None:
    """Law 3: up and to the end only on measurements, down only on a measured breach as the plan defines it."""
    any_mixture(several)


def flaps(bad: int) -> Checks:
    """Good and bad by turns, `bad` bad ones together, for a day's worth of blips."""
    ill = {name: ("well", BAD[name] if name in ("queue", "latency") else GOOD[name]) for name in METRICS}
    well = {name: ("well", GOOD[name]) for name in METRICS}
    away = {name: ("away", GOOD[name]) for name in METRICS}
    return [*([ill] * bad), well, away] * 4


@pytest.mark.parametrize("bad", [1, 2])
def test_blips_apart_never_add_up_to_a_rollback(bad: int) -> None:
    """A retry counter that never resets: three blips in a day roll a healthy canary back."""
    any_mixture(flaps(bad))


def test_a_streak_goes_on_where_it_was_when_the_source_is_back() -> None:
    """No data freezes the count, it doesn't begin it anew: the third bad check is the third."""
    patient = Patient()
    ill = {name: ("well", BAD[name] if name == "queue" else GOOD[name]) for name in METRICS}
    away = {name: ("away", GOOD[name]) for name in METRICS}
    assert [bool(DOWN & patient.look(each)[0]) for each in (ill, away, ill, away, away, ill)] == [False] * 5 + [True]


# ---- the whole way, over HTTP ------------------------------------------------------------------------------------


async def breaches(folder: Path, stable: Mapping[str, float], *, sick_stable: bool = False) -> tuple[State, str, float]:
    """A breach that is really there. How it ends, why it is held (or ""), and the weight really in force."""
    async with ward(folder, ["one"]) as here:
        here.far.stable = stable
        here.far.values["one"] = ILL
        if sick_stable:
            here.far.sick["one"] = _stable_away
        await here.minutes(2)
        now = await here.rollout("one")
        return now.state, now.hold.cause if now.hold else "", here.real("one")


async def _stable_away(asked: Asked) -> web.StreamResponse:
    return await (says("", 503)(asked) if "old" in asked.side else healthy(asked))


async def test_a_breach_that_was_measured_rolls_back(tmp_path: Path) -> None:
    """The control: the same far side, the same path, and it does come down when it must."""
    assert await breaches(tmp_path, WELL) == (State.ROLLED_BACK, "", 0.0)


async def test_a_breach_that_the_stable_side_shows_too_is_held_and_told(tmp_path: Path) -> None:
    """Both sides bad: the old version would be no better."""
    assert await breaches(tmp_path, ILL) == (State.HELD, "both_sides", 1.0)


async def test_a_breach_rolls_back_when_the_stable_side_can_not_be_seen(tmp_path: Path) -> None:
    """Half an answer, one side only: what wasn't measured excuses nothing."""
    assert await breaches(tmp_path, WELL, sick_stable=True) == (State.ROLLED_BACK, "", 0.0)


RELATIVE = [{**STAGE, "weight": weight, "promote_when": ["success > stable - 5%"]} for weight in ("1%", "100%")]


async def test_half_a_comparison_is_no_data(tmp_path: Path) -> None:
    """One side only: the canary is well, and what it is compared with can't be seen."""
    async with ward(tmp_path, ["one"], stages=RELATIVE) as here:
        here.far.sick["one"] = _stable_away
        await here.minutes(4)
        assert {seen.verdict for seen in here.seen["one"][1:]} == {Verdict.NO_DATA}
        assert "no stable value: unreachable" in here.seen["one"][-1].detail("success")
        assert here.seen["one"][-1].state is State.HELD
        assert here.real("one") == 1.0
        here.far.sick.clear()
        await here.resume()
        await here.until(State.GATE)


async def test_a_source_that_flaps_neither_holds_nor_moves_a_rollout_and_its_gate_needs_a_good_check(
    tmp_path: Path,
) -> None:
    """Every second check without data: bake time counts, no hold comes of it, and no gate survives a bad check."""
    async with ward(tmp_path, ["one"]) as here:
        for minute in range(8):
            if minute % 2:
                here.far.sick["one"] = says("", 503)
            else:
                here.far.sick.pop("one", None)
            await here.minutes(1)
        states = [seen.state for seen in here.seen["one"]]
        verdicts = [seen.verdict for seen in here.seen["one"]]
        assert State.HELD not in states
        sick = [verdict is Verdict.NO_DATA for verdict in verdicts]
        assert State.GATE not in [state for state, bad in zip(states, sick, strict=True) if bad]
        assert here.real("one") == 1.0
        here.far.sick.pop("one", None)
        await here.until(State.GATE)
        assert await here.approve("one") == ""
        assert here.real("one") == 100.0


async def test_an_answer_that_is_slow_and_in_time_is_a_measurement(tmp_path: Path) -> None:
    """Just under the deadline is no sickness."""
    async with ward(tmp_path, ["one"]) as here:
        here.far.sick["one"] = _slowly
        await here.until(State.GATE)
        assert [seen.verdict for seen in here.seen["one"]].count(Verdict.NO_DATA) == 0


async def _slowly(asked: Asked) -> web.StreamResponse:
    await asyncio.sleep(0.1)
    return await healthy(asked)


# ---- counters on a page ------------------------------------------------------------------------------------------

PAGE_METRICS: dict[str, Any] = {
    "success": {"source": "page", "unit": "percent", "percent": {"of": "good_total", "to": "all_total"}, "over": "2m"},
    "errors": {"source": "page", "unit": "percent", "percent": {"of": "bad_total", "to": "all_total"}, "over": "2m"},
    "latency": {"source": "numbers", "unit": "seconds", "number": "latency"},
    "new_jobs": {"source": "numbers", "unit": "count", "number": "new_jobs"},
}


@dataclass
class Service:
    """Counters that count up by a hundred requests a minute, five in a thousand of them bad, and its page's troubles.

    It had an incident long before: half of all that was ever counted is bad.
    """

    good: float = 50_000.0
    bad: float = 50_000.0
    trouble: str = ""

    def minute(self) -> None:
        self.good += 99.5
        self.bad += 0.5

    def restart(self) -> None:
        self.good = self.bad = 0.0

    def page(self) -> str:
        lines = [f"all_total {self.good + self.bad}", f"good_total {self.good}", f"bad_total {self.bad}"]
        match self.trouble:
            case "empty":
                return ""
            case "cut between lines":
                return lines[0] + "\n"
            case "cut in a number":
                return "\n".join(lines)[:-3]
            case _:
                return "\n".join(lines) + "\n"


async def counts(folder: Path, trouble: str, minutes: int) -> tuple[list[State], list[float]]:
    """A healthy service whose page has its trouble for so long: the states, and the real weights, minute by minute."""
    service = Service()

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(text=service.page(), content_type="text/plain")

    async with serving(answer) as url:
        clock: list[Rig] = []
        kind = KINDS["metrics_page"]
        page = type(kind)(
            options=kind.options,
            build=lambda options, environment: _on_the_clock(options, environment, clock),
            ask=kind.ask,
            longest_range=kind.longest_range,
        )
        stages = [{**STAGE, "weight": weight, "bake": "4m"} for weight in ("1%", "100%")]
        sources = {"page": {"kind": "metrics_page", "url": url}, "numbers": {"kind": "numbers"}}
        told = tree(sources=sources, metrics=PAGE_METRICS, stages=stages, no_data={"after": "20m", "then": "hold"})
        async with rig(folder, told, sources={"metrics_page": page}) as story:
            clock.append(story)
            rollout = await story.start(ANA)
            states, weights = [], []
            for minute in range(minutes + 8):
                service.minute()
                if minute == 4 and trouble == "restart":
                    service.restart()
                service.trouble = trouble if 4 <= minute < 4 + minutes else ""
                await story.minutes(1)
                states.append((await story.load(rollout)).state)
                weights.append(story.traffic[0].weight.percent)
            await story.engine.equipment.aclose()
            return states, weights


def _on_the_clock(options: Any, environment: Any, clock: list[Rig]) -> Any:
    return MetricsPage(options, environment, lambda: clock[0].now)


TROUBLES = [
    ("restart", 1),
    ("empty", 1),
    ("empty", 3),
    ("cut between lines", 1),
    ("cut between lines", 3),
    ("cut in a number", 2),
]


@pytest.mark.parametrize(("trouble", "minutes"), TROUBLES)
async def test_counters_that_start_anew_or_go_missing_roll_nothing_back(
    tmp_path: Path, trouble: str, minutes: int
) -> None:
    """A restart of the service, an exporter's empty page, a page cut short: an old incident isn't a new one."""
    states, weights = await counts(tmp_path, trouble, minutes)
    assert not {State.ROLLING_BACK, State.ROLLED_BACK} & set(states), states
    assert set(weights) == {1.0}
    assert states[-1] is State.GATE, states
