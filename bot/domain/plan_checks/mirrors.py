"""Plan check: what mirrors can do so, and ends (R8); what switches a flag off switches one that the plan moves."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from bot.domain.kinds import Kind
from bot.domain.plan import Part
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake
from bot.domain.planning.shape import suggest
from bot.domain.units import ZERO


def check_mirrors(draft: Draft) -> Iterator[Finding]:
    """Each stage that mirrors: some target of the plan must be able to, and it mustn't be the last."""
    last = len(draft.plan.stages) - 1
    able = any(_mirrors(draft, part) for part in draft.plan.traffic)
    for index, stage in draft.stages():
        if stage.mirrored == ZERO:
            continue
        place = draft.place("stages", index, "mirror")
        if not able:
            yield Mistake(place, "no traffic of this plan can mirror", _how(draft))
        if index == last:
            what = "the last stage can't mirror: nobody would turn it off after the end"
            yield Mistake(place, what, "mirror in an earlier stage; a dark launch is the first one, with weight: 0%")


def _mirrors(draft: Draft, part: Part) -> bool:
    kind = draft.kinds.traffic.get(part.kind)
    # What isn't known yet, or here, is another check's finding.
    return kind is None or (kind.mirrors is not None and kind.mirrors(part.options))


def _how(draft: Draft) -> str:
    able = sorted(name for name, kind in draft.kinds.traffic.items() if kind.mirrors is not None)
    always = [name for name in able if (mirrors := draft.kinds.traffic[name].mirrors) is not None and mirrors({})]
    asked = [name for name in able if name not in always]
    ways = [f"kind: {', '.join(always)}"] if always else []
    ways += [f"an option mirror: … on {', '.join(asked)}"] if asked else []
    return f"use {' or '.join(ways)}" if ways else "take the mirror out"


def check_flags(draft: Draft) -> Iterator[Finding]:
    """A kill of a flag that nothing of the plan moves would free nobody: the flag has no values then."""
    flags = [_moved(draft, part) for part in draft.plan.traffic]
    if "" in flags:
        return
    moved = {key for key in flags if key}
    for tier, parts in enumerate(draft.plan.kill_switch):
        for number, part in enumerate(parts):
            kind = draft.kinds.kill.get(part.kind)
            options = _read(kind, part) if kind is not None and kind.switches is not None else None
            if kind is None or kind.switches is None or options is None or kind.switches(options) in moved:
                continue
            place = draft.place("kill_switch", tier, number, "key")
            what = f"no traffic of this plan moves a flag '{kind.switches(options)}', so it has no values to go back to"
            yield Mistake(place, what, suggest(kind.switches(options), moved))


def _moved(draft: Draft, part: Part) -> str | None:
    """The key of the flag that a part moves: None where it moves none, "" where its options have mistakes."""
    kind = draft.kinds.traffic.get(part.kind)
    if kind is None or kind.routing is None:
        return None
    options = _read(kind, part)
    return "" if options is None else kind.routing(options).key


def _read(kind: Kind[object] | None, part: Part) -> object | None:
    """The options, or None where they have mistakes of their own."""
    try:
        return kind.options.model_validate(part.options) if kind is not None else None
    except ValidationError:
        return None
