"""Incidents as people open and end them (E10)."""

from __future__ import annotations

from datetime import datetime

from bot.domain import incident_moves
from bot.domain.errors import BadRequest, NotNow
from bot.domain.incidents import open_ones
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.severities import Heard, Incident, Severity
from bot.domain.steps import Step
from bot.engine.finding import Finding
from bot.engine.requests import Request


class Incidents(Finding):
    """The desk's side for incidents. A rollout that has ended can have them too: trouble often shows afterwards."""

    async def open_incident(self, request: Request, rollout_id: str, severity: Severity, what: str) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return incident_moves.begin(fresh, severity, what, now, request.actor)

        return await self._ledger.change(rollout_id, decide)

    async def hear_incident(self, request: Request, rollout_id: str, heard: Heard) -> Rollout:
        """The door that heard it has seen whose word it is: nobody's rights are asked."""

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return incident_moves.hear(fresh, heard, now, request.actor)

        return await self._ledger.change(rollout_id, decide)

    async def end_incident(self, request: Request, rollout_id: str, id: str) -> Rollout:
        """End one by its id, or with "" the only one that is open."""
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return incident_moves.end(fresh, _meant(fresh, id).id, now, request.actor)

        return await self._ledger.change(rollout_id, decide)


def _meant(rollout: Rollout, id: str) -> Incident:
    """Raises NotNow and BadRequest, with what to type."""
    there = open_ones(rollout)
    if not there:
        raise NotNow(
            Phrase("{plan} has no open incident; nothing was changed.", plan=rollout.plan),
            f"/canary incident {rollout.plan}",
        )
    if not id and len(there) == 1:
        return there[0]
    found = next((each for each in there if each.id == id.lower()), None)
    if found is None:
        known = ", ".join(each.id for each in there)
        raise BadRequest(
            Phrase("Which incident is over? Open: {known}. Nothing was changed.", known=known),
            f"/canary incident {rollout.plan} end {there[-1].id}",
        )
    return found
