"""The record: whole after a rollout, and one changed byte is found and named."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.domain.evidence import Record, canonical
from bot.domain.machine import State
from bot.sandbox.world import World
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import Story
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

PERCH = Path(sys.executable).with_name("perch")


async def test_one_changed_byte_of_the_database_is_found_and_named(tmp_path: Path) -> None:
    """Law 9, E1: `perch evidence verify` exits 0 on the whole record, and 1 naming the first bad one."""
    write_plan(tmp_path, quick.plan())
    async with World() as world:
        environment = settings_of(world, tmp_path)
        async with running(environment) as perch:
            story = Story(world, perch, environment)
            await story.start()
            await story.types("cleo", "rollback materializers the numbers look odd")
            rollout = await story.until(State.ROLLED_BACK)
            shown = await story.types("ana", "evidence materializers")
            assert "the chain is whole" in shown
            records = await perch.engine.desk.records(rollout)
            told = next(each for each in records if each.kind == "rolling_back")

    whole = await _perch(environment, "evidence", "verify", rollout.id)
    assert (whole[0], "whole" in whole[1]) == (0, True), whole
    _change_one_byte(tmp_path / "perch.db", told)
    broken = await _perch(environment, "evidence", "verify", rollout.id)
    assert broken[0] == 1
    assert re.search(rf"broken: {rollout.id}, record {told.number}: ", broken[1]), broken


async def _perch(environment: Mapping[str, str], *words: str) -> tuple[int, str]:
    """Run the console command; its exit code and all that it says."""
    process = await asyncio.create_subprocess_exec(
        str(PERCH), *words, env=dict(environment), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(HANGS_S):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def _change_one_byte(file: Path, record: Record) -> None:
    """One letter inside the record's facts, as they lie in the file: the beginning of them, for long ones lie apart."""
    content, facts = file.read_bytes(), canonical(record.body).encode()
    begin = facts[: facts.index(b"look odd") + len(b"look odd")]
    assert content.count(begin) == 1
    file.write_bytes(content.replace(begin, begin.replace(b"look odd", b"look old")))
