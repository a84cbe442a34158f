"""Diagnoses carried out beside everything else (R14): within bounds, once, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.diagnosis import KINDS
from bot.domain.diagnosing import SILENT
from bot.domain.evidence import Record
from bot.domain.kinds import Kind
from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.rollout import Rollout
from bot.engine import diagnosing
from bot.ports import Answer, Change, Denied, Question, Sample, Seen
from tests.rig import Ask, Nothing, Rig, again, beside, rig, tree
from tests.waiting import until

pytestmark = pytest.mark.anyio


class Far:
    """A look, and a source, that a test holds up: they count who waits."""

    def __init__(self) -> None:
        self.answer: Seen | Exception = Seen("well")
        self.open = self.most = self.asked = 0
        self.clear = asyncio.Event()
        self.clear.set()

    async def look(self) -> Seen:
        self.asked += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await self.clear.wait()
        finally:
            self.open -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def until_asked(self) -> None:
        """A diagnosis begins beside everything: on a busy machine later than a rollback ends."""
        await until(lambda: self.open)

    async def ask(self, question: Question, at: Any) -> Answer:
        seen = await self.look()
        labels = getattr(question.ask, "number", "")
        return (Sample(3.0, at, f'queue="{labels}"'), Sample(0.5, at, 'queue="other"')) if seen else ()

    async def history(self, question: Question, start: Any, end: Any) -> Answer:
        return NoData(Missing.NO_BASELINE, "keeps none", end)

    async def rehearse(self) -> str:
        return "fine"

    async def aclose(self) -> None: ...


def with_book(*steps: Any, **more: Any) -> dict[str, Any]:
    plan = tree(**more)
    plan["sources"]["far"] = {"kind": "far"}
    plan["metrics"]["errors"]["runbook"] = {"remedies": ["restart it"], "diagnose": list(steps)}
    return plan


LOOK = {"kind": "far", "what": "the far side"}


def open_rig(folder: Path, far: Far, plan: Mapping[str, Any]) -> Any:
    """A rig whose plan may look at `far`."""
    sources = {"far": Kind(Nothing, lambda options, environment: far, ask=Ask)}
    return rig(folder, dict(plan), sources=sources, diagnosis={"far": Kind(Nothing, lambda options, environment: far)})


async def broken(story: Rig) -> Rollout:
    """A rollout that bakes, and then errs enough to be rolled back."""
    rollout = await story.start()
    await story.minutes(1)
    story.numbers.values["errors"] = 7.0
    story.now += timedelta(minutes=1)
    await story.engine.ticker.tick()
    await story.engine.ticker.idle()
    return rollout


async def diagnoses(story: Rig, rollout: Rollout, kind: str = "diagnosis") -> list[Record]:
    return [record for record in await story.engine.rollouts.records(rollout.id) if record.kind == kind]


async def test_each_look_is_told_and_kept_with_what_to_try(tmp_path: Path) -> None:
    """R14: another metric, a question to a source, and whatever else can be looked at."""
    far = Far()
    steps = ["latency", {"source": "far", "number": "jobs", "unit": "count", "what": "queues"}, LOOK]
    async with open_rig(tmp_path, far, with_book(*steps)) as story:
        rollout = await broken(story)
        await story.settle()
        (intent,), (answer,) = await diagnoses(story, rollout, "diagnosing"), await diagnoses(story, rollout)
        assert intent.body["steps"] == ["latency", "queues", "the far side"]
        assert [(step["what"], step["ok"], step["answer"]) for step in answer.body["steps"]] == [
            ("latency", True, "2 s"),
            ("queues", True, 'queue="jobs": 3\nqueue="other": 0.5'),
            ("the far side", True, "well"),
        ]
        assert (answer.body["why"], answer.body["remedies"]) == ("errors > 5%", ["restart it"])
        (told,) = [message for message in await story.said() if message.say == "diagnosis"]
        assert (told.thread, told.broadcast) == (True, False)


async def test_a_rollback_waits_for_no_diagnosis(tmp_path: Path) -> None:
    """R14, law 2: it hangs, and traffic is down."""
    far = Far()
    far.clear.clear()
    async with open_rig(tmp_path, far, with_book(LOOK)) as story:
        rollout = await broken(story)
        assert (await story.load(rollout)).state is State.ROLLED_BACK
        await far.until_asked()
        assert await diagnoses(story, rollout) == []
        far.clear.set()
        await story.settle()
        assert len(await diagnoses(story, rollout)) == 1


async def test_a_look_that_fails_is_told_and_stops_no_other(tmp_path: Path) -> None:
    far = Far()
    far.answer = Denied("far was not run: it is not allowed")
    async with open_rig(tmp_path, far, with_book(LOOK, "latency")) as story:
        rollout = await broken(story)
        await story.settle()
        (answer,) = await diagnoses(story, rollout)
        said = [(step["ok"], step["answer"]) for step in answer.body["steps"]]
        assert said == [(False, "far was not run: it is not allowed"), (True, "2 s")]


async def test_looks_have_a_deadline_and_so_has_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosing, "WITHIN", timedelta(seconds=0.05))
    monkeypatch.setattr(diagnosing, "AT_ONCE", 2)
    far = Far()
    far.clear.clear()
    async with open_rig(
        tmp_path, far, with_book(*[{**LOOK, "what": f"look {number}"} for number in range(4)])
    ) as story:
        rollout = await broken(story)
        await story.settle()
        (answer,) = await diagnoses(story, rollout)
        assert [step["ok"] for step in answer.body["steps"]] == [False] * 4
        assert "not looked at to the end" in answer.body["steps"][3]["answer"]
        assert (far.most, far.open) == (2, 0), "so many at once, and nothing goes on"


async def test_a_long_answer_is_cut_and_says_so(tmp_path: Path) -> None:
    far = Far()
    far.answer = Seen("x" * 100_000)
    async with open_rig(tmp_path, far, with_book(LOOK)) as story:
        rollout = await broken(story)
        await story.settle()
        ((step,),) = [record.body["steps"] for record in await diagnoses(story, rollout)]
        assert (len(step["answer"]), step["cut"]) == (diagnosing.LONGEST + 1, True)


async def test_of_several_processes_one_looks(tmp_path: Path) -> None:
    """R14, law 6."""
    far = Far()
    far.clear.clear()
    async with open_rig(tmp_path, far, with_book(LOOK)) as story, beside(story, tmp_path) as other:
        rollout = await broken(story)
        other.engine.diagnoses.saw(await story.load(rollout))
        await other.engine.diagnoses.idle()
        far.clear.set()
        await story.settle()
        assert far.asked == 1
        assert len(await diagnoses(story, rollout)) == 1


async def test_what_a_dead_process_began_is_told_as_unfinished(tmp_path: Path) -> None:
    """R14, law 5: an honest record, and no second look at what may have brought the first one down."""
    far = Far()
    far.clear.clear()
    async with open_rig(tmp_path, far, with_book(LOOK)) as story:
        rollout = await broken(story)
        await story.engine.diagnoses.aclose()
        async with again(story, tmp_path) as next_life:
            next_life.now += SILENT
            next_life.engine.diagnoses.saw(await next_life.load(rollout))
            await next_life.engine.diagnoses.idle()
            (answer,) = await diagnoses(next_life, rollout)
            assert answer.body["unfinished"]
            assert answer.body["steps"] == []
            assert (await next_life.load(rollout)).diagnoses["errors"].unfinished
            assert far.asked == 1


async def test_a_person_can_ask_for_it(tmp_path: Path) -> None:
    far = Far()
    async with open_rig(tmp_path, far, with_book(LOOK)) as story:
        rollout = await story.start()
        assert await story.engine.desk.diagnose(story.request("diagnose"), rollout.id, "errors") == ["errors"]
        await story.settle()
        (answer,) = await diagnoses(story, rollout)
        assert answer.body["why"] == "asked for"


async def test_a_source_of_a_diagnosis_is_one_of_its_own(tmp_path: Path) -> None:
    """No check waits behind a slow look; but what rests on earlier answers is shared."""
    made: list[Far] = []

    def build(options: Nothing, environment: Mapping[str, str]) -> Far:
        made.append(Far())
        return made[-1]

    plan = with_book({"source": "far", "number": "jobs"})
    plan["metrics"]["depth"] = {"source": "far", "unit": "count", "number": "jobs", "series": "max"}
    for keeps, objects in ((False, 2), (True, 1)):
        made.clear()
        (tmp_path / str(keeps)).mkdir()
        sources = {"far": Kind(Nothing, build, ask=Ask, keeps=keeps)}
        async with rig(tmp_path / str(keeps), plan, sources=sources) as story:
            await broken(story)
            await story.settle()
            assert len(made) == objects


async def test_an_answer_waits_for_a_look_under_way(tmp_path: Path) -> None:
    """R14: no verdict is put off by it; the look that it met is kept."""
    far = Far()
    far.clear.clear()
    async with open_rig(tmp_path, far, with_book(LOOK)) as story:
        rollout = await story.start()
        await story.engine.desk.diagnose(story.request("diagnose"), rollout.id, "errors")
        await far.until_asked()
        story.now += timedelta(minutes=1)
        (looked_at,) = await story.engine.rollouts.claim(story.now, "a look", 30, 9)
        far.clear.set()
        await asyncio.sleep(0.1)
        assert await diagnoses(story, rollout) == []
        await story.engine.rollouts.save(looked_at, Change(claim="a look"))
        await story.engine.diagnoses.idle()
        assert len(await diagnoses(story, rollout)) == 1


async def test_preflight_says_what_a_runbook_could_not_look_at_and_starts_all_the_same(tmp_path: Path) -> None:
    """X5: better now than at night."""
    sources = {"far": Kind(Nothing, lambda options, environment: Far(), ask=Ask)}
    plan = with_book({"command": ["redis-cli", "info"], "what": "redis"})
    async with rig(tmp_path, plan, sources=sources, diagnosis=KINDS) as story:
        rollout = await story.start()
        assert rollout.state is State.BAKING
        (passed,) = await diagnoses(story, rollout, "preflight")
        (said,) = passed.body["runbooks"]
        assert said.startswith("errors: redis: redis-cli was not run: no command is allowed")
