"""Refusals about what is over: nothing fired, marked already, no such override, no such past."""

from __future__ import annotations

from bot.domain.errors import BadRequest, NotNow
from bot.domain.phrases import Phrase


class NothingFired(NotNow):
    """There is no alarm that could be called a false one."""

    def __init__(self, rollout: str) -> None:
        super().__init__(
            Phrase(
                "Nothing fired in {rollout}: Perch neither took it down nor held it, and called no check bad. "
                "Nothing was marked.",
                rollout=rollout,
            ),
            f"/canary history {rollout}",
        )


class MarkedAlready(NotNow):
    def __init__(self, rollout: str) -> None:
        super().__init__(
            Phrase("That alarm of {rollout} is called a false one already.", rollout=rollout),
            f"/canary falsealarm {rollout} undo",
        )


class NotMarked(NotNow):
    def __init__(self, rollout: str) -> None:
        super().__init__(
            Phrase("No alarm of {rollout} is called a false one; nothing was changed.", rollout=rollout),
            f"/canary history {rollout}",
        )


class NoSuchOverride(BadRequest):
    """`known` is how many overrides the rollout has."""

    def __init__(self, rollout: str, known: int) -> None:
        few = Phrase("{rollout} has {known} overrides; say which by its number.", rollout=rollout, known=known)
        none = Phrase("Nobody has overruled anything in {rollout}; nothing was changed.", rollout=rollout)
        super().__init__(few if known else none, f"/canary history {rollout}")


class NoPast(BadRequest):
    """No plan and no rollout has this name; `meant` is the nearest, or ""."""

    def __init__(self, name: str, command: str, known: str) -> None:
        facts = {"name": name, "known": known or Phrase("none yet")}
        super().__init__(Phrase("No plan and no rollout is called '{name}'. Known plans: {known}.", **facts), command)


class NotAnOutcome(BadRequest):
    def __init__(self, given: str, known: str, command: str) -> None:
        super().__init__(Phrase("'{given}' is no outcome. There are: {known}.", given=given, known=known), command)


class NotASpan(BadRequest):
    def __init__(self, given: str, command: str) -> None:
        super().__init__(
            Phrase("'{given}' is no length of time; write it as 12h, 30d or 8w.", given=given),
            command,
        )
