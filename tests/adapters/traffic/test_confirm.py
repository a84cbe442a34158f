"""Confirmations of kinds `http` and `command` (R10), besides what the contract suite asks of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.traffic import CONFIRM
from adapters.traffic.confirm import shows
from bot.domain.units import Weight
from bot.ports import Confirmation, OutOfReach
from tests.adapters.traffic.far_sides.command_world import SHARED, CommandWorld, command_world
from tests.adapters.traffic.far_sides.flag_service import TOKEN, FlagService, flag_service
from tests.fakes.traffic import Trouble

pytestmark = pytest.mark.anyio


@pytest.fixture
async def service() -> AsyncIterator[FlagService]:
    async with flag_service() as running:
        yield running


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CommandWorld]:
    async with command_world(tmp_path) as opened:
        assert isinstance(opened, CommandWorld)
        yield opened


def over_http(service: FlagService, **options: Any) -> Confirmation:
    kind = CONFIRM["http"]
    where = {"url": f"{service.url}/split", "token_env": "T", "timeout": "1s"}
    return kind.build(kind.options(**where, **options), {"T": TOKEN})


def by_command(world: CommandWorld, **options: Any) -> Confirmation:
    kind = CONFIRM["command"]
    return kind.build(kind.options(**({"argv": ["setcanary", "show"]} | SHARED | options)), world.environment)


@pytest.mark.parametrize("options", [{"path": "split.canary"}, {"text": '"canary": {percent}}'}], ids=["path", "text"])
async def test_an_address_confirms_only_the_weight_that_it_shows(service: FlagService, options: dict[str, Any]) -> None:
    confirmation = over_http(service, **options)
    service.split = 10
    assert await confirmation.confirms(Weight(10))
    assert not await confirmation.confirms(Weight(1))
    assert not await confirmation.confirms(Weight(100))
    await confirmation.aclose()


@pytest.mark.parametrize(
    "options",
    [{"text": "PCT={percent}"}, {"regex": r"^PCT=(.*)$"}],
    ids=["text", "regex"],
)
async def test_a_command_confirms_only_the_weight_that_it_shows(world: CommandWorld, options: dict[str, Any]) -> None:
    confirmation = by_command(world, **options)
    await world.set_split("10")
    assert await confirmation.confirms(Weight(10))
    assert not await confirmation.confirms(Weight(1))


async def test_a_command_can_tell_by_its_exit_code(world: CommandWorld) -> None:
    confirmation = by_command(world, argv=["setcanary", "unset", "{percent}"], exit_code=0)
    assert await confirmation.confirms(Weight(10))
    await world.get_into(Trouble.DENY)
    assert not await confirmation.confirms(Weight(10))
    await world.get_into(Trouble.FAIL)
    with pytest.raises(OutOfReach):
        await confirmation.confirms(Weight(10))


@pytest.mark.parametrize(
    ("output", "confirmed"),
    [
        ("pct=1", True),
        ("pct=1.0", True),
        ("pct=1 and pct=1", True),
        ("pct=1 and pct=0", False),
        ("pct=10", False),
        ("pct=1.5", False),
        ("pct=", False),
        ("", False),
        ("pct=1,pct=2", False),
    ],
)
def test_a_text_shows_a_weight_as_a_whole_number_and_every_time(output: str, confirmed: bool) -> None:
    """Pods that still have the old weight say so in the same output."""
    assert shows("pct={percent}", output, Weight(1)) is confirmed


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("http", {"url": "http://x"}),
        ("http", {"url": "http://x", "path": "a", "text": "{percent}"}),
        ("http", {"url": "http://x", "text": "always there"}),
        ("http", {"url": "http://x", "text": "{percent} {percent}"}),
        ("command", {"argv": ["x"]}),
        ("command", {"argv": ["x"], "exit_code": 0}),
        ("command", {"argv": ["x"], "text": "ok"}),
    ],
)
def test_a_confirmation_that_would_confirm_any_weight_is_a_mistake(kind: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CONFIRM[kind].options.model_validate(wrong)
