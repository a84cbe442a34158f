"""Law 3, the whole way: a source falls sick over real HTTP, and no rollout goes up, completes or comes down for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.measurements import Missing
from bot.domain.rollout import Verdict
from tests.laws.sickness import ILL, ONE_OF_EACH, ROWS, WELL, Row
from tests.laws.ward import Seen, Ward, ward

pytestmark = pytest.mark.anyio

CAME_DOWN = {State.ROLLING_BACK, State.ROLLED_BACK, State.KILLING, State.KILLED, State.STUCK, State.ABORTED}


def path(row: Row, looks: str = "") -> str:
    """A row's name as a plan's."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in f"{row.name}-{looks}".lower())
    return plain.replace("+", "p").strip("-")


def patients(rows: Sequence[Row]) -> dict[str, tuple[Row, Mapping[str, float]]]:
    """A rollout for each row; two where numbers come through, which may look good or terrible."""
    found: dict[str, tuple[Row, Mapping[str, float]]] = {}
    for number, row in enumerate(rows):
        found[f"{path(row)}-{number}"] = (row, WELL)
        if row.speaks:
            found[f"{path(row)}-{number}-ill"] = (row, ILL)
    return found


def fall_sick(here: Ward, who: Mapping[str, tuple[Row, Mapping[str, float]]]) -> None:
    here.watch()
    for name, (row, values) in who.items():
        here.far.sick[name] = row.play
        here.far.values[name] = values


def recover(here: Ward) -> None:
    here.far.sick.clear()
    here.far.values.clear()


def violations(who: Mapping[str, tuple[Row, Mapping[str, float]]], here: Ward, stage: int) -> list[str]:
    """What went against the law while they were sick, in words; nothing when it held."""
    found = []
    for name, (row, _) in who.items():
        for minute, seen in enumerate(here.seen[name], start=1):
            found += [f"{row.name} ({name}), minute {minute}: {wrong}" for wrong in _wrong(row, seen, stage)]
        if here.seen[name][-1].state is not State.HELD:
            found.append(f"{row.name} ({name}): after three minutes it is {here.seen[name][-1].state}, not held")
    return found


def _wrong(row: Row, seen: Seen, stage: int) -> list[str]:
    wrong = []
    if seen.state in CAME_DOWN:
        wrong.append(f"rolled back: {seen.state}")
    if seen.state in (State.GATE, State.COMPLETED, State.SHIFTING):
        wrong.append(f"went up: {seen.state}")
    if (seen.stage, seen.weight) != (stage, (1.0, 100.0)[stage]):
        wrong.append(f"moved to stage {seen.stage}, {seen.weight}%")
    if seen.verdict is not Verdict.NO_DATA:
        wrong.append(f"its verdict is {seen.verdict}")
    for metric in [row.metric] if row.metric else ["success", "errors"]:
        said = seen.detail(metric)
        if not said.startswith(row.missing.value) or row.detail not in said:
            wrong.append(f"{metric} says “{said}”, not “{row.missing.value}: … {row.detail} …”")
    return wrong


async def falls_sick_while_baking(folder: Path, rows: Sequence[Row]) -> list[str]:
    """Before the bake is over, and on beyond it, until the plan's `no_data` holds."""
    who = patients(rows)
    slow = any(row.missing is Missing.TIMEOUT for row in rows)
    async with ward(folder, list(who), deadline="1s" if slow else "20s") as here:
        fall_sick(here, who)
        await here.minutes(4)
        return violations(who, here, stage=0)


async def falls_sick_at_the_gate(folder: Path, rows: Sequence[Row]) -> list[str]:
    """The gate closes at the next check, whoever says yes; recovered and resumed, a new one opens and leads on."""
    who = patients(rows)
    async with ward(folder, list(who)) as here:
        await here.until(State.GATE)
        fall_sick(here, who)
        await here.minutes(1)
        found = [f"{name}: its approval counted" for name in who if not await here.approve(name)]
        await here.minutes(4)
        found += violations(who, here, stage=0)
        recover(here)
        await here.minutes(1)
        found += [f"{name}: it went on by itself" for name in who if here.seen[name][-1].state is not State.HELD]
        await here.resume()
        await here.until(State.GATE)
        found += [f"{name}: {refused}" for name in who if (refused := await here.approve(name))]
        found += [f"{name}: approved in health, and at {here.real(name)}%" for name in who if here.real(name) != 100]
        return found


async def falls_sick_at_the_end(folder: Path, rows: Sequence[Row]) -> list[str]:
    """The last bake isn't over before something was measured; recovered and resumed, it ends well."""
    who = patients(rows)
    async with ward(folder, list(who)) as here:
        await here.until(State.GATE)
        for name in who:
            assert await here.approve(name) == ""
        await here.minutes(1)
        fall_sick(here, who)
        await here.minutes(5)
        found = violations(who, here, stage=1)
        recover(here)
        await here.resume()
        await here.until(State.COMPLETED)
        return found


SLOW = tuple(row for row in ROWS if row.missing is Missing.TIMEOUT)
QUICK = tuple(row for row in ROWS if row not in SLOW)
GROUPS = (SLOW, *(QUICK[start : start + 8] for start in range(0, len(QUICK), 8)))
"""Few at a time: what they ask together must be answered long before the deadline, on any machine."""


@pytest.mark.parametrize("rows", GROUPS, ids=lambda rows: f"{rows[0].name} and so on")
async def test_no_sickness_moves_a_rollout_that_bakes(tmp_path: Path, rows: Sequence[Row]) -> None:
    """Law 3, each row of the list: what the measurement says, and that nothing goes up or down."""
    assert await falls_sick_while_baking(tmp_path, rows) == []


FOR_EACH_REASON = tuple(row for row in ONE_OF_EACH if row not in SLOW)


async def test_no_sickness_lets_a_gate_be_used_and_recovery_opens_a_new_one(tmp_path: Path) -> None:
    """Law 3."""
    assert await falls_sick_at_the_gate(tmp_path, FOR_EACH_REASON) == []


async def test_no_sickness_ends_a_rollout_well(tmp_path: Path) -> None:
    """Law 3: nothing unmeasured reads "successful"."""
    assert await falls_sick_at_the_end(tmp_path, FOR_EACH_REASON) == []
