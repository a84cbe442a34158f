"""docs/openfeature.md stays true: its plan is a good one, and its service asks this very Perch."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from openfeature import api

from bot.assembly import all_kinds
from bot.domain.flags import Routing, bucket
from bot.domain.kinds import Kinds
from bot.domain.plan import Plan
from bot.domain.planning.reading import report_on
from bot.domain.units import Weight
from bot.engine.flags import FlagTable
from commands.web import web_app
from commands.web.flags import FlagDoor
from commands.web.health import Standing
from commands.web.metrics import Metrics
from storage.plan_text import read_text
from storage.spool import KillFolder
from tests import rig
from tests.fakes.flags import MemoryFlags

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[2] / "docs" / "openfeature.md").read_text(encoding="utf-8")
TOKEN = "of-the-docs"


def the(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def the_plan() -> Plan:
    report = report_on(read_text(the("yaml")).tree, "", all_kinds())
    assert [*report.mistakes, *report.notes] == []
    assert report.plan is not None
    return report.plan


def the_flag() -> Routing:
    (part,) = the_plan().traffic
    kind = all_kinds().traffic[part.kind]
    assert kind.routing is not None
    return kind.routing(kind.options.model_validate(part.options))


async def test_the_service_of_the_page_asks_for_the_flag_of_its_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = MemoryFlags()
    table = FlagTable(flags, rig.OnePlan({}, Kinds()), Kinds(), {}, KillFolder(tmp_path), lambda: rig.START)

    async def look() -> Standing:
        return Standing()

    metrics = Metrics(lambda: rig.START, table)
    app = web_app(look, metrics, lambda: rig.START, wake=None, flags=FlagDoor(table, TOKEN, 1000))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("PERCH_URL", f"http://127.0.0.1:{runner.addresses[0][1]}")
    monkeypatch.setenv("PERCH_OFREP_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    service: dict[str, Any] = {}
    try:
        exec(the("python"), service)  # the page's own lines
        search: Callable[[str], str] = service["search"]
        stranger = next(f"user-{each}" for each in range(1000) if bucket("new-search", f"user-{each}") >= 500)
        said = []
        for stage in the_plan().stages:
            await flags.set_weight(the_flag(), stage.weight)
            await flags.set_mirror(the_flag(), stage.mirrored)
            await table.refresh()
            said += [await asyncio.to_thread(search, user) for user in ("ana", stranger)]
        await flags.switch("new-search", off=True)
        await table.refresh()
        said.append(await asyncio.to_thread(search, "ana"))
    finally:
        api.clear_providers()
        if "provider" in service:
            service["provider"].session.close()
        await runner.cleanup()
    assert said == [
        "ana is answered by the old search (and copied to the new one)",
        f"{stranger} is answered by the old search (and copied to the new one)",
        "ana is answered by the new search",
        f"{stranger} is answered by the old search",
        "ana is answered by the new search",
        f"{stranger} is answered by the new search",
        "ana is answered by the old search",
    ]
    assert the_plan().stages[1].weight == Weight(5)


def test_what_the_page_says_of_buckets_is_how_they_are_computed() -> None:
    import hashlib

    first = int.from_bytes(hashlib.sha256(b"new-search\0ana").digest()[:8], "big")
    assert bucket("new-search", "ana") == first * 10_000 // 2**64
