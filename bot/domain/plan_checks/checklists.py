"""Plan check: checklists that somebody can tick, and checkpoints that somebody can acknowledge."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.plan import Stage
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Note, Path

MOST = 20
"""Items of one stage: each is a block of the gate's message, which Slack lets have fifty."""


def check_checklists(draft: Draft) -> Iterator[Finding]:
    """Each stage's checklist, and who is asked to acknowledge its checkpoints."""
    for index, stage in draft.stages():
        place = draft.place("stages", index, "checklist")
        if stage.checklist and index + 1 == len(draft.plan.stages):
            what = "the last stage has no gate, so nobody is asked for its checklist"
            yield Note(place, what, "put it into the stage before, or into complete_when")
        if len(stage.checklist) > MOST:
            yield Mistake(place, f"{len(stage.checklist)} items don't fit into one message", f"at most {MOST}")
        yield from _items(draft, index, stage)
        for number, checkpoint in enumerate(stage.checkpoints):
            where = draft.place("stages", index, "checkpoints", number)
            yield from _named((*where, "acknowledge"), checkpoint.acknowledge)
            if checkpoint.within is not None and not checkpoint.acknowledge:
                yield Mistake((*where, "within"), "nobody is asked to acknowledge it within that time", "acknowledge:")


def _items(draft: Draft, index: int, stage: Stage) -> Iterator[Finding]:
    seen: set[str] = set()
    roles = draft.plan.roles
    for number, item in enumerate(stage.checklist):
        place = draft.place("stages", index, "checklist", number)
        if item.text in seen and (item.auto is None or item.item):
            yield Mistake(place, f"'{item.text}' stands in this checklist twice", "keep one of the two")
        seen.add(item.text)
        if item.auto is None and not (item.by or roles.operators or roles.approvers or roles.override):
            yield Mistake(place, "nobody may tick this", 'name who: {item: …, by: "@group"}')
        yield from _named((*place, "by"), item.by)


def _named(place: Path, people: tuple[str, ...]) -> Iterator[Finding]:
    for entry in people:
        if entry[:1] not in ("@", "U", "W", "S") or len(entry) < 2:
            hint = f"@{entry.lstrip('@#')}, or an id such as U0123ABCD"
            yield Mistake(place, f"'{entry}' is neither a person nor a user group", hint)
