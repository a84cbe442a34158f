"""Planted bugs about several processes: a lease that isn't one, a fence that isn't looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.rollout import Rollout
from bot.engine import deeds, rearming
from bot.ports import Taken
from storage import inbox, outbox, rollouts
from storage.leases import SqlLeases

_save = rollouts.SqlRollouts.save


def a_lease_is_given_to_everybody(patch: pytest.MonkeyPatch) -> None:
    """Looks well with one process."""

    async def take(self: SqlLeases, name: str, now: Any, lease_s: float) -> Taken:
        return Taken.NEW

    patch.setattr(SqlLeases, "take", take)


def a_lease_is_kept_for_ever(patch: pytest.MonkeyPatch) -> None:
    """Nobody takes over from the dead."""
    take = SqlLeases.take

    async def longer(self: SqlLeases, name: str, now: Any, lease_s: float) -> Taken:
        return await take(self, name, now, 10 * 365 * 86400)

    patch.setattr(SqlLeases, "take", longer)


def a_raise_is_taken_over_as_it_is(patch: pytest.MonkeyPatch) -> None:
    """The same intent: whoever slept in it finds its fence whole."""

    async def take_over(self: deeds.Deeds, id: str, intent: Any) -> None:
        await self._carry_out(await self._ledger.rollouts.load(id))

    patch.setattr(deeds.Deeds, "_take_over", take_over)


def a_rearm_doesnt_look_back(patch: pytest.MonkeyPatch) -> None:
    """It was asked for while a kill stood, so it's right."""

    async def nothing(self: rearming.Rearming, *rest: object) -> tuple[()]:
        return ()

    patch.setattr(rearming.Rearming, "_engage_again", nothing)


def a_rearm_looks_once(patch: pytest.MonkeyPatch) -> None:
    """Before its record, and not before its calls."""
    require, looked = rearming.Rearming._require_killed, set[str]()

    async def once(self: rearming.Rearming, rollout: Rollout) -> None:
        if rollout.id not in looked:
            looked.add(rollout.id)
            await require(self, rollout)

    patch.setattr(rearming.Rearming, "_require_killed", once)


def a_look_needs_no_claim(patch: pytest.MonkeyPatch) -> None:
    """The revision is the same, so it must be all right."""

    async def save(self: rollouts.SqlRollouts, rollout: Any, change: Any) -> Any:
        return await _save(self, rollout, replace(change, claim=""))

    patch.setattr(rollouts.SqlRollouts, "save", save)


def an_effect_needs_no_delivery(patch: pytest.MonkeyPatch) -> None:
    """Its key was checked when it came in."""

    async def act(*_: Any) -> None:
        return None

    patch.setattr(inbox, "act", act)


def whoever_was_first_may_send(patch: pytest.MonkeyPatch) -> None:
    """Asked once, remembered for good."""
    may_send = outbox.SqlOutbox.may_send

    async def once(self: outbox.SqlOutbox, now: Any) -> bool:
        return self._sends_since is not None or await may_send(self, now)

    patch.setattr(outbox.SqlOutbox, "may_send", once)


def a_message_is_taken_in_hand_whatever_became_of_it(patch: pytest.MonkeyPatch) -> None:
    """By its number, which is unique."""
    patch.setattr(outbox, "unsent", lambda: True)
