"""Plan check: stages, their order, their clocks and who may let them be left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.domain.language.spelling import exactly
from bot.domain.plan import Approvals, Stage
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Note
from bot.domain.units import ZERO, Weight
from bot.domain.windows import fits

_SOME_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
"""A week without a change of clocks, to try windows in."""


def check_stages(draft: Draft) -> Iterator[Finding]:
    """Each stage by itself, then their order."""
    for index, stage in draft.stages():
        yield from _hard(draft, index)
        yield from _ways_back(draft, index, stage)
        yield from _clocks(draft, index, stage)
        if index + 1 < len(draft.plan.stages):
            yield from _approvals(draft, ("stages", index), stage.approvals, "leaving this stage")
    if draft.plan.start_approvals is not None:
        yield from _approvals(draft, (), draft.plan.start_approvals, "the start", "start_approvals")
    yield from _order(draft)
    yield from _names(draft)


def _hard(draft: Draft, index: int) -> Iterator[Finding]:
    if draft.wrote("stages", index, "promote_when") == []:
        what = "without a hard condition a stage would pass unseen"
        yield Mistake(draft.place("stages", index, "promote_when"), what, 'add one, as: ["success_rate > 95%"]')


def _order(draft: Draft) -> Iterator[Finding]:
    before: Stage | None = None
    for index, stage in draft.stages():
        place = draft.place("stages", index, "weight")
        if not draft.real("stages", index, "weight"):
            continue
        if before is not None and not _rises(before, stage):
            hint = "weights rise from stage to stage; two of 0% only in a dark launch (mirror: 100%)"
            yield Mistake(place, f"{stage.weight} doesn't rise above the stage before it ({before.weight})", hint)
        if stage.weight == ZERO and not _dark(stage):
            yield Note(place, "a stage at 0% serves nobody and mirrors nothing", "a dark launch has mirror: 100%")
        before = stage


def _rises(before: Stage, stage: Stage) -> bool:
    return stage.weight > before.weight or (stage.weight == before.weight == ZERO and _dark(before))


def _dark(stage: Stage) -> bool:
    return stage.weight == ZERO and stage.mirror is not None and stage.mirror > ZERO


def _names(draft: Draft) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, stage in draft.stages():
        if stage.name is not None and stage.name in seen:
            yield Mistake(draft.place("stages", index, "name"), f"two stages are called '{stage.name}'", "rename one")
        seen.add(stage.name or "")


def _ways_back(draft: Draft, index: int, stage: Stage) -> Iterator[Finding]:
    place = draft.place("stages", index, "rollback_to")
    if stage.rollback_to == "previous" and index == 0:
        yield Note(place, "the first stage has none before it: a rollback goes to 0%", "write 0%")
    if isinstance(stage.rollback_to, Weight) and stage.rollback_to >= stage.weight > ZERO:
        what = f"a rollback to {stage.rollback_to} from {stage.weight} wouldn't lower anything"
        yield Mistake(place, what, "0%, previous, or a lower weight")


def _clocks(draft: Draft, index: int, stage: Stage) -> Iterator[Finding]:
    place = draft.place("stages", index)
    if not draft.real("stages", index, "bake"):
        return
    limit = stage.bake_limit
    longest = max(stage.bake, stage.clean_for or timedelta(0))
    if limit is not None and limit.at_most < longest + (stage.settle or timedelta(0)):
        what = "the limit is over before the stage can be"
        yield Mistake((*place, "bake_limit", "at_most"), what, "more than settle and bake (or clean_for) together")
    for number, checkpoint in enumerate(stage.checkpoints):
        if checkpoint.at is not None and checkpoint.at > longest:
            where = draft.place("stages", index, "checkpoints", number)
            yield Note(where, "this checkpoint comes after the stage's bake", "it is posted only if the stage lasts")
    for number, rule in enumerate(stage.promote_when):
        if rule.condition.after is not None and rule.condition.after > longest:
            what = f"this counts only from {exactly(rule.condition.after)} on, and the stage bakes {exactly(longest)}"
            yield Note(draft.place("stages", index, "promote_when", number), what, "the gate waits for it")
    if stage.window is not None:
        leave = stage.window.leave if index + 1 < len(draft.plan.stages) else None
        if fits(stage.window.enter, leave, stage.bake, _SOME_MONDAY, "UTC") is None:
            what = "no time to enter leads to a bake that ends while the stage may be left"
            yield Note((*place, "window"), what, "the gate then waits for the window")


def _approvals(
    draft: Draft, of: tuple[str | int, ...], wanted: Approvals, what_for: str, key: str = "approvals"
) -> Iterator[Finding]:
    place, approvers = draft.place(*of, key), draft.plan.roles.approvers
    where = place if draft.wrote(*of, key) else draft.place(*of)
    named = len(set(approvers)) if all(who[:1] in ("U", "W") for who in approvers) else None
    if not wanted.need and not wanted.one_of_each:
        yield Note(where, f"nobody has to approve {what_for}", f"{key}: {{need: 1}}")
    elif not approvers and not wanted.one_of_each:
        yield Mistake(where, f"nobody may approve {what_for}", 'add: roles: {approvers: ["@group"]}')
    elif named is not None and not wanted.one_of_each and named < wanted.need:
        yield Mistake(where, f"{wanted.need} approvals are needed, and {named} may approve", "name more approvers")
    elif named == wanted.need and wanted.not_requester and set(approvers) & set(draft.plan.roles.operators):
        what = "an approver who starts the rollout can't approve it, and nobody else is left"
        yield Note(where, what, "name one more approver")
    yield from _groups(place, wanted, approvers)


def _groups(place: tuple[str | int, ...], wanted: Approvals, approvers: tuple[str, ...]) -> Iterator[Finding]:
    for number, group in enumerate(wanted.one_of_each):
        if group not in approvers:
            what = f"{group} must approve, and isn't among the approvers"
            yield Mistake((*place, "one_of_each", number), what, f'add it: roles: {{approvers: ["{group}"]}}')
