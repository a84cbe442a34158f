"""Refusals and faults as people read them: what happened, what Perch did about it, what to type next."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.errors import BadRequest, NotAllowed, PerchError
from bot.ports import Said
from bot.wording.blocks import said, section, told
from bot.wording.language import retold, t, t_many
from bot.wording.sentences import code, cut, plain, prose

FIELD = 600
COMMAND = "/canary"
"""The command as refusals spell it; another name is put in its place when they are worded."""


def refusal(refused: PerchError, command: str = COMMAND) -> Said:
    """A refusal with its way on. Commands are shown as code, ready to copy."""
    happened = _lines(renamed(retold(refused.happened), command))
    step = renamed(retold(refused.step), command)
    return told(_mark(refused) + happened[0], *happened[1:], *([_next(step, command)] if step else []))


def in_short(refusals: Sequence[PerchError]) -> str:
    """Refusals at a dialog's field: plain text, each with its way on."""
    return cut(
        " ".join(t("{what} Next: {step}", what=retold(each.happened), step=retold(each.step)) for each in refusals),
        FIELD,
    )


def _mark(refused: PerchError) -> str:
    match refused:
        case NotAllowed():
            return "🔒 "
        case BadRequest():
            return ""
        case _:
            return "✋ "


def _lines(text: str) -> list[str]:
    return [plain(line, 400) for line in text.splitlines()[:30] if line.strip()] or [t("Refused.")]


def _next(step: str, command: str) -> str:
    if step.startswith((command, "perch ")):
        return t("Next: ```{command}```", command=plain(step, 600))
    return prose([t("Next: {step}", step=plain(step, 600))])


def renamed(text: str, command: str) -> str:
    """`text` with the command's own name."""
    return text if command == COMMAND else text.replace(COMMAND, command)


def fault(correlation: str) -> Said:
    """Perch's own mistake: nothing to do for the reader but to tell somebody the number."""
    return told(
        t("Something in Perch broke on your request."),
        t(
            "It's logged under {correlation}; what was in force stays in force.",
            correlation=plain(correlation, 40),
        ),
        t("Next: `/canary status` shows how things stand. Down is always open: `/canary rollback NAME`."),
    )


def memory_away(downward: bool) -> Said:
    """The database doesn't answer (law 2): down acts, all else waits."""
    if downward:
        return told(
            t("Perch's database doesn't answer; your request goes down without it, now."),
            t("It's written to a local file first, and joins the evidence later. You'll read here how it went."),
        )
    return told(
        t("Perch's database doesn't answer, so nothing was done."),
        t("Only rollback, kill and hold work now. Next: try again in a minute; for down, `perch kill NAME` works too."),
    )


def too_late(verb: str, minutes: int) -> Said:
    """A request that lay in the inbox too long: acting on it now would surprise."""
    return told(
        t_many(
            minutes,
            "Your '{verb}' was kept for more than {count} minute before I could work on it; I did nothing.",
            "Your '{verb}' was kept for more than {count} minutes before I could work on it; I did nothing.",
            verb=plain(verb, 30),
        ),
        t("Next: look at `/canary status`, then ask again."),
    )


def done_already(verb: str) -> Said:
    """A request that Perch had carried out when it was interrupted, before it could say so."""
    return told(
        t(
            "Your '{verb}' was done; Perch was interrupted before it could tell you. It wasn't done again.",
            verb=plain(verb, 30),
        ),
        t("Next: `/canary status` shows how things stand."),
    )


def no_longer_active() -> Said:
    """A control of a message that Perch doesn't know any more."""
    return told(
        t("That control is no longer active; it did nothing."),
        t("Next: `/canary list` shows what is live, `/canary status NAME` brings fresh buttons."),
    )


def modal_failed(instead: str) -> Said:
    """A dialog that couldn't be opened; `instead` is the command that does the same."""
    sentence = t("I couldn't open the dialog in time. Nothing was done; type it: {command}", command=code(instead, 300))
    return said(sentence, section((sentence,)))
