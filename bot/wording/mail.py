"""An announcement as a letter: a subject that says the outcome, and the same words as in Slack without its markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.ports import Outgoing, Said
from bot.wording import say
from bot.wording.language import speaking, t
from bot.wording.languages import language_of
from bot.wording.plain_text import plain_text
from bot.wording.sentences import span


def mail(outgoing: Outgoing, rollout: Rollout, plan: Plan, now: datetime) -> tuple[str, str]:
    """Subject and text, in the plan's language. Raises Unsayable."""
    worded = say(outgoing, rollout, plan, now)
    with speaking(language_of(plan)):
        event = str(outgoing.facts.get("event") or outgoing.say)
        title = f"{rollout.plan} {rollout.version}".strip()
        subject = t(
            "[Perch] {title} in {environment}: {outcome}",
            title=title,
            environment=rollout.environment,
            outcome=_outcomes().get(event, event.replace("_", " ")),
        )
        lines = [*_lines(worded), "", *_facts(rollout)]
    facts = outgoing.facts
    return _letter(subject, rollout, facts), _letter("\n".join(lines), rollout, facts) + "\n"


def _outcomes() -> Mapping[str, str]:
    return {
        "started": t("started"),
        "promoted": t("promoted"),
        "rolled_back": t("rolled back"),
        "rolling_back": t("rolling back"),
        "killing": t("being killed"),
        "resumed": t("goes on"),
        "aborted": t("ended before any traffic moved"),
        "observed": t("no longer watched"),
        "killed": t("killed"),
        "completed": t("completed"),
        "held": t("on hold"),
        "stuck": t("STUCK on its way down"),
    }


def _lines(worded: Said) -> Iterator[str]:
    """The blocks' texts; a message without any says its sentence. Buttons have no use in a letter."""
    texts = [text for block in worded.blocks for text in _texts(block)]
    for number, text in enumerate(texts or [worded.text]):
        yield from ([""] if number else [])
        yield text


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    if block.get("type") not in ("header", "section", "context"):
        return
    told = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
    yield from (str(each["text"]) for each in told if isinstance(each, Mapping) and "text" in each)


def _facts(rollout: Rollout) -> Iterator[str]:
    yield "-- "
    yield t("Rollout: {id}", id=rollout.id)
    yield t("Started: {at} UTC by {by}", at=f"{rollout.started_at:%Y-%m-%d %H:%M}", by=rollout.requester.id)
    if rollout.ended_at is not None:
        took = span(rollout.ended_at - rollout.started_at)
        yield t("Ended: {at} UTC, after {took}", at=f"{rollout.ended_at:%Y-%m-%d %H:%M}", took=took)
    yield t("On Perch's machine: {command}", command=f"perch evidence show {rollout.id}")


def _letter(text: str, rollout: Rollout, facts: Mapping[str, Any]) -> str:
    """Without stars around what is bold, and with names for those of Slack's ids that are known here."""
    told = _BOLD.sub(r"\1", plain_text(text))
    for id, name in {**_people(facts), **_people(rollout.model_dump(mode="json"))}.items():
        told = told.replace(id, name)
    return told


def _people(tree: Any) -> dict[str, str]:
    """Everybody who is named in a tree together with an id of Slack's."""
    match tree:
        case {"id": str(id), "name": str(name)} if name and id.startswith(("U", "W")):
            return {id: name}
        case Mapping():
            return {id: name for each in tree.values() for id, name in _people(each).items()}
        case list() | tuple():
            return {id: name for each in tree for id, name in _people(each).items()}
        case _:
            return {}


_BOLD = re.compile(r"(?<!\S)\*([^*\n]+)\*(?!\w)")
