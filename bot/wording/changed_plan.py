"""What is different in a plan since its last rollout, in plain words (U5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.wording.language import t
from bot.wording.sentences import code, plain

SHOWN = 10


def changed_lines(changed: Mapping[str, Any]) -> Iterator[str]:
    """A heading, at most ten changes, and how many more there are. Nothing for a plan that is as it was."""
    lines: Sequence[Sequence[str]] = changed.get("lines") or ()
    if not changed:
        return
    since = code(changed.get("since", ""))
    if not lines:
        yield t("The plan's file has changed since {since}, but nothing that it says.", since=since)
        return
    yield t("⚠️ The plan has changed since its last rollout ({since}):", since=since)
    yield from differing(lines, int(changed.get("more") or 0))


def differing(lines: Sequence[Sequence[str]], more: int = 0) -> Iterator[str]:
    """A line for each of the first changes, and how many more there are."""
    for where, before, now in lines[:SHOWN]:
        yield f"• {_change(_place(where), before, now)}"
    if (left := max(len(lines) - SHOWN, 0) + more) > 0:
        yield t("… and {more} more.", more=left)


def _change(place: str, before: str, now: str) -> str:
    if not before:
        return t("{place}: {now} is new.", place=place, now=code(now, 120))
    if not now:
        return t("{place}: {before} is gone.", place=place, before=code(before, 120))
    return t("{place}: {now}, was {before}.", place=place, now=code(now, 120), before=code(before, 120))


def _place(where: str) -> str:
    """`stage 1%, must hold`, for `stage 1% promote_when`."""
    *stage, path = where.rsplit(" ", 1)
    return ", ".join([*(plain(each, 40) for each in stage), *(_key(part) for part in path.split("."))])


def _key(part: str) -> str:
    """What a plan's key is called where people read it; most are words already."""
    called = {
        "promote_when": t("must hold"),
        "warn_unless": t("should hold"),
        "rollback_when": t("rolls back when"),
        "complete_when": t("completes when"),
        "kill_switch": t("kill switch"),
        "killed_when": t("counts as killed when"),
        "on_fail": t("when it fails"),
        "on_breach": t("on a breach"),
        "no_data": t("without data"),
    }
    return called.get(part) or plain(part.replace("_", " "), 60)
