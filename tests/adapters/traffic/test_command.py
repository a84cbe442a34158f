"""Kind `command` (T5), beyond the contract, with a real program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import ValidationError

from adapters.traffic.command import CommandKill, CommandKillOptions, CommandTrafficOptions
from bot.domain.units import Weight
from bot.ports import Denied, Nonsense, OutOfReach
from tests.adapters.traffic.far_sides.command_world import (
    KILL_OPTIONS,
    SHARED,
    TOKEN,
    TRAFFIC_OPTIONS,
    CommandWorld,
    command_world,
)
from tests.fakes.traffic import Trouble
from tests.programs import runs
from tests.waiting import HANGS_S, until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CommandWorld]:
    async with command_world(tmp_path) as opened:
        assert isinstance(opened, CommandWorld)
        yield opened


def kill_with(world: CommandWorld, **options: Any) -> CommandKill:
    return CommandKill(CommandKillOptions(**(SHARED | KILL_OPTIONS | options)), world.environment)


async def test_further_commands_run_in_order_and_the_first_failure_ends_it(world: CommandWorld) -> None:
    then = [["setcanary", "set", "FIRST={fraction}"], ["setcanary", "explode"], ["setcanary", "set", "NEVER=1"]]
    with pytest.raises(Denied, match="exit code 1"):
        await world.traffic_with(then=then).apply(Weight(25))
    assert world.state.read_text() == "PCT=25\nENABLED=true\nFIRST=0.25\n"


async def test_both_sides_of_a_split_can_be_said(world: CommandWorld) -> None:
    """T6: `--traffic-split main:5,r0.5-hotfix:95`."""
    await world.traffic_with(then=[["setcanary", "set", "SPLIT=main:{percent},old:{rest}"]]).apply(Weight(5))
    assert "SPLIT=main:5,old:95" in world.state.read_text().splitlines()


async def test_a_failure_shows_its_last_lines_redacted_on_one_line(world: CommandWorld) -> None:
    """Law 8: the program echoes its token; the fault doesn't."""
    await world.get_into(Trouble.DENY)
    with pytest.raises(Denied) as raised:
        await world.traffic.read()
    assert str(raised.value).endswith("error: forbidden / user with token [redacted] can't patch")


async def test_exit_codes_that_mean_later_are_out_of_reach(world: CommandWorld) -> None:
    await world.get_into(Trouble.DENY)
    with pytest.raises(OutOfReach):
        await world.traffic_with(retry_codes=[1]).read()


async def test_a_timeout_stops_the_program_and_its_child(world: CommandWorld) -> None:
    await world.get_into(Trouble.HANG)
    with pytest.raises(OutOfReach, match="didn't end within"):
        await world.traffic.read()
    started = await world.pids()
    await until(lambda: not any(runs(pid) for pid in started))


async def test_no_secret_is_among_the_arguments_of_a_running_program(world: CommandWorld) -> None:
    """Law 8: arguments can be read by every user of the machine."""
    await world.get_into(Trouble.HANG)
    reading = asyncio.create_task(world.traffic_with(timeout="30s").read())
    async with asyncio.timeout(HANGS_S):
        pid, _ = await world.pids()
    process = psutil.Process(pid)
    assert TOKEN not in " ".join(process.cmdline())
    assert process.environ()["SETCANARY_TOKEN"] == TOKEN
    assert "UNNAMED_SECRET" not in process.environ()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def test_a_program_that_is_not_allowed_is_told_by_the_rehearsal(world: CommandWorld) -> None:
    world.environment["PERCH_ALLOWED_COMMANDS"] = ""
    with pytest.raises(Denied, match="set PERCH_ALLOWED_COMMANDS=setcanary"):
        await world.traffic_with().rehearse()


async def test_a_rehearsal_also_checks_the_commands_that_it_does_not_run(world: CommandWorld) -> None:
    with pytest.raises(Denied, match="kubectl"):
        await world.traffic_with(then=[["kubectl", "rollout", "status"]]).rehearse()


async def test_two_different_answers_are_nonsense(world: CommandWorld) -> None:
    world.state.write_text("PCT=10\nPCT2=50\n")
    with pytest.raises(Nonsense, match="10, 50"):
        await world.traffic_with(read={"argv": ["setcanary", "show"], "percent": r"^PCT2?=(\d+)$"}).read()


async def test_a_place_in_json_can_tell_the_weight(world: CommandWorld) -> None:
    world.state.write_text('{"spec": [{"x=": 0.125}]}')
    read = {"argv": ["setcanary", "show"], "path": "spec.0.x=", "fraction": True}
    assert (await world.traffic_with(read=read).read()).weight == Weight(12.5)


async def test_a_switch_without_a_former_value_is_put_back_as_on_or_off(world: CommandWorld) -> None:
    options = {"former": None, "absent": [], "restore": [["setcanary", "set", "ENABLED=true"]]}
    kill = kill_with(world, **options)
    was_on = await kill.former()
    await kill.engage()
    was_off = await kill.former()
    await kill.restore(was_off)
    assert await world.switch() == "false"
    await kill.restore(was_on)
    assert await world.switch() == "true"


async def test_a_former_value_that_is_missing_is_told_before_anything_moves(world: CommandWorld) -> None:
    await world.set_switch(None)
    with pytest.raises(Nonsense, match="absent"):
        await kill_with(world, absent=[]).rehearse()


async def test_a_former_value_never_becomes_an_option(world: CommandWorld) -> None:
    kill = kill_with(world, restore=[["setcanary", "set", "{former}"]])
    with pytest.raises(Nonsense, match="option"):
        await kill.restore('{"value": "--all"}')


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"apply": ["setcanary", "set", "PCT=10"]}, "{percent}"),
        ({"apply": ["setcanary", "set", "PCT={percnt}"]}, "{percnt} is not a placeholder"),
        ({"apply": ["setcanary", "{token}", "{percent}"]}, "secrets go by environment"),
        ({"apply": ["setcanary", "--token=${DENIS_TOKEN}", "{percent}"]}, "env: {NAME"),
        ({"apply": ["sh", "-ec", "setcanary {percent}"]}, "without a shell"),
        ({"apply": ["{percent}"]}, "the program itself is fixed"),
        ({"apply": "setcanary set {percent}"}, "tuple"),
        ({"apply": []}, "at least 1"),
        ({"read": {"argv": ["setcanary", "show"], "percent": "PCT=("}}, "can't be read"),
        ({"read": {"argv": ["setcanary", "show"], "percent": "PCT"}}, "exactly one group"),
        ({"read": {"argv": ["setcanary", "show"]}}, "either by percent or by path"),
        ({"env": {"A-B": "X"}}, "pattern"),
        ({"timeout": "2h"}, "between 0 and 1h"),
    ],
)
def test_bad_options_are_told_with_a_hint(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        CommandTrafficOptions.model_validate(TRAFFIC_OPTIONS | wrong)
    hints = [str(error.get("ctx", {}).get("hint")) for error in raised.value.errors()]
    assert told in f"{raised.value} {hints}"


def test_jsonpath_and_go_templates_are_not_placeholders() -> None:
    argv = ["kubectl", "get", "-o=jsonpath={range .items[*]}{.spec.x}{end}", "-o=go-template={{.spec}}"]
    CommandTrafficOptions.model_validate(TRAFFIC_OPTIONS | {"read": {"argv": argv, "percent": r"(\d+)"}})
