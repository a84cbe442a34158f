"""Kind `redis_flag` (T3) against a real Redis, beyond the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.traffic.redis_flag import RedisKey, RedisKillOptions, RedisTrafficOptions, kill, traffic
from adapters.traffic.values import Standing
from bot.domain.kinds import MissingEnvironment
from bot.domain.units import Weight
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault
from tests import servers
from tests.adapters.traffic.far_sides.redis_world import ENVIRONMENT, RedisWorld, options, redis_world
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[RedisWorld]:
    async with redis_world(tmp_path) as opened:
        assert isinstance(opened, RedisWorld)
        yield opened


async def test_a_fraction_is_written_and_read_where_the_plan_says_so(world: RedisWorld) -> None:
    adapter = traffic(RedisTrafficOptions(**options(world.server.url, "pct", format="fraction")), ENVIRONMENT)
    await adapter.apply(Weight(12.5))
    assert await world.split() == "0.125"
    assert (await adapter.read()).weight == Weight(12.5)


async def test_a_missing_key_is_nonsense_unless_the_plan_says_what_it_means(world: RedisWorld) -> None:
    url = world.server.url
    with pytest.raises(Nonsense, match="absent_is"):
        await traffic(RedisTrafficOptions(**options(url, "new")), ENVIRONMENT).read()
    meant = traffic(RedisTrafficOptions(**options(url, "new", absent_is="0%")), ENVIRONMENT)
    assert (await meant.read()).weight == Weight(0)


async def test_bytes_that_are_not_utf_8_are_put_back_as_they_were(world: RedisWorld) -> None:
    await world.admin.set("denis:feature:enabled", b"\xff\x00on")
    former = await world.kill.former()
    await world.kill.engage()
    await world.kill.restore(former)
    assert await world.admin.get("denis:feature:enabled") == b"\xff\x00on"


async def test_a_kill_does_not_expire_with_the_flag_that_it_replaces(world: RedisWorld) -> None:
    await world.admin.set("denis:feature:enabled", "1", ex=100)
    await world.kill.engage()
    assert await world.admin.ttl("denis:feature:enabled") == -1


async def test_a_rehearsal_asks_whether_writing_is_allowed(world: RedisWorld) -> None:
    """X5: rights are tried before anything moves; ACL DRYRUN writes nothing."""
    assert "isn't tried" in await world.kill.rehearse()
    await world._user("+acl|whoami", "+acl|dryrun")
    assert "may be SET" in await world.kill.rehearse()
    await world._user("-set")
    with pytest.raises(Denied, match="SET"):
        await world.kill.rehearse()


async def test_a_rehearsal_refuses_a_flag_that_is_neither_on_nor_off(world: RedisWorld) -> None:
    await world.set_switch("banana")
    with pytest.raises(Nonsense, match="neither on nor off"):
        await world.kill.rehearse()


async def test_a_rehearsal_notices_a_read_only_replica(world: RedisWorld) -> None:
    await world._user("+role")
    await world.admin.replicaof("127.0.0.1", "1")
    with pytest.raises(OutOfReach, match="read-only replica"):
        await world.traffic.rehearse()


async def test_a_wrong_password_is_denied_and_not_shown(world: RedisWorld) -> None:
    adapter = traffic(RedisTrafficOptions(**options(world.server.url, "pct")), {"REDIS_PASSWORD": "wrong-one-1"})
    with pytest.raises(Denied) as raised:
        await adapter.read()
    assert "wrong-one-1" not in str(raised.value)


async def test_no_connection_stays_open_after_a_call_or_a_cancel(world: RedisWorld) -> None:
    for steps in (1, 4, 9, 1000):
        order = asyncio.create_task(world.traffic.apply(Weight(1)))
        for _ in range(steps):
            await asyncio.sleep(0)
        order.cancel()
        await asyncio.gather(order, return_exceptions=True)
    async with asyncio.timeout(HANGS_S):
        while len(await world.admin.client_list()) > 1:
            await asyncio.sleep(0.01)


async def test_a_closed_port_is_out_of_reach() -> None:
    place = {"url": f"redis://127.0.0.1:{servers.free_port()}/0", "key": "k"}
    with pytest.raises(OutOfReach, match="can't be reached"):
        await traffic(RedisTrafficOptions(**place), {}).read()


async def test_a_server_that_is_not_redis_is_a_fault() -> None:
    async def other(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    async with server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        with pytest.raises(OutsideFault):
            await RedisKey(RedisKillOptions(url=url, key="k", off="0"), {}).put(Standing("0"))


def test_the_target_names_server_database_and_key() -> None:
    adapter = kill(RedisKillOptions(url="redis://db-host:6380", key="denis:feature", off=0), {})
    assert adapter.target == "redis db-host:6380/0 denis:feature"


def test_a_missing_password_variable_is_named() -> None:
    with pytest.raises(MissingEnvironment, match="REDIS_PASSWORD"):
        traffic(RedisTrafficOptions(**options("redis://db", "pct")), {})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": "redis://perch:s3cretpw@db/0"}, "password_env"),
        ({"url": "http://db"}, "redis://"),
        ({"url": "redis://db?password=x"}, "no query"),
        ({"off": "1"}, "the same value"),
        ({"username": "perch"}, "password_env"),
        ({"timeout": "0s"}, "between 0 and 1h"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_bad_options_are_told_without_repeating_secrets(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        RedisKillOptions.model_validate({"url": "redis://db", "key": "k", "off": 0, "on": 1} | wrong)
    hints = [str(error.get("ctx", {}).get("hint")) for error in raised.value.errors()]
    assert told in f"{raised.value} {hints}"
    assert "s3cretpw" not in str(raised.value)


def test_an_address_still_to_be_filled_in_is_accepted() -> None:
    assert RedisKillOptions(url="${REDIS_URL}", key="k", off=0).off == "0"
