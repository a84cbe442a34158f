"""The decision: what a rollout came to and why, who answers for it, and every guardrail with its numbers (E4).

Made when a rollout ends, in the commit that ends it (law 4), from the rollout, its frozen plan and its chain so far.
A kill after the end makes another one, which takes the former's place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from bot.domain.evidence import Entry, Head, Record, extend
from bot.domain.machine import ENDS, State
from bot.domain.overrides import Override
from bot.domain.plan import Plan
from bot.domain.record.guardrails import Guardrail, Summary, guardrails, summaries
from bot.domain.record.looks_on_record import looks_on_record
from bot.domain.record.rules import Decided, decided
from bot.domain.record.wanted import missing
from bot.domain.rollout import PERCH, Rollout
from bot.domain.value import Value

KIND = "decision"
Word = Literal["PROMOTE", "ROLLBACK", "KILL", "ABORT", "OBSERVED"]
_WORDS: Mapping[State, Word] = {
    State.COMPLETED: "PROMOTE",
    State.ROLLED_BACK: "ROLLBACK",
    State.KILLED: "KILL",
    State.ABORTED: "ABORT",
    State.OBSERVED: "OBSERVED",
}


class Yes(Value):
    """One person's approval. `role` are the plan's approvers that they stood for then, `groups` those it asked for."""

    person: str
    at: datetime
    how: str
    role: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Raise(Value):
    """Traffic let up one stage: who approved it, and what they were shown."""

    record: int
    at: str
    before: float
    after: float
    gate: str = ""
    verdict: str = ""
    warnings: tuple[str, ...] = ()
    approvals: tuple[Yes, ...] = ()
    early: str = ""
    """The reason of whoever ended the bake early."""
    overruled: tuple[str, ...] = ()


class Version(Value):
    """A version of Perch that wrote this record, and since which record."""

    perch: str
    since: int


class FinalDecision(Value):
    """All that the record of kind `decision` says."""

    decision: Word
    state: State
    rollout: str
    plan: str
    plan_digest: str
    service: str
    environment: str
    version: str
    mode: str
    requester: str
    started_at: datetime
    ended_at: datetime
    weight: float
    verdict: str = ""
    """Of the last check; "" where there was none."""
    rule: Decided
    guardrails: tuple[Guardrail, ...] = ()
    metrics: tuple[Summary, ...] = ()
    raises: tuple[Raise, ...] = ()
    overrides: tuple[Override, ...] = ()
    unmet_artifacts: tuple[str, ...] = ()
    """What the plan asks to be on record and isn't."""
    unmet_ends: tuple[str, ...] = ()
    """Conditions of complete_when that didn't hold at the last look."""
    perch: tuple[Version, ...] = ()
    supersedes: int = 0
    """The number of the decision that this one takes the place of; 0 where it is the first."""
    covers: int = 0
    """How many records it was made from, the end's own among them; `covers_hash` is the last one's hash."""
    covers_hash: str = ""
    gaps: tuple[str, ...] = ()
    """What couldn't be read when it was made."""


def ends(before: Rollout, after: Rollout) -> bool:
    """Whether a step ends a rollout, or ends it anew: then a decision is due."""
    return after.state in ENDS and before.state is not after.state


def decision_entry(
    rollout: Rollout, plan: Plan, known: Sequence[Record], told: Sequence[Entry], now: datetime, gap: str = ""
) -> Entry:
    """The record of the decision. `known` is the chain so far, `told` what the ending step adds before it."""
    added, _ = extend(rollout.id, Head(known[-1].number, known[-1].hash) if known else Head(), told)
    made = final_decision(rollout, plan, [*known, *added], now, gap)
    return Entry(KIND, now, PERCH.id, {**made.model_dump(mode="json"), "at": _where(rollout), "told": []})


def _where(rollout: Rollout) -> dict[str, Any]:
    return {"state": rollout.state.value, "stage": rollout.stage, "weight": rollout.confirmed.percent}


def final_decision(
    rollout: Rollout, plan: Plan, records: Sequence[Record], now: datetime, gap: str = ""
) -> FinalDecision:
    """What an ended rollout came to. `gap` says why `records` isn't the whole chain, where it isn't."""
    looks = looks_on_record(records, rollout.check)
    entered = [rollout.stage] if rollout.shifted_at is not None else []
    former = [record.number for record in records if record.kind == KIND]
    last = records[-1] if records and not gap else None
    return FinalDecision(
        decision=_WORDS[rollout.state],
        state=rollout.state,
        rollout=rollout.id,
        plan=rollout.plan,
        plan_digest=rollout.plan_digest,
        service=rollout.service,
        environment=rollout.environment,
        version=rollout.version,
        mode=rollout.mode,
        requester=rollout.requester.id,
        started_at=rollout.started_at,
        ended_at=rollout.ended_at or now,
        weight=rollout.confirmed.percent,
        verdict=rollout.check.verdict.value if rollout.check else "",
        rule=decided(rollout, records),
        guardrails=guardrails(plan, looks, entered),
        metrics=summaries(looks),
        raises=tuple(_raise(record) for record in records if record.kind == "promoted"),
        overrides=rollout.overrides,
        unmet_artifacts=missing(rollout, plan) if rollout.shifted_at is not None else (),
        unmet_ends=rollout.unmet_ends,
        perch=_versions(records),
        supersedes=former[-1] if former else 0,
        covers=last.number if last else 0,
        covers_hash=last.hash if last else "",
        gaps=(gap,) if gap else (),
    )


def _raise(record: Record) -> Raise:
    facts = record.body
    return Raise(
        record=record.number,
        at=record.at,
        before=facts.get("from") or 0.0,
        after=facts.get("to") or 0.0,
        gate=facts.get("gate") or "",
        verdict=facts.get("verdict") or "",
        warnings=tuple(facts.get("warnings") or ()),
        approvals=tuple(_yes(each) for each in facts.get("approvals") or ()),
        early=facts.get("early") or "",
        overruled=tuple(str(each.get("condition")) for each in facts.get("overruled") or ()),
    )


def _yes(approval: Mapping[str, Any]) -> Yes:
    return Yes(
        person=(approval.get("person") or {}).get("id", ""),
        at=approval["at"],
        how=approval.get("how") or "",
        role=tuple(approval.get("role") or ()),
        groups=tuple(approval.get("groups") or ()),
    )


def _versions(records: Sequence[Record]) -> tuple[Version, ...]:
    """From the start's record, and from each that says that another version took over."""
    told = {"started": "perch", "perch_changed": "to"}
    found = [(record, record.body.get(told[record.kind])) for record in records if record.kind in told]
    return tuple(Version(perch=str(version), since=record.number) for record, version in found if version)


def decision_of(records: Sequence[Record]) -> tuple[Record, FinalDecision] | None:
    """The decision that stands, the newest; None while a rollout is under way, or where an older Perch ended it."""
    for record in reversed(records):
        if record.kind == KIND:
            return record, FinalDecision.model_validate(record.body)
    return None
