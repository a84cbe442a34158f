"""Lines as people type them behind `/canary`, over the real desk: what each is answered with."""

from __future__ import annotations

import pytest

from bot.domain.errors import PerchError
from bot.engine.requests import Reply
from commands.slack import perform
from commands.slack.words import split
from tests.rig import ANA, Rig


async def answer(here: Rig, line: str, user: str = ANA) -> Reply:
    """The whole answer to a typed line. Raises what it is refused with."""
    verb, *words = split(line)
    return await perform(here.request(verb, user, words=tuple(words)), here.engine.desk)


async def says(here: Rig, line: str, user: str = ANA) -> str:
    """The text of the answer."""
    return (await answer(here, line, user)).text


async def refuses(here: Rig, line: str, user: str = ANA) -> tuple[str, str]:
    """What a refused line is answered with: what happened, and what to do next."""
    with pytest.raises(PerchError) as refused:
        await says(here, line, user)
    return str(refused.value), refused.value.next_step
