"""Carries out diagnoses (R14) beside everything else, within bounds: no check, no way down, no message waits for one.

A diagnosis is on record before it begins. Whoever gets its lease looks; the answer is kept once, whoever gives it. Of
one that a silent process had in hand, or whose time is over, the next process says that it has no answer: what brought
the former one down may have been the look itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import ValidationError

from bot.domain import diagnosing
from bot.domain.diagnosing import SILENT, WITHIN
from bot.domain.kinds import Kinds
from bot.domain.measurements import Measured, NoData
from bot.domain.named_values import Named, named_values
from bot.domain.plan import DiagnosisStep, Plan
from bot.domain.rollout import Diagnosing, Rollout
from bot.domain.steps import Step
from bot.engine.equipment import Equipment
from bot.engine.gather import Round, question
from bot.engine.ledger import Ledger
from bot.ports import Leases, OutsideFault, Sample, Seen, StoreAway, Taken

log = logging.getLogger(__name__)

AT_ONCE = 4
"""So many looks at the same time in one process, whatever is bad."""
STEP_S = 35.0
"""The longest that one look may take, whatever its own deadline is."""
ANSWER_S = 10.0
"""How long a source is waited for."""
LONGEST = 4000
"""So many characters of each answer are kept."""
SERIES = 20
UNFINISHED = "Perch was interrupted while it looked, and has no answer"
"""As it goes on record; wording has its own words for it."""


class Diagnoses:
    """`saw` begins what is due, and returns at once."""

    def __init__(self, ledger: Ledger, equipment: Equipment, leases: Leases) -> None:
        self._ledger = ledger
        self._equipment = equipment
        self._leases = leases
        self._running: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved: look where it has a diagnosis without an answer that nobody here is at."""
        for each in rollout.diagnoses.values():
            if each.answered_at is None and each.id not in self._running:
                self._running[each.id] = task = asyncio.create_task(self._supervised(rollout, each))
                task.add_done_callback(partial(self._ended, each.id))

    def _ended(self, id: str, task: asyncio.Task[None]) -> None:
        self._running.pop(id, None)

    async def _supervised(self, rollout: Rollout, wanted: Diagnosing) -> None:
        try:
            await self._answer(rollout, wanted)
        except StoreAway as away:
            log.warning("the diagnosis of %s for %s isn't on record: %s", wanted.metric, rollout.id, away)
        except Exception:
            log.exception("the diagnosis of %s for %s broke", wanted.metric, rollout.id)

    async def _answer(self, rollout: Rollout, wanted: Diagnosing) -> None:
        now = self._ledger.clock()
        taken = await self._leases.take(f"diagnosis:{wanted.id}", now, SILENT.total_seconds())
        if not taken:
            return
        if taken is Taken.OVER or now - wanted.at >= SILENT:
            await self._keep(rollout.id, wanted.id, [], UNFINISHED)
            return
        plan = await self._ledger.plan_of(rollout)
        await self._keep(rollout.id, wanted.id, await self._looks(named_values(rollout, now), plan, wanted.metric))

    async def _keep(self, rollout: str, id: str, steps: Sequence[Mapping[str, Any]], unfinished: str = "") -> None:
        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return diagnosing.answered(fresh, plan, id, steps, now, unfinished)

        await self._ledger.change_in_peace(rollout, decide)

    async def _looks(self, named: Named, plan: Plan, metric: str) -> list[dict[str, Any]]:
        """What each look brought, in the plan's order; never raises for what a far side does."""
        steps = diagnosing.steps_of(plan, metric)
        looks = [asyncio.create_task(self._look(named, plan, step)) for step in steps]
        try:
            await asyncio.wait(looks, timeout=WITHIN.total_seconds())
        finally:
            for look in looks:
                look.cancel()
        answers = await asyncio.gather(*looks, return_exceptions=True)
        return [
            {"what": step.shown, **(answer if isinstance(answer, dict) else _too_late())}
            for step, answer in zip(steps, answers, strict=True)
        ]

    async def _look(self, named: Named, plan: Plan, step: DiagnosisStep) -> dict[str, Any]:
        async with self._turns:
            began = asyncio.get_running_loop().time()
            ok, seen = await self._tried(named, plan, step)
            return {
                "ok": ok,
                **_shortened(seen),
                "took_s": round(asyncio.get_running_loop().time() - began, 1),
            }

    async def _tried(self, named: Named, plan: Plan, step: DiagnosisStep) -> tuple[bool, Seen]:
        try:
            async with asyncio.timeout(STEP_S):
                return await self._seen(named, plan, step)
        except TimeoutError:
            return False, Seen(f"no answer in {STEP_S:g} s")
        except OutsideFault as fault:
            return False, Seen(str(fault) or "no answer")
        except (ValidationError, LookupError, ValueError) as wrong:
            return False, Seen(f"it can't be asked ({type(wrong).__name__}); perch plan check tells more")

    async def _seen(self, named: Named, plan: Plan, step: DiagnosisStep) -> tuple[bool, Seen]:
        if step.part is not None:
            return True, await self._equipment.diagnosis(step.part).look()
        if step.metric is not None:
            return await self._measured(named, plan, step.metric)
        return await self._asked(named, plan, step)

    async def _measured(self, named: Named, plan: Plan, name: str) -> tuple[bool, Seen]:
        sources = self._equipment.gear(plan).sources
        found = (await Round(self._ledger.clock(), self._kinds).naming(named).metrics(plan, sources, [name]))[name]
        if isinstance(found, Measured):
            return True, Seen(_number(found.value, plan.metrics[name].unit.value))
        return False, Seen(str(found))

    async def _asked(self, named: Named, plan: Plan, step: DiagnosisStep) -> tuple[bool, Seen]:
        """All series that a source has for a question, one line each."""
        if step.source is None:
            raise ValueError("there is nothing to look at")
        source = self._equipment.apart(plan, step.source)
        asking = source.ask(question(plan, self._kinds, step.source, step.ask, named=named), self._ledger.clock())
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await asking
        except TimeoutError:
            return False, Seen(f"no answer in {ANSWER_S:g} s")
        if isinstance(answer, NoData):
            return False, Seen(str(answer))
        if not answer:
            return True, Seen("nothing: no series fits")
        unit = step.unit.value if step.unit else ""
        return True, Seen("\n".join(_line(each, unit) for each in answer[:SERIES]), cut=len(answer) > SERIES)

    @property
    def _kinds(self) -> Kinds:
        return self._equipment.kinds

    async def idle(self) -> None:
        """Wait until none is under way."""
        while self._running:
            await asyncio.wait(self._running.values())

    async def aclose(self) -> None:
        """Stop; what was under way stays on record as begun."""
        running = [*self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _too_late() -> dict[str, Any]:
    said = f"not looked at to the end: the {WITHIN.total_seconds():g} s of the whole diagnosis were over"
    return {"ok": False, "answer": said, "took_s": WITHIN.total_seconds()}


def _line(sample: Sample, unit: str) -> str:
    value = _number(sample.value, unit)
    return f"{sample.labels}: {value}" if sample.labels else value


_SHORT = {"percent": "%", "seconds": " s", "milliseconds": " ms", "count": "", "ratio": "", "": ""}


def _number(value: float, unit: str) -> str:
    """The number as it came, and its unit as people write it."""
    return f"{value:g}{_SHORT.get(unit, ' ' + unit.replace('_', ' '))}"


def _shortened(seen: Seen) -> dict[str, Any]:
    """The beginning of a long answer; all of it was redacted before, so that the cut can't halve a secret (law 8)."""
    text = "".join(letter for letter in seen.text if letter.isprintable() or letter in "\n\t")
    if len(text) > LONGEST:
        return {"answer": text[:LONGEST] + "…", "cut": True}
    return {"answer": text, **({"cut": True} if seen.cut else {})}
