"""Planted bugs of mirrors (R8): left on after a way down, turned up again, or moved without a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.domain import mirroring, rollbacks
from bot.domain.rollout import Rollout, Way
from bot.domain.steps import Step
from bot.domain.units import ZERO, Weight
from bot.engine import actions, checking, targets
from bot.engine.checking import Sight
from bot.engine.equipment import Gear
from bot.ports import Traffic

_roll_back, _drifted, _lowered = rollbacks.roll_back, mirroring.drifted, targets.lowered


def a_rollback_forgets_the_mirror(patch: pytest.MonkeyPatch) -> None:
    """The weight is 0, so it's down."""

    def roll_back(rollout: Rollout, *args: Any, **more: Any) -> Step:
        step = _roll_back(rollout, *args, **more)
        intent = step.rollout.intent
        assert intent is not None
        kept = intent.model_copy(update={"mirror": rollout.mirror})
        return Step(step.rollout.but(intent=kept, mirror=rollout.mirror), step.happenings)

    patch.setattr(rollbacks, "roll_back", roll_back)


def a_rollback_is_over_before_the_mirror_is_off(patch: pytest.MonkeyPatch) -> None:
    """It was asked for, and nobody reads it back."""

    async def at_once(mirrors: Sequence[Traffic], share: Weight, *, or_less: bool = False) -> tuple[str, ...]:
        return ()

    async def without(*args: Any) -> Any:
        return replace(await _lowered(*args), faults=())

    patch.setattr(actions, "mirrored", at_once)
    patch.setattr(actions, "lowered", without)


def a_kill_lowers_the_weight_alone(patch: pytest.MonkeyPatch) -> None:
    """What serves nobody harms nobody."""
    patch.setattr(Gear, "down_to", lambda gear, weight: [(each, weight) for each in gear.traffic])


def a_stage_leaves_the_mirror_of_the_one_before(patch: pytest.MonkeyPatch) -> None:
    """It's only ever turned on."""

    async def mirror(self: Any, id: str, intent: Any, gear: Gear, out: Any) -> tuple[str, ...]:
        for each in gear.mirrors:
            if intent.mirror > ZERO:
                await each.apply(intent.mirror)
        return ()

    patch.setattr(actions.Mover, "_mirror", mirror)


def nobody_looks_at_the_mirror(patch: pytest.MonkeyPatch) -> None:
    """Checks read the weight."""

    async def nothing(rollout: Rollout, mirrors: Sequence[Traffic]) -> Sight:
        return Sight()

    patch.setattr(checking, "_mirror", nothing)


def a_mirror_that_somebody_lowered_is_turned_up_again(patch: pytest.MonkeyPatch) -> None:
    """Put right, in the wrong direction."""

    def drifted(rollout: Rollout, now: datetime, id: str, real: Weight) -> Step:
        step = _drifted(rollout, now, id, max(real, Weight(100)))
        intent = step.rollout.intent
        if intent is None or real > rollout.mirror:
            return _drifted(rollout, now, id, real)
        told = _drifted(rollout, now, id, real).happenings
        return Step(step.rollout.but(intent=intent.model_copy(update={"way": Way.RAISE})), told)

    patch.setattr(mirroring, "drifted", drifted)


def a_mirror_is_lowered_without_a_word(patch: pytest.MonkeyPatch) -> None:
    """It's put right, so why tell anybody?"""

    def drifted(rollout: Rollout, now: datetime, id: str, real: Weight) -> Step:
        return Step(_drifted(rollout, now, id, real).rollout)

    patch.setattr(mirroring, "drifted", drifted)
