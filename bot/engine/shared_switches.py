"""Kill switches that several rollouts share: what the kill of one holds off isn't for another's rearm to put back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.domain import kills
from bot.domain.errors import UnknownRollout
from bot.domain.obstacles import HeldOffByOthers
from bot.domain.rollout import Rollout
from bot.engine.equipment import Equipment, Method
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.unbuilt import Unbuilt

Together = Mapping[str, datetime]
"""The rollouts that are rearmed together, each with the time of the kill that this was asked for."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A rollout whose kill holds a target off by a method of its own; `shared` is what the asker's is called."""

    rollout: Rollout
    method: Method
    shared: str


class SharedSwitches:
    """Finds whose kills hold the same targets off."""

    def __init__(self, ledger: Ledger, switch: KillSwitch, equipment: Equipment) -> None:
        self._ledger = ledger
        self._switch = switch
        self._equipment = equipment

    async def holders(self, methods: Sequence[Method], but: Together) -> Sequence[Holder]:
        """By whom each of these methods' targets is held off, besides those kills. Raises StoreAway."""
        found = []
        for other in await self._killed(but):
            gear = self._equipment.gear(await self._ledger.plan_of(other))
            theirs = [each for each in gear.methods if kills.holds_off(other, each.name, each.tier)]
            for mine in methods:
                same = next((each for each in theirs if _same_target(mine, each)), None)
                if same is not None:
                    found.append(Holder(other, same, mine.name))
        return found

    async def _killed(self, but: Together) -> Sequence[Rollout]:
        """Whatever is killed and not rearmed, and what the spool says is, of which no record may know yet."""
        # The spool first: what leaves it meanwhile is on record by then.
        spooled = {act.rollout for act in await self._switch.acts() if act.what != "rollback"}
        found = {each.id: each for each in await self._ledger.rollouts.engaged() if not _the_same_kill(each, but)}
        for id in spooled - found.keys():
            with suppress(UnknownRollout):
                found[id] = await self._ledger.rollouts.load(id)
        return list(found.values())


def refusal(rollout: Rollout, holders: Collection[Holder], together: Together) -> HeldOffByOthers:
    """Why a rollout can't be rearmed by itself, whose kills are in the way, and what to type for all of them."""
    others = {each.rollout.id: each.rollout for each in holders}
    return HeldOffByOthers(
        rollout.id,
        ", ".join(dict.fromkeys(each.shared for each in holders)),
        ", ".join(f"{each.id} ({each.plan} in {each.environment})" for each in others.values()),
        " ".join(dict.fromkeys((rollout.id, *together, *others))),
    )


def _the_same_kill(rollout: Rollout, but: Together) -> bool:
    """One that was killed anew since isn't the one that somebody meant to rearm."""
    return rollout.kill is not None and but.get(rollout.id) == rollout.kill.asked_at


def _same_target(one: Method, other: Method) -> bool:
    """By what they say they switch: two that call themselves alike, and may be two flags, are taken for one."""
    built = not isinstance(one.act, Unbuilt) and not isinstance(other.act, Unbuilt)
    return built and one.act.target == other.act.target
