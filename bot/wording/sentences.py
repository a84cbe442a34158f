"""The small parts of every sentence: times, people, and text that is safe to show.

Slack reads `&`, `<` and `>` as markup; everything that came from a plan, a person or a source goes through `plain`.
Times are Slack's `<!date^…>`, which each reader sees in their own zone, with UTC where that isn't rendered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.machine import State
from bot.domain.rollout import Person, Verdict

STATE_WORDS: dict[State, str] = {
    State.PREFLIGHT: "in preflight",
    State.SHIFTING: "moving",
    State.BAKING: "baking",
    State.GATE: "waiting for approval",
    State.HELD: "on hold",
    State.ROLLING_BACK: "rolling back",
    State.KILLING: "being killed",
    State.STUCK: "stuck on its way down",
    State.COMPLETED: "completed",
    State.ROLLED_BACK: "rolled back",
    State.KILLED: "killed",
    State.ABORTED: "aborted before any traffic moved",
}

VERDICT_WORDS: dict[Verdict, str] = {
    Verdict.PASS: "✅ pass",
    Verdict.WARN: "⚠️ pass with warnings",
    Verdict.FAIL: "❌ fail",
    Verdict.NO_DATA: "❔ no data",
    Verdict.BREACH: "🛑 breach",
}


_SILENT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""What nobody sees and that changes how the rest reads: control characters, and marks that turn its direction."""


def plain(text: object, limit: int = 300) -> str:
    """One line of text from outside, made harmless for Slack and cut to `limit` characters before escaping."""
    line = cut(" ".join(_SILENT.sub("", str(text)).split()), limit)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: object, limit: int = 200) -> str:
    """`text` as code; Slack has no escape for a backtick, so it becomes an apostrophe."""
    return f"`{plain(str(text).replace('`', chr(39)), limit) or ' '}`"


def quoted(text: object, limit: int = 300) -> str:
    """What a person wrote, in quotes."""
    return f"“{plain(text, limit)}”"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the loss shown."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def span(length: timedelta) -> str:
    """A length of time for people: `45 s`, `12 min`, `1 h 30 min`, `3 d 4 h`."""
    seconds = length.total_seconds()
    if 0 <= seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    rest, parts = round(max(seconds, 0)), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def took(length: timedelta) -> str:
    """How long something lasted that people didn't see: `in under 1 s`, `in 12 s`."""
    return "in under 1 s" if length < timedelta(seconds=1) else f"in {span(length)}"


def moment(at: datetime, now: datetime) -> str:
    """A time of day, with the date unless it's within the next or last twelve hours."""
    near = abs(at - now) < timedelta(hours=12)
    form = "{time}" if near else "{date_short_pretty} {time}"
    spelled = at.strftime("%H:%M UTC" if near else "%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{form}|{spelled}>"


def moment_exact(at: datetime) -> str:
    """A time with its seconds, for what goes on record."""
    return f"<!date^{int(at.timestamp())}^{{time_secs}}|{at.strftime('%H:%M:%S UTC')}>"


def by_when(at: datetime, now: datetime) -> str:
    """`14:32 (in 12 min)`: the time stays right when the message gets old, the length is for reading at once."""
    left = at - now
    return f"{moment(at, now)} (in {span(left)})" if left > timedelta(0) else f"{moment(at, now)} (now due)"


_SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_SLACK_GROUP = re.compile(r"S[A-Z0-9]{6,}")


def who(person: Person | dict[str, Any] | str) -> str:
    """A person as Slack shows people; a shell user, a webhook and Perch itself by name."""
    if isinstance(person, Person):
        ident, name = person.id, person.name
    elif isinstance(person, dict):
        ident, name = str(person.get("id", "")), str(person.get("name", ""))
    else:
        ident, name = str(person), ""
    if _SLACK_USER.fullmatch(ident):
        return f"<@{ident}>"
    if _SLACK_GROUP.fullmatch(ident):
        return f"<!subteam^{ident}>"
    if ident.startswith("shell:"):
        return f"{plain(ident.removeprefix('shell:'), 60)} (from a shell)"
    webhook = ident.removeprefix("webhook:")
    return {"perch": "Perch", "alertmanager": "Alertmanager"}.get(webhook) or plain(name or ident or "somebody", 60)


_TIME = re.compile(r"<!date\^[^|<>]*\|([^<>]*)>")
_LINK = re.compile(r"<[^@#!|<>][^|<>]*\|([^<>]*)>")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*[^*\s])\*(?![\w*])")
_ENDED = (".", "?", "!", ":", ";", ",", "`")


def spoken(text: str) -> str:
    """`text` for notifications and screen readers: times as UTC, links by their name, no code and no bold marks."""
    named = _LINK.sub(r"\1", _TIME.sub(r"\1", text))
    return _BOLD.sub(r"\1", named).replace("`", "")


def prose(lines: Iterable[str]) -> str:
    """Lines as sentences of one paragraph; a command at the end of a line stays ready to copy."""
    whole = (line.strip() for line in lines if line.strip())
    return " ".join(line if line.rstrip("*").endswith(_ENDED) else f"{line}." for line in whole)


def joined(items: Sequence[str], last: str = "and", most: int = 6) -> str:
    """`a, b and c`; what is too much is counted."""
    shown = list(items[:most])
    if len(items) > most:
        shown.append(f"{len(items) - most} more")
    return f" {last} ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


def many(count: int, noun: str) -> str:
    """`1 approval`, `2 approvals`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
