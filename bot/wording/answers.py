"""What one person gets who asked: why, details, lists, a plan's table, history, evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.evidence import Broken, Head, Record
from bot.domain.freezes import Freeze
from bot.domain.machine import State
from bot.domain.plan import Plan, Rule, Stage
from bot.domain.rollout import Rollout
from bot.ports import Said
from bot.wording.baselines import baseline_text
from bot.wording.blocks import context, header, said, section, told
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.freezes import standing_text
from bot.wording.records import record_text
from bot.wording.sentences import STATE_WORDS, code, joined, many, moment, plain, prose, span, who
from bot.wording.status import sentence
from bot.wording.telling import Telling
from bot.wording.waiting import approvals_given, approvals_wanted, waiting_lines

ROWS = 20


def done(what: str, telling: Telling) -> Said:
    """The receipt of an act: what it did, and how things stand now."""
    now = sentence(telling)
    return said(f"{what} {now}", section((f"*{what}*", now)))


def why(telling: Telling) -> Said:
    """Why it stands where it does: the verdict, every condition, and what a promotion still waits for (X1)."""
    rollout = telling.rollout
    verdict = f"Verdict: *{verdict_text(rollout.check)}*"
    conditions = line_texts(rollout.check.lines, telling.now, 30) if rollout.check else ["No check has run yet."]
    gate = [approvals_given(rollout.gate, telling)] if rollout.gate else []
    reason = [f"Reason: {plain(rollout.reason)}"] if rollout.reason else []
    waits = waiting_lines(telling)
    text = prose((sentence(telling), *waits))
    return said(text, section((f"*{sentence(telling)}*", *reason, *gate, *waits)), section((verdict, *conditions)))


def details(telling: Telling) -> Said:
    """What the status message has no room for."""
    rollout = telling.rollout
    facts = [
        f"Rollout {code(rollout.id)}, revision {rollout.revision}, plan digest {code(rollout.plan_digest[:12] or '-')}",
        f"Weights: confirmed {rollout.confirmed}, approved {rollout.approved}, target {rollout.target}",
        f"Baked {span(rollout.baked)} of {span(telling.stage.bake + rollout.extended)} at this stage",
    ]
    baselines = [baseline_text(name, base, telling.plan) for name, base in list(rollout.baselines.items())[:12]]
    runbooks = [
        f"Runbook of {code(name)}: {plain(metric.runbook.link)}"
        for name, metric in telling.plan.metrics.items()
        if metric.runbook and metric.runbook.link
    ]
    answer = why(telling)
    return said(
        answer.text, *(dict(block) for block in answer.blocks), section(facts + baselines), *_maybe(runbooks[:10])
    )


def _maybe(lines: Sequence[str]) -> list[dict[str, Any]]:
    return [section(lines)] if lines else []


def listing(rollouts: Sequence[Rollout], now: datetime, freezes: Sequence[Freeze] = ()) -> Said:
    """One line for each freeze and each live rollout."""
    frozen = [f"❄️ Frozen: {standing_text(freeze, now)}." for freeze in freezes[:ROWS]]
    if not rollouts:
        return told("Nothing is being rolled out.", *frozen, "`/canary plan` lists the plans.")
    text = f"{many(len(rollouts), 'live rollout')}: {joined([rollout.plan for rollout in rollouts])}."
    return _table(text, [*frozen, *(_row(rollout, now) for rollout in rollouts[:ROWS])])


def _table(text: str, rows: Sequence[str]) -> Said:
    return said(" ".join((text, *rows)), section((f"*{text}*", *rows)))


def _row(rollout: Rollout, now: datetime) -> str:
    held = f" ({plain(rollout.hold.why, 80)})" if rollout.hold else ""
    observed = ", observe only" if rollout.mode == "observe" else ""
    environment = plain(rollout.environment, 40)
    version = f" {plain(rollout.version, 40)}" if rollout.version else ""
    return (
        f"• {code(rollout.plan)}{version} in {environment}: {rollout.confirmed}, "
        f"{STATE_WORDS[rollout.state]}{held}{observed}; {verdict_text(rollout.check)}; "
        f"since {moment(rollout.started_at, now)}"
    )


def history(rollouts: Sequence[Rollout], now: datetime) -> Said:
    """How the last rollouts ended."""
    if not rollouts:
        return said("There was no rollout yet.")
    text = f"The last {many(len(rollouts), 'rollout')}, newest first."
    return _table(text, [_ended(rollout, now) for rollout in rollouts[:ROWS]])


def _ended(rollout: Rollout, now: datetime) -> str:
    took = f" after {span(rollout.ended_at - rollout.started_at)}" if rollout.ended_at else ""
    why = rollout.reason.removeprefix("killed: ") if rollout.state is State.KILLED else rollout.reason
    reason = f": {plain(why, 120)}" if why else ""
    version = f" {plain(rollout.version, 40)}" if rollout.version else ""
    return (
        f"• {moment(rollout.started_at, now)} {code(rollout.plan)}{version}: "
        f"{STATE_WORDS[rollout.state]} at {rollout.confirmed}{took}{reason} (by {who(rollout.requester)}, "
        f"{code(rollout.id)})"
    )


def plan_list(names: Sequence[str]) -> Said:
    """Which plans there are."""
    if not names:
        return told(
            "There are no plans yet.", "Put one into the plans folder; `perch plan check FILE` tells its mistakes."
        )
    text = f"{many(len(names), 'plan')}: {joined(names, most=ROWS)}."
    return said(text, section((f"*{text}*", f"`/canary plan {plain(names[0], 70)}` shows one.")))


def plan_table(plan: Plan) -> Said:
    """A plan as a runbook's table: each stage with its weight, its bake, its conditions and who approves."""
    text = (
        f"Plan {plan.name}: {' → '.join(str(stage.weight) for stage in plan.stages[:20])} in {plain(plan.environment)}."
    )
    head = [plain(plan.what)] if plan.what else []
    head.append(f"Service {code(plan.service)}, channel {plain(plan.channel)}, cooldown {span(plan.cooldown)}")
    stages = [section(_stage(plan, index, stage)) for index, stage in enumerate(plan.stages[:12])]
    more = [context(f"… and {many(len(plan.stages) - 12, 'more stage')}")] if len(plan.stages) > 12 else []
    start = f"Start it: `/canary start {plan.name} {plan.stage_weight(0)}`"
    return said(text, header(f"{plan.name} · {plan.environment}"), section(head), *stages, *more, context(start))


def _stage(plan: Plan, index: int, stage: Stage) -> list[str]:
    wanted = (
        approvals_wanted(stage.approvals, plan.roles.approvers)
        if index < len(plan.stages) - 1
        else "no gate, it's last"
    )
    lines = [f"*{stage.weight}*, bake {span(stage.bake)}, then {wanted}"]
    for label, rules in (
        ("must hold", stage.promote_when),
        ("should hold", stage.warn_unless),
        ("rolls back when", stage.rollback_when),
    ):
        if rules:
            lines.append(f"{label}: {', '.join(_rule(rule) for rule in rules[:10])}")
    return lines


def _rule(rule: Rule) -> str:
    return code(rule.condition.text, 120)


def evidence(rollout: Rollout, records: Sequence[Record], head: Head, broken: Broken | None) -> Said:
    """The end of a rollout's record, and whether the whole of it is intact."""
    whole = (
        f"✅ {many(head.number, 'record')}, the chain is whole; last hash {code(head.hash[:16])}."
        if broken is None
        else f"🛑 The record is NOT whole: record {broken.number} is the first bad one ({plain(broken.what)})."
    )
    rows = [record_text(record) for record in records[-12:]]
    export = f"Take it along: `perch evidence export {plain(rollout.id, 60)}`"
    text = f"Evidence of {rollout.plan} ({plain(rollout.id, 60)}): {whole}"
    return said(text, section((f"*{text}*",)), *_maybe(rows), context(export))


def usages(verbs: Mapping[str, tuple[str, str]]) -> Said:
    """Every verb with its usage and what it does; verbs that share a usage are shown once."""
    once = dict.fromkeys(verbs.values())
    rows = [f"`/canary {plain(usage)}`\n{plain(summary)}" for usage, summary in once]
    text = "What I understand:" if len(rows) > 1 else f"How to use {', '.join(verbs)}:"
    down = "Buttons and reactions do the same. Without Slack: `perch rollback NAME`, `perch kill NAME` in a shell."
    return said(" ".join((text, *(f"{usage};" for usage, _ in once))), section((f"*{text}*", *rows)), context(down))
