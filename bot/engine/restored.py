"""A restored older database starts with everything held, and raises nothing by itself (U8).

What it says may be days old. Each live rollout is held, its gate and approvals gone with it; one that was killed since
is killed again: the kill's own files, or the kill switch itself, still say so. Going down goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain import kills, moves
from bot.domain.errors import UnknownRollout
from bot.domain.evidence import WORKSPACE, Entry
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.plan import Plan
from bot.domain.rollout import PERCH, Rollout
from bot.domain.steps import Step
from bot.engine.equipment import Equipment, Method
from bot.engine.kill import begin
from bot.engine.ledger import Ledger, new_id
from bot.ports import KillFiles, OutsideFault, Spooled

WHY = "the database was restored from a backup: what happened since then is not known here"
SWITCH = "the database was restored from a backup, and the kill switch is engaged: it was killed since"
ASK_S = 5.0
"""How long a kill switch is asked whether it is engaged; who can't be asked is held like the others."""
AT_ONCE = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What a restored database's live rollouts were brought to; ids."""

    held: tuple[str, ...]
    killed: tuple[str, ...]


async def hold_what_was_restored(ledger: Ledger, files: KillFiles, equipment: Equipment) -> Found:
    """Hold every live rollout that could rise, and kill again what was killed. Safe to repeat."""
    done: dict[str, Spooled] = {}
    for act in await asyncio.to_thread(files.done):
        if act.what != "rollback":
            done[act.rollout] = act
    turns = asyncio.Semaphore(AT_ONCE)

    async def bring(rollout: Rollout) -> Rollout:
        async with turns:
            await ledger.change(rollout.id, _hold)
            act = done.pop(rollout.id, None)
            engaged = act is None and rollout.shifted_at is not None and await _engaged(ledger, equipment, rollout)
            return await ledger.change(rollout.id, _killed(act, engaged))

    changed = await asyncio.gather(*(bring(rollout) for rollout in await ledger.rollouts.live()))
    changed += [each for act in done.values() if (each := await _killed_after_its_end(ledger, act)) is not None]
    found = Found(
        tuple(each.id for each in changed if each.state is State.HELD),
        tuple(each.id for each in changed if each.kill is not None),
    )
    facts = {"held": list(found.held), "killed": list(found.killed)}
    await ledger.rollouts.note(WORKSPACE, [Entry("restored", ledger.clock(), PERCH.id, facts)])
    return found


async def older_than_its_cards(ledger: Ledger, files: KillFiles) -> bool:
    """Whether a kill card was written for a later revision than the database has: somebody put an old one back.

    Each such card is then written for the revision there is, so that the next start is an ordinary one again.
    """
    older = False
    revisions = {rollout.id: rollout.revision for rollout in await ledger.rollouts.live()}
    for card in await asyncio.to_thread(files.cards):
        revision = revisions.get(card.rollout)
        if revision is not None and revision < card.revision:
            older = True
            await asyncio.to_thread(files.keep_card, card.model_copy(update={"revision": revision}))
    return older


def _hold(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
    if rollout.state.going_down or rollout.mode == "observe":
        return None
    if rollout.state is State.PREFLIGHT:
        return moves.abort(rollout, now, WHY)
    before = rollout.hold
    if before is None:
        return moves.hold(rollout, now, a_hold(WHY, rollout.watched_by, now, "restored"), new_id())
    if before.why.startswith(WHY):
        return None
    # Its owner, deadline and default stay: they lead down, or nowhere.
    again = before.model_copy(update={"why": f"{WHY}; before that: {before.why}", "cause": "restored"})
    return moves.hold(rollout, now, again, new_id())


def _killed(act: Spooled | None, engaged: bool) -> Callable[[Rollout, Plan, datetime], Step | None]:
    """How a rollout is killed again, where its kill is on file or its switch is engaged."""

    def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
        if fresh.kill is not None or fresh.state is State.ABORTED:
            return None
        if act is not None:
            return begin(fresh, plan, act, now)
        return kills.begin(fresh, now, PERCH, SWITCH, now, 1) if engaged else None

    return decide


async def _killed_after_its_end(ledger: Ledger, act: Spooled) -> Rollout | None:
    """A rollout that had ended when the backup was taken, and was killed since; None where it was begun since."""
    try:
        before = await ledger.rollouts.load(act.rollout)
    except UnknownRollout:
        log.error(
            "%s was started and killed after the backup was taken: its rollout is in no record now, and its kill "
            "switch may still be engaged. Look at it by hand before anything of %s is started",
            act.plan,
            act.plan,
        )
        return None
    changed = await ledger.change(act.rollout, _killed(act, engaged=False))
    return changed if changed.revision != before.revision else None


async def _engaged(ledger: Ledger, equipment: Equipment, rollout: Rollout) -> bool:
    """Whether any of the kill switch's methods stands engaged now."""
    gear = equipment.gear(await ledger.plan_of(rollout))
    return any(await asyncio.gather(*(_stands(method) for method in gear.methods)))


async def _stands(method: Method) -> bool:
    try:
        async with asyncio.timeout(ASK_S):
            return await method.act.engaged()
    except (TimeoutError, OutsideFault) as fault:
        log.warning("after a restore: %s can't be asked whether it is engaged (%s)", method.name, fault)
        return False
