"""The tree of refusals. Each is built from facts, writes its own sentence, and names the next step.

Refusal                 Perch understood, and says no; nothing has changed
├── BadRequest          the words were wrong: shows the corrected command
│   ├── NotAWeight
│   ├── UnknownPlan, BrokenPlan, UnknownVerb, UnknownRollout, NotUnderWay, AmbiguousRollout, SeveralKilled
│   └── WrongStage, NoStage, NotAnItem
├── NotAllowed          this person may not
├── NotNow              the state doesn't allow it: says what does
│   ├── what stands in the way of a start, or of rising: `obstacles.py`
│   ├── OnlyObserved, NotThere, NoBaseline
│   ├── TickedByChecks, NothingAsked
│   └── IllegalMove, StaleClick, GateClosed, ApprovedAlready, NotPromotable,
│       NotOverruled, NotReplanned
└── Stale               the rollout moved on between reading and saving; look again (retry at once)
UnitMismatch            two units of different dimensions (a plan mistake)
"""

from __future__ import annotations

from bot.domain.phrases import Phrase, Words


class PerchError(Exception):
    """What happened (`str`), and what the reader can do (`next_step`): in English, as it goes on record.

    `happened` and `step` are the same as they were given, for whoever is told in another language.
    """

    def __init__(self, sentence: Words, next_step: Words = "") -> None:
        super().__init__(str(sentence))
        self.happened, self.step = sentence, next_step

    @property
    def next_step(self) -> str:
        return str(self.step)


class UnitMismatch(PerchError):
    def __init__(self, given: str, wanted: str) -> None:
        super().__init__(
            Phrase("{given} can't be compared with {wanted}", given=given, wanted=wanted),
            Phrase("write the value in {wanted}", wanted=wanted),
        )


class Refusal(PerchError):
    """Perch understood the request and refuses it; nothing has changed."""


class BadRequest(Refusal):
    """The words were wrong; `next_step` is the corrected command, ready to copy."""


class NotAWeight(BadRequest):
    def __init__(self, given: str) -> None:
        super().__init__(
            Phrase("'{given}' is not a weight", given=given),
            Phrase("write a percentage from 0% to 100%, for example 5%"),
        )


class UnknownVerb(BadRequest):
    def __init__(self, verb: str, correction: Words) -> None:
        super().__init__(Phrase("I don't know '{verb}'.", verb=verb), correction)


class UnknownPlan(BadRequest):
    def __init__(self, name: str, correction: Words) -> None:
        super().__init__(Phrase("There is no plan called '{name}'.", name=name), correction)


class BrokenPlan(BadRequest):
    def __init__(self, name: str, mistakes: str) -> None:
        super().__init__(
            Phrase("The plan '{name}' has mistakes, so nothing was started:\n{mistakes}", name=name, mistakes=mistakes),
            Phrase("mend the file, then: perch plan check plans/{name}.yaml", name=name),
        )


class UnknownRollout(BadRequest):
    def __init__(self, name: str, correction: Words) -> None:
        super().__init__(Phrase("There is no rollout called '{name}'.", name=name), correction)


class NotUnderWay(UnknownRollout):
    """A plan that there is, of which nothing is live."""

    def __init__(self, plan: str) -> None:
        BadRequest.__init__(
            self,
            Phrase("{plan} isn't being rolled out now, so nothing was done.", plan=plan),
            f"/canary history {plan}",
        )


class AmbiguousRollout(BadRequest):
    def __init__(self, name: str, candidates: str) -> None:
        super().__init__(
            Phrase("'{name}' could mean several rollouts: {candidates}.", name=name, candidates=candidates),
            Phrase("name one of them"),
        )


class SeveralKilled(BadRequest):
    """`killed` are ids with their environments for people; `one` of them, and all `ids`, are to type."""

    def __init__(self, plan: str, killed: str, one: str, ids: str) -> None:
        super().__init__(
            Phrase("Several rollouts of {plan} are killed: {killed}. Nothing was put back.", plan=plan, killed=killed),
            Phrase("for one: {one}; for all: {all}", one=f"/canary rearm {one}", all=f"/canary rearm {ids}"),
        )


class WrongStage(BadRequest):
    def __init__(self, plan: str, asked: str, first: str) -> None:
        super().__init__(
            Phrase(
                "{plan} starts at {first}, not at {asked}; nothing was started.", plan=plan, first=first, asked=asked
            ),
            f"/canary start {plan} {first}",
        )


class NoStage(BadRequest):
    def __init__(self, plan: str, asked: str, weights: str, right: str) -> None:
        super().__init__(
            Phrase(
                "{asked} is no stage of {plan}, whose stages are {weights}; nothing was started.",
                asked=asked,
                plan=plan,
                weights=weights,
            ),
            right,
        )


class NotAllowed(Refusal):
    def __init__(self, what: Words, who_may: Words) -> None:
        super().__init__(
            Phrase("You may not {what}; it's noted and nothing was changed.", what=what),
            Phrase("ask {who_may}", who_may=who_may),
        )


class NotNow(Refusal):
    """The state doesn't allow it; `next_step` says what does."""


class IllegalMove(NotNow):
    def __init__(self, state: str, event: str, legal: str) -> None:
        super().__init__(
            Phrase("A rollout that is {state} can't take '{event}'.", state=state, event=event),
            Phrase("possible now: {legal}", legal=legal) if legal else Phrase("nothing is possible now"),
        )


class OnlyObserved(NotNow):
    """What Perch only watches isn't Perch's to move."""

    def __init__(self, plan: str, asked: str) -> None:
        super().__init__(
            Phrase(
                "Perch only observes {plan} and touches nothing, so it can't {asked} it: that is for whoever moves it.",
                plan=plan,
                asked=asked,
            ),
            f"/canary rollback {plan}",
        )


class NotThere(NotNow):
    """A weight to be taken over isn't the one that is read back."""

    def __init__(self, plan: str, asked: str, real: str, right: str) -> None:
        super().__init__(
            Phrase(
                "{plan} is to be taken over at {asked}, but {real}; nothing was started.",
                plan=plan,
                asked=asked,
                real=real,
            ),
            right,
        )


class NoBaseline(NotNow):
    def __init__(self, plan: str, metrics: str) -> None:
        super().__init__(
            Phrase(
                "{plan} can't be taken over: {metrics} is compared with a baseline from before the start, and the "
                "canary has traffic already. Nothing was started. Watch it instead, or begin from 0%.",
                plan=plan,
                metrics=metrics,
            ),
            f"/canary start {plan} observe",
        )


class StaleClick(NotNow):
    def __init__(self, now: Words, plan: str) -> None:
        super().__init__(
            Phrase("That button belongs to an earlier moment; it did nothing. {now}", now=now), f"/canary status {plan}"
        )


class ApprovedAlready(NotNow):
    def __init__(self, plan: str, waits: Words) -> None:
        super().__init__(
            Phrase(
                "You have approved this gate of {plan} already, and one person counts once. It waits for {waits}.",
                plan=plan,
                waits=waits,
            ),
            f"/canary why {plan}",
        )


class GateClosed(NotNow):
    def __init__(self, plan: str, waiting_for: Words) -> None:
        super().__init__(
            Phrase("{plan} has no open gate: {waiting_for}", plan=plan, waiting_for=waiting_for), f"/canary why {plan}"
        )


class NotAnItem(BadRequest):
    """No item of the checklist is meant; `items` are all of them with their numbers."""

    def __init__(self, plan: str, given: str, items: str, command: str) -> None:
        facts = {"plan": plan, "given": given, "items": items or Phrase("it has none at this stage")}
        which = Phrase("Which item of the checklist of {plan}? {items}.", **facts)
        none = Phrase("'{given}' is no item of the checklist of {plan}: {items}.", **facts)
        super().__init__(none if given else which, command)


class TickedByChecks(NotNow):
    def __init__(self, plan: str, item: str) -> None:
        sentence = Phrase("'{item}' is ticked by each check and by nobody else.", item=item)
        super().__init__(sentence, f"/canary why {plan}")


class NothingAsked(NotNow):
    """Nobody was asked to acknowledge that; `still_open` are the checkpoints that somebody was asked about."""

    def __init__(self, plan: str, given: str, still_open: str) -> None:
        facts = {"plan": plan, "given": given, "open": still_open or Phrase("none")}
        one = Phrase("{plan} asks nobody to acknowledge '{given}'; open: {open}.", **facts)
        anything = Phrase("{plan} asks nobody to acknowledge anything now; open: {open}.", **facts)
        super().__init__(one if given else anything, f"/canary status {plan}")


class NotPromotable(NotNow):
    def __init__(self, plan: str, reason: Words) -> None:
        super().__init__(Phrase("{plan} can't be promoted: {reason}", plan=plan, reason=reason), f"/canary why {plan}")


class NotOverruled(NotNow):
    def __init__(self, plan: str, reason: Words) -> None:
        super().__init__(
            Phrase("The verdict of {plan} can't be overruled: {reason}. Nothing was done.", plan=plan, reason=reason),
            f"/canary why {plan}",
        )


class NotReplanned(NotNow):
    def __init__(self, plan: str, reason: Words) -> None:
        super().__init__(
            Phrase("The plan of {plan} isn't changed: {reason}. Nothing was done.", plan=plan, reason=reason),
            f"/canary replan {plan}",
        )


class Stale(PerchError):
    """The row's revision is not the one that was read; nothing was saved. Read again and decide afresh."""

    def __init__(self, rollout: str, revision: int) -> None:
        super().__init__(
            Phrase("rollout {rollout} is no longer at revision {revision}", rollout=rollout, revision=revision),
            Phrase("read it again"),
        )
