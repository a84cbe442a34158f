"""What is being rolled out is bound to its rollout: another version in mid-bake is noticed, told and held (U1).

A plan that says where its version is read has one more hard condition at each check: that it is still the one that the
rollout began with. Where it can't be read there is no data, as for any other number (law 3).
"""

from __future__ import annotations

from bot.domain import moves
from bot.domain.checks import EARLY
from bot.domain.looks import Look
from bot.domain.machine import State
from bot.domain.measurements import Measured, Missing, NoData
from bot.domain.moves import a_hold
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.domain.verdicts import Check, Line, Verdict

UNCHANGED = "version unchanged"
"""How the condition is called in checks, messages and evidence."""
LONGEST = 100
"""Characters; what is longer is no version, and may be a whole page."""
_WORST_FIRST = tuple(Verdict)
_UNDER_WAY = frozenset({State.SHIFTING, State.BAKING, State.GATE})

Read = str | NoData
"""A version as it was read, or why it couldn't be."""


def of_series(measured: Measured) -> Read:
    """The version that a metric tells: by the labels of an info metric, whose value is always 1, or else as a number.

    One label is told by its value alone, `{version="2.4.1"}` as `2.4.1`; several as they stand.
    """
    if measured.value != 1 or not measured.series:
        number = measured.value
        return f"{int(number)}" if number == int(number) else f"{number!r}"
    labels = measured.series
    if labels.endswith("…"):
        why = f"its labels are too long to be a version: {labels[:40]}…; ask for one of them, as max by (version) (…)"
        return NoData(Missing.GARBAGE, why, measured.at)
    name, equals, value = labels.removeprefix("{").removesuffix("}").partition('="')
    only_one = labels.startswith("{") and bool(equals) and name.isidentifier() and '", ' not in value
    return value.removesuffix('"') if only_one else labels


def of_text(text: str) -> str | None:
    """The version that a program wrote; None where that isn't one short line."""
    lines = text.strip().splitlines()
    return lines[0].strip() if len(lines) == 1 and len(lines[0].strip()) <= LONGEST else None


def bound(check: Check, rollout: Rollout, read: Read | None) -> Check:
    """The check with the version's condition in it; as it was where the plan reads none."""
    if read is None:
        return check
    seen = _line(rollout, read, counts=check.judged)
    worst = {True: Verdict.PASS, None: Verdict.NO_DATA, False: Verdict.FAIL}[seen.met] if seen.counts else Verdict.PASS
    verdict = min(check.verdict, worst, key=_WORST_FIRST.index)
    return check.model_copy(update={"lines": (*check.lines, seen), "verdict": verdict})


def _line(rollout: Rollout, read: Read, *, counts: bool) -> Line:
    early = "" if counts else EARLY
    if isinstance(read, NoData):
        return Line(role="hard", condition=UNCHANGED, met=None, detail=str(read), counts=counts)
    same = read == rollout.version
    detail = read if same else f"{read}, and {rollout.version} is being rolled out"
    told = "; ".join(part for part in (detail, early) if part)
    return Line(role="hard", condition=UNCHANGED, met=same, detail=told, counts=counts)


def changes(before: Rollout, after: Rollout) -> tuple[Happening, ...]:
    """That another version runs than a look ago, told once, with what ran before it."""
    if after.other_version == before.other_version:
        return ()
    facts = {
        "bound": after.version,
        "before": before.other_version or after.version,
        "after": after.other_version or after.version,
    }
    return (Happening("version_changed", facts),)


def held_for_another(rollout: Rollout, look: Look) -> Step | None:
    """Stop where another version runs: nothing of what was measured and approved was about it."""
    why = another(rollout)
    if not why or rollout.state not in _UNDER_WAY:
        return None
    return moves.hold(rollout, look.now, a_hold(why, rollout.watched_by, look.now, "version"), look.id)


def another(rollout: Rollout) -> str:
    """In words, that another version runs; "" where none does."""
    return f"{rollout.other_version} runs, and {rollout.version} is being rolled out" if rollout.other_version else ""
