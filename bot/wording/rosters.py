"""Many rollouts at once, for a phone: what is live, with what waits for a person first, and what has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.freezes import Freeze
from bot.domain.machine import State
from bot.domain.rollout import Rollout, Verdict
from bot.ports import Said
from bot.wording.blocks import context, said, section, told
from bot.wording.conditions import verdict_text
from bot.wording.freezes import standing_text
from bot.wording.language import t, t_many
from bot.wording.sentences import code, joined, moment, plain, prose, state_words, verdict_words

FEW = 6
"""Up to so many, each says all that there is to say; of more, each is one line of a phone."""
SPOKEN = 10
ROOM = 8_000
"""Characters of all rows together."""
TOGETHER, SECTION = 10, 2_800
"""Rows and characters of one block."""

URGENT = (State.STUCK, State.KILLING, State.ROLLING_BACK, State.HELD, State.GATE, State.START_GATE)
WAITING = frozenset({State.STUCK, State.HELD, State.GATE, State.START_GATE})
WORST = (Verdict.BREACH, Verdict.FAIL, Verdict.NO_DATA, Verdict.WARN)


def listing(rollouts: Sequence[Rollout], now: datetime, freezes: Sequence[Freeze] = ()) -> Said:
    """One line for each freeze and each live rollout; those that a person has to see to come first."""
    frozen = [t("❄️ Frozen: {freeze}.", freeze=standing_text(freeze, now)) for freeze in freezes[:SPOKEN]]
    if not rollouts:
        return told(t("Nothing is being rolled out."), *frozen, t("`/canary plan` lists the plans."))
    order = sorted(rollouts, key=_urgency)
    row = _row if len(order) <= FEW else _short_row
    return roster(_headline(order), [*frozen, *(row(rollout, now) for rollout in order)], _more_live)


def _urgency(rollout: Rollout) -> tuple[int, int, float]:
    state = URGENT.index(rollout.state) if rollout.state in URGENT else len(URGENT)
    verdict = rollout.check.verdict if rollout.check else None
    return state, WORST.index(verdict) if verdict in WORST else len(WORST), -rollout.started_at.timestamp()


def _headline(rollouts: Sequence[Rollout]) -> str:
    count = len(rollouts)
    if count <= FEW:
        names = joined([rollout.plan for rollout in rollouts])
        return t_many(count, "{count} live rollout: {names}.", "{count} live rollouts: {names}.", names=names)
    waiting = sum(rollout.state in WAITING for rollout in rollouts)
    if not waiting:
        return t("{count} live rollouts; none waits for a person.", count=count)
    return t_many(
        waiting,
        "{all} live rollouts; {count} waits for a person.",
        "{all} live rollouts; {count} wait for a person.",
        all=count,
    )


def _more_live(left: int) -> str:
    return t("… and {count} more; `/canary list WORD` shows those of a plan, service or environment.", count=left)


def roster(text: str, rows: Sequence[str], more: Callable[[int], str], beyond: int = 0, last: str = "") -> Said:
    """Whole rows as long as there's room; the rest, and what is `beyond` all rows, is counted, with how to see it.

    `last` stands below all of it.
    """
    count = len(rows) + beyond
    blocks: list[list[str]] = []
    room, shown = ROOM, 0
    for row in rows:
        room -= len(row)
        if room < 0:
            break
        shown += 1
        if not blocks or len(blocks[-1]) == TOGETHER or sum(map(len, blocks[-1])) + len(row) > SECTION:
            blocks.append([])
        blocks[-1].append(row)
    left = [context(more(count - shown))] if shown < count else []
    left += [context(last)] if last else []
    heard = [row.removeprefix("• ").replace("\n    ", "; ") for row in rows[: min(shown, SPOKEN)]]
    unheard = [more(count - len(heard))] if len(heard) < count else []
    first, *others = blocks or [[]]
    spoken = prose((text, *heard, *unheard))
    return said(spoken, section((f"*{text}*", *first)), *map(section, others), *left)


def _row(rollout: Rollout, now: datetime) -> str:
    held = f" ({plain(rollout.hold.why, 80)})" if rollout.hold else ""
    observed = t(", observe only") if rollout.mode == "observe" else ""
    return t(
        "• {name} in {environment}: {weight}, {state}; {verdict}; since {started}",
        name=_named(rollout),
        environment=plain(rollout.environment, 40),
        weight=rollout.confirmed,
        state=f"{state_words(rollout.state)}{held}{observed}",
        verdict=verdict_text(rollout.check),
        started=moment(rollout.started_at, now),
    )


def _short_row(rollout: Rollout, now: datetime) -> str:
    verdict = verdict_words(rollout.check.verdict) if rollout.check else t("no check yet")
    state = state_words(rollout.state)
    if rollout.hold:
        state = f"{state} ({plain(rollout.hold.why, 40)})"
    return t(
        "• {name} in {environment}: {weight}, {state}; {verdict}",
        name=_named(rollout),
        environment=plain(rollout.environment, 40),
        weight=rollout.confirmed,
        state=state,
        verdict=verdict,
    )


def _named(rollout: Rollout) -> str:
    return f"{code(rollout.plan)} {plain(rollout.version, 40)}" if rollout.version else code(rollout.plan)
