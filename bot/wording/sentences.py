"""The small parts of every sentence: times, people, and text that is safe to show.

Slack reads `&`, `<` and `>` as markup; everything that came from a plan, a person or a source goes through `plain`.
Times are Slack's `<!date^…>`, which each reader sees in their own zone, with UTC where that isn't rendered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.domain.machine import State
from bot.domain.rollout import Person, Verdict
from bot.wording.language import t


def state_words(state: State) -> str:
    """Where a rollout stands, as it follows `it is`."""
    return {
        State.PREFLIGHT: t("in preflight"),
        State.START_GATE: t("waiting for approval of its start"),
        State.SHIFTING: t("moving"),
        State.BAKING: t("baking"),
        State.GATE: t("waiting for approval"),
        State.HELD: t("on hold"),
        State.ROLLING_BACK: t("rolling back"),
        State.KILLING: t("being killed"),
        State.STUCK: t("stuck on its way down"),
        State.COMPLETED: t("completed"),
        State.ROLLED_BACK: t("rolled back"),
        State.KILLED: t("killed"),
        State.ABORTED: t("aborted before any traffic moved"),
        State.OBSERVED: t("no longer watched"),
    }[state]


def verdict_words(verdict: Verdict) -> str:
    """A verdict with its mark: never the mark alone."""
    return {
        Verdict.PASS: t("✅ pass"),
        Verdict.WARN: t("⚠️ pass with warnings"),
        Verdict.FAIL: t("❌ fail"),
        Verdict.NO_DATA: t("❔ no data"),
        Verdict.BREACH: t("🛑 breach"),
    }[verdict]


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


def roughly(length: timedelta) -> str:
    """The same in whole seconds: for what is still to come, and for what was."""
    return span(timedelta(seconds=math.ceil(length.total_seconds())))


def took(length: timedelta) -> str:
    """How long something lasted that people didn't see: `in under 1 s`, `in 12 s`."""
    return t("in under 1 s") if length < timedelta(seconds=1) else t("in {span}", span=span(length))


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
    if left <= timedelta(0):
        return t("{at} (now due)", at=moment(at, now))
    return t("{at} (in {span})", at=moment(at, now), span=roughly(left))


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
        return t("{name} (from a shell)", name=plain(ident.removeprefix("shell:"), 60))
    webhook = ident.removeprefix("webhook:")
    systems = {"perch": "Perch", "alertmanager": "Alertmanager", "pagerduty": "PagerDuty"}
    return systems.get(webhook) or plain(name or ident or t("somebody"), 60)


def how_words(how: str) -> str:
    """What somebody approved with."""
    return {"button": t("button"), "reaction": t("reaction"), "verb": t("verb"), "shell": t("shell")}.get(
        how, plain(how)
    )


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


def joined(items: Sequence[str], last: Literal["and", "or"] = "and", most: int = 6) -> str:
    """`a, b and c`; what is too much is counted."""
    shown = list(items[:most])
    if len(items) > most:
        shown.append(t("{count} more", count=len(items) - most))
    if len(shown) < 2:
        return "".join(shown)
    first = ", ".join(shown[:-1])
    if last == "or":
        return t("{first} or {last}", first=first, last=shown[-1])
    return t("{first} and {last}", first=first, last=shown[-1])
