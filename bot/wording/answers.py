"""What one person gets who asked: why, details, lists, a plan's table, history, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.domain.evidence import Broken, Head, Record
from bot.domain.plan import Approvals, Plan, Rule, Stage
from bot.domain.rollout import Rollout
from bot.ports import Said
from bot.wording.baselines import baseline_text
from bot.wording.blocks import context, header, said, section, told
from bot.wording.conditions import line_texts, verdict_text
from bot.wording.dashboards import dashboards
from bot.wording.diagnosis import runbook_lines
from bot.wording.incidents import incident_lines
from bot.wording.language import t, t_many
from bot.wording.records import record_text
from bot.wording.sentences import code, joined, plain, prose, quoted, span
from bot.wording.slos import slo_lines
from bot.wording.status import sentence
from bot.wording.tables import table
from bot.wording.tasks import in_all, task_lines
from bot.wording.telling import Telling
from bot.wording.turning import blocking, what_would_change
from bot.wording.verification import verification_lines
from bot.wording.waiting import approvals_given, approvals_wanted, waiting_lines
from bot.wording.waits import closest_words

ROWS = 20
STAGES_SPOKEN = 12


def done(what: str, telling: Telling) -> Said:
    """The receipt of an act: what it did, how things stand now, and at a gate what is still lacking."""
    now = [sentence(telling), *(waiting_lines(telling)[:1] if telling.rollout.state.at_gate else ())]
    return said(prose((what, *now)), section((f"*{what}*", *now)))


def why(telling: Telling) -> Said:
    """Why it stands where it does: the verdict, every condition, and what a promotion still waits for (X1)."""
    rollout, check, bad = telling.rollout, telling.rollout.check, blocking(telling)
    rest = [line for line in check.lines if line not in bad] if check else []
    slos = slo_lines(check.slos) if check else []
    conditions = line_texts(rest, telling.judged_until, 30) if check else [t("No check has run yet.")]
    gate = [approvals_given(rollout.gate, telling)] if rollout.gate else []
    reason = [t("Reason: {reason}", reason=plain(rollout.reason))] if rollout.reason else []
    waits = [*verification_lines(telling), *waiting_lines(telling)]
    changes = what_would_change(telling)
    near = [] if changes else closest_words(check)
    books = runbook_lines(telling, [line.metric for line in bad if line.met is not None])
    ahead = [section((f"*{t('What would change the verdict:')}*", *changes))] if changes else []
    return said(
        prose((sentence(telling), *waits, *changes)),
        section(
            (
                f"*{sentence(telling)}*",
                *reason,
                *gate,
                *waits,
                *near,
                *task_lines(telling),
                *incident_lines(rollout, telling.now),
            )
        ),
        *ahead,
        *_maybe(books),
        section((t("Verdict: *{verdict}*", verdict=verdict_text(check)), *conditions)),
        *_maybe(slos),
    )


def details(telling: Telling) -> Said:
    """What the status message has no room for."""
    rollout, plan = telling.rollout, telling.plan
    facts = [
        t(
            "Rollout {id}, revision {revision}, plan digest {digest}",
            id=code(rollout.id),
            revision=rollout.revision,
            digest=code(rollout.plan_digest[:12] or "-"),
        ),
        t(
            "Weights: confirmed {confirmed}, approved {approved}, target {target}",
            confirmed=rollout.confirmed,
            approved=rollout.approved,
            target=rollout.target,
        ),
        t(
            "Baked {baked} of {bake} at this stage",
            baked=span(rollout.baked),
            bake=span(telling.stage.bake + rollout.extended),
        ),
    ]
    baselines = [baseline_text(name, base, telling.plan) for name, base in list(rollout.baselines.items())[:12]]
    runbooks = [
        t("Runbook of {metric}: {link}", metric=code(name), link=plain(metric.runbook.link))
        for name, metric in telling.plan.metrics.items()
        if metric.runbook and metric.runbook.link
    ]
    answer = why(telling)
    return said(
        answer.text,
        *(dict(block) for block in answer.blocks),
        section(facts + baselines),
        *_maybe(runbooks[:10] + dashboards(plan)),
    )


def _maybe(lines: Sequence[str]) -> list[dict[str, Any]]:
    return [section(lines)] if lines else []


def plan_list(names: Sequence[str]) -> Said:
    """Which plans there are."""
    if not names:
        return told(
            t("There are no plans yet."),
            t("Put one into the plans folder; `perch plan check FILE` tells its mistakes."),
        )
    text = t_many(len(names), "{count} plan: {names}.", "{count} plans: {names}.", names=joined(names, most=ROWS))
    return said(text, section((f"*{text}*", t("`/canary plan {name}` shows one.", name=plain(names[0], 70)))))


def plan_table(plan: Plan) -> Said:
    """A plan as a runbook's table: each stage with its weight, its bake, its conditions and who approves."""
    text = t(
        "Plan {name}: {ladder} in {environment}.",
        name=plan.name,
        ladder=" → ".join(str(stage.weight) for stage in plan.stages[:20]),
        environment=plain(plan.environment),
    )
    lines = [plain(plan.what)] if plan.what else []
    lines.append(
        t(
            "Service {service}, channel {channel}, cooldown {cooldown}",
            service=code(plan.service),
            channel=plain(plan.channel),
            cooldown=span(plan.cooldown),
        )
    )
    if plan.start_approvals is not None:
        lines.append(start_needs(plan.start_approvals, plan))
    head = (t("Weight"), t("Bake"), t("Then"), t("Must hold"), t("Should hold"), t("Rolls back when"))
    rows = [_stage(plan, index, stage) for index, stage in enumerate(plan.stages)]
    asked = any(stage.approvals.not_requester for stage in plan.stages[:-1])
    never = [t("Whoever started, resumed or overruled it doesn't count among the approvals.")] if asked else []
    told_rows = [f"{weight}: {bake}, {then}" for weight, bake, then, *_ in rows[:STAGES_SPOKEN]]
    start = t("Start it: `/canary start {name} {weight}`", name=plan.name, weight=plan.stage_weight(0))
    name = header(f"{plan.name} · {plan.environment}")
    return said(
        prose((text, *told_rows)), name, section(lines), table(head, rows), context(*_to_tick(plan), *never, start)
    )


def start_needs(wanted: Approvals, plan: Plan) -> str:
    """Whose yes a start needs, before anything is started."""
    return t("Its start needs {approvals}.", approvals=approvals_wanted(wanted, plan.roles.approvers))


def _stage(plan: Plan, index: int, stage: Stage) -> list[str]:
    last = index == len(plan.stages) - 1
    then = t("no gate, it's last") if last else _approvals(plan, stage)
    if stage.checklist:
        then = f"{then}; {t_many(len(stage.checklist), '{count} item to tick', '{count} items to tick')}"
    if stage.tasks:
        then = f"{then}; {t('tasks: {tasks}', tasks=joined([in_all(each) for each in stage.tasks], most=8))}"
    before = plan.stages[index - 1].rollback_when if index else ()
    down = t("as before") if stage.rollback_when and stage.rollback_when == before else _rules(stage.rollback_when)
    rules = (_rules(stage.promote_when), _rules(stage.warn_unless), down)
    return [str(stage.weight), span(stage.bake), then, *rules]


def _approvals(plan: Plan, stage: Stage) -> str:
    """Who, in few words: that others must is said once, below the table; a phone's column is ten letters wide."""
    wanted = stage.approvals.model_copy(update={"not_requester": False})
    return approvals_wanted(wanted, plan.roles.approvers)


def _to_tick(plan: Plan) -> list[str]:
    """The items of each stage's checklist, in full: a cell has no room for sentences."""
    return [
        t(
            "To be ticked at {weight}: {items}",
            weight=stage.weight,
            items=joined([quoted(item.text, 80) for item in stage.checklist], most=10),
        )
        for stage in plan.stages
        if stage.checklist
    ]


def _rules(rules: Sequence[Rule]) -> str:
    return ", ".join(map(_rule, rules))


def _rule(rule: Rule) -> str:
    return code(rule.condition.text, 120)


def evidence(rollout: Rollout, records: Sequence[Record], head: Head, broken: Broken | None) -> Said:
    """The end of a rollout's record, and whether the whole of it is intact."""
    rows = [record_text(record) for record in records[-12:]]
    export = t("Take it along: `{command}`", command=f"perch evidence export {plain(rollout.id, 60)}")
    text = t(
        "Evidence of {plan} ({id}): {whole}",
        plan=rollout.plan,
        id=plain(rollout.id, 60),
        whole=_whole(head, broken),
    )
    return said(text, section((f"*{text}*",)), *_maybe(rows), context(export))


def _whole(head: Head, broken: Broken | None) -> str:
    if broken is not None:
        what, number = plain(broken.what), broken.number
        return t("🛑 The record is NOT whole: record {number} is the first bad one ({what}).", number=number, what=what)
    return t_many(
        head.number,
        "✅ {count} record, the chain is whole; last hash {hash}.",
        "✅ {count} records, the chain is whole; last hash {hash}.",
        hash=code(head.hash[:16]),
    )
