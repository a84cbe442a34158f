"""A freeze: while it stands, nothing that it covers rises; down stays open. It has an owner, a deadline and a default.

The default at the deadline is that the freeze ends; what it held stays held until a person resumes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bot.domain import moves
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.obstacles import ServiceFrozen
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import Frozen, Hold, Person, Rollout
from bot.domain.steps import Happening, Step
from bot.domain.value import Value

EVERYWHERE = ""
"""The service of a freeze that covers all of them."""
ALL = "all"
"""How people call that."""
LASTING = timedelta(hours=24)
"""How long a freeze stands for which nobody said how long."""


class Freeze(Value):
    """One freeze, of one service or of everything."""

    id: str
    service: str = EVERYWHERE
    why: str
    owner: Person
    since: datetime
    until: datetime | None = None
    """None: until somebody lifts it."""
    exempt: tuple[str, ...] = ()
    """Plans that go on."""
    ended_at: datetime | None = None
    ended_by: Person | None = None

    def stands(self, now: datetime) -> bool:
        return self.ended_at is None and not self.over(now)

    def over(self, now: datetime) -> bool:
        """Whether its deadline has come."""
        return self.until is not None and self.until <= now

    def covers(self, service: str, plan: str) -> bool:
        return self.service in (EVERYWHERE, service) and plan not in self.exempt

    @property
    def mark(self) -> Frozen:
        """What a rollout that it covers carries."""
        return Frozen(freeze=self.id, service=self.service, why=self.why, by=self.owner, until=self.until)


def covering(freezes: Iterable[Freeze], service: str, plan: str, now: datetime) -> Freeze | None:
    """The freeze that keeps a plan down now; of several the one that stands longest."""
    found = [freeze for freeze in freezes if freeze.stands(now) and freeze.covers(service, plan)]
    return max(found, key=lambda freeze: (freeze.until or _NEVER, freeze.id), default=None)


_NEVER = datetime.max.replace(tzinfo=UTC)


def under(rollout: Rollout, plan: Plan, freezes: Sequence[Freeze], now: datetime, id: str) -> Step | None:
    """Make a rollout say which freeze covers it, and hold it where it would rise; None where nothing changes.

    What goes down goes on. What a freeze held stays held when it ends: going up again is for a person to say.
    """
    if not rollout.live or rollout.state.going_down:
        return None
    if rollout.mode == "observe":
        return None
    freeze = covering(freezes, rollout.service, rollout.plan, now)
    if freeze is None:
        return _thawed(rollout, rollout.frozen, now) if rollout.frozen is not None else None
    marked = rollout.but(frozen=freeze.mark)
    if rollout.state is State.PREFLIGHT:
        return moves.abort(marked, now, because(freeze), freeze.owner).also(_told(freeze))
    if would_rise(rollout, plan):
        return moves.hold(marked, now, held_by(freeze, now), id, freeze.owner).also(_told(freeze))
    return Step(marked, (_told(freeze),)) if rollout.frozen != freeze.mark else None


def would_rise(rollout: Rollout, plan: Plan) -> bool:
    """Whether a rollout is on its way up, or would go there by itself or by an approval."""
    if rollout.state in (State.BAKING, State.GATE):
        return rollout.stage < len(plan.stages) - 1
    return rollout.state in (State.START_GATE, State.SHIFTING)


def held_by(freeze: Freeze, now: datetime) -> Hold:
    """The hold that a freeze puts on a rollout: its owner, its deadline, and it stays held then."""
    lasting = freeze.until - now if freeze.until is not None else None
    return a_hold(because(freeze), freeze.owner.id, now, "freeze", lasting)


def because(freeze: Freeze) -> str:
    return f"{freeze.service or 'everything'} is frozen: {freeze.why}"


def refused(frozen: Frozen) -> ServiceFrozen:
    """Why nothing may begin or go on, with who, until when, and what to type."""
    until = Phrase("until somebody lifts it")
    if frozen.until is not None:
        until = Phrase("until {at}", at=f"{frozen.until:%Y-%m-%d %H:%M} UTC")
    by = frozen.by.name or frozen.by.id
    return ServiceFrozen(frozen.service or Phrase("everything"), by, until, frozen.why, frozen.service or ALL)


def _thawed(rollout: Rollout, mark: Frozen, now: datetime) -> Step:
    """Not frozen any more. What the freeze held is its starter's turn now, with a deadline of its own."""
    thawed, held = rollout.but(frozen=None), rollout.hold
    if held is not None and held.cause == "freeze":
        why = f"{mark.service or 'everything'} was frozen: {mark.why}; that is over"
        thawed = thawed.but(hold=a_hold(why, rollout.watched_by, now, "freeze"))
    facts = {"freeze": mark.freeze, "service": mark.service, "why": mark.why}
    return Step(thawed, (Happening("unfrozen", facts),))


def _told(freeze: Freeze) -> Happening:
    facts = {
        "freeze": freeze.id,
        "service": freeze.service,
        "why": freeze.why,
        "until": freeze.until.timestamp() if freeze.until is not None else None,
    }
    return Happening("frozen", facts, freeze.owner)
