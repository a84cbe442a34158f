"""What a rollout at its last stage still lacks for its end, and a person's word that it may end without (E5, X1)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.plan import Plan
from bot.domain.record.wanted import Lack, lacking
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO
from bot.domain.waits import Wait, Waiting


def end_waits(rollout: Rollout, plan: Plan) -> Iterator[Waiting]:
    """The plan's ends that didn't hold at the newest check, and the artifacts that are missing; of the last stage."""
    if not last_stage(rollout, plan):
        return
    for told in rollout.unmet_ends:
        yield Waiting(Wait.END, told, name=told)
    for lack in lacking(rollout, plan):
        gone = ", which can't come any more" if lack.gone else ""
        yield Waiting(Wait.ARTIFACT, f"the artifact {lack.name}{gone}", lack.until, lack.name, "gone" if gone else "")


def last_stage(rollout: Rollout, plan: Plan) -> bool:
    return rollout.stage == len(plan.stages) - 1 and rollout.mode != "observe"


def to_overrule(rollout: Rollout, plan: Plan) -> tuple[Lack, ...]:
    """The missing artifacts that a person may say it ends without; none before its traffic stands at the last stage."""
    return lacking(rollout, plan) if last_stage(rollout, plan) and rollout.confirmed > ZERO else ()
