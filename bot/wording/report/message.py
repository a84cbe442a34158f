"""The deployment report: how it ended, each stage, the numbers against their limits, who decided what (E6 in part)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.domain.evidence import Record
from bot.domain.lookback import Seen, seen
from bot.ports import Said
from bot.wording.blocks import Block, context, header, said, section
from bot.wording.language import t, t_many
from bot.wording.numbers import number, percent
from bot.wording.overrides import uses
from bot.wording.records import record_text
from bot.wording.report.incidents import UNWANTED
from bot.wording.sentences import code, cut, moment, plain, prose, span, state_words, who
from bot.wording.tables import table
from bot.wording.telling import Telling

TIMELINE = frozenset(
    {
        "started",
        "stage_confirmed",
        "verdict_changed",
        "promoted",
        "early",
        "overruled",
        "replanned",
        "resumed",
        "overspent",
    }
)
ENDS = frozenset({"completed", "aborted", "rolling_back", "rolled_back", "killing", "killed", "rearmed", "verified"})
INCIDENTS = UNWANTED | {"late_rearm", "limit"}
LINES, NUMBERS = 30, 25


def report(telling: Telling, records: Sequence[Record]) -> Said:
    """Everything that the evidence says, short enough for one message."""
    rollout, facts = telling.rollout, _outcome(telling)
    stages = _stages(records, telling)
    blocks: list[Block] = [header(cut(t("Deployment report: {name}", name=rollout.plan), 140)), section(facts)]
    blocks += [section((f"*{t('Stages')}*", *stages))] if stages else []
    numbers = seen(records)
    if numbers:
        rows = [_row(each) for each in numbers[:NUMBERS]]
        head = (t("Condition"), t("Limit"), t("Worst"), t("Median"), t("Bad"), t("No data"))
        blocks.append(table(head, rows))
    blocks += [section((f"*{t('Overrides')}*", *given))] if (given := uses(rollout, telling.now, records)) else []
    trouble = _incidents(records)
    blocks.append(section((f"*{t('Incidents')}*", *trouble)))
    timeline = [record_text(record) for record in records if record.kind in TIMELINE | ENDS][-LINES:]
    blocks += [section((f"*{t('Timeline')}*", *timeline))] if timeline else []
    export = t("All of it, to take along: `{command}`", command=f"perch evidence export {plain(rollout.id, 60)}")
    whole = t("With charts, SLOs and a recommendation: `{command}`", command=f"/canary report {rollout.plan} file")
    return said(prose((*facts, *stages, *trouble[:1])), *blocks, context(whole, export))


def _outcome(telling: Telling) -> list[str]:
    rollout = telling.rollout
    ended = rollout.ended_at or telling.now
    lines = [
        t(
            "*{name} is {state} at {weight}*, {span} after its start.",
            name=telling.title,
            state=state_words(rollout.state),
            weight=rollout.confirmed,
            span=span(ended - rollout.started_at),
        ),
        t(
            "Started {at} by {person} ({id}).",
            at=moment(rollout.started_at, telling.now),
            person=who(rollout.requester),
            id=code(rollout.id),
        ),
    ]
    return [*lines, t("Reason: {reason}", reason=plain(rollout.reason))] if rollout.reason else lines


def _stages(records: Sequence[Record], telling: Telling) -> list[str]:
    """When each weight was reached, how long it lasted, and who let it go on."""
    reached = [record for record in records if record.kind == "stage_confirmed"]
    lines = []
    for place, record in enumerate(reached):
        at = datetime.fromisoformat(record.at)
        after = datetime.fromisoformat(reached[place + 1].at) if place + 1 < len(reached) else None
        until = after or telling.rollout.ended_at or telling.now
        stage = t(
            "{weight} since {at}, for {span}",
            weight=percent(float(record.body.get("weight") or 0)),
            at=moment(at, telling.now),
            span=span(until - at),
        )
        left = _left(records, record.number, reached[place + 1].number) if after else ""
        lines.append(f"• {stage}{left}")
    return lines


def _left(records: Sequence[Record], first: int, last: int) -> str:
    used = [record for record in records if record.kind == "promoted" and first < record.number < last]
    by = ", ".join(who(person) for record in used for person in record.body.get("by") or ())
    return t("; approved by {people}", people=by) if by else ""


def _row(each: Seen) -> Sequence[str]:
    limit = number(each.threshold, each.unit) if each.threshold is not None else ""
    worst, middle = (number(value, each.unit, each.threshold) for value in (each.worst, each.middle))
    unmeasured = str(each.unmeasured) if each.unmeasured else ""
    return code(each.condition, 80), limit, worst, middle, str(each.unmet) if each.unmet else "", unmeasured


def _incidents(records: Sequence[Record]) -> list[str]:
    found = [record for record in records if record.kind in INCIDENTS]
    if not found:
        return [t("None: no hold, no drift, no missing data.")]
    kinds = ", ".join(f"{kind.replace('_', ' ')} × {count}" for kind, count in Counter(r.kind for r in found).items())
    head = t_many(len(found), "{count} incident: {kinds}.", "{count} incidents: {kinds}.", kinds=kinds)
    return [head, *(record_text(record) for record in found[-10:])]
