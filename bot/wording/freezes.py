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
from bot.wording.language import t
from bot.wording.sentences import by_when, code, joined, moment, plain, who
from bot.wording.telling import Telling

SHOWN = 10


def began(freeze: Freeze, touched: Sequence[str], now: datetime) -> Said:
    """The receipt of a freeze."""
    after = _live_under(touched) if touched else t("Nothing live is under it.")
    head = _frozen(freeze.service, freeze.owner, _until(freeze.until, now), freeze.why)
    return told(head, after, *_exempt(freeze.exempt), _lift(freeze.service))


def lifted(
    freezes: Sequence[Freeze], held: Sequence[str], left: Sequence[Freeze], only: Sequence[str], now: datetime
) -> Said:
    """The receipt of lifting one, or of letting some plans through."""
    service = freezes[0].service if freezes else ""
    waits = [name for name in held if not only or name in only]
    lines = [t("Still on hold, until somebody resumes it: {resume}", resume=_resume(waits))] if waits else []
    others = [standing_text(freeze, now) for freeze in left if freeze.service != service]
    lines += [t("Still frozen: {freezes}.", freezes=joined(others))] if others else []
    return told(_lifted(service, only), *lines)


def _lifted(service: str, only: Sequence[str]) -> str:
    if only and service:
        return t("{plans} may go on; {service} stays frozen.", plans=_names(only), service=code(service))
    if only:
        return t("{plans} may go on; everything else stays frozen.", plans=_names(only))
    return t("{service} may rise again.", service=code(service)) if service else t("Everything may rise again.")


def standing_text(freeze: Freeze, now: datetime) -> str:
    """`denis, by @ana until 14:00 (incident 7)`."""
    by, until, why = who(freeze.owner), _until(freeze.until, now), plain(freeze.why, 120)
    service = _named(freeze.service)
    if not freeze.exempt:
        return t("{service}, by {by} {until} ({why})", service=service, by=by, until=until, why=why)
    exempt = _names(freeze.exempt)
    return t(
        "{service}, except {plans}, by {by} {until} ({why})", service=service, plans=exempt, by=by, until=until, why=why
    )


def frozen_line(frozen: Frozen, now: datetime) -> str:
    """For a rollout that a freeze covers."""
    until = t("until {at}", at=by_when(frozen.until, now)) if frozen.until else t("until somebody lifts it")
    return t(
        "❄️ {service} is frozen by {by} {until}: {why}. Nothing rises before; `/canary unfreeze {typed}` lifts it.",
        service=_named(frozen.service),
        by=who(frozen.by),
        until=until,
        why=plain(frozen.why, 160),
        typed=_typed(frozen.service),
    )


def freeze(facts: Mapping[str, Any], now: datetime) -> Said:
    """To a channel: a freeze began."""
    there = facts.get("rollouts") or []
    service = str(facts.get("service", ""))
    return told(
        _frozen(service, facts.get("by", ""), _until(_time(facts), now), facts.get("why", "")),
        _live_under([each["plan"] for each in there]),
        *_exempt(facts.get("exempt") or ()),
        _lift(service),
    )


def _frozen(service: str, by: Any, until: str, why: Any) -> str:
    return t(
        "❄️ {service} is frozen by {by} {until}: {why}.",
        service=_named(service),
        by=who(by),
        until=until,
        why=plain(why),
    )


def unfreeze(facts: Mapping[str, Any], now: datetime) -> Said:
    """To a channel: a freeze ended, and what waits for a person now."""
    held = [each["plan"] for each in facts.get("rollouts") or [] if each.get("held")]
    return told(
        t("The freeze of {service} is over: {ended}.", service=_named(facts.get("service", "")), ended=_ended(facts)),
        _waits(held) if held else t("Nothing is on hold because of it."),
    )


def exempt(facts: Mapping[str, Any], now: datetime) -> Said:
    """To a channel: some plans may go on under a freeze."""
    only = [str(name) for name in facts.get("only") or []]
    return told(
        t(
            "{by} let {plans} go on; {service} stays frozen {until}{because}.",
            by=who(facts.get("by", "")),
            plans=_names(only),
            service=_named(facts.get("service", "")),
            until=_until(_time(facts), now),
            because=_because(facts),
        ),
        _waits(only),
    )


def unfrozen(telling: Telling) -> Said:
    """In the thread: the freeze is over, and whether that rollout waits for somebody."""
    rollout = telling.rollout
    held = t(
        "It stays on hold at {weight}; go on with `/canary resume {plan}`",
        weight=rollout.confirmed,
        plan=plain(rollout.plan, 80),
    )
    service = _named(telling.text("service"))
    return told(
        t("The freeze of {service} doesn't keep {name} down any more.", service=service, name=telling.name),
        held if rollout.state is State.HELD else t("It goes on by itself."),
    )


def _live_under(plans: Sequence[str]) -> str:
    return t("Live under it: {plans}; what would rise is on hold.", plans=_names(plans))


def _lift(service: str) -> str:
    return t("Rollback, kill and hold work as ever. Lift it: `/canary unfreeze {typed}`", typed=_typed(service))


def _waits(plans: Sequence[str]) -> str:
    return t("On hold until somebody resumes it: {resume}", resume=_resume(plans))


def _ended(facts: Mapping[str, Any]) -> str:
    by = facts.get("by", "perch")
    if by == "perch":
        return t("its time was up")
    return t("{by} lifted it{because}", by=who(by), because=_because(facts))


def _because(facts: Mapping[str, Any]) -> str:
    return f" ({plain(facts['reason'], 160)})" if facts.get("reason") else ""


def _time(facts: Mapping[str, Any]) -> datetime | None:
    until = facts.get("until")
    return datetime.fromtimestamp(float(until), UTC) if until is not None else None


def _until(until: datetime | None, now: datetime) -> str:
    return t("until {at}", at=moment(until, now)) if until is not None else t("until somebody lifts it")


def _exempt(plans: Sequence[str]) -> list[str]:
    return [t("Exempt: {plans}.", plans=joined([code(name) for name in plans]))] if plans else []


def _named(service: str) -> str:
    return code(service) if service else t("Everything")


def _typed(service: str) -> str:
    return plain(service or ALL, 80)


def _names(plans: Sequence[str]) -> str:
    return joined([code(plan) for plan in dict.fromkeys(plans)], most=SHOWN) or t("nothing")


def _resume(plans: Sequence[str]) -> str:
    return joined([f"`/canary resume {plain(plan, 80)}`" for plan in dict.fromkeys(plans)], most=SHOWN)
