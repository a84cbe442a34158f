"""Law 8: JSON pages, alerts, databases, commands and logs say no secret again, however a far side spells it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.assembly import all_kinds, utc_now
from bot.engine.equipment import Equipment
from bot.engine.gather import Round
from bot.redaction import REDACTED, Redactor
from tests.builders import a_plan
from tests.laws.echoing import MOODS, SECRETS, Echo, echoing, everything, leaks

pytestmark = pytest.mark.anyio

NAMED = ("bearer", "url password", "basic password", "redis password", "command's own")
"""Those that the plan below names."""
SOURCES: Mapping[str, Mapping[str, Any]] = {
    "page": {"kind": "json", "url": "${PAGE_URL}", "token_env": "PAGE_ACCESS"},
    "firing": {"kind": "alerts", "url": "${AM_URL}", "username_env": "AM_USER", "password_env": "AM_WORD"},
    "rules": {"kind": "alerts", "of": "prometheus", "url": "${AM_URL}", "token_env": "PAGE_ACCESS"},
    "store": {"kind": "sql", "url_env": "STORE_URL"},
    "tool": {"kind": "command", "env": {"WORD": "TOOL_WORD"}},
    "log": {"kind": "log", "path": "${LOG_FILE}"},
}
ASKS: Mapping[str, Mapping[str, Any]] = {
    "page": {"path": "seen"},
    "firing": {"alert": "HighErrors"},
    "rules": {"alert": "HighErrors"},
    "store": {"query": "SELECT 1"},
    "tool": {"argv": ["talker"]},
    "lines": {"argv": ["talker"], "lines": ".*"},
    "match": {"argv": ["talker"], "regex": "(.*)"},
    "log": {"matches": "ERROR", "over": "9000w"},
}


def environment(echo: Echo, folder: Path) -> dict[str, str]:
    """Names of which none sounds secret: that the plan names them is all that Perch knows."""
    program, log = folder / "talker", folder / "app.log"
    program.write_text('#!/bin/bash\necho "login with $WORD failed"; echo "$WORD" >&2; exit "${CODE:-0}"\n')
    program.chmod(0o755)
    log.write_text(f"2026-01-01T00:00:00Z ERROR {everything({each: SECRETS[each] for each in NAMED})}\n")
    host = echo.url.removeprefix("http://")
    return {
        "PATH": f"{folder}:/usr/bin:/bin",
        "PERCH_ALLOWED_COMMANDS": "talker",
        "PAGE_URL": f"http://watcher:{quote(SECRETS['url password'], safe='')}@{host}/hooks",
        "PAGE_ACCESS": SECRETS["bearer"],
        "AM_URL": echo.url,
        "AM_USER": "reader",
        "AM_WORD": SECRETS["basic password"],
        "STORE_URL": f"postgresql://perch:{quote(SECRETS['redis password'], safe='')}@{host}/store",
        "TOOL_WORD": SECRETS["command's own"],
        "LOG_FILE": str(log),
    }


@pytest.mark.parametrize("mood", sorted(MOODS))
async def test_no_source_says_a_secret_again(mood: str, tmp_path: Path) -> None:
    """In a label, in an error page, in a redirect, in what a program complains of, in the newest line of a log."""
    metrics = {
        name: {"source": "tool" if name in ("lines", "match") else name, "unit": "count", "series": "max", **ask}
        for name, ask in ASKS.items()
    }
    plan = a_plan(sources={name: dict(part) for name, part in SOURCES.items()}, metrics=metrics, traffic=[])
    async with echoing() as echo:
        echo.mood = mood
        known = environment(echo, tmp_path)
        equipment = Equipment(all_kinds(), known, Redactor())
        gear = equipment.gear(plan)
        found = await Round(utc_now(), all_kinds()).of_nobody().metrics(plan, gear.sources, plan.metrics)
        await equipment.aclose()
    assert set(found) == set(ASKS)
    assert leaks(repr(found)) == []
    assert REDACTED in repr(found["log"])
    assert REDACTED in repr(found["lines"])
