"""Plan check: what is to be done before and after stages, and when all is completed (R20)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.plan import PlannedAction
from bot.domain.plan_checks.kinds import check_part
from bot.domain.planning.actions import Lasts
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Path


def check_actions(draft: Draft) -> Iterator[Finding]:
    """Each part by its kind, and how long it is to last."""
    for index, stage in draft.stages():
        for number, action in enumerate(stage.before):
            yield from _part(draft, draft.place("stages", index, "before", number), action)
        for number, action in enumerate(stage.after):
            place = draft.place("stages", index, "after", number)
            yield from _part(draft, place, action)
            if action.lasts is Lasts.STAGE:
                what = "it is done when its stage is over, so it can't last as long as that"
                yield Mistake((*place, "lasts"), what, "rollout, or for_good")
    yield from _final(draft, draft.plan.when_completed)


def _final(draft: Draft, actions: Sequence[PlannedAction]) -> Iterator[Finding]:
    for number, action in enumerate(actions):
        place = draft.place("when_completed", number)
        yield from _part(draft, place, action)
        kind = draft.kinds.effects.get(action.kind)
        if action.lasts not in (None, Lasts.FOR_GOOD):
            what = "it is done when the rollout is over, and lasts for good"
            yield Mistake((*place, "lasts"), what, "leave lasts out")
        elif kind is not None and kind.lasts is not Lasts.FOR_GOOD:
            what = f"'{action.kind}' is there for the time of a rollout; nobody would take it back after the end"
            yield Mistake((*place, "kind"), what, "put it into a stage's before")


def _part(draft: Draft, place: Path, action: PlannedAction) -> Iterator[Finding]:
    yield from check_part(draft, place, action, draft.kinds.effects, "effects")
