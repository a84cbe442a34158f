"""The status message: one per rollout, edited in place, everything that matters in one glance (S2)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.budgets import held_for_it
from bot.domain.machine import State
from bot.domain.plan import Plan, VersionFrom
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO
from bot.ports import Said
from bot.wording.blocks import Block, actions, button, confirmation, context, header, overflow, said, section
from bot.wording.checklist import checklist
from bot.wording.conditions import verdict_text
from bot.wording.glance import glance
from bot.wording.incidents import incident_lines
from bot.wording.kills import rehearsal
from bot.wording.language import t
from bot.wording.sentences import cut, moment, moment_exact, plain, prose, state_words, who
from bot.wording.slos import slo_lines
from bot.wording.tasks import task_lines
from bot.wording.telling import Telling
from bot.wording.verification import verification_lines
from bot.wording.waiting import waiting_lines

LADDER_SHOWN = 8


def status(telling: Telling) -> Said:
    """The rollout as it stands now, with the buttons that work now."""
    rollout = telling.rollout
    waits = waiting_lines(telling)
    blocks = [header(_headline(telling)), section((_ladder(telling), _verdict(telling), *_ending(telling), *waits))]
    blocks += _checklist(telling)
    blocks += _conditions(telling)
    blocks += _slos(telling)
    blocks.append(context(_footer(telling)))
    blocks.append(actions(*controls(rollout)))
    return said(prose((sentence(telling), *waits)), *blocks)


def _checklist(telling: Telling) -> list[Block]:
    """While preflight goes on, and after one that found problems."""
    shown = telling.rollout.state in (State.PREFLIGHT, State.ABORTED)
    return [section(lines)] if shown and (lines := checklist(telling)) else []


def _conditions(telling: Telling) -> list[Block]:
    """A few conditions, the worst first; of what has ended badly, what was bad."""
    check = telling.rollout.check
    if check is None:
        return []
    good = telling.rollout.live or telling.rollout.state is State.COMPLETED
    lines = glance(check.lines, telling.history, telling.judged_until, good=good)
    return [section(lines)] if lines else []


def _slos(telling: Telling) -> list[Block]:
    """As the last check saw them; of what has ended, that is history."""
    check = telling.rollout.check if telling.rollout.live else None
    lines = slo_lines(check.slos) if check is not None else []
    return [section(lines)] if lines else []


def sentence(telling: Telling) -> str:
    """The whole thing as one sentence, for notifications and screen readers."""
    rollout = telling.rollout
    facts = {"title": telling.title, "weight": rollout.confirmed, "state": _state(rollout)}
    if rollout.check is None:
        return t("{title} is at {weight}, {state}; there was no check yet.", **facts)
    verdict = verdict_text(rollout.check)
    return t("{title} is at {weight}, {state}; the last check says {verdict}.", verdict=verdict, **facts)


def _headline(telling: Telling) -> str:
    rollout = telling.rollout
    weight = f"{rollout.confirmed} → {rollout.target}" if _moving(rollout) else str(rollout.confirmed)
    if rollout.mirror > ZERO:
        weight = t("{weight}, {share} mirrored", weight=weight, share=rollout.mirror)
    version = f" {cut(rollout.version, 40)}" if rollout.version else ""
    return f"{rollout.plan}{version} · {weight} · {_state(rollout)}"


def _state(rollout: Rollout) -> str:
    state = state_words(rollout.state)
    return t("{state} (observe only: Perch touches nothing)", state=state) if rollout.mode == "observe" else state


def _moving(rollout: Rollout) -> bool:
    going = rollout.state in (State.SHIFTING, State.ROLLING_BACK, State.KILLING, State.STUCK)
    return going and rollout.target != rollout.confirmed


def _ladder(telling: Telling) -> str:
    """`Stages: ✓ 1% → *▶ 10%* → 50% → 100%`; of a long ladder, what is near."""
    rollout, plan = telling.rollout, telling.plan
    steps = [_step(rollout, plan, index) for index in range(len(plan.stages))]
    return t("Stages: {ladder}", ladder=" → ".join(_near(steps, rollout.stage)))


def _step(rollout: Rollout, plan: Plan, index: int) -> str:
    weight = str(plan.stage_weight(index))
    if index < rollout.stage or (rollout.state is State.COMPLETED and index <= rollout.stage):
        return f"✓ {weight}"
    if index != rollout.stage or rollout.state.unmoved or rollout.state is State.ABORTED:
        return weight
    return f"*▶ {weight}*" if rollout.live else t("■ {weight} (ended here)", weight=weight)


def _near(steps: Sequence[str], at: int) -> list[str]:
    if len(steps) <= LADDER_SHOWN:
        return list(steps)
    start = max(0, min(at - 2, len(steps) - LADDER_SHOWN))
    shown = list(steps[start : start + LADDER_SHOWN])
    if start:
        shown.insert(0, t("({count} before)", count=start))
    if left := len(steps) - start - LADDER_SHOWN:
        shown.append(t("({count} more)", count=left))
    return shown


def _verdict(telling: Telling) -> str:
    check = telling.rollout.check
    if check is None:
        return t("Verdict: no check yet")
    return t("Verdict: *{verdict}*, checked {at}", verdict=verdict_text(check), at=moment_exact(check.at))


def _ending(telling: Telling) -> list[str]:
    rollout = telling.rollout
    why = rollout.reason if rollout.state is not State.COMPLETED else ""
    lines = [t("Why: {why}", why=plain(why))] if why else []
    if rollout.early:
        lines.append(t("This stage's bake was ended early: {why}", why=plain(rollout.early)))
    tasks = task_lines(telling) if rollout.live else []
    return [*lines, *tasks, *verification_lines(telling), *incident_lines(rollout, telling.now)]


def _footer(telling: Telling) -> str:
    rollout = telling.rollout
    parts = [
        *(() if rollout.version or isinstance(telling.plan.version, VersionFrom) else (t("no version named"),)),
        plain(rollout.environment, 60),
        t("started by {by} {at}", by=who(rollout.requester), at=moment(rollout.started_at, telling.now)),
        *([t("watched by {who}", who=who(rollout.watcher))] if rollout.watcher else []),
        t("rollout {id}", id=plain(rollout.id, 60)),
        *([rehearsed] if (rehearsed := rehearsal(telling)) else ()),
        *(f"<{address(link)}|{plain(name, 30)}>" for name, link in list(telling.plan.links.items())[:4]),
    ]
    return " · ".join(parts)


def address(link: str) -> str:
    """An address as it stands inside a link of Slack's."""
    return "".join("%20" if each.isspace() else each for each in link if each not in "<>|")[:500]


def controls(rollout: Rollout) -> list[Block]:
    """The buttons that work in this state: at most three, and the menu."""
    value = button_value(rollout)
    if rollout.mode == "observe":
        return _watcher_controls(rollout, value)
    elements: list[Block] = []
    if rollout.state.at_gate and rollout.gate is not None:
        elements.append(approve_button(rollout))
    if rollout.state is State.HELD and rollout.frozen is None and not held_for_it(rollout):
        elements.append(button("resume", t("Resume"), value, says=t("Resume {plan}", plan=rollout.plan)))
    if rollout.state.at_gate or rollout.state in (State.SHIFTING, State.BAKING):
        elements.append(button("hold", t("Hold"), value, says=t("Hold {plan} where it is", plan=rollout.plan)))
    if rollout.state.at_gate or rollout.state in (State.SHIFTING, State.BAKING, State.HELD):
        elements.append(_rollback_button(rollout, value))
    elements.append(_menu(rollout, value))
    return elements


def _watcher_controls(rollout: Rollout, value: str) -> list[Block]:
    """What is only watched can't be held, approved or killed by Perch; who has had enough stops watching."""
    says = t("Stop watching {plan}", plan=rollout.plan)
    stop = [button("rollback", t("Stop watching"), value, says=says)] if rollout.live else []
    return [*stop, overflow(_looks(value))]


def _looks(value: str) -> dict[str, str]:
    return {f"why|{value}": t("Why"), f"details|{value}": t("Details"), f"evidence|{value}": t("Evidence")}


def button_value(rollout: Rollout, gate: str = "") -> str:
    """`rollout:stage:revision`, and the gate: what the clicker saw."""
    parts = [rollout.id, str(rollout.stage), str(rollout.revision)]
    return ":".join([*parts, gate] if gate else parts)


def approve_button(rollout: Rollout) -> Block:
    gate = rollout.gate.id if rollout.gate else ""
    says = t("Approve leaving {weight} of {plan}", weight=rollout.confirmed, plan=rollout.plan)
    return button(
        "approve",
        t("Approve"),
        button_value(rollout, gate),
        says=t("Approve the start of {plan}", plan=rollout.plan) if rollout.state is State.START_GATE else says,
        style="primary",
    )


def _rollback_button(rollout: Rollout, value: str) -> Block:
    if rollout.state is State.START_GATE:
        return _end_button(rollout, value)
    sure = confirmation(
        t("Roll back {plan}?", plan=rollout.plan),
        t("Traffic goes down from {weight} at once. Nobody else has to agree.", weight=rollout.confirmed),
        yes=t("Roll back"),
        no=t("Keep going"),
    )
    says = t("Roll back {plan}", plan=rollout.plan)
    return button("rollback", t("Rollback"), value, says=says, style="danger", confirm=sure)


def _end_button(rollout: Rollout, value: str) -> Block:
    """The same as a rollback, before there is anything to roll back."""
    sure = confirmation(
        t("End {plan} before it starts?", plan=rollout.plan),
        t("Nothing has moved, so nothing is rolled back, and no cooldown begins."),
        yes=t("End it"),
        no=t("Keep waiting"),
    )
    says = t("End {plan} before it starts", plan=rollout.plan)
    return button("rollback", t("End it"), value, says=says, style="danger", confirm=sure)


def _menu(rollout: Rollout, value: str) -> Block:
    options = _looks(value)
    if rollout.live or rollout.state is State.COMPLETED:
        options = {f"kill|{value}": t("Kill…"), **options}
    return overflow(options)
