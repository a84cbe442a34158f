"""One far side's limits hold for all who ask it: checks, baselines, diagnoses, plans with other options (U7)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from bot.domain.kinds import Kind, Kinds
from bot.domain.measurements import Missing, NoData
from bot.domain.plan import Part
from bot.engine.equipment import Equipment
from bot.engine.far_sides import FarSide, Gate, SharedSource
from bot.ports import Answer, Question, Sample, Source
from tests.adapters.alerting.plans import a_plan
from tests.rig import Ask, rig
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

T0 = datetime(2026, 3, 2, tzinfo=UTC)
QUESTION = Question(Ask(number="x"))


@dataclass
class Server:
    """One far side, whichever object asks it: how many were there at most, and whom it keeps waiting."""

    inside: int = 0
    most: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)


class Asker:
    """A source object of its own, to the same server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def ask(self, question: Question, at: datetime) -> Answer:
        self._server.inside += 1
        self._server.most = max(self._server.most, self._server.inside)
        try:
            await self._server.open.wait()
        finally:
            self._server.inside -= 1
        return (Sample(1.0, at),)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return await self.ask(question, end)

    async def aclose(self) -> None: ...


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    url: str = "http://user:secret@prom.example.org:9090/path?token=x"
    at_once: int = 8
    per_minute: int | None = None


def equipment(server: Server, **kind: Any) -> Equipment:
    asked = Kind(options=Options, build=lambda options, environment: Asker(server), ask=Ask, **kind)
    return Equipment(Kinds(sources={"prom": asked}), {})


def source(of: Equipment, **options: Any) -> Source:
    built: Source = of._build("source", of.kinds.sources, Part(kind="prom", options=options))
    return built


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_plans_that_state_other_options_share_the_smallest_limit_and_baselines_count_too() -> None:
    server = Server()
    here = equipment(server)
    wide, narrow = source(here, at_once=5, deadline="5s"), source(here, at_once=3)
    asked = [asyncio.ensure_future(each.ask(QUESTION, T0)) for each in (wide, narrow) * 6]
    asked += [asyncio.ensure_future(wide.history(QUESTION, T0, T0)) for _ in range(4)]
    await turn()
    (far,) = here.far_sides
    assert (far.name, server.inside, far.under_way, far.waiting) == ("prom prom.example.org:9090", 3, 3, 13)
    server.open.set()
    answers = await asyncio.gather(*asked)
    assert all(isinstance(answer, tuple) for answer in answers)
    assert (server.most, far.under_way, far.waiting, far.outcomes) == (3, 0, 0, {"ok": 16})


async def test_a_diagnosis_takes_no_checks_turn_and_all_of_them_have_one_beside() -> None:
    server = Server()
    here = equipment(server)
    check = source(here, at_once=2)
    apart = here.apart(a_plan(), Part(kind="prom", options={"at_once": 2}))
    looks = [asyncio.ensure_future(apart.ask(QUESTION, T0)) for _ in range(5)]
    await turn()
    assert server.inside == 1
    checks = [asyncio.ensure_future(check.ask(QUESTION, T0)) for _ in range(5)]
    await turn()
    assert server.inside == 3
    server.open.set()
    await asyncio.gather(*looks, *checks)
    assert server.most == 3


@pytest.mark.parametrize("kind", ["keeps", "joins"])
async def test_what_many_questions_ask_by_one_request_is_not_held_up(kind: str) -> None:
    """A page answers all of a check's questions at once; one after the other they would be as many requests."""
    server = Server()
    page = source(equipment(server, **{kind: True}), at_once=1)
    asked = [asyncio.ensure_future(page.ask(QUESTION, T0)) for _ in range(6)]
    await turn()
    assert server.inside == 6
    server.open.set()
    await asyncio.gather(*asked)


async def test_who_goes_away_while_waiting_or_when_let_in_leaves_the_place_to_the_next() -> None:
    gate, done = Gate(1), []

    async def through(name: str, leave: asyncio.Event) -> None:
        async with gate:
            await leave.wait()
            done.append(name)

    events = {name: asyncio.Event() for name in "abcd"}
    tasks = {name: asyncio.create_task(through(name, event)) for name, event in events.items()}
    await turn()
    tasks["b"].cancel()
    await turn()
    events["a"].set()
    # One step: `a` has left and `c` has been let in, but hasn't gone in yet.
    while gate.waiting == 2:
        await asyncio.sleep(0)
    tasks["c"].cancel()
    await turn()
    events["d"].set()
    async with asyncio.timeout(HANGS_S):
        await tasks["d"]
    assert (done, gate.inside, gate.waiting) == (["a", "d"], 0, 0)


async def test_a_question_beyond_the_minutes_budget_is_no_data_and_the_next_minute_brings_a_new_one() -> None:
    far, server = FarSide("prom"), Server()
    server.open.set()
    far.limit(None, 3)
    far.limit(None, 5)
    asked = SharedSource(Asker(server), far, far.gate)
    answers = [await asked.ask(QUESTION, T0) for _ in range(4)]
    assert isinstance(answers[2], tuple)
    assert answers[3] == NoData(Missing.NOT_ASKED, "its budget of 3 a minute is used up", T0)
    now_s = asyncio.get_running_loop().time()
    assert [far.may_ask(now_s + 61) for _ in range(4)] == [True, True, True, False]


async def test_an_answer_that_nobody_waits_for_is_counted_and_gives_its_place_back() -> None:
    far, server = FarSide("prom"), Server()
    asking = asyncio.ensure_future(SharedSource(Asker(server), far, far.gate).ask(QUESTION, T0))
    await turn()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert (far.outcomes, far.under_way) == ({"abandoned": 1}, 0)


async def test_a_source_that_hangs_does_not_pile_up_however_many_checks_come_due(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        await here.start()
        never = asyncio.Event()
        answering: Callable[..., Awaitable[Answer]] = here.numbers.ask
        most = 0

        async def hang(question: Question, at: datetime) -> Answer:
            await never.wait()
            return await answering(question, at)

        here.numbers.ask = hang  # type: ignore[method-assign]
        for _ in range(12):
            here.now += timedelta(minutes=1)
            await here.engine.ticker.tick()
            await turn()
            (far,) = here.engine.equipment.far_sides
            most = max(most, far.under_way + far.waiting)
        assert 1 <= most <= 4, "one look at a time, with a question for each metric"
        never.set()
        await here.engine.ticker.idle()
