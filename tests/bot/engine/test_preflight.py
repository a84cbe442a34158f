"""Preflight (X5): what is tried on both sides, what is red, and how far it is while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout, Tried
from bot.engine.board import Board, StatusBoard
from bot.ports import Sample
from tests.fakes.traffic import Trouble
from tests.rig import START, Rig, rig, sick, tree

pytestmark = pytest.mark.anyio


def with_sides() -> dict[str, Any]:
    """Latency is compared with the stable side's."""
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "number": "latency of $side"}
    stages = [{**stage, "warn_unless": ["latency <= stable + 10%"]} for stage in tree()["stages"]]
    return tree(metrics=metrics, stages=stages, sides={"canary": "new", "stable": "old"})


async def red(here: Rig, rollout: Rollout) -> list[str]:
    records = await here.engine.rollouts.records(rollout.id)
    return [line for record in records if record.kind == "aborted" for line in record.body["red"]]


async def test_both_sides_are_asked_and_a_stable_side_without_data_is_a_mistake(tmp_path: Path) -> None:
    """It serves everybody: where nothing comes, the query or the labels are wrong."""
    async with rig(tmp_path, with_sides()) as here:
        rollout = await here.start()
        assert rollout.state is State.ABORTED
        (line,) = await red(here, rollout)
        assert line.startswith("metric latency on the stable side: empty")
        here.numbers.values["latency of $side@old"] = 2.0
        assert (await here.start()).state is State.BAKING


async def test_several_series_where_one_is_meant_stop_a_start(tmp_path: Path) -> None:
    """They won't become one by themselves."""
    async with rig(tmp_path) as here:
        here.numbers.values["latency"] = (Sample(1.0, START, "a"), Sample(2.0, START, "b"))
        (line,) = await red(here, await here.start())
        assert "several series" in line


async def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        here.numbers.values["errors"] = sick()
        here.kills[0].far.trouble = Trouble.DENY
        rollout = await here.start()
        assert [line.split(":")[0] for line in await red(here, rollout)] == [
            "metric errors",
            "kill switch fake switch 0",
        ]
        assert {each.outcome for each in rollout.preflight} == {"ok", "red"}


async def test_what_is_waited_for_stays_on_the_board_and_goes_when_it_is_there(tmp_path: Path) -> None:
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "30m"}}
    stages = [{**stage, "warn_unless": ["latency <= baseline + 10%"]} for stage in tree()["stages"]]
    async with rig(tmp_path, tree(metrics=metrics, stages=stages)) as here:
        del here.numbers.values["latency"]
        rollout = await here.start()
        waiting = [each for each in rollout.preflight if each.outcome == "pending"]
        assert [(each.kind, each.name) for each in waiting] == [("baseline", "latency")]
        here.numbers.values["latency"] = 2.0
        await here.minutes(0.1, step_s=6)
        assert (await here.load(rollout)).preflight == ()


async def test_progress_is_told_when_there_is_some_and_red_stays_red() -> None:
    board, heard = Board([Tried(what="a", kind="paper"), Tried(what="b", kind="paper")], 0, 0), asyncio.Event()
    told: list[list[str]] = []

    async def watch(tried: Sequence[Tried]) -> None:
        told.append([each.outcome for each in tried])
        heard.set()

    async with board.told_to(watch):
        await heard.wait()
        board.note("a", "red", "it hangs")
        board.note("a", "ok")
        heard.clear()
        await heard.wait()
    assert told == [["pending", "pending"], ["red", "pending"]]


async def test_progress_is_an_edit_of_the_status_message_and_no_record(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        rollout = await here.start()
        before = await here.engine.rollouts.head(rollout.id)
        await here.said()
        watch = StatusBoard(here.engine.outbox, lambda: here.now + timedelta(seconds=1)).of(rollout)
        await watch([Tried(what="a", kind="paper")])
        (edit,) = await here.said()
        assert (edit.say, edit.edits, edit.facts["preflight"][0]["outcome"]) == (
            "status",
            f"status:{rollout.id}",
            "pending",
        )
        assert await here.engine.rollouts.head(rollout.id) == before
