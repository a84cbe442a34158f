"""Kill cards and the spool in memory, kept to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.ports import Card, Spooled, StoreAway


class MemoryKillFiles:
    """`KillFiles` in memory. `away` makes it fail as a full disk would."""

    def __init__(self) -> None:
        self.away = ""
        self._cards: dict[str, Card] = {}
        self._acts: dict[str, Spooled] = {}
        self._done: dict[str, Spooled | None] = {}

    def keep_card(self, card: Card) -> None:
        self._check()
        self._cards[card.rollout] = Card.model_validate_json(card.model_dump_json())

    def card(self, rollout: str) -> Card | None:
        self._check()
        return self._cards.get(rollout)

    def drop_card(self, rollout: str) -> None:
        self._check()
        self._cards.pop(rollout, None)

    def cards(self, plan: str = "") -> Sequence[Card]:
        self._check()
        return [card for card in self._cards.values() if plan in ("", card.plan)]

    def begin(self, act: Spooled) -> bool:
        self._check()
        if act.key in self._done or act.key in self._acts:
            return False
        self._acts[act.key] = act
        return True

    def outcome(self, key: str, outcome: Mapping[str, Any]) -> None:
        self._check()
        if key in self._done:
            return
        if key not in self._acts:
            raise StoreAway(f"no act with the key {key} is in the spool")
        act = self._acts[key]
        self._acts[key] = act.model_copy(update={"outcomes": (*act.outcomes, dict(outcome))})

    def spooled(self) -> Sequence[Spooled]:
        self._check()
        return sorted(self._acts.values(), key=lambda act: (act.at, act.key))

    def only_remembered(self, key: str) -> bool:
        return False

    def rehearse(self) -> None:
        self._check()

    def unreadable(self) -> Sequence[Path]:
        return []

    def merged(self, key: str) -> None:
        self._check()
        self._done.setdefault(key, self._acts.pop(key, None))

    def done(self) -> Sequence[Spooled]:
        self._check()
        return sorted([act for act in self._done.values() if act], key=lambda act: (act.at, act.key))

    def _check(self) -> None:
        if self.away:
            raise StoreAway(self.away)
