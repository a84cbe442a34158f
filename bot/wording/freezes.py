"""Freezes as people read them: what may not rise, whose it is and until when, what it held, and what to type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.domain.freezes import ALL, Freeze
from bot.domain.machine import State
from bot.domain.rollout import Frozen
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.sentences import by_when, code, joined, moment, plain, who
from bot.wording.telling import Telling

SHOWN = 10


def began(freeze: Freeze, touched: Sequence[str], now: datetime) -> Said:
    """The receipt of a freeze."""
    after = f"Live under it: {_names(touched)}; what would rise is on hold." if touched else "Nothing live is under it."
    lift = f"Rollback, kill and hold work as ever. Lift it: `/canary unfreeze {_typed(freeze.service)}`"
    return told(f"❄️ {_named(freeze.service)} is frozen {_until(freeze.until, now)}.", after, *_exempt(freeze), lift)


def lifted(
    freezes: Sequence[Freeze], held: Sequence[str], left: Sequence[Freeze], only: Sequence[str], now: datetime
) -> Said:
    """The receipt of lifting one, or of letting some plans through."""
    service = freezes[0].service if freezes else ""
    what = f"{_names(only)} may go on; {_named(service)} stays frozen" if only else f"{_named(service)} may rise again"
    waits = [name for name in held if not only or name in only]
    lines = [f"Still on hold, until somebody resumes it: {_resume(waits)}"] if waits else []
    others = [freeze for freeze in left if freeze.service != service]
    lines += [f"Still frozen: {joined([standing_text(freeze, now) for freeze in others])}."] if others else []
    return told(f"{what}.", *lines)


def standing_text(freeze: Freeze, now: datetime) -> str:
    """`denis, by @ana until 14:00 (incident 7)`."""
    exempt = f", except {_names(freeze.exempt)}" if freeze.exempt else ""
    until = _until(freeze.until, now)
    return f"{_named(freeze.service)}{exempt}, by {who(freeze.owner)} {until} ({plain(freeze.why, 120)})"


def frozen_line(frozen: Frozen, now: datetime) -> str:
    """For a rollout that a freeze covers."""
    until = f"until {by_when(frozen.until, now)}" if frozen.until else "until somebody lifts it"
    return (
        f"❄️ {_named(frozen.service)} is frozen by {who(frozen.by)} {until}: {plain(frozen.why, 160)}. "
        f"Nothing rises before; `/canary unfreeze {_typed(frozen.service)}` lifts it."
    )


def freeze(facts: Mapping[str, Any], now: datetime) -> Said:
    """To a channel: a freeze began."""
    there = facts.get("rollouts") or []
    until = _until(_time(facts), now)
    exempt = [f"Exempt: {joined([code(name) for name in facts['exempt']])}."] if facts.get("exempt") else []
    lift = f"Rollback, kill and hold work as ever. Lift it: `/canary unfreeze {_typed(facts.get('service', ''))}`"
    return told(
        f"❄️ {_named(facts.get('service', ''))} is frozen by {who(facts.get('by', ''))} {until}: "
        f"{plain(facts.get('why', ''))}.",
        f"Live under it: {_names([each['plan'] for each in there])}; what would rise is on hold.",
        *exempt,
        lift,
    )


def unfreeze(facts: Mapping[str, Any], now: datetime) -> Said:
    """To a channel: a freeze ended, and what waits for a person now."""
    held = [each["plan"] for each in facts.get("rollouts") or [] if each.get("held")]
    return told(
        f"The freeze of {_named(facts.get('service', ''))} is over: {_ended(facts)}.",
        f"On hold until somebody resumes it: {_resume(held)}" if held else "Nothing is on hold because of it.",
    )


def exempt(facts: Mapping[str, Any], now: datetime) -> Said:
    """To a channel: some plans may go on under a freeze."""
    only = [str(name) for name in facts.get("only") or []]
    return told(
        f"{who(facts.get('by', ''))} let {_names(only)} go on; {_named(facts.get('service', ''))} stays frozen "
        f"{_until(_time(facts), now)}{_because(facts)}.",
        f"On hold until somebody resumes it: {_resume(only)}",
    )


def unfrozen(telling: Telling) -> Said:
    """In the thread: the freeze is over, and whether that rollout waits for somebody."""
    rollout = telling.rollout
    held = f"It stays on hold at {rollout.confirmed}; go on with `/canary resume {plain(rollout.plan, 80)}`"
    after = held if rollout.state is State.HELD else "It goes on by itself."
    return told(f"The freeze of {_named(telling.text('service'))} doesn't keep {telling.name} down any more.", after)


def _ended(facts: Mapping[str, Any]) -> str:
    by = facts.get("by", "perch")
    return "its time was up" if by == "perch" else f"{who(by)} lifted it{_because(facts)}"


def _because(facts: Mapping[str, Any]) -> str:
    return f" ({plain(facts['reason'], 160)})" if facts.get("reason") else ""


def _time(facts: Mapping[str, Any]) -> datetime | None:
    until = facts.get("until")
    return datetime.fromtimestamp(float(until), UTC) if until is not None else None


def _until(until: datetime | None, now: datetime) -> str:
    return f"until {moment(until, now)}" if until is not None else "until somebody lifts it"


def _exempt(freeze: Freeze) -> list[str]:
    return [f"Exempt: {joined([code(name) for name in freeze.exempt])}."] if freeze.exempt else []


def _named(service: str) -> str:
    return code(service) if service else "Everything"


def _typed(service: str) -> str:
    return plain(service or ALL, 80)


def _names(plans: Sequence[str]) -> str:
    return joined([code(plan) for plan in dict.fromkeys(plans)], most=SHOWN) or "nothing"


def _resume(plans: Sequence[str]) -> str:
    return joined([f"`/canary resume {plain(plan, 80)}`" for plan in dict.fromkeys(plans)], most=SHOWN)
