"""A reaction is a request where it stands on a gate (S4), however quick whoever gave it was."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from bot.domain.rollout import Person
from bot.engine.requests import Request
from bot.ports import Outbox, Posted
from commands.slack.payloads import REACTION
from commands.slack.reactions import meant
from tests.fakes.hours import in_no_time
from tests.rig import BEN, START


class Noted:
    """An outbox that knows where a message stands from `after_s` on."""

    def __init__(self, key: str, after_s: float) -> None:
        self._key, self._after_s = key, after_s

    async def at_place(self, posted: Posted) -> tuple[str, str] | None:
        return ("web-1", self._key) if asyncio.get_running_loop().time() >= self._after_s else None


def approving(outbox: Any) -> Request | None:
    words = ("approve", "1.2")
    asked = Request(
        verb=REACTION, words=words, actor=Person(id=BEN), channel="C1", key="e", at=START, surface="reaction"
    )
    return in_no_time(meant(asked, cast(Outbox, outbox)))


@pytest.mark.parametrize("after_s", [0.0, 1.0, 10.0])
def test_a_reaction_given_while_slack_s_answer_to_the_post_is_on_its_way_counts(after_s: float) -> None:
    """People see the gate before Perch knows that it's there; a post may take ten seconds."""
    asked = approving(Noted("gate:g1", after_s))
    assert asked is not None
    assert (asked.verb, asked.rollout, asked.gate, asked.words) == ("approve", "web-1", "g1", ())


def test_on_any_other_message_of_ours_it_means_nothing() -> None:
    assert approving(Noted("status", 0.0)) is None


def test_on_a_message_that_nobody_knows_it_is_given_up() -> None:
    assert approving(Noted("gate:g1", 60.0)) is None
