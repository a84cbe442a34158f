"""Diagnoses that people ask for (R14): the same look that Perch has when a metric goes bad, at once."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime

from bot.domain import diagnosing
from bot.domain.errors import BadRequest, NotNow
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.engine.finding import Finding
from bot.engine.ledger import new_id
from bot.engine.requests import Request


class Runbooks(Finding):
    """The desk's side for what a runbook looks at."""

    async def diagnose(self, request: Request, rollout_id: str, metric: str) -> Sequence[str]:
        """Begin it; the answers come by themselves. An ended rollout can be looked at as well."""
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)
        known = diagnosing.diagnosable(plan)
        if not known:
            raise NotNow(
                Phrase("No metric of {plan} says what to look at; nothing was done.", plan=plan.name),
                Phrase("put it under runbook: {{diagnose: …}} in the plan (docs/plans.md)"),
            )
        if metric and metric not in known:
            near = next(iter(difflib.get_close_matches(metric, known, 1)), known[0])
            raise BadRequest(
                Phrase("There is nothing to diagnose for '{metric}'; nothing was done.", metric=metric),
                f"/canary diagnose {plan.name} {near}",
            )
        begun: list[str] = []

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            wanted = [metric] if metric else _bad(fresh, known) or known
            free = [each for each in wanted if not _busy(fresh, each, now)]
            begun[:] = free
            return diagnosing.asked(fresh, plan, free, now, new_id(), request.actor) if free else None

        await self._ledger.change(rollout_id, decide)
        if not begun:
            raise NotNow(Phrase("Perch is at it already; the answers come in the thread."), Phrase("again in a minute"))
        return begun


def _bad(rollout: Rollout, metrics: Sequence[str]) -> list[str]:
    return [each for each in metrics if rollout.check and diagnosing.bad_lines(rollout.check, each)]


def _busy(rollout: Rollout, metric: str, now: datetime) -> bool:
    known = rollout.diagnoses.get(metric)
    return known is not None and diagnosing.under_way(known, now)
