"""Kind `haproxy` (T7, X6) against a real HAProxy, beyond the contract: shares that are measured, and what is told."""

from __future__ import annotations

import asyncio
import http.client
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.traffic import KILL, TRAFFIC
from adapters.traffic.haproxy import MOST, Sides
from adapters.traffic.haproxy_socket import Standing
from adapters.traffic.shares import nearest, share
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, KillMethod, Nonsense, OutOfReach, Traffic
from tests import servers
from tests.adapters.traffic.far_sides.haproxy_world import say, states

pytestmark = pytest.mark.anyio

LEAVES = ("canary", "stable1", "stable2")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A Unix socket's path may have 100 letters; pytest's folders have more."""
    with TemporaryDirectory(prefix="perch-h-") as short:
        yield Path(short)


@pytest.fixture
def front(folder: Path) -> Iterator[servers.Server]:
    """Three servers that say their names, played by HAProxy itself; and one backend that takes no weights."""
    ports = {name: servers.free_port() for name in LEAVES}
    leaves = [
        f"server {name} 127.0.0.1:{port} weight 50 check inter 20ms fall 1 rise 1" for name, port in ports.items()
    ]
    fixed = ["balance static-rr", "server canary 127.0.0.1:9", "server stable1 127.0.0.1:9"]
    spare = [
        "balance roundrobin",
        "server canary 127.0.0.1:9",
        "server stable1 127.0.0.1:9",
        "server b 127.0.0.1:9 backup",
    ]
    speaking = [
        line
        for name, port in ports.items()
        for line in (
            f"frontend {name}",
            f"bind 127.0.0.1:{port}",
            f"http-request return status 200 content-type text/plain string {name}",
        )
    ]
    backends = {"denis": ["balance roundrobin", *leaves], "spare": spare, "fixed": [*fixed, *speaking]}
    with servers.haproxy(folder, backends) as server:
        yield server


def traffic(folder: Path, **more: Any) -> Traffic:
    kind = TRAFFIC["haproxy"]
    options = {"socket": f"{folder}/admin.sock", "backend": "denis", "canary": "canary", **more}
    return kind.build(kind.options(**options), {})


def kill(folder: Path, by: str) -> KillMethod:
    kind = KILL["haproxy"]
    return kind.build(kind.options(socket=f"{folder}/admin.sock", backend="denis", canary="canary", by=by), {})


async def measured(front: servers.Server, requests: int) -> Counter[str]:
    """Who answered."""

    def ask() -> Counter[str]:
        line = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
        try:
            found: Counter[str] = Counter()
            for _ in range(requests):
                line.request("GET", "/")
                found[line.getresponse().read().decode()] += 1
            return found
        finally:
            line.close()

    return await asyncio.to_thread(ask)


async def test_the_canary_gets_the_share_of_requests_that_was_set(front: servers.Server, folder: Path) -> None:
    """X6: 2,000 requests at 10 %. HAProxy's round-robin deals in turn, so no more than a turn's rest is off."""
    adapter = traffic(folder)
    await adapter.apply(Weight(10))
    counted = await measured(front, 2000)
    assert counted.total() == 2000
    assert abs(counted["canary"] - 200) <= 2, counted
    assert abs(counted["stable1"] - counted["stable2"]) <= 2


@pytest.mark.parametrize(("weight", "of_400"), [(Weight(0), 0), (Weight(1), 4), (Weight(50), 200), (Weight(100), 400)])
async def test_the_ends_and_the_middle_are_measured_too(
    front: servers.Server, folder: Path, weight: Weight, of_400: int
) -> None:
    """X6: at 0 % nobody meets the canary, at 100 % everybody."""
    adapter = traffic(folder)
    await adapter.apply(weight)
    assert abs((await measured(front, 400))["canary"] - of_400) <= (1 if 0 < of_400 < 400 else 0)


async def test_from_everything_to_nothing_no_request_is_lost(front: servers.Server, folder: Path) -> None:
    """The weights are set one after the other; in between there's always somebody to answer."""
    adapter = traffic(folder)
    asking = asyncio.create_task(measured(front, 1500))
    for weight in (Weight(100), ZERO, Weight(100), ZERO, Weight(66.67), Weight(90)):
        await adapter.apply(weight)
        await asyncio.sleep(0)
    assert set(await asking) <= {"canary", "stable1", "stable2"}


@pytest.mark.parametrize("by", ["weight", "drain", "maint"])
async def test_a_killed_canary_gets_nothing_until_it_is_put_back(front: servers.Server, folder: Path, by: str) -> None:
    """T9: each way out, and the former weight and state back."""
    await traffic(folder).apply(Weight(50))
    switch = kill(folder, by)
    former = await switch.former()
    await switch.engage()
    assert await switch.engaged()
    assert (await traffic(folder).read()).weight == ZERO
    assert "canary" not in await measured(front, 100)
    await switch.restore(former)
    await comes(folder, "canary", "2")
    assert (await traffic(folder).read()).weight == Weight(50)


async def test_a_stable_server_that_is_lost_shows_as_drift_and_is_named(front: servers.Server, folder: Path) -> None:
    """Law 10: the share is of the servers that take traffic; asking again for the weight makes it right."""
    adapter = traffic(folder)
    await adapter.apply(Weight(10))
    await say(folder / "admin.sock", "set server denis/stable2 state maint")
    state = await adapter.read()
    assert state.weight == Weight(18.18)
    assert state.shown == "canary 10 of 55: canary 10, stable1 45, stable2 45 in maintenance"
    await adapter.apply(Weight(10))
    assert (await adapter.read()).weight == Weight(10)


async def test_a_canary_that_is_down_has_no_traffic_and_a_raise_says_so(front: servers.Server, folder: Path) -> None:
    adapter = traffic(folder)
    await adapter.apply(Weight(10))
    await say(folder / "admin.sock", "disable health denis/canary; set server denis/canary health down")
    await comes(folder, "canary", "0")
    state = await adapter.read()
    assert (state.weight, "canary 10 DOWN" in state.shown) == (ZERO, True)
    with pytest.raises(OutOfReach, match="no canary server takes traffic: canary 10 DOWN"):
        await adapter.apply(Weight(10))
    await adapter.apply(ZERO)
    assert (await states(folder / "admin.sock"))["canary"]["srv_uweight"] == "0"


async def comes(folder: Path, server: str, operating: str) -> None:
    async with asyncio.timeout(60):
        while (await states(folder / "admin.sock"))[server]["srv_op_state"] != operating:
            await asyncio.sleep(0.01)


async def test_what_whole_weights_cannot_give_is_refused_with_the_nearest(front: servers.Server, folder: Path) -> None:
    """T7: right to the hundredth of a percent, or not at all; nothing is changed."""
    adapter = traffic(folder)
    before = await states(folder / "admin.sock")
    with pytest.raises(Denied, match=r"can't give the canary 0\.1%.*the nearest is 0\.19%") as raised:
        await adapter.apply(Weight(0.1))
    assert "(1 to 256)" in str(raised.value)
    after = await states(folder / "admin.sock")
    assert [row["srv_uweight"] for row in after.values()] == [row["srv_uweight"] for row in before.values()]


@pytest.mark.parametrize(("canaries", "stables"), [(1, 1), (1, 3), (2, 9), (3, 20)])
@pytest.mark.parametrize("percent", [0, 1, 5, 10, 12.5, 25, 50, 75, 90, 100])
def test_the_weights_of_everyday_are_exact(percent: float, canaries: int, stables: int) -> None:
    pair = nearest(Weight(percent), MOST, canaries, stables)
    assert 0 <= min(pair.canary, pair.stable) <= max(pair.canary, pair.stable) <= MOST
    assert share(pair.canary * canaries, pair.stable * stables) == Weight(percent)


OLD = [(0, 100), (10, 90), (50, 50), (100, 0), (256, 1), (2, 1), (1, 256)]


@pytest.mark.parametrize("old", OLD)
@pytest.mark.parametrize("percent", [0, 1, 10, 50, 90, 99, 100])
def test_between_two_settings_no_share_is_above_both_and_never_is_there_nobody(
    old: tuple[int, int], percent: float
) -> None:
    """Law 1: the weights of two sides can't be set in one moment, so the order is chosen."""
    canary, stable = (Standing(name, 2, 0, weight) for name, weight in zip(("c", "s"), old, strict=True))
    sides, new = Sides([canary], [stable]), nearest(Weight(percent), MOST)
    between = (new.canary, old[1]) if sides.canary_first(new) else (old[0], new.stable)
    assert sum(between) > 0
    assert share(*between) <= max(share(*old), share(new.canary, new.stable))


async def test_a_socket_that_may_only_look_is_denied_before_anything_moves(front: servers.Server, folder: Path) -> None:
    """X5: the rehearsal asks what the socket may do."""
    adapter = traffic(folder, socket=f"{folder}/looks.sock")
    assert (await adapter.read()).weight > ZERO
    for call in (adapter.rehearse(), adapter.apply(Weight(1))):
        with pytest.raises(Denied, match="level admin"):
            await call


async def test_a_backend_that_takes_no_weights_is_denied_before_anything_moves(
    front: servers.Server, folder: Path
) -> None:
    adapter = traffic(folder, backend="fixed")
    for call in (adapter.rehearse(), adapter.apply(Weight(10))):
        with pytest.raises(Denied, match="takes no weights while it runs"):
            await call


async def test_a_backup_server_is_told_before_anything_moves(front: servers.Server, folder: Path) -> None:
    with pytest.raises(Denied, match="b is a backup, so weights don't tell the share"):
        await traffic(folder, backend="spare").rehearse()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"backend": "nope"}, "no such backend"),
        ({"canary": "nope"}, "no server nope; it has canary, stable1, stable2"),
        ({"stable": ["stable1", "gone"]}, "no server gone"),
        ({"canary": ["canary", "stable1", "stable2"]}, "no server but the canary's"),
    ],
)
async def test_a_name_that_is_not_there_is_denied(
    front: servers.Server, folder: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(Denied, match=words):
        await traffic(folder, **options).read()


async def test_a_server_on_neither_side_makes_the_share_unsure(front: servers.Server, folder: Path) -> None:
    with pytest.raises(Nonsense, match="stable2 is neither canary nor stable"):
        await traffic(folder, stable="stable1").read()


async def test_a_socket_over_tcp_does_as_well(front: servers.Server, folder: Path) -> None:
    adapter = traffic(folder, socket=f"127.0.0.1:{(folder / 'port').read_text()}")
    await adapter.apply(Weight(25))
    assert (await adapter.read()).weight == Weight(25)


async def test_nobody_there_is_out_of_reach(folder: Path) -> None:
    with pytest.raises(OutOfReach, match="can't be reached"):
        await traffic(folder, socket=f"127.0.0.1:{servers.free_port()}").read()
    with pytest.raises(OutOfReach, match="can't be reached"):
        await traffic(folder).read()


@pytest.mark.parametrize(
    "options",
    [
        {"canary": "a; shutdown sessions server denis/b"},
        {"backend": "denis\nset"},
        {"socket": "haproxy"},
        {"canary": "a", "stable": ["a"]},
        {"canary": []},
    ],
)
def test_options_that_cannot_be_right_are_refused(options: dict[str, Any]) -> None:
    """No name can become a second command."""
    with pytest.raises(ValidationError):
        TRAFFIC["haproxy"].options(**{"socket": "/run/h.sock", "backend": "denis", "canary": "c", **options})
