"""Kill cards and the spool: the kill path's own memory, small local files for when there is no database (law 2).

    cards/<rollout>.json      the kill card of a rollout
    spool/<hash of key>.jsonl one downward act: its intent, then a line per outcome
    done/<hash of key>        that act, once it is in evidence: its key stays known, or a redelivery would act again,
                              and a database that is restored from before it is told of it

Ids and keys come from outside: a file's name is the SHA-256 of one, or the id itself where it's plainly harmless.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.domain.evidence import canonical
from bot.ports import Card, Spooled, StoreAway
from storage import durable

DONE_KEPT = timedelta(days=14)
"""How long the key of a merged act is remembered; Slack gives up redelivering within an hour or so."""

_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
Model = TypeVar("Model", bound=BaseModel)

log = logging.getLogger(__name__)


class KillFolder:
    """The `KillFiles` port over a folder. Raises StoreAway, with the path, when the folder can't be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told_of: set[Path] = set()
        self._unwritten: dict[str, Spooled] = {}
        """Acts that a full or broken disk didn't take: kept while this process lives, and visible to its fences."""
        self._cards, self._spool, self._done = folder / "cards", folder / "spool", folder / "done"
        with self._told():
            for needed in (folder, self._cards, self._spool, self._done):
                durable.make_folder(needed)

    def keep_card(self, card: Card) -> None:
        with self._told():
            durable.replace(self._card(card.rollout), card.model_dump_json().encode())

    def card(self, rollout: str) -> Card | None:
        file = self._card(rollout)
        with self._told():
            card = _parsed(Card, file.read_text()) if file.exists() else None
        if card is None and file.exists():
            self._tell(file, "it can't be read")
        return card

    def drop_card(self, rollout: str) -> None:
        self._remove(self._card(rollout))

    def cards(self, plan: str = "") -> Sequence[Card]:
        cards = []
        for file, text in self._texts(self._cards, f"{plan}-*.json" if _HARMLESS.fullmatch(plan) else "*.json"):
            card = _parsed(Card, text)
            if card is None:
                self._tell(file, "it can't be read and was left out")
            elif plan in ("", card.plan):
                cards.append(card)
        return cards

    def begin(self, act: Spooled) -> bool:
        try:
            return self._begin(act)
        except StoreAway as away:
            if act.key in self._unwritten:
                return False
            log.error("the %s of %s is kept in memory only: %s", act.what, act.rollout, away)
            self._unwritten[act.key] = act
            return True

    def _begin(self, act: Spooled) -> bool:
        mark = self._mark(act.key)
        with self._told():
            if mark.exists() or not durable.create(self._act(act.key), act.model_dump_json().encode() + b"\n"):
                return False
            if mark.exists():
                # Another process has merged it since our first look. Whoever made the file acts all the same: it may
                # be this very act, merged before anything was done, and a method that is engaged twice is engaged.
                durable.remove(self._act(act.key))
        return True

    def outcome(self, key: str, outcome: Mapping[str, Any]) -> None:
        if (act := self._unwritten.get(key)) is not None:
            self._unwritten[key] = act.model_copy(update={"outcomes": (*act.outcomes, dict(outcome))})
            return
        with self._told():
            if self._act(key).exists() or not self._mark(key).exists():
                durable.append_line(self._act(key), canonical(dict(outcome)))

    def spooled(self) -> Sequence[Spooled]:
        acts = []
        for file, text in self._texts(self._spool, "*.jsonl"):
            act, torn = _act(text)
            if act is None or torn:
                self._tell(file, f"torn lines left out: {torn}" if act else "it can't be read and was left out")
            if act is None:
                continue
            if self._mark(act.key).exists():
                # A crash came between the mark and the removal.
                self._remove(file)
            else:
                acts.append(act)
        return sorted([*acts, *self._unwritten.values()], key=lambda act: (act.at, act.key))

    def merged(self, key: str) -> None:
        self._unwritten.pop(key, None)
        with self._told():
            mark, act = self._mark(key), self._act(key)
            durable.create(mark, act.read_bytes() if act.exists() else b"")
            durable.remove(self._act(key))
            self._forget_old(mark.stat().st_mtime)

    def done(self) -> Sequence[Spooled]:
        acts = [_act(text)[0] for _, text in self._texts(self._done, "*")]
        return sorted([act for act in acts if act is not None], key=lambda act: (act.at, act.key))

    def only_remembered(self, key: str) -> bool:
        return key in self._unwritten

    def rehearse(self) -> None:
        with self._told():
            for folder in (self._cards, self._spool):
                probe = folder / ".rehearsal"
                durable.replace(probe, b"{}")
                durable.remove(probe)

    def unreadable(self) -> Sequence[Path]:
        """Files that can't be read as a card or an act. While there are any, a kill may be hidden in one."""
        cards = [file for file, text in self._texts(self._cards, "*.json") if _parsed(Card, text) is None]
        return [*cards, *(file for file, text in self._texts(self._spool, "*.jsonl") if _act(text)[0] is None)]

    def _card(self, rollout: str) -> Path:
        name = rollout if _HARMLESS.fullmatch(rollout) else _hashed(rollout)
        return self._cards / f"{name}.json"

    def _act(self, key: str) -> Path:
        return self._spool / f"{_hashed(key)}.jsonl"

    def _mark(self, key: str) -> Path:
        return self._done / _hashed(key)

    def _texts(self, folder: Path, pattern: str) -> Sequence[tuple[Path, str]]:
        """The files of a folder and what's in them; one that goes away meanwhile is gone."""
        found = []
        with self._told():
            for file in sorted(folder.glob(pattern)):
                with suppress(FileNotFoundError):
                    found.append((file, file.read_bytes().decode(errors="replace")))
        return found

    def _remove(self, file: Path) -> None:
        with self._told():
            durable.remove(file)

    def _tell(self, file: Path, what: str) -> None:
        """Once per file: it's looked at every second."""
        if file not in self._told_of:
            self._told_of.add(file)
            log.error("%s: %s", file, what)

    def _forget_old(self, newest: float) -> None:
        """Both ages are the disk's own times, so the clock's jumps don't matter more than the disk's do."""
        for mark in self._done.iterdir():
            if newest - mark.stat().st_mtime > DONE_KEPT.total_seconds():
                durable.remove(mark)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            where, why = fault.filename or self.folder, os.strerror(fault.errno) if fault.errno else fault
            raise StoreAway(f"{where}: {why}; Perch keeps kill cards there, give its user the right") from fault


def _act(text: str) -> tuple[Spooled | None, int]:
    """An act with its outcomes, and how many lines a crash has torn."""
    first, *rest = text.split("\n")
    act = _parsed(Spooled, first)
    if act is None:
        return None, 0
    lines = [_outcome(line) for line in rest if line]
    outcomes = [outcome for outcome in lines if outcome is not None]
    return act.model_copy(update={"outcomes": (*act.outcomes, *outcomes)}), len(lines) - len(outcomes)


def _outcome(line: str) -> dict[str, Any] | None:
    try:
        outcome = json.loads(line)
    except ValueError:
        return None
    return outcome if isinstance(outcome, dict) else None


def _parsed(model: type[Model], text: str) -> Model | None:
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
