"""The decision as people read it, in a shell and as CANARY_DECISION_FINAL.txt: always in the same words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.evidence import Record
from bot.domain.overrides import Override
from bot.domain.record.decision import FinalDecision, Raise, Yes
from bot.domain.record.guardrails import Guardrail, Summary
from bot.domain.record.rules import WORDS
from bot.domain.record.tables import NONE, at, columns, number, one_line, pairs, weight
from bot.domain.signatures import Seal
from bot.domain.verdicts import Line

ROLES = {"hard": "hard", "soft": "soft", "trigger": "trigger", "item": "item"}
UNSIGNED = (
    "UNSIGNED: nobody's key vouches for this decision. Nothing but the chain of hashes speaks for it,",
    "and whoever may write the database can make that anew. Set PERCH_SIGNING_KEY where Perch runs.",
)


def decision_text(decision: FinalDecision, record: Record, seal: Seal | None) -> str:
    """The whole decision; `seal` is the signature of its record."""
    parts = [
        [f"CANARY DECISION: {decision.decision}", "=" * 72],
        _about(decision),
        _unsigned(seal),
        ["", "DECIDED BY", *_rule(decision)],
        [
            "",
            "GUARDRAILS (each as it was last judged in its stage; a trigger passes where it didn't fire)",
            *_guardrails(decision.guardrails),
        ],
        ["", "METRIC SUMMARY (over all looks on record)", *_metrics(decision.metrics)],
        ["", "AUTHORISATION", *_authorised(decision)],
        ["", "OVERRIDES", *_overrides(decision.overrides)],
        _unmet(decision),
        ["", "SIGNATURE", *signature(record, seal)],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _about(decision: FinalDecision) -> list[str]:
    running = ", ".join(f"{each.perch} since record {each.since}" for each in decision.perch) or "not on record"
    return pairs(
        [
            ("Rollout", one_line(decision.rollout)),
            ("Plan", f"{one_line(decision.plan)} in {one_line(decision.environment)}, service {decision.service}"),
            ("Plan digest", decision.plan_digest),
            ("Version", one_line(decision.version) or "not named"),
            ("Mode", decision.mode),
            ("Started", f"{at(decision.started_at)} by {one_line(decision.requester)}"),
            ("Ended", f"{at(decision.ended_at)} as {decision.state.value} at {weight(decision.weight)}"),
            ("Last verdict", decision.verdict or "none"),
            ("Perch", running),
            *([("Supersedes", f"the decision of record {decision.supersedes}")] if decision.supersedes else []),
        ]
    )


def _unsigned(seal: Seal | None) -> list[str]:
    return ["", *UNSIGNED] if seal is None else []


def _rule(decision: FinalDecision) -> list[str]:
    rule = decision.rule
    whose = f" ({one_line(rule.by)})" if rule.rule in ("person", "alert") else ""
    lines = [f"  {WORDS[rule.rule]}{whose}"]
    lines += [f"  {one_line(rule.reason)}"] if rule.reason else []
    lines += [f"    {_stood(line)}" for line in rule.lines]
    return [*lines, f"  (record {rule.record})"] if rule.record else lines


def _stood(line: Line) -> str:
    detail = f" ({one_line(line.detail)})" if line.detail else ""
    return f"{line.condition}: {number(line.value, line.unit)}{detail}"


def _guardrails(found: Sequence[Guardrail]) -> list[str]:
    head = ("STATUS", "STAGE", "KIND", "CONDITION", "VALUE", "THRESHOLD", "WINDOW", "MEASURED", "REMARK")
    return columns(head, [_guardrail(each) for each in found])


def _guardrail(each: Guardrail) -> tuple[str, ...]:
    before = each.bad - (each.result == "FAIL")
    bad = [f"bad in {before} earlier look{'' if before == 1 else 's'}"] if before > 0 else []
    remark = "; ".join([*([one_line(each.detail, 120)] if each.detail else []), *bad])
    return (
        each.result,
        weight(each.weight),
        ROLES[each.role],
        one_line(each.condition, 120),
        number(each.value, each.unit),
        number(each.threshold, each.unit),
        each.window or NONE,
        at(each.at),
        remark,
    )


def _metrics(found: Sequence[Summary]) -> list[str]:
    head = ("CONDITION", "KIND", "WORST", "MEDIAN", "LAST", "LIMIT", "LOOKS", "NO DATA")
    rows = [
        (
            one_line(each.condition, 120),
            ROLES[each.role],
            *(number(value, each.unit) for value in (each.worst, each.median, each.last, each.threshold)),
            str(each.count),
            str(each.no_data),
        )
        for each in found
    ]
    return columns(head, rows)


def _authorised(decision: FinalDecision) -> list[str]:
    lines = [f"  Start: {one_line(decision.requester)}, {at(decision.started_at)}"]
    for each in decision.raises:
        lines += _raised(each)
    return lines


def _raised(each: Raise) -> list[str]:
    shown = f"verdict {each.verdict or 'none'}, warnings: {', '.join(map(one_line, each.warnings)) or 'none'}"
    head = f"  {weight(each.before)} to {weight(each.after)}, {at(each.at)}, gate {each.gate or NONE} ({shown})"
    lines = [head, *(f"    approved by {_yes(yes)}" for yes in each.approvals)]
    if not each.approvals:
        lines.append("    no approval was asked for")
    lines += [f"    bake ended early: {one_line(each.early)}"] if each.early else []
    return [*lines, f"    overruled: {', '.join(map(one_line, each.overruled))}"] if each.overruled else lines


def _yes(yes: Yes) -> str:
    role = f", as {', '.join(yes.role)}" if yes.role else ""
    stood = f", for {', '.join(yes.groups)}" if yes.groups else ""
    return f"{one_line(yes.person)} by {yes.how}, {at(yes.at)}{role}{stood}"


def _overrides(found: Sequence[Override]) -> list[str]:
    lines = []
    for each in found:
        used = "used" if each.used_at else "not used"
        undone = ", undone" if each.undone_at else ""
        lines.append(f"  {each.what} at {weight(each.weight)}, {at(each.at)}, by {one_line(each.by)}: {used}{undone}")
        lines.append(f"    reason: {one_line(each.reason)}")
        lines += [f"    {one_line(one.condition)}: {one_line(one.detail) or 'not met'}" for one in each.overruled]
        lines += [f"    fix: {one_line(each.fix)}"] if each.fix else []
    return lines or ["  none"]


def _unmet(decision: FinalDecision) -> list[str]:
    lines = [f"  artifact {name}" for name in decision.unmet_artifacts]
    lines += [f"  complete_when {one_line(each)}" for each in decision.unmet_ends]
    lines += [f"  not read when this was made: {one_line(each)}" for each in decision.gaps]
    return ["", "MISSING", *lines] if lines else []


def signature(record: Record, seal: Seal | None) -> list[str]:
    """Who signed the decision's record, or loudly that nobody did."""
    lines = [f"  record {record.number} of {record.chain}, hash {record.hash}"]
    if seal is None:
        return [*lines, *(f"  {line}" for line in UNSIGNED)]
    return [*lines, f"  Ed25519, key {seal.key}", f"  {seal.signature}"]
