"""Perch's own page (O5): what alert rules rest on, bounded, and as promtool likes it; /healthz that means something."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import httpx
import pytest

from bot.domain.machine import State
from bot.domain.rollout import BaselineValue, Kill
from bot.domain.units import Weight
from bot.engine.far_sides import FarSide
from commands.web.health import Standing, hopeless
from commands.web.metrics import ANSWERS
from tests.commands.web.test_web import ANA, T0, Process, a_check, a_rollout, door, samples
from tests.servers import require

pytestmark = pytest.mark.anyio

HERE = ("lab", "materializers")


async def page(process: Process) -> dict[tuple[str, tuple[str, ...]], float]:
    async with door(process) as client:
        return await samples(client)


async def test_a_live_rollout_tells_its_stage_weight_lateness_baselines_and_rehearsal() -> None:
    """O2, O5: what guardrails in Prometheus are joined with."""
    process = Process(now=T0 + timedelta(minutes=10))
    live = a_rollout(
        stage=1,
        confirmed=Weight(10),
        shifted_at=T0,
        due_at=T0 + timedelta(minutes=9),
        rehearsed_at=T0 + timedelta(minutes=4),
        rehearsal_faults=("redis",),
        baselines={
            "p99": BaselineValue(value=1.5, samples=9, taken_at=T0, how="x"),
            "none": BaselineValue(value=None, samples=0, taken_at=T0, how="x"),
        },
    )
    process.standing = Standing(live=[live], looking=1, spooled=2)
    found = await page(process)
    assert {name: found[name, HERE] for name, labels in found if labels == HERE and not name.endswith("_info")} == {
        "perch_rollout_stage": 2,
        "perch_rollout_stage_start_time_seconds": T0.timestamp(),
        "perch_rollout_weight_percent": 10,
        "perch_check_lateness_seconds": 60,
        "perch_kill_rehearsal_age_seconds": 360,
        "perch_kill_rehearsal_faults": 1,
    }
    assert found["perch_plan_baseline", ("lab", "materializers", "p99")] == 1.5
    assert ("perch_plan_baseline", ("lab", "materializers", "none")) not in found
    assert (found["perch_looks_under_way", ()], found["perch_spool_acts", ()]) == (1, 2)


async def test_the_stage_is_0_after_an_end_in_preflight_and_while_it_is_only_observed() -> None:
    """Whoever goes by Perch's last word must have heard that it is over, from this process or another."""
    process = Process(standing=Standing(live=[a_rollout(stage=1)], ended=[("shop", "eu")]))
    found = await page(process)
    assert (found["perch_rollout_stage", HERE], found["perch_rollout_stage", ("eu", "shop")]) == (2, 0)
    process.standing = Standing()
    found = await page(process)
    assert found["perch_rollout_stage", HERE] == 0
    for none in (a_rollout(state=State.PREFLIGHT), a_rollout(mode="observe", stage=1)):
        process.standing = Standing(live=[none])
        assert (await page(process))["perch_rollout_stage", HERE] == 0
    process.standing, process.now = Standing(), process.now + timedelta(days=3)
    assert ("perch_rollout_stage", HERE) not in await page(process)


async def test_without_a_database_no_stage_is_told_so_that_the_last_known_one_holds() -> None:
    process = Process(standing=Standing(live=[a_rollout()]))
    assert ("perch_rollout_stage", HERE) in await page(process)
    process.standing = Standing(database="away")
    assert ("perch_rollout_stage", HERE) not in await page(process)


async def test_a_kill_is_timed_once_by_each_of_its_steps() -> None:
    process = Process()
    kill = Kill(by=ANA, reason="bad", asked_at=T0 + timedelta(seconds=1), applied_at=T0 + timedelta(seconds=3))
    process.metrics.saw(a_rollout(kill=kill))
    process.metrics.saw(a_rollout(kill=kill.model_copy(update={"read_back_at": T0 + timedelta(seconds=8)}), revision=3))
    found = await page(process)
    assert found["perch_kill_seconds_sum", ("applied",)] == 2
    assert found["perch_kill_seconds_sum", ("read_back",)] == 7
    assert [found["perch_kill_seconds_count", (step,)] for step in ("applied", "read_back", "measured")] == [1, 1, 0]


async def test_sources_tell_how_much_is_asked_of_them_and_what_came_of_it() -> None:
    far = FarSide("prometheus prom.example.org:9090")
    far.limit(8, None)
    far.outcomes.update({"ok": 3, "timeout": 1})
    far.took_s = 2.5
    process = Process(standing=Standing(sources=[far]))
    found = await page(process)
    name = "prometheus prom.example.org:9090"
    assert found["perch_source_questions_total", ("ok", name)] == 3
    assert found["perch_source_questions_total", (name, "timeout")] == 1
    assert (found["perch_source_seconds_sum", (name,)], found["perch_source_seconds_count", (name,)]) == (2.5, 4)
    assert (found["perch_source_at_once", (name,)], found["perch_source_waiting", (name,)]) == (8, 0)


async def test_the_page_passes_promtools_lint() -> None:
    """O5, by the real promtool, with something of everything on it."""
    process = Process(now=T0 + timedelta(minutes=1))
    process.metrics.ticked(3)
    process.metrics.answered(ANSWERS[0])
    far = FarSide("json shop")
    far.limit(1, 5)
    far.outcomes["ok"] = 1
    kill = Kill(by=ANA, reason="bad", asked_at=T0 + timedelta(seconds=1), applied_at=T0 + timedelta(seconds=3))
    full = a_rollout(check=a_check(process.now), kill=kill, shifted_at=T0, rehearsed_at=T0)
    process.metrics.saw(full)
    process.standing = Standing(live=[full], sources=[far], spooled=0)
    async with door(process) as client:
        text = (await client.get("/metrics")).text
    done = subprocess.run(
        [require("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_healthz_is_red_only_where_a_new_process_helps() -> None:
    process = Process(standing=Standing(database="is locked", slack="no connection"))
    process.metrics.ticked()

    async def health(client: httpx.AsyncClient) -> tuple[int, list[str]]:
        answer = await client.get("/healthz")
        return answer.status_code, answer.json().get("reasons", [])

    async with door(process) as client:
        process.now += timedelta(seconds=110)
        assert await health(client) == (200, [])
        process.now += timedelta(seconds=20)
        assert await health(client) == (503, ["engine: the last tick was 130 s ago"])
    async with door(process, wake=None) as client:
        assert await health(client) == (200, [])


def test_a_part_that_ended_by_a_fault_asks_for_a_restart_and_a_slow_start_does_not() -> None:
    wake = timedelta(seconds=0.5)
    assert hopeless(["sender"], T0, T0, T0, wake) == ["sender ended by a fault, and nothing begins it again"]
    assert hopeless([], None, T0, T0 + timedelta(seconds=90), wake) == []
    assert hopeless([], None, T0, T0 + timedelta(minutes=3), wake) == ["engine: no tick since the start"]
