"""Law 8. No secret leaves: not to Slack, evidence, logs, error texts, process arguments or tracebacks."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.redaction import REDACTED
from commands.terminal.logs import TALKATIVE
from tests.laws.echoing import MOODS, SECRETS, leaks
from tests.laws.leaky_story import Leaky, leaky_story

pytestmark = pytest.mark.anyio


async def tell(leaky: Leaky) -> None:
    """Everything that a far side can make go wrong, on the way up, on the way down, and in a kill."""
    story, echo = leaky.story, leaky.echo
    sick = leaky.folder / "bin" / "sick"
    sick.touch()
    await leaky.started("cli")
    await leaky.started("kept")
    for mood in MOODS:
        echo.mood = mood
        await leaky.started("web")
    sick.unlink()
    echo.mood = "well"
    await leaky.started("cli")
    await leaky.started("web")
    for mood in MOODS:
        echo.mood = mood
        await leaky.tick()
    for verb in ("status web", "why web", "evidence web", "list", "history", "plan web"):
        await story.types("ben", verb)
    echo.mood = "403"
    await story.types("ben", f"rollback web since {SECRETS['pasted']} is in {SECRETS['flag token']}")
    await leaky.tick(2)
    sick.touch()
    await story.types("ben", "rollback cli")
    await leaky.tick(2)
    for mood in ("500", "redirect", "breaks off"):
        echo.mood = mood
        await story.types("ben", f"kill web {SECRETS['bearer']}")
        await leaky.tick()
    await story.types("dev", f"kill web {SECRETS['bearer']}")
    await story.types("ana", f"hold {SECRETS['webhook']}")


async def tell_shortly(leaky: Leaky) -> None:
    """One way to fail for each kind."""
    story, sick = leaky.story, leaky.folder / "bin" / "sick"
    sick.touch()
    await leaky.started("cli")
    await leaky.started("kept")
    for mood in ("500", "redirect"):
        leaky.echo.mood = mood
        await leaky.started("web")
    sick.unlink()
    await leaky.started("cli")
    logging.getLogger("perch").error("it broke", exc_info=ValueError(f"refused {SECRETS['flag token']}"))
    await story.types("ben", f"kill web since {SECRETS['pasted']} leaked")


async def searched(
    folder: Path, caplog: pytest.LogCaptureFixture, telling: Callable[[Leaky], Awaitable[None]] = tell
) -> list[str]:
    """What leaked of a story, and where."""
    with ExitStack() as stack:
        for name in ("", *TALKATIVE):
            stack.enter_context(caplog.at_level(logging.DEBUG, logger=name))
        # What goes into the database is looked for there; as a log it's most of the time that this takes.
        stack.enter_context(caplog.at_level(logging.INFO, logger="aiosqlite"))
        async with leaky_story(folder) as leaky:
            await telling(leaky)
            places, secrets = await leaky.everywhere(), leaky.secrets
            heard = (folder / "bin" / "heard").read_text().splitlines()
            raw = "\n".join(repr(sorted(json.loads(line)[1])) for line in heard)
    assert "SLACK_BOT_TOKEN" not in raw, "a command gets more of Perch's environment than it is meant to"
    places["log"] = caplog.text
    places["arguments"] = "\n".join(json.dumps(json.loads(line)[0]) for line in heard)
    return [f"{place}: {leak}" for place, text in places.items() for leak in leaks(text, secrets)]


async def test_no_secret_comes_out_again_whatever_far_sides_say(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Law 8. Each kind of adapter, each way to fail, each place where people or files could show it."""
    assert await searched(tmp_path, caplog) == []
    assert REDACTED in (tmp_path / "perch.db").read_bytes().decode(errors="replace") + caplog.text
