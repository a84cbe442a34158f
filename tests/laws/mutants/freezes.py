"""Planted bugs in freezes and the webhook: each a small, plausible mistake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from bot.domain import freezes, moves, rollbacks
from bot.domain.freezes import Freeze
from bot.domain.plan import Plan
from bot.domain.rollout import Frozen, Intent, Person, Rollout
from bot.domain.steps import Step
from bot.engine.actions import FrozenOver, Mover
from bot.engine.freezing import Freezing
from bot.engine.requests import Cold, Request
from bot.engine.rights import Rights
from commands.web import alertmanager, alerts
from commands.web.alertmanager import AlertDoor
from commands.web.alerts import Alert

_fence: Any = Mover._fence
_freeze, _permit, _roll_back = Freezing.freeze, Rights.permit_by_any, rollbacks.roll_back


def the_fence_reads_no_freezes(patch: pytest.MonkeyPatch) -> None:
    """Whoever decided before the freeze raises under it."""

    async def blind(self: Mover, id: str, intent: Intent) -> Any:
        try:
            return await _fence(self, id, intent)
        except FrozenOver:
            return await self._ledger.rollouts.load(id)

    patch.setattr(Mover, "_fence", blind)


def the_fence_reads_freezes_only_before_the_call(patch: pytest.MonkeyPatch) -> None:
    """A raise that was under way lands, and stands."""
    seen: set[str] = set()

    async def once(self: Mover, id: str, intent: Intent) -> Any:
        try:
            fresh = await _fence(self, id, intent)
        except FrozenOver:
            if intent.id not in seen:
                raise
            fresh = await self._ledger.rollouts.load(id)
        seen.add(intent.id)
        return fresh

    patch.setattr(Mover, "_fence", once)


def a_freeze_holds_nothing(patch: pytest.MonkeyPatch) -> None:
    """It is kept, told, and without effect on what is live."""

    async def nothing(self: Freezing) -> bool:
        return True

    patch.setattr(Freezing, "_sweep", nothing)


def what_is_frozen_can_be_resumed(patch: pytest.MonkeyPatch) -> None:
    """The mark is shown, and nobody asks it."""
    patch.setattr(Frozen, "stands", lambda self, now: False)


def everything_goes_on_by_itself_when_the_freeze_ends(patch: pytest.MonkeyPatch) -> None:
    """Ten rollouts rise in the same second."""

    def thawed(rollout: Rollout, mark: Frozen, now: datetime) -> Step:
        return moves.resume(rollout.but(frozen=None), now, Person(id="perch"))

    patch.setattr(freezes, "_thawed", thawed)


def a_freeze_never_ends(patch: pytest.MonkeyPatch) -> None:
    """Its deadline is shown, and forgotten."""
    patch.setattr(Freeze, "over", lambda self, now: False)


def a_freeze_closes_the_way_down(patch: pytest.MonkeyPatch) -> None:
    """Frozen is read as: nothing moves."""

    def roll_back(rollout: Rollout, plan: Plan, now: datetime, *rest: Any, **more: Any) -> Step:
        if rollout.frozen is not None:
            raise freezes.refused(rollout.frozen)
        return _roll_back(rollout, plan, now, *rest, **more)

    patch.setattr(rollbacks, "roll_back", roll_back)


def anybody_lifts_a_freeze(patch: pytest.MonkeyPatch) -> None:
    """Lifting is taken for a way down."""

    async def may(self: Freezing, request: Request, freeze: Freeze, live: Sequence[Rollout]) -> None: ...

    patch.setattr(Freezing, "_may_lift", may)


def each_delivery_is_a_freeze_of_its_own(patch: pytest.MonkeyPatch) -> None:
    """The id is made up instead of following from the delivery."""

    async def freeze(self: Freezing, request: Request, *rest: Any, **more: Any) -> Cold:
        return await _freeze(self, request.model_copy(update={"key": uuid4().hex}), *rest, **more)

    patch.setattr(Freezing, "freeze", freeze)


def each_notification_is_a_new_alert(patch: pytest.MonkeyPatch) -> None:
    """The key is the delivery's, and Alertmanager repeats every few minutes."""
    patch.setattr(Alert, "occasion", property(lambda self: uuid4().hex))


def an_alert_acts_once_for_ever(patch: pytest.MonkeyPatch) -> None:
    """The key is the fingerprint alone: the second firing does nothing."""
    patch.setattr(Alert, "occasion", property(lambda self: self.fingerprint))


def a_resolved_alert_acts(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the status."""
    inner = alerts.read_alerts

    def firing(body: bytes) -> list[Alert | str]:
        read = inner(body)
        return [each if isinstance(each, str) else each.model_copy(update={"status": "firing"}) for each in read]

    patch.setattr(alertmanager, "read_alerts", firing)


def any_verb_is_open_to_a_webhook(patch: pytest.MonkeyPatch) -> None:
    """What the label says is done."""
    patch.setattr(alerts, "ACTIONS", ("rollback", "kill", "hold", "resume"))


def anybody_may_knock(patch: pytest.MonkeyPatch) -> None:
    """The token is never compared."""
    patch.setattr(AlertDoor, "refuses", lambda self, authorization: 0)


def a_webhook_may_do_what_a_shell_may(patch: pytest.MonkeyPatch) -> None:
    """It has been authenticated, after all."""

    async def permit(self: Rights, request: Request, *rest: Any, **more: Any) -> None:
        if request.surface != "webhook":
            await _permit(self, request, *rest, **more)

    patch.setattr(Rights, "permit_by_any", permit)
