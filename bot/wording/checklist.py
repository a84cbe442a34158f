"""Preflight as a checklist that fills in: problems and what is waited for by name, what is well in few lines (X5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.rollout import Tried, TriedKind
from bot.wording.language import t, t_many
from bot.wording.remarks import remark
from bot.wording.sentences import code, joined, plain
from bot.wording.telling import Telling

EACH = 8
"""So many problems, and so many things that are waited for, have a line of their own."""
NAMES = 12


def checklist(telling: Telling) -> list[str]:
    """How far it is, then a line for each problem, each thing that is waited for, and what is well by its kind."""
    given = telling.facts.get("preflight")
    tried = [Tried.model_validate(each) for each in given] if given else list(telling.rollout.preflight)
    if not tried:
        return []
    over = sum(each.outcome != "pending" for each in tried)
    return [
        t("*Preflight: {over} of {all} done*", over=over, all=len(tried)),
        *_problems([each for each in tried if each.outcome == "red"]),
        *_waiting([each for each in tried if each.outcome == "pending"]),
        *_notes([each for each in tried if each.outcome == "note"]),
        *_well([each for each in tried if each.outcome == "ok"]),
    ]


def _problems(red: Sequence[Tried]) -> Iterator[str]:
    for each in red[:EACH]:
        yield t("❌ Problem: {what}, {said}", what=_called(each), said=remark(each.said, 200))
    if len(red) > EACH:
        yield t("❌ … and {count} more problems", count=len(red) - EACH)


def _waiting(pending: Sequence[Tried]) -> Iterator[str]:
    """With a reason there is an answer, only not enough of it; without one nobody has answered yet."""
    for each in [each for each in pending if each.said][:EACH]:
        yield t("⏳ Waiting: {what}, {said}", what=_called(each), said=remark(each.said, 200))
    if unheard := [_called(each) for each in pending if not each.said]:
        yield t("⏳ No answer yet: {things}", things=joined(unheard, most=NAMES))


def noted(tried: Sequence[Tried], names: Sequence[str]) -> list[str]:
    """A line for each thing of that name, with why; one that isn't noted any more goes by its name alone."""
    notes = [each for each in tried if each.outcome == "note" and each.what in names]
    gone = [plain(name, 100) for name in names if name not in {each.what for each in notes}]
    return [*_notes(notes), *([t("❔ Noted earlier: {things}", things=joined(gone, most=NAMES))] if gone else [])]


def _notes(notes: Sequence[Tried]) -> Iterator[str]:
    """Things with the same reason share a line."""
    reasons = dict.fromkeys(each.said for each in notes)
    for reason in list(reasons)[:EACH]:
        things = joined([_called(each) for each in notes if each.said == reason], most=NAMES)
        yield t("❔ Noted: {things}, {said}", things=things, said=remark(reason, 200))


def _well(well: Sequence[Tried]) -> Iterator[str]:
    """Metrics by name; of targets and switches, whose names are long, how many."""
    if metrics := [_called(each) for each in well if each.kind in ("metric", "stable", "baseline", "slo")]:
        yield t("✅ Ok: {things}", things=joined(metrics, most=NAMES))
    targets, switches, actions = (
        sum(each.kind == kind for each in well) for kind in ("traffic", "kill switch", "action")
    )
    things = [
        *([t_many(targets, "{count} traffic target", "{count} traffic targets")] if targets else []),
        *([t_many(switches, "{count} kill switch", "{count} kill switches")] if switches else []),
        *([t_many(actions, "{count} action", "{count} actions")] if actions else []),
        *(_called(each) for each in well if each.kind in ("version", "paper", "archive", "notifier", "task")),
    ]
    if things:
        yield t("✅ Ok: {things}", things=joined(things))


def _called(tried: Tried) -> str:
    """`metric queue_depth`, as people read it."""
    name = code(tried.name, 100) if tried.kind in ("metric", "stable", "baseline", "slo") else plain(tried.name, 100)
    called: dict[TriedKind, str] = {
        "version": t("the version"),
        "metric": name,
        "stable": t("{name} on the stable side", name=name),
        "baseline": t("the baseline of {name}", name=name),
        "traffic": t("traffic {name}", name=name),
        "kill switch": t("kill switch {name}", name=name),
        "paper": t("kill card and spool"),
        "archive": t("papers to {name}", name=name),
        "notifier": t("notifier {name}", name=name),
        "slo": t("the budget of {name}", name=name),
        "diagnosis": t("diagnosis of {name}", name=name),
        "task": t("task {name}", name=name),
        "action": t("action {name}", name=name),
    }
    return called[tried.kind]
