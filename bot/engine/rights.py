"""Who may do what (S6). Closed for up when Slack can't be asked; for down, the operators on the kill card may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence

from bot.domain.errors import BadRequest, NotAllowed, NotNow
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan, Roles
from bot.engine.requests import Request, Right
from bot.ports import Directory, OutsideFault

log = logging.getLogger(__name__)

STOP_S = 0.5
"""Going down waits no longer than this for Slack to say who somebody is; then the kill card decides (law 2)."""
KNOWN_S = 0.2
"""The same for whom the card names: Slack's answer could only take the right away that they had at the last raise."""
OTHERWISE_S = 10.0

DEEDS: dict[Right, Phrase] = {
    "operate": Phrase("operate this rollout"),
    "approve": Phrase("approve this"),
    "override": Phrase("do this, which takes the override role"),
    "stop": Phrase("stop this rollout"),
}
LACKING: dict[Right, Phrase] = {**DEEDS, "approve": Phrase("approve this: you aren't one of its approvers")}
"""The same for whom no role gives the right, with why where the deed alone doesn't say it."""


class Rights:
    """Asks the directory; shell users of Perch's own machine may do all but approve for somebody else.

    A webhook may stop, and nothing else, whatever it says.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def permit(self, request: Request, what: Right, plan: Plan, known: Collection[str] = ()) -> None:
        """Raises NotAllowed. `known` are user ids that may go down even while Slack can't be asked (law 2)."""
        await self.permit_by_any(request, what, [plan], known)

    async def permit_by_any(
        self, request: Request, what: Right, plans: Sequence[Plan], known: Collection[str] = ()
    ) -> None:
        """For what concerns several plans: raises NotAllowed unless one of them gives the right."""
        if request.surface == "shell" or (request.surface == "webhook" and what == "stop"):
            return
        wanted = tuple(dict.fromkeys(role for plan in plans for role in entitled(what, plan.roles)))
        names = ", ".join(plan.name for plan in plans)
        nobody = Phrase("whoever keeps the plan {names}: it names nobody for this", names=names)
        who = ", ".join(wanted) or nobody
        try:
            async with asyncio.timeout(_patience_s(what, known=request.actor.id in known)):
                refused = await self._directory.refused(request.actor.id)
                groups = await self._directory.groups_of(request.actor.id, wanted)
        except (OutsideFault, TimeoutError) as fault:
            if what == "stop" and request.actor.id in known:
                log.warning("Slack can't say who %s is (%s); the kill card lets them stop", request.actor.id, fault)
                return
            raise NotAllowed(_unknown(what), Phrase("again soon, or {who}", who=who)) from fault
        if refused:
            raise NotAllowed(Phrase("{deed} ({why})", deed=DEEDS[what], why=refused), who)
        if not groups:
            raise NotAllowed(LACKING[what], who)

    async def permit_among(self, request: Request, deed: Phrase, people: Sequence[str]) -> None:
        """For what a plan lets certain people do, whatever their role. Raises NotAllowed, with whom to ask."""
        if request.surface == "shell":
            return
        try:
            async with asyncio.timeout(OTHERWISE_S):
                refused = await self._directory.refused(request.actor.id)
                groups = await self._directory.groups_of(request.actor.id, tuple(people))
        except (OutsideFault, TimeoutError) as fault:
            unknown = Phrase("{deed} while Slack can't say who you are", deed=deed)
            raise NotAllowed(unknown, Phrase("again soon")) from fault
        if refused:
            raise NotAllowed(Phrase("{deed} ({why})", deed=deed, why=refused), ", ".join(people))
        if not groups:
            raise NotAllowed(deed, ", ".join(people))

    async def is_among(self, user: str, people: Sequence[str]) -> bool:
        """Whether this user is one of them, alone or by a group; not while Slack can't say so."""
        try:
            async with asyncio.timeout(OTHERWISE_S):
                return not await self._directory.refused(user) and bool(
                    await self._directory.groups_of(user, tuple(people))
                )
        except (OutsideFault, TimeoutError):
            return False

    async def stands_for(self, request: Request, groups: tuple[str, ...]) -> tuple[str, ...]:
        """Which of the groups a person belongs to now; kept with the approval. Raises NotAllowed."""
        if not groups:
            return ()
        try:
            return tuple(sorted(await self._directory.groups_of(request.actor.id, groups)))
        except OutsideFault as fault:
            raise NotAllowed(_unknown("approve"), Phrase("again soon")) from fault

    async def known_as(self, request: Request, roles: tuple[str, ...]) -> tuple[str, ...]:
        """Which entries of a role a person who was permitted goes by, for the record; none while Slack can't say."""
        try:
            return await self.stands_for(request, roles)
        except NotAllowed:
            return ()

    async def person(self, entry: str) -> str:
        """The id of the one person that a handle or an id names. Raises BadRequest, and NotNow while Slack is away."""
        try:
            found = await self._directory.members((entry,))
            refused = [await self._directory.refused(each) for each in found]
        except OutsideFault as fault:
            why = Phrase("Slack can't say who {entry} is right now; nothing was changed.", entry=entry)
            raise NotNow(why, "again soon") from fault
        if len(found) != 1:
            many = Phrase("{entry} is a group; name one person. Nothing was changed.", entry=entry)
            nobody = Phrase("There is nobody called {entry}; nothing was changed.", entry=entry)
            raise BadRequest(many if found else nobody, "/canary watch NAME @SOMEBODY")
        if refused[0]:
            outsider = Phrase("{entry} can't watch a rollout ({why}).", entry=entry, why=refused[0])
            raise BadRequest(outsider, "/canary watch NAME @SOMEBODY")
        return next(iter(found))

    async def members(self, plan: Plan, within_s: float = OTHERWISE_S) -> tuple[str, ...]:
        """Ids of all who may stop, for the kill card; nobody where Slack doesn't say so in time."""
        try:
            async with asyncio.timeout(within_s):
                return tuple(sorted(await self._directory.members(entitled("stop", plan.roles))))
        except (OutsideFault, TimeoutError) as fault:
            log.warning("the kill card of %s names no operators: %s", plan.name, fault or "no answer in time")
            return ()


def _patience_s(what: Right, *, known: bool) -> float:
    """How long Slack may take to say who somebody is."""
    if what != "stop":
        return OTHERWISE_S
    return KNOWN_S if known else STOP_S


def _unknown(what: Right) -> Phrase:
    return Phrase("{deed} while Slack can't say which groups you are in", deed=DEEDS[what])


def entitled(what: Right, roles: Roles) -> tuple[str, ...]:
    """The role entries that give a right."""
    match what:
        case "approve":
            return roles.approvers
        case "override":
            return roles.override
        case "operate" | "stop":
            return tuple(dict.fromkeys((*roles.operators, *roles.approvers, *roles.override)))
