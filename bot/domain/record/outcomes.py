"""Whether those who overruled turned out right (X9): computed from what the record shows afterwards.

Right: what was overruled recovered, or never took the rollout down, and it ended well. Wrong: the same metric took it
down. What the record doesn't tell is called so, with why; and a person with the override role may say better.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.overrides import Outcome, Override
from bot.domain.overruling import turned_out
from bot.domain.record.alarms import causes
from bot.domain.record.reading import by_a_person, lines_of, time_of
from bot.domain.rollout import Rollout
from bot.domain.value import Value

Because = Literal[
    "ended_well",
    "came_down",
    "came_down_by_hand",
    "another_cause",
    "by_hand",
    "never_measured",
    "still_unmet",
    "stopped",
    "open",
    "unused",
    "said",
    "no_record",
    "artifact",
]
SAID: dict[str, Outcome] = {"right": Outcome.RIGHT, "wrong": Outcome.WRONG, "unclear": Outcome.CANT_SAY}
"""What a person may call an override, by the word that is typed."""
_DOWN = ("rolling_back", "killing")
_SEEN = ("verdict_changed", "snapshot", "checkpoint")


class Judged(Value):
    """One override and how it turned out. `because` is why; `what` the condition, reason or person that it names."""

    place: int
    """Which of its rollout's overrides, from 1."""
    kind: Literal["verdict", "bake", "cooldown", "artifacts", "budget"]
    by: str
    at: datetime
    weight: float
    reason: str
    conditions: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    """Those of the conditions that had no data then."""
    fix: str = ""
    outcome: Outcome
    because: Because
    what: str = ""
    computed: Outcome
    """What the record says, whatever a person says."""
    said_by: str = ""
    said_reason: str = ""


def judged(rollout: Rollout, records: Sequence[Record]) -> tuple[Judged, ...]:
    """All overrides of a rollout, oldest first."""
    said = _said(records)
    found = []
    for place, override in enumerate(rollout.overrides, start=1):
        outcome, because, what = _computed(override, rollout, records)
        one = Judged(
            place=place,
            kind=override.what,
            by=override.by,
            at=override.at,
            weight=override.weight,
            reason=override.reason,
            conditions=tuple(each.condition for each in override.overruled),
            unmeasured=tuple(each.condition for each in override.overruled if not each.measured),
            fix=override.fix,
            outcome=outcome,
            because=because,
            what=what,
            computed=outcome,
        )
        found.append(_as_said(one, said.get(place)))
    return tuple(found)


def _said(records: Iterable[Record]) -> dict[int, Record]:
    """The newest word of a person on each override; "computed" takes it back."""
    words: dict[int, Record] = {}
    for record in records:
        place = record.body.get("of")
        if record.kind != "override_judged" or not isinstance(place, int):
            continue
        words.pop(place, None)
        if record.body.get("word") in SAID:
            words[place] = record
    return words


def _as_said(one: Judged, word: Record | None) -> Judged:
    if word is None:
        return one
    facts = {"said_by": word.actor, "said_reason": str(word.body.get("reason") or "")}
    return one.model_copy(update={"outcome": SAID[str(word.body["word"])], "because": "said", **facts})


def _computed(override: Override, rollout: Rollout, records: Sequence[Record]) -> tuple[Outcome, Because, str]:
    if override.used_at is None:
        still = turned_out(override, rollout)
        return still, "open" if still is Outcome.OPEN else "unused", ""
    if override.what == "artifacts":
        return Outcome.CANT_SAY, "artifact", ""
    if not records:
        return turned_out(override, rollout), "no_record", ""
    used = override.used_at
    after = [record for record in records if time_of(record) >= used]
    down = next((record for record in after if record.kind in _DOWN), None)
    if down is not None:
        return _of_a_fall(override, records, down)
    if rollout.live:
        return Outcome.OPEN, "open", ""
    if rollout.state is not State.COMPLETED:
        return Outcome.CANT_SAY, "stopped", rollout.reason
    return _of_a_good_end(override, after)


def _of_a_fall(override: Override, records: Sequence[Record], down: Record) -> tuple[Outcome, Because, str]:
    """It came down: by what was overruled, or by something else?"""
    by_hand = by_a_person(down)
    bad = _bad_then(records, down) if by_hand else _why_down(records, down)
    related = [condition for condition in bad if _concerns(override, condition)]
    if related:
        return Outcome.WRONG, "came_down_by_hand" if by_hand else "came_down", related[0]
    if by_hand:
        return Outcome.CANT_SAY, "by_hand", str(down.body.get("reason") or "")
    what = ", ".join(bad) or str(down.body.get("reason") or "")
    return Outcome.CANT_SAY, "another_cause", what


def _why_down(records: Sequence[Record], down: Record) -> list[str]:
    up_to = [record for record in records if record.number <= down.number]
    return [cause.what for cause in causes(up_to) if cause.kind == "condition"]


def _bad_then(records: Sequence[Record], down: Record) -> list[str]:
    """What was bad when a person took it down, by the last check that is on record."""
    seen = [record for record in records if record.number < down.number and record.kind in _SEEN]
    lines = lines_of(seen[-1].body) if seen else []
    return [line.condition for line in lines if line.counts and line.met is (line.role == "trigger")]


def _of_a_good_end(override: Override, after: Sequence[Record]) -> tuple[Outcome, Because, str]:
    """It completed: right, unless nobody measured again what was overruled, or it was bad to the end."""
    seen = [line for record in after if record.kind in _SEEN for line in lines_of(record.body)]
    for overruled in override.overruled:
        metric = subject(overruled.condition)
        same = [line for line in seen if subject(line.condition) == metric]
        if not any(line.met is not None for line in same):
            return Outcome.CANT_SAY, "never_measured", overruled.condition
        last = [line for line in same if line.condition == overruled.condition and line.role == "hard"]
        if last and last[-1] is same[-1] and last[-1].met is False:
            return Outcome.CANT_SAY, "still_unmet", overruled.condition
    return Outcome.RIGHT, "ended_well", ""


def _concerns(override: Override, condition: str) -> bool:
    """Whether what fired is what was overruled, or the same metric; ending a bake or a cooldown risks everything."""
    if override.what not in ("verdict", "budget"):
        return True
    return subject(condition) in {subject(each.condition) for each in override.overruled}


_INNER = re.compile(r"\(\s*([A-Za-z_][\w.-]*)")


def subject(condition: str) -> str:
    """The metric, probe or budget that a condition is about."""
    inner = _INNER.search(condition)
    return inner[1] if inner else condition.split(" ", 1)[0]
