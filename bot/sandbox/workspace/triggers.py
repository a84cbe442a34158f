"""Trigger ids: the right to open a modal, for three seconds after somebody acted, once."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.workspace.ids import Ids
from bot.sandbox.workspace.refusals import Refused

TRIGGER_LIFE_S = 3.0


@dataclass
class _Trigger:
    user: str
    expires_at: float
    used: bool = False


class Triggers:
    """Issues trigger ids and takes them back."""

    def __init__(self, clock: Callable[[], float], ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user: str) -> str:
        """A new id for what this person just did."""
        trigger_id = f"{len(self._issued) + 1}.1000000000001.{self._ids.secret(32)}"
        self._issued[trigger_id] = _Trigger(user, self._clock() + TRIGGER_LIFE_S)
        return trigger_id

    def spend(self, trigger_id: str) -> str:
        """Use the id up; the user whom it belongs to.

        Raises Refused: `invalid_trigger_id`, `exchanged_trigger_id` (used before), `expired_trigger_id`.
        """
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._clock() > trigger.expires_at:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger.user
