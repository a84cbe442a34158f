"""How the past looks in a terminal, and what a script gets of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.record.durations import Phase
from bot.domain.record.summary import Summary
from bot.domain.record.trends_of_plans import Trends
from bot.ports import Said
from bot.wording import history, trends
from bot.wording.plain_text import plain_text
from bot.wording.sentences import spoken, state_words
from bot.wording.spending import coarse

REASON = 60


def past_table(summaries: Sequence[Summary], now: datetime) -> str:
    """One line for each rollout, in columns, and why it ended."""
    head = ("STARTED", "PLAN", "VERSION", "OUTCOME", "AT", "TOOK", "GATES", "HELD", "ROLLOUT", "WHY")
    rows = [head, *(_row(each, now) for each in summaries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _row(each: Summary, now: datetime) -> tuple[str, ...]:
    why = "" if each.reason == "all stages held" else each.reason.removeprefix("killed: ")
    marks = " [false alarm]" if each.false_alarms else ""
    told = " ".join(why.split())
    return (
        f"{each.started_at:%Y-%m-%d %H:%M}Z",
        each.plan,
        each.version[:20],
        state_words(each.state),
        f"{each.weight:g}%",
        coarse(each.lasted(now)),
        _span(each, Phase.WAITING),
        _span(each, Phase.HELD, Phase.FROZEN),
        each.rollout,
        (told if len(told) <= REASON else f"{told[: REASON - 1]}…") + marks,
    )


def _span(each: Summary, *phases: Phase) -> str:
    spent = sum((each.time(phase) for phase in phases), timedelta(0))
    return coarse(spent) if spent >= timedelta(seconds=1) else "-"


def one_text(each: Summary, now: datetime) -> str:
    """One rollout in full, in the words that Slack gets."""
    return _text(history.one(each, now))


def trends_text(told: Trends, now: datetime, names: Sequence[str]) -> str:
    return _text(trends.trends(told, now, names))


def _text(said: Said) -> str:
    """The blocks from top to bottom, without Slack's marks."""
    texts = [block["text"]["text"] for block in said.blocks if block["type"] == "section"]
    texts += [element["text"] for block in said.blocks if block["type"] == "context" for element in block["elements"]]
    return plain_text(spoken("\n".join(texts)))


def summary_facts(each: Summary, now: datetime) -> dict[str, Any]:
    """Times are ISO 8601 in UTC, lengths seconds, weights percent."""
    facts: dict[str, Any] = each.model_dump(mode="json")
    facts["live"] = each.live
    facts["took_s"] = each.lasted(now).total_seconds()
    facts["spent_s"] = {phase.value: each.spent_s.get(phase, 0.0) for phase in Phase}
    for wait, told in zip(facts["waits"], each.waits, strict=True):
        wait["waited_s"] = told.lasted(now).total_seconds()
    return facts


def trends_facts(told: Trends) -> dict[str, Any]:
    """The same units; shares are from 0 to 1."""
    facts: dict[str, Any] = _plain(told)
    facts |= {"good": told.good, "for_people": told.for_people}
    return facts


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case str():
            return str(value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            return value
