"""The tree of refusals. Each is built from facts, writes its own sentence, and names the next step.

Refusal                 Perch understood, and says no; nothing has changed
├── BadRequest          the words were wrong: shows the corrected command
│   ├── NotAWeight
│   ├── UnknownPlan, BrokenPlan, UnknownVerb, UnknownRollout, AmbiguousRollout
│   └── WrongStage
├── NotAllowed          this person may not
├── NotNow              the state doesn't allow it: says what does
│   ├── AlreadyLive, TargetTaken, Cooldown, KillEngaged, OutsideWindow, ServiceFrozen
│   └── IllegalMove, StaleClick, GateClosed, ApprovedAlready, NotPromotable
├── Unsupported         the plan says something this version can't do yet
└── Stale               the rollout moved on between reading and saving; look again (retry at once)
UnitMismatch            two units of different dimensions (a plan mistake)
"""

from __future__ import annotations


class PerchError(Exception):
    """What happened (`str`), and what the reader can do (`next_step`)."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.next_step = next_step


class UnitMismatch(PerchError):
    def __init__(self, given: str, wanted: str) -> None:
        super().__init__(f"{given} can't be compared with {wanted}", f"write the value in {wanted}")


class Refusal(PerchError):
    """Perch understood the request and refuses it; nothing has changed."""


class BadRequest(Refusal):
    """The words were wrong; `next_step` is the corrected command, ready to copy."""


class NotAWeight(BadRequest):
    def __init__(self, given: str) -> None:
        super().__init__(f"'{given}' is not a weight", "write a percentage from 0% to 100%, for example 5%")


class UnknownVerb(BadRequest):
    def __init__(self, verb: str, correction: str) -> None:
        super().__init__(f"I don't know '{verb}'.", correction)


class UnknownPlan(BadRequest):
    def __init__(self, name: str, correction: str) -> None:
        super().__init__(f"There is no plan called '{name}'.", correction)


class BrokenPlan(BadRequest):
    def __init__(self, name: str, mistakes: str) -> None:
        super().__init__(
            f"The plan '{name}' has mistakes, so nothing was started:\n{mistakes}",
            f"mend the file, then: perch plan check plans/{name}.yaml",
        )


class UnknownRollout(BadRequest):
    def __init__(self, name: str, correction: str) -> None:
        super().__init__(f"There is no rollout called '{name}'.", correction)


class AmbiguousRollout(BadRequest):
    def __init__(self, name: str, candidates: str) -> None:
        super().__init__(f"'{name}' could mean several rollouts: {candidates}.", "name one of them")


class WrongStage(BadRequest):
    def __init__(self, plan: str, asked: str, first: str) -> None:
        super().__init__(
            f"{plan} starts at {first}, not at {asked}; nothing was started.",
            f"/canary start {plan} {first}",
        )


class NotAllowed(Refusal):
    def __init__(self, what: str, who_may: str) -> None:
        super().__init__(f"You may not {what}; it's noted and nothing was changed.", f"ask {who_may}")


class NotNow(Refusal):
    """The state doesn't allow it; `next_step` says what does."""


class IllegalMove(NotNow):
    def __init__(self, state: str, event: str, legal: str) -> None:
        super().__init__(f"A rollout that is {state} can't take '{event}'.", f"possible now: {legal or 'nothing'}")


class AlreadyLive(NotNow):
    def __init__(self, plan: str, environment: str, state: str) -> None:
        super().__init__(
            f"{plan} already has a live rollout in {environment} ({state}); nothing was started.",
            f"/canary status {plan}",
        )


class TargetTaken(NotNow):
    def __init__(self, target: str, holder: str) -> None:
        super().__init__(
            f"{holder} is moving the same traffic ({target}); nothing was started.",
            f"/canary status {holder}",
        )


class Cooldown(NotNow):
    def __init__(self, plan: str, first: str, until: str, left: str) -> None:
        super().__init__(
            f"{plan} was rolled back or killed; the cooldown ends {until} (in {left}). Nothing was started.",
            f'/canary start {plan} {first} override="what was fixed" fix=TICKET-1',
        )


class KillEngaged(NotNow):
    def __init__(self, plan: str) -> None:
        super().__init__(f"The kill switch of {plan} is engaged, so nothing may rise.", f"/canary rearm {plan}")


class OutsideWindow(NotNow):
    def __init__(self, plan: str, opens: str) -> None:
        super().__init__(f"{plan} may not rise now: its window opens {opens}.", f"try again {opens}")


class ServiceFrozen(NotNow):
    """`what` is a service or "everything"; `lift` is what `unfreeze` calls it."""

    def __init__(self, what: str, by: str, until: str, why: str, lift: str) -> None:
        super().__init__(
            f"Nothing was done: {what} is frozen by {by} {until} ({why}), and nothing rises meanwhile. "
            "Rollback, kill and hold work as ever.",
            f"/canary unfreeze {lift}",
        )


class StaleClick(NotNow):
    def __init__(self, now: str, plan: str) -> None:
        super().__init__(f"That button belongs to an earlier moment; it did nothing. {now}", f"/canary status {plan}")


class ApprovedAlready(NotNow):
    def __init__(self, plan: str, waits: str) -> None:
        super().__init__(
            f"You have approved this gate of {plan} already, and one person counts once. It waits for {waits}.",
            f"/canary why {plan}",
        )


class GateClosed(NotNow):
    def __init__(self, plan: str, waiting_for: str) -> None:
        super().__init__(f"{plan} has no open gate: {waiting_for}", f"/canary why {plan}")


class NotPromotable(NotNow):
    def __init__(self, plan: str, reason: str) -> None:
        super().__init__(f"{plan} can't be promoted: {reason}", f"/canary why {plan}")


class Unsupported(Refusal):
    def __init__(self, plan: str, parts: str) -> None:
        super().__init__(
            f"{plan} asks for what this version of Perch can't do yet: {parts}. Nothing was started.",
            f"perch plan check plans/{plan}.yaml lists each line",
        )


class Stale(PerchError):
    """The row's revision is not the one that was read; nothing was saved. Read again and decide afresh."""

    def __init__(self, rollout: str, revision: int) -> None:
        super().__init__(f"rollout {rollout} is no longer at revision {revision}", "read it again")
