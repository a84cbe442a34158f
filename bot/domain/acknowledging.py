"""Checkpoints that somebody is asked to acknowledge: asked, acknowledged, missed (S9). All of it is in the evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.plan import Checkpoint
from bot.domain.rollout import Asked, Person, Rollout
from bot.domain.steps import Happening, Step

WITHIN = timedelta(minutes=30)
"""How long an acknowledgement is waited for where the plan doesn't say."""
KEPT = 8
"""So many are remembered with the rollout, for their buttons."""


def asked(rollout: Rollout, due: Iterable[tuple[str, Checkpoint]], now: datetime) -> Step:
    """Ask for what is due, by the checkpoint's name; one that asks nobody asks nobody."""
    asking = {name: checkpoint for name, checkpoint in due if checkpoint.acknowledge}
    new = tuple(
        Asked(
            id=f"{name}@{int(now.timestamp())}",
            name=name,
            of=checkpoint.acknowledge,
            at=now,
            until=now + (checkpoint.within or WITHIN),
        )
        for name, checkpoint in asking.items()
    )
    told = (
        Happening("acknowledgement_asked", {"name": each.name, "of": list(each.of), **_until(each)}) for each in new
    )
    return Step(rollout.but(asked=(*rollout.asked, *new)[-KEPT:]), tuple(told))


def missed(rollout: Rollout, now: datetime) -> Step:
    """Say once what nobody acknowledged in time; it can still be acknowledged."""
    late = [each for each in rollout.asked if each.by is None and not each.missed and now >= each.until]
    if not late:
        return Step(rollout)
    marked = tuple(each.model_copy(update={"missed": True}) if each in late else each for each in rollout.asked)
    told = (
        Happening("acknowledgement_missed", {"name": each.name, "of": list(each.of), **_until(each)}) for each in late
    )
    return Step(rollout.but(asked=marked), tuple(told))


def acknowledged(rollout: Rollout, wanted: Asked, person: Person, now: datetime) -> Step:
    """Somebody has seen it; who was first stays."""
    seen = wanted.model_copy(update={"by": person, "done_at": now})
    facts = {"name": wanted.name, "by": person.id, "late": now >= wanted.until}
    rest = tuple(seen if each.id == wanted.id else each for each in rollout.asked)
    return Step(rollout.but(asked=rest), (Happening("acknowledged", facts, person),))


def _until(each: Asked) -> dict[str, float]:
    return {"until": each.until.timestamp()}
