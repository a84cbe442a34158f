"""R5: baselines of sources that only tell how it is now come from what Perch measured; and what questions may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.conditions import Condition
from bot.domain.kinds import Kind, Kinds
from bot.domain.language.grammar import parse
from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.rollout import Rollout
from bot.engine.gather import Round
from bot.ports import Answer, Question, Sample, StoreAway
from tests.builders import a_plan
from tests.rig import START, Ask, Nothing, Rig, rig, tree

pytestmark = pytest.mark.anyio


@dataclass
class NowOnly:
    """Tells how it is now: the minutes since the story began, or what a test says. Remembers what it was asked."""

    value: float | None = None
    asked: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)

    async def ask(self, question: Question, at: datetime) -> Answer:
        self.asked.append((at, dict(question.values)))
        value = self.value if self.value is not None else (at - START).total_seconds() / 60
        return (Sample(value, at),)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return NoData(Missing.NO_BASELINE, "keeps no history", end)

    async def aclose(self) -> None: ...


def kind(source: NowOnly, *names: str) -> dict[str, Kind[Any]]:
    def build(options: Any, environment: Any) -> NowOnly:
        return source

    named = frozenset(names)
    return {"now": Kind(Nothing, build, ask=Ask, reach=lambda ask: timedelta(0), names=lambda ask: named)}


def plan(baseline: dict[str, Any], second: str = "minutes <= baseline + 1000") -> dict[str, Any]:
    """The small plan with a metric of the source above, judged against its baseline from the second stage on."""
    metrics = {
        **tree()["metrics"],
        "minutes": {"source": {"kind": "now"}, "unit": "count", "number": "minutes", "baseline": baseline},
    }
    first, *later = tree()["stages"]
    stages = [first, *({**stage, "warn_unless": [second]} for stage in later)]
    return tree(metrics=metrics, stages=stages)


async def promoted(here: Rig, rollout: Rollout) -> Rollout:
    """Through the gate, into the next stage."""
    await here.until_gate(rollout)
    await here.approve(rollout)
    await here.minutes(1)
    return await here.load(rollout)


async def test_a_stage_is_the_baseline_of_a_source_without_a_past(tmp_path: Path) -> None:
    """Its median over the checks of that stage, frozen when it's left."""
    source = NowOnly()
    async with rig(tmp_path, plan({"stage": "1%"}), sources=kind(source)) as here:
        rollout = await here.start()
        rollout = await here.until_gate(rollout)
        taken = rollout.baselines["minutes"]
        assert taken.value == 2.0
        assert (taken.samples, taken.how) == (3, "median of the stage at 1%")
        source.value = 5000.0
        rollout = await promoted(here, rollout)
        await here.minutes(1)
        frozen = (await here.load(rollout)).baselines["minutes"]
        assert frozen.value is not None
        assert frozen.value < 5
        check = (await here.load(rollout)).check
        assert check is not None
        line = next(line for line in check.lines if line.metric == "minutes")
        assert (line.met, line.reference) == (False, frozen.value)
        assert line.deviation == pytest.approx(100 * (5000 / frozen.value - 1), abs=0.01)


async def test_the_last_completed_rollout_is_a_baseline(tmp_path: Path) -> None:
    """Of the first rollout there is none, and nobody waits for it; of the second it is the first one's end."""
    source = NowOnly(value=40.0)
    async with rig(tmp_path, plan({"previous": True, "over": "3m"}), sources=kind(source)) as here:
        first = await here.start()
        assert first.state is not State.PREFLIGHT
        assert first.baselines["minutes"].how == "no earlier rollout was completed"
        first = await to_the_end(here, first)
        here.traffic[0].weight = here.traffic[0].weight.parse("0%")
        second = await here.start()
        taken = second.baselines["minutes"]
        assert taken.value == 40.0
        assert taken.how == f"median of the last 3m of {first.id}"


async def to_the_end(here: Rig, rollout: Rollout) -> Rollout:
    for _ in range(60):
        await here.minutes(1)
        rollout = await here.load(rollout)
        if rollout.state is State.GATE:
            await here.approve(rollout)
        if rollout.state is State.COMPLETED:
            return rollout
    raise AssertionError(f"not completed: {rollout.state}")


async def test_a_question_names_values_of_its_rollout(tmp_path: Path) -> None:
    """M3, M9: only those that it asks for, so that equal questions of two rollouts stay one; the stage's begins with
    its traffic."""
    source = NowOnly()
    names = ("stage_start", "version", "rollout", "weight")
    async with rig(tmp_path, plan({"stage": "1%"}), sources=kind(source, *names)) as here:
        rollout = await here.start()
        await here.minutes(2)
        rollout = await here.load(rollout)
        _, values = source.asked[-1]
        assert values == {
            "rollout": rollout.id,
            "stage_start": rollout.shifted_at,
            "version": "v2",
            "weight": 1.0,
        }
        before_traffic = source.asked[0]
        assert before_traffic[1]["stage_start"] == before_traffic[0]


async def test_a_source_is_not_asked_about_a_time_it_cannot_reach() -> None:
    """An older frozen plan may compare with `7d ago`: the answer would be today's under another name."""
    source = NowOnly()
    read = a_plan(metrics={"minutes": {"source": {"kind": "now"}, "unit": "count", "number": "minutes"}})
    round = Round(START, Kinds(sources=kind(source)))
    conditions: list[Condition] = [parse("minutes < 7d ago + 5%")]
    found = (await round.ago(read, {"minutes": source}, conditions))["minutes", timedelta(days=7)]
    assert isinstance(found, NoData)
    assert found.missing is Missing.NO_BASELINE
    assert source.asked == []


async def test_a_database_that_is_away_costs_the_baseline_and_not_the_check(tmp_path: Path) -> None:
    """Law 2: what the check finds may be urgent."""
    source = NowOnly()
    async with rig(tmp_path, plan({"stage": "1%"}), sources=kind(source)) as here:
        rollout = await here.start()

        class Away:
            async def newest(self, *_: Any) -> Any:
                raise StoreAway("the database doesn't answer")

            async def course(self, *_: Any) -> Any:
                raise StoreAway("the database doesn't answer")

        remembered = here.engine.ticker._remembered
        assert remembered is not None
        object.__setattr__(remembered, "histories", Away())
        await here.minutes(1)
        rollout = await here.load(rollout)
        assert rollout.baselines["minutes"].value is None
        assert rollout.check is not None
        assert rollout.check.at == here.now
