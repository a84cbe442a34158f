"""Kill switches that several rollouts share: what the kill of one holds off isn't for another's rearm to put back.

Nor does another plan start on it: what it found there would pass for the switch's former value."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.domain import kills
from bot.domain.errors import UnknownPlan, UnknownRollout
from bot.domain.obstacles import HeldOffByOthers, SwitchHeldOff
from bot.domain.plan import Plan
from bot.domain.planning.report import PlanMistakes
from bot.domain.rollout import Rollout
from bot.engine.equipment import Equipment, Method
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.unbuilt import Unbuilt

log = logging.getLogger(__name__)

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
        return [each for other in await self._killed(but) for each in await self._held_by(other, methods)]

    async def in_the_way(self, plan: Plan) -> Sequence[Holder]:
        """By whom switches of a plan that is to start are held off: its own kills, in its environment, aside.

        Raises StoreAway. A killed rollout whose plan can't be read any more is left out, and logged: nobody could
        rearm it, and so nothing could ever start.
        """
        methods, found = self._equipment.gear(plan).methods, list[Holder]()
        for other in await self._killed({}) if methods else ():
            if (other.plan, other.environment) == (plan.name, plan.environment):
                continue
            try:
                found += await self._held_by(other, methods)
            except (PlanMistakes, UnknownPlan) as unreadable:
                log.error("whether %s holds a switch of %s off can't be read: %s", other.id, plan.name, unreadable)
        return found

    async def _held_by(self, other: Rollout, methods: Sequence[Method]) -> Sequence[Holder]:
        """Which of these methods' targets this killed rollout holds off."""
        gear = self._equipment.gear(await self._ledger.plan_of(other))
        theirs = [each for each in gear.methods if kills.holds_off(other, each.name, each.tier)]
        same = [(mine, next((each for each in theirs if _same_target(mine, each)), None)) for mine in methods]
        return [Holder(other, each, mine.name) for mine, each in same if each is not None]

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
    ids = " ".join(dict.fromkeys((rollout.id, *together, *(each.rollout.id for each in holders))))
    return HeldOffByOthers(rollout.id, _switches(holders), _whose(holders), ids)


def no_start(plan: Plan, holders: Collection[Holder]) -> SwitchHeldOff:
    """Why a plan can't start, or be resumed before it has moved anything."""
    ids = " ".join(dict.fromkeys(each.rollout.id for each in holders))
    return SwitchHeldOff(plan.name, _switches(holders), _whose(holders), ids)


def held_off(holders: Sequence[Holder]) -> Mapping[str, str]:
    """For what preflight tells: by the name of each method that is held off, by whose kill, and what to type."""
    each_by = {name: [each for each in holders if each.shared == name] for name in (each.shared for each in holders)}
    return {
        name: f"held off by the kill of {_whose(by)}, /canary rearm {' '.join(each.rollout.id for each in by)}"
        for name, by in each_by.items()
    }


def _switches(holders: Collection[Holder]) -> str:
    return ", ".join(dict.fromkeys(each.shared for each in holders))


def _whose(holders: Collection[Holder]) -> str:
    """Whose kills these are, each once, for people."""
    rollouts = [each.rollout for each in holders]
    return ", ".join(dict.fromkeys(f"{each.id} ({each.plan} in {each.environment})" for each in rollouts))


def _the_same_kill(rollout: Rollout, but: Together) -> bool:
    """One that was killed anew since isn't the one that somebody meant to rearm."""
    return rollout.kill is not None and but.get(rollout.id) == rollout.kill.asked_at


def _same_target(one: Method, other: Method) -> bool:
    """By what they say they switch: two that call themselves alike, and may be two flags, are taken for one."""
    built = not isinstance(one.act, Unbuilt) and not isinstance(other.act, Unbuilt)
    return built and one.act.target == other.act.target
