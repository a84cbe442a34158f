"""The web door over real HTTP: alive, ready, counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from bot.domain.freezes import Freeze
from bot.domain.machine import State
from bot.domain.rollout import Check, Kill, Line, Person, Rollout, Verdict
from bot.domain.slos import Figure, SloSeen
from commands.web import Door, web_app
from commands.web.health import Standing
from commands.web.metrics import Metrics
from tests.far_side import served
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ANA = Person(id="U1", name="Ana")


@dataclass
class Process:
    """What a test says about the process behind the door."""

    now: datetime = T0
    standing: Standing = field(default_factory=Standing)
    hangs: bool = False

    def __post_init__(self) -> None:
        self.metrics = Metrics(lambda: self.now)

    async def look(self) -> Standing:
        if self.hangs:
            await asyncio.Event().wait()
        return self.standing


@asynccontextmanager
async def door(
    process: Process, slack: Door | None = None, wake: timedelta | None = timedelta(seconds=0.5)
) -> AsyncIterator[httpx.AsyncClient]:
    app = web_app(process.look, process.metrics, lambda: process.now, wake=wake, slack_handler=slack)
    async with served(app) as address, httpx.AsyncClient(verify=False, base_url=address, trust_env=False) as client:
        yield client


def a_rollout(**changes: object) -> Rollout:
    rollout = Rollout(
        id="materializers-1",
        plan="materializers",
        plan_digest="d",
        service="denis",
        environment="lab",
        version="v2",
        requester=ANA,
        started_at=T0,
        due_at=T0,
        state=State.BAKING,
    )
    return rollout.but(**changes)


def a_check(at: datetime, verdict: Verdict = Verdict.PASS, value: float | None = 1.5) -> Check:
    line = Line(role="hard", condition="p99 < 2s", metric="p99", value=value, unit="seconds", met=value is not None)
    return Check(at=at, stage=0, verdict=verdict, lines=(line,))


async def samples(client: httpx.AsyncClient) -> dict[tuple[str, tuple[str, ...]], float]:
    page = (await client.get("/metrics")).text
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_healthz_is_good_while_the_loop_turns_even_without_a_database() -> None:
    process = Process(standing=Standing(database="is locked", slack="not connected"))
    async with door(process) as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_readyz_is_good_when_the_database_answers_the_engine_ticks_and_slack_is_connected() -> None:
    process = Process()
    process.metrics.ticked()
    async with door(process) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_readyz_names_every_reason_at_once() -> None:
    process = Process(standing=Standing(database="perch.db is locked", slack="no connection for 40 s"))
    process.metrics.ticked()
    process.now += timedelta(seconds=30)
    async with door(process) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == [
        "database: perch.db is locked",
        "engine: the last tick was 30 s ago",
        "Slack: no connection for 40 s",
    ]


async def test_readyz_is_not_ready_before_the_first_tick() -> None:
    async with door(Process()) as client:
        assert (await client.get("/readyz")).json()["reasons"] == ["engine: no tick since the start"]


async def test_a_process_of_doors_alone_is_ready_without_ticks() -> None:
    async with door(Process(), wake=None) as client:
        assert (await client.get("/readyz")).status_code == 200


async def test_a_database_that_hangs_is_told_within_the_deadline() -> None:
    process = Process(hangs=True)
    process.metrics.ticked()
    async with door(process) as client, asyncio.timeout(HANGS_S):
        answer = await client.get("/readyz")
    assert answer.json()["reasons"] == ["database: didn't answer within 2 s"]


async def test_each_check_counts_once_by_its_verdict_however_often_the_rollout_is_saved() -> None:
    process = Process()
    process.now += timedelta(seconds=1)
    passed = a_rollout(check=a_check(process.now))
    process.metrics.saw(passed)
    process.metrics.saw(passed.but(revision=9))
    process.metrics.saw(passed.but(check=a_check(process.now + timedelta(seconds=5), Verdict.BREACH)))
    async with door(process) as client:
        found = await samples(client)
    assert found["perch_checks_total", ("pass",)] == 1
    assert found["perch_checks_total", ("breach",)] == 1
    assert found["perch_checks_total", ("no_data",)] == 0


async def test_a_kill_and_an_end_count_once_and_those_before_the_start_not_at_all() -> None:
    process = Process()
    kill = Kill(by=ANA, reason="bad", asked_at=T0 + timedelta(seconds=2))
    killed = a_rollout(kill=kill, state=State.KILLED, ended_at=T0 + timedelta(seconds=3))
    process.metrics.saw(killed)
    process.metrics.saw(killed.but(revision=7))
    process.metrics.saw(a_rollout(kill=kill.model_copy(update={"asked_at": T0 - timedelta(hours=1)})))
    async with door(process) as client:
        found = await samples(client)
    assert found["perch_kills_total", ("materializers",)] == 1
    assert found["perch_rollouts_ended_total", ("killed",)] == 1


async def test_a_plan_metric_keeps_its_last_value_and_ages_while_there_is_no_data() -> None:
    """O5"""
    process = Process()
    process.now += timedelta(seconds=1)
    process.metrics.saw(a_rollout(check=a_check(process.now)))
    process.now += timedelta(seconds=60)
    blind = a_rollout(check=a_check(process.now, Verdict.NO_DATA, value=None))
    process.metrics.saw(blind)
    process.standing = Standing(live=[blind])
    labels = ("lab", "materializers", "p99", "seconds")
    async with door(process) as client:
        found = await samples(client)
        process.standing = Standing(live=[])
        gone = await samples(client)
    assert found["perch_plan_metric", labels] == 1.5
    assert found["perch_plan_metric_age_seconds", labels] == 60
    assert ("perch_plan_metric", labels) not in gone


async def test_what_is_left_of_error_budgets_is_shown_while_it_is_known() -> None:
    """R13, O5: as a share, as 000's alert `slo_error_budget_remaining < 0.25` has it; no data is no number."""
    process = Process()
    process.now += timedelta(seconds=1)
    known = SloSeen(
        name="toggle",
        target="99.9%",
        window=timedelta(days=30),
        unit="percent",
        budget=Figure(value=24.0),
        burns={"1h": Figure(value=3.2), "5m": Figure(missing="timeout")},
    )
    unknown = known.model_copy(update={"name": "jobs", "budget": Figure(missing="timeout")})
    watched = a_rollout(check=a_check(process.now).model_copy(update={"slos": (known, unknown)}))
    process.metrics.saw(watched)
    process.standing = Standing(live=[watched])
    async with door(process) as client:
        found = await samples(client)
        process.standing = Standing(live=[])
        gone = await samples(client)
    toggle = ("lab", "materializers", "toggle")
    assert {key: value for key, value in found.items() if key[0].startswith("perch_slo")} == {
        ("perch_slo_error_budget_remaining", toggle): 0.24,
        ("perch_slo_burn_rate", ("1h", *toggle)): 3.2,
    }
    assert not any(key[0].startswith("perch_slo") for key in gone)


async def test_live_rollouts_and_what_is_still_to_be_said_are_gauges() -> None:
    process = Process()
    live = [a_rollout(), a_rollout(id="b", state=State.HELD)]
    process.standing = Standing(live=live, unsaid=3, oldest_unsaid=T0 - timedelta(seconds=20))
    process.metrics.ticked()
    process.now += timedelta(seconds=2)
    async with door(process) as client:
        found = await samples(client)
    assert found["perch_rollouts", ("baking",)] == 1
    assert found["perch_rollouts", ("held",)] == 1
    assert found["perch_rollouts", ("gate",)] == 0
    assert found["perch_outbox_messages", ()] == 3
    assert found["perch_outbox_age_seconds", ()] == 22
    assert found["perch_tick_age_seconds", ()] == 2
    assert found["perch_ticks_total", ()] == 1


async def test_freezes_are_counted_by_service() -> None:
    """X11."""
    process = Process()
    frozen = [
        Freeze(id=id, service=service, why="w", owner=ANA, since=T0)
        for id, service in (("a", "denis"), ("b", "denis"), ("c", ""))
    ]
    process.standing = Standing(freezes=frozen)
    async with door(process) as client:
        found = await samples(client)
    assert {labels: value for (name, labels), value in found.items() if name == "perch_freezes"} == {
        ("denis",): 2,
        ("all",): 1,
    }


async def test_without_a_database_its_numbers_are_left_out_and_never_read_zero() -> None:
    process = Process()
    process.now += timedelta(seconds=1)
    process.metrics.saw(a_rollout(check=a_check(process.now)))
    process.standing = Standing(database="away")
    async with door(process) as client:
        found = await samples(client)
    assert found["perch_database_up", ()] == 0
    assert not [name for name, _ in found if name in ("perch_rollouts", "perch_outbox_messages")]
    assert found["perch_plan_metric", ("lab", "materializers", "p99", "seconds")] == 1.5


async def test_slack_posts_to_its_own_path_in_http_mode_only() -> None:
    async def slack(request: web.Request) -> web.Response:
        return web.Response(text=await request.text())

    async with door(Process()) as client:
        assert (await client.post("/slack/events", content="x")).status_code == 404
    async with door(Process(), slack) as client:
        assert (await client.post("/slack/events", content="x")).text == "x"
        assert (await client.post("/slack/events", content=b"x" * 2_000_000)).status_code == 413
