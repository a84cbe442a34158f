"""The page of trends: one HTML file that holds all it needs, without a script, for a screen, a phone, or paper.

Everything that came from a plan, a person or a source goes through `escape`. No person is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.record.durations import Phase
from bot.domain.record.summary import Summary
from bot.domain.record.trends_of_plans import OfCondition, Period, Trends
from bot.wording.judging import outcomes_text
from bot.wording.language import t, t_many
from bot.wording.plain_text import plain_text
from bot.wording.sentences import state_words
from bot.wording.spending import coarse, late, phase_words, share_text
from bot.wording.trends import ends_words, lengths_text, reason_text
from commands.terminal.trends.pictures import Bar, lying, share, stacked
from commands.terminal.trends.style import STYLE

SHUT = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser lets the page do: show itself."""
ENDS = (State.COMPLETED, State.ROLLED_BACK, State.KILLED, State.ABORTED)
RECENT, CONDITIONS, REASONS = 20, 15, 10


@dataclass(frozen=True, slots=True)
class Chapter:
    """One plan, or all of them: what was added up, and the newest rollouts of it."""

    trends: Trends
    recent: Sequence[Summary]


def page(chapters: Sequence[Chapter], now: datetime, version: str, lang: str = "en") -> str:
    """The whole file; of several chapters the first is about all plans, the others are one plan each."""
    first = chapters[0]
    title = _title(first.trends)
    others = chapters[1:]
    body = [f"<h1>{escape(title)}</h1>", _range(first.trends, now)]
    body += [_contents(others)] if others else []
    body.append(_chapter(first, now, recent=not others))
    for each in others:
        name = escape(each.trends.plan)
        body.append(f'<h2 id="{name}">{name}</h2>{_range(each.trends, now)}{_chapter(each, now, recent=True)}')
    made = t("Made {at} by Perch {version}, from its record.", at=_at(now), version=version)
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{SHUT}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(body)}<footer>{escape(made)}</footer></body></html>\n"
    )


def _title(told: Trends) -> str:
    return t("Trends of {plan}", plan=told.plan) if told.plan else t("Trends of all plans")


def _range(told: Trends, now: datetime) -> str:
    if told.first is None or told.last is None:
        line = t("No rollout has ended in this time.")
    else:
        line = t_many(
            told.count,
            "{count} rollout ended between {first} and {last}.",
            "{count} rollouts ended between {first} and {last}.",
            first=_day(told.first),
            last=_day(told.last),
        )
    asked = t("Asked for: the last {span}.", span=coarse(now - told.since)) if told.since else ""
    return f'<p class="faint">{escape(" ".join(filter(None, (line, asked, late(told.pending)))))}</p>'


def _contents(chapters: Sequence[Chapter]) -> str:
    head = (t("Plan"), t("Ended"), t("Ended well"), t("To complete"), t("False alarms"))
    rows = [
        (
            f'<a href="#{escape(each.trends.plan)}">{escape(each.trends.plan)}</a>',
            str(each.trends.count),
            _good(each.trends),
            escape(lengths_text(each.trends.took)) if each.trends.took.count else "",
            str(each.trends.false_alarms or ""),
        )
        for each in chapters
    ]
    return _table(t("Plans"), head, rows)


def _chapter(chapter: Chapter, now: datetime, *, recent: bool) -> str:
    told = chapter.trends
    if not told.count:
        return ""
    parts = [_tiles(told), _periods(told), _time(told), _reasons(told), _conditions(told), _waited(told)]
    parts += [_recent(chapter.recent, now)] if recent else []
    return "".join(f"<section>{part}</section>" for part in parts if part)


def _tiles(told: Trends) -> str:
    tiles = [
        (_good(told), t("ended well, of those that moved traffic")),
        (_long(told.took.median, told.took.count), t("to complete, median")),
        (_long(told.took.p90, told.took.count), t("to complete, 90th percentile")),
        (share_text(told.for_people) or "0%", t("of the time waited for people (gates and holds)")),
        (_long(told.to_zero_mean, told.to_zero.count), t("from breach to weight 0, on average")),
        (share_text(told.blind) or "0%", t("of the time without data")),
        (_of(told.false_alarms, max(told.alarms, told.false_alarms)), t("alarms were false, say people")),
        (_of(told.overrides.get(Outcome.RIGHT, 0), _used(told)), t("overrides turned out right")),
    ]
    shown = "".join(f'<div class="tile"><b>{escape(what)}</b><span>{escape(says)}</span></div>' for what, says in tiles)
    return f'<div class="tiles">{shown}</div>'


def _of(some: int, every: int) -> str:
    return t("{some} of {all}", some=some, all=every) if every else "–"


def _used(told: Trends) -> int:
    """Overrides that traffic rose on, and that are over."""
    return sum(told.overrides.get(outcome, 0) for outcome in (Outcome.RIGHT, Outcome.WRONG, Outcome.CANT_SAY))


def _good(told: Trends) -> str:
    return "–" if told.good is None else share_text(told.good)


def _long(span: timedelta | None, count: int) -> str:
    return coarse(span) if span is not None and count else "–"


def _periods(told: Trends) -> str:
    bars = [_bar(period) for period in told.periods]
    weeks = told.period // timedelta(weeks=1)
    title = t_many(weeks, "How they ended, by week", "How they ended, by {count} weeks")
    ended = [state for state in ENDS if told.ended.get(state)]
    words = plain_text(", ".join(ends_words(told.ended)))
    legend = _legend([(state.value, f"{state_words(state)} {told.ended[state]}") for state in ended])
    return f"<h3>{escape(title)}</h3>{stacked(bars, f'{title}: {words}')}{legend}"


def _bar(period: Period) -> Bar:
    parts = {state.value: period.ended.get(state, 0) for state in ENDS}
    return Bar(_short_day(period.since), parts, f"{_day(period.since)}: {', '.join(ends_words(period.ended)) or '0'}")


def _time(told: Trends) -> str:
    ranked = sorted(told.shares.items(), key=lambda each: -each[1])
    if not ranked:
        return ""
    words = [(phase.value, f"{phase_words(phase)} {share_text(part)}") for phase, part in ranked]
    picture = lying({phase.value: part for phase, part in ranked}, ", ".join(text for _, text in words))
    return f"<h3>{escape(t('Where time goes'))}</h3>{picture}{_legend(words)}"


def _legend(words: Iterable[tuple[str, str]]) -> str:
    items = "".join(f'<li><i style="background: var(--{name})"></i>{escape(text)}</li>' for name, text in words)
    return f'<ul class="legend">{items}</ul>'


def _reasons(told: Trends) -> str:
    if not told.reasons:
        return ""
    most = told.reasons[0].count
    items = []
    for reason in told.reasons[:REASONS]:
        what = f"<code>{escape(reason.what)}</code>" if reason.kind == "condition" else _said(reason_text(reason))
        says = f"{plain_text(reason_text(reason))}: {reason.count}"
        bar = share(reason.count / most, says, "rolled_back")
        items.append(f"<li><div><span>{what}</span><b>{reason.count}</b></div>{bar}</li>")
    note = t("Each rollout counts once for each condition that took it down.")
    title = t("Why they came down")
    return f'<h3>{escape(title)}</h3><p class="faint">{escape(note)}</p><ul class="ranked">{"".join(items)}</ul>'


def _conditions(told: Trends) -> str:
    if not told.conditions:
        return ""
    head = (t("Condition"), t("Fired"), t("False, say people"), t("Overruled"), t("How that turned out"))
    rows = [_condition(each) for each in told.conditions[:CONDITIONS]]
    return _table(t("What each condition did"), head, rows)


def _condition(each: OfCondition) -> tuple[str, ...]:
    overruled = sum(each.overruled.values())
    return (
        f"<code>{escape(each.condition)}</code>",
        str(each.fired or ""),
        str(each.false or ""),
        str(overruled or ""),
        _said(outcomes_text(each.overruled)),
    )


def _waited(told: Trends) -> str:
    waited = [each for each in told.waited if each.lengths.longest >= timedelta(seconds=1)]
    if not waited:
        return ""
    head = (t("Whom gates waited for"), t("Gates"), t("Median"), t("90th percentile"), t("Longest"))
    rows = [
        (
            escape(each.whom),
            str(each.lengths.count),
            *(coarse(span) for span in (each.lengths.median, each.lengths.p90, each.lengths.longest)),
        )
        for each in waited[:CONDITIONS]
    ]
    return _table(t("Who was waited for"), head, rows)


def _recent(recent: Sequence[Summary], now: datetime) -> str:
    head = (t("Ended"), t("Version"), t("How"), t("Took"), t("At gates"), t("On hold"), t("Why"))
    rows = [_row(each, now) for each in recent[:RECENT]]
    return _table(t("The last ones"), head, rows)


def _row(each: Summary, now: datetime) -> tuple[str, ...]:
    down = each.state is not State.COMPLETED
    notes = [_words(each.reason) if down and each.reason else ""]
    notes += [t("called a false alarm") for _ in each.false_alarms[:1]]
    notes += [
        t("overridden: {outcomes}", outcomes=outcomes_text({word.outcome: 1}))
        for word in each.overrides[-1:]
        if word.outcome is not Outcome.UNUSED
    ]
    return (
        _at(each.ended_at or each.started_at),
        escape(each.version),
        f'<i style="color: var(--{each.state.value})">●</i> {escape(state_words(each.state))}',
        coarse(each.lasted(now)),
        _spent(each, Phase.WAITING),
        _spent(each, Phase.HELD, Phase.FROZEN),
        escape("; ".join(filter(None, notes))),
    )


def _words(reason: str) -> str:
    told = " ".join(reason.removeprefix("killed: ").split())
    return told if len(told) <= 160 else f"{told[:159]}…"


def _spent(each: Summary, *phases: Phase) -> str:
    spent = sum((each.time(phase) for phase in phases), timedelta(0))
    return coarse(spent) if spent >= timedelta(seconds=1) else ""


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already. On a phone each row is a block, with the column's name before each value."""
    numbers = [_is_number(rows, place) for place in range(len(head))]
    top = "".join(f"<th{_n(number)}>{escape(name)}</th>" for name, number in zip(head, numbers, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-of="{escape(name)}"{_n(number)}>{cell}</td>'
            for name, cell, number in zip(head, row, numbers, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<h3>{escape(title)}</h3><div class="wide"><table class="stacked"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _is_number(rows: Sequence[Sequence[str]], place: int) -> bool:
    cells = [row[place] for row in rows if row[place]]
    return bool(cells) and all(cell.isdigit() for cell in cells)


def _n(number: bool) -> str:
    return ' class="n"' if number else ""


def _said(text: str) -> str:
    """What is worded for Slack, as it is read, made harmless for a page."""
    return escape(plain_text(text))


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _short_day(at: datetime) -> str:
    return f"{at:%m-%d}"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
