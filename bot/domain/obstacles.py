"""What stands in the way of a start, or of rising at all: refusals that say what clears the way.

AlreadyLive, TargetTaken, Cooldown, NoRetry, KillEngaged, SwitchHeldOff, HeldOffByOthers, OutsideWindow,
HeldOutsideWindow, ServiceFrozen, BudgetUsedUp, StillOutstanding; `Obstacles` are several of these at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.errors import NotNow, PerchError
from bot.domain.phrases import Phrase, Words, lined


class BudgetUsedUp(NotNow):
    def __init__(self, plan: str, slos: str) -> None:
        super().__init__(
            Phrase("The error budget of {slos} is used up; {plan} stays on hold.", slos=slos, plan=plan),
            Phrase("the override role may go on: {command}", command=f"/canary override {plan} REASON"),
        )


class AlreadyLive(NotNow):
    def __init__(self, plan: str, environment: str, state: str) -> None:
        super().__init__(
            Phrase(
                "{plan} already has a live rollout in {environment} ({state}); nothing was started.",
                plan=plan,
                environment=environment,
                state=state,
            ),
            f"/canary status {plan}",
        )


class TargetTaken(NotNow):
    def __init__(self, target: str, holder: str) -> None:
        super().__init__(
            Phrase(
                "{holder} is moving the same traffic ({target}); nothing was started.", holder=holder, target=target
            ),
            f"/canary status {holder}",
        )


class Cooldown(NotNow):
    def __init__(self, plan: str, first: str, until: str, left: str) -> None:
        super().__init__(
            Phrase(
                "{plan} was rolled back or killed; the cooldown ends {until} (in {left}). Nothing was started.",
                plan=plan,
                until=until,
                left=left,
            ),
            f'/canary start {plan} {first} override="what was fixed" fix=TICKET-1',
        )


class NoRetry(NotNow):
    """A breach of a class whose plan says `retry: never` (R22): no time is long enough."""

    def __init__(self, plan: str, first: str, classes: str, rollout: str) -> None:
        super().__init__(
            Phrase(
                "{plan} breached a trigger of class {classes} in {rollout}, after which its plan lets nobody retry "
                "without an override. Nothing was started.",
                plan=plan,
                classes=classes,
                rollout=rollout,
            ),
            f'/canary start {plan} {first} override="what was fixed" fix=TICKET-1',
        )


class KillEngaged(NotNow):
    def __init__(self, plan: str) -> None:
        super().__init__(
            Phrase("The kill switch of {plan} is engaged, so nothing may rise.", plan=plan), f"/canary rearm {plan}"
        )


class SwitchHeldOff(NotNow):
    """A switch is shared, and the kill of another rollout holds it off: what a start found there would be that kill's.

    `others` are ids with plan and environment for people, `ids` what to type after `rearm`.
    """

    def __init__(self, plan: str, switches: str, others: str, ids: str) -> None:
        super().__init__(
            Phrase(
                "The kill of {others} holds off what would switch {plan} off too: {switches}. Nothing was started.",
                plan=plan,
                switches=switches,
                others=others,
            ),
            Phrase("once what was killed may have traffic again: {command}", command=f"/canary rearm {ids}"),
        )


class HeldOffByOthers(NotNow):
    """A switch is shared: put back for one rollout, it would bring back the traffic of another one that is killed.

    `others` are ids with plan and environment for people, `ids` what to type after `rearm`.
    """

    def __init__(self, rollout: str, switches: str, others: str, ids: str) -> None:
        super().__init__(
            Phrase(
                "The kill of {others} holds this off too: {switches}. So it stays off, and {rollout} stays killed.",
                switches=switches,
                others=others,
                rollout=rollout,
            ),
            Phrase("once all of them may have traffic again: {command}", command=f"/canary rearm {ids}"),
        )


class StillOutstanding(NotNow):
    """What an earlier rollout has still to do or to take back would undo what the new one does."""

    def __init__(self, plan: str, first: str, actions: str) -> None:
        super().__init__(
            Phrase(
                "An earlier rollout of {plan} isn't through with its actions ({actions}); nothing was started. "
                "Perch goes on trying; see why it can't, or do it by hand and say so.",
                plan=plan,
                actions=actions,
            ),
            f'/canary start {plan} {first} override="done by hand" fix=TICKET-1',
        )


class OutsideWindow(NotNow):
    def __init__(self, plan: str, opens: str, first: str) -> None:
        super().__init__(
            Phrase(
                "{plan} may not rise now: its window opens {opens}. Nothing was started; ask again then.",
                plan=plan,
                opens=opens,
            ),
            f"/canary start {plan} {first}",
        )


class HeldOutsideWindow(NotNow):
    """The same for a start that was held before it moved anything: its first stage is entered by the resume."""

    def __init__(self, plan: str, opens: str) -> None:
        super().__init__(
            Phrase(
                "{plan} may not rise now: its window opens {opens}. It stays on hold; resume it then.",
                plan=plan,
                opens=opens,
            ),
            f"/canary resume {plan}",
        )


class ServiceFrozen(NotNow):
    """`what` is a service or "everything"; `lift` is what `unfreeze` calls it."""

    def __init__(self, what: Words, by: str, until: Words, why: str, lift: str) -> None:
        super().__init__(
            Phrase(
                "Nothing was done: {what} is frozen by {by} {until} ({why}), and nothing rises meanwhile. "
                "Rollback, kill and hold work as ever.",
                what=what,
                by=by,
                until=until,
                why=why,
            ),
            f"/canary unfreeze {lift}",
        )


class Obstacles(NotNow):
    """Several things in the way of a start, told together: nobody should find them one by one.

    `problems` has a line for each; `again` is the command for when all of them are out of the way.
    """

    def __init__(self, plan: str, problems: Words, again: str) -> None:
        super().__init__(
            Phrase(
                "{plan} can't start, and nothing was started. In the way are:\n{problems}", plan=plan, problems=problems
            ),
            again,
        )

    @classmethod
    def of(cls, plan: str, refusals: Sequence[PerchError], again: str) -> Obstacles:
        """From the refusals; each keeps its own next step."""
        return cls(
            plan,
            lined([Phrase("• {what} Next: `{step}`", what=each.happened, step=each.step) for each in refusals]),
            again,
        )
