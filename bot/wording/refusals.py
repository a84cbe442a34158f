"""Refusals and faults as people read them: what happened, what Perch did about it, what to type next."""

from __future__ import annotations

from bot.domain.errors import BadRequest, NotAllowed, PerchError
from bot.ports import Said
from bot.wording.blocks import section, told
from bot.wording.sentences import plain

COMMAND = "/canary"
"""The command as refusals spell it; another name is put in its place when they are worded."""


def refusal(refused: PerchError, command: str = COMMAND) -> Said:
    """A refusal with its way on. Commands are shown as code, ready to copy."""
    happened = _lines(str(refused))
    step = renamed(refused.next_step, command)
    return told(_mark(refused) + happened[0], *happened[1:], *([_next(step, command)] if step else []))


def _mark(refused: PerchError) -> str:
    match refused:
        case NotAllowed():
            return "🔒 "
        case BadRequest():
            return ""
        case _:
            return "✋ "


def _lines(text: str) -> list[str]:
    return [plain(line, 400) for line in text.splitlines()[:30] if line.strip()] or ["Refused."]


def _next(step: str, command: str) -> str:
    if step.startswith((command, "perch ")):
        return f"Next: ```{plain(step, 600)}```"
    return f"Next: {plain(step, 600)}."


def renamed(text: str, command: str) -> str:
    """`text` with the command's own name."""
    return text if command == COMMAND else text.replace(COMMAND, command)


def fault(correlation: str) -> Said:
    """Perch's own mistake: nothing to do for the reader but to tell somebody the number."""
    return told(
        "Something in Perch broke on your request.",
        f"It's logged under {plain(correlation, 40)}; what was in force stays in force.",
        "Next: `/canary status` shows how things stand. Down is always open: `/canary rollback NAME`.",
    )


def memory_away(downward: bool) -> Said:
    """The database doesn't answer (law 2): down acts, all else waits."""
    if downward:
        return told(
            "Perch's database doesn't answer; your request goes down without it, now.",
            "It's written to a local file first, and joins the evidence later. You'll read here how it went.",
        )
    return told(
        "Perch's database doesn't answer, so nothing was done.",
        "Only rollback, kill and hold work now. Next: try again in a minute; for down, `perch kill NAME` works too.",
    )


def too_late(verb: str, minutes: int) -> Said:
    """A request that lay in the inbox too long: acting on it now would surprise."""
    return told(
        f"Your '{plain(verb, 30)}' was kept for more than {minutes} minutes before I could work on it; I did nothing.",
        "Next: look at `/canary status`, then ask again.",
    )


def done_already(verb: str) -> Said:
    """A request that Perch had carried out when it was interrupted, before it could say so."""
    return told(
        f"Your '{plain(verb, 30)}' was done; Perch was interrupted before it could tell you. It wasn't done again.",
        "Next: `/canary status` shows how things stand.",
    )


def no_longer_active() -> Said:
    """A control of a message that Perch doesn't know any more."""
    return told(
        "That control is no longer active; it did nothing.",
        "Next: `/canary list` shows what is live, `/canary status NAME` brings fresh buttons.",
    )


def modal_failed(verb: str, name: str) -> Said:
    sentence = (
        f"I couldn't open the dialog in time. Nothing was done; type it: `/canary {verb} {plain(name, 70)} REASON`"
    )
    return Said(text=sentence, blocks=(section((sentence,)),))
