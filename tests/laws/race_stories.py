"""Who races whom, from where, and what must be so afterwards, whatever the order was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from bot.domain.machine import State
from bot.domain.start_gate import ask
from bot.domain.units import ZERO, Weight
from tests.builders import BEN as BEN_HIMSELF
from tests.builders import Story
from tests.laws.races import ID, Process, Stage, a_plan_of, at_gate, stage_of, the_plan
from tests.rig import ANA, BEN

ONE, FIVE, TEN = Weight(1), Weight(5), Weight(10)
GOING = frozenset({"load", "save", "lands"})
"""The stops that decide a race with a raise: the record, and when a call lands."""
AT_GATE = frozenset({"load", "save"})
TWO_GOING, TWO_AT_GATE = frozenset({"open", "save", "lands"}), frozenset({"save", "lands"})
"""Several processes take more turns, so they stop at fewer places: a fence is one, and so is each commit."""

EVERYWHERE = frozenset(
    {
        "load",
        "save",
        "note",
        "claim",
        "open",
        "lands",
        "read",
        "engage",
        "begin",
        "_spool",
        "outcome",
        "merged",
        "take",
        "time",
    }
)

PLAN = the_plan()
ASKED = the_plan(start_approvals={"need": 1})
TWO = the_plan(stages=[{**each, "approvals": {"need": 2}} for each in PLAN["stages"]])


@dataclass(frozen=True)
class Race:
    """One story, told anew for each order. `stops` where every order is walked, and `least` how many those are."""

    name: str
    story: Callable[[], Any]
    stops: Collection[str] = ()
    least: int = 2


# ---- where they begin ------------------------------------------------------------------------------------------------


@cache
def gate() -> Story:
    """At 1 %, the gate to 10 % open."""
    return at_gate(PLAN)


@cache
def gate_for_two() -> Story:
    return at_gate(TWO)


@cache
def rising() -> Story:
    """The gate is used; nobody has asked for the 10 % yet."""
    return at_gate(PLAN).approve(BEN_HIMSELF)


@cache
def start_gate() -> Story:
    """At 0 %, preflight is green, and the start waits for a yes."""
    plan, began = a_plan_of(ASKED), Story()
    return Story(plan, ask(began.rollout, plan, began.now, "g1").rollout, now=began.now)


@cache
def held() -> Story:
    return at_gate(PLAN).hold()


@cache
def given_up() -> Story:
    """Held in the middle of a raise; the way back to 1 % isn't begun yet."""
    return at_gate(PLAN).approve(BEN_HIMSELF).hold()


# ---- what they do ----------------------------------------------------------------------------------------------------


async def goes_on(stage: Stage, one: Process) -> None:
    """A process carries out what is wanted."""
    one.works.begin(stage.now())


def approves(stage: Stage, one: Process, by: str = BEN, how: str = "button") -> Awaitable[Any]:
    known = stage.now().gate
    assert known is not None
    return one.desk.approve(stage.request("approve", by, surface=how, gate=known.id), ID)


def withdraws(stage: Stage, one: Process, by: str) -> Awaitable[Any]:
    known = stage.now().gate
    assert known is not None
    return one.desk.withdraw(stage.request("approve", by, surface="reaction", gate=known.id, undo=True), ID)


def rolls_back(stage: Stage, one: Process) -> Awaitable[Any]:
    return one.desk.rollback(stage.request("rollback"), ID, "looks bad")


def kills(stage: Stage, one: Process) -> Awaitable[Any]:
    return one.desk.kill(stage.request("kill"), ID, "fire")


def holds(stage: Stage, one: Process) -> Awaitable[Any]:
    return one.desk.hold(stage.request("hold"), ID, "wait", None)


def resumes(stage: Stage, one: Process) -> Awaitable[Any]:
    return one.desk.resume(stage.request("resume"), ID, "go on")


def freezes(stage: Stage, one: Process) -> Awaitable[Any]:
    return one.desk.freeze(stage.request("freeze", ANA), "denis", "incident", timedelta(hours=1), ())


# ---- what must be so afterwards --------------------------------------------------------------------------------------


async def rolled_back(stage: Stage) -> None:
    if stage.now().state is State.STUCK:
        await stage.rest(minutes=1)
    await stage.sound()
    await stage.is_now(State.ROLLED_BACK, ZERO)
    kinds, landed = await stage.kinds(), stage.world.landed
    assert kinds.count("rolling_back") == 1, "it was rolled back twice"
    if ZERO in landed and TEN in landed[landed.index(ZERO) :]:
        assert kinds.count("late_raise") == 1, "a raise that landed late was undone, and nobody was told"
    else:
        assert kinds.count("late_raise") <= (TEN in landed), "a raise that never landed was told as late"


async def killed(stage: Stage) -> None:
    await stage.rest(minutes=1)
    await stage.sound()
    await stage.is_now(State.KILLED, ZERO)
    assert not stage.world.on, "the switch wasn't thrown"
    assert (await stage.kinds()).count("killing") == 1, "it was killed twice"
    assert not stage.files.spooled(), "the kill isn't in the record"


async def never_started(stage: Stage) -> None:
    """Ended before it began, or taken back from its first percent."""
    await stage.rest(minutes=1)
    await stage.sound()
    ended = State.ROLLED_BACK if "promoted" in await stage.kinds() else State.ABORTED
    await stage.is_now(ended, ZERO)


async def stays_held(stage: Stage) -> None:
    """At what is on record, wherever the hold met it."""
    await stage.rest(minutes=1)
    await stage.sound()
    await stage.is_now(State.HELD, stage.now().confirmed)


# ---- the races -------------------------------------------------------------------------------------------------------

Act = Callable[[Stage, Process], Awaitable[Any]]
After = Callable[[Stage], Awaitable[None]]


def race(
    name: str,
    begins: Callable[[], Story],
    acts: dict[str, Act],
    after: After,
    stops: Collection[str] = (),
    *,
    processes: int = 1,
    plan: dict[str, Any] = PLAN,
    setting: Callable[[Stage], None] = lambda stage: None,
) -> Race:
    async def story() -> None:
        began = begins()
        stage = await stage_of(began.rollout, began.now, plan, processes)
        setting(stage)
        where = stage.processes
        await stage.race(**{who: act(stage, where[at % processes]) for at, (who, act) in enumerate(acts.items())})
        await after(stage)

    return Race(f"{name}, {processes} processes" if processes > 1 else name, story, stops)


def both(
    name: str,
    begins: Callable[[], Story],
    acts: dict[str, Act],
    after: After,
    stops: Collection[str],
    plan: dict[str, Any] = PLAN,
) -> list[Race]:
    """In one process, and in two whose memories know nothing of each other."""
    fewer = TWO_AT_GATE if stops == AT_GATE else TWO_GOING
    return [
        race(name, begins, acts, after, stops, plan=plan),
        race(name, begins, acts, after, fewer, plan=plan, processes=2),
    ]


def is_due(stage: Stage) -> None:
    kept = stage.now()
    stage.store._kept[ID].body = kept.but(due_at=stage.began).model_dump_json()


def drifted(stage: Stage) -> None:
    is_due(stage)
    stage.world.weight = FIVE


def breached(stage: Stage) -> None:
    is_due(stage)
    stage.numbers.values["success"] = 50.0


async def looks(stage: Stage, one: Process) -> None:
    await one.look()


RACES: list[Race] = [
    *both("rollback against a raise", rising, {"up": goes_on, "down": rolls_back}, rolled_back, GOING),
    race("rollback against promote", gate, {"up": approves, "down": rolls_back}, rolled_back, GOING),
    race("rollback against promote", gate, {"up": approves, "down": rolls_back}, rolled_back, TWO_AT_GATE, processes=2),
    *both("rollback against rollback", gate, {"one": rolls_back, "other": rolls_back}, rolled_back, AT_GATE),
    *both("rollback while a hold goes back", given_up, {"back": goes_on, "down": rolls_back}, rolled_back, GOING),
    *both("kill against a raise", rising, {"up": goes_on, "down": kills}, killed, {"load", "lands", "_spool"}),
    *both("kill against promote", gate, {"up": approves, "down": kills}, killed, AT_GATE),
    *both("kill against resume", held, {"up": resumes, "down": kills}, killed, AT_GATE),
    *both("kill against rollback", gate, {"one": rolls_back, "other": kills}, killed, AT_GATE),
    *both("hold against approve", gate, {"up": approves, "down": holds}, stays_held, AT_GATE),
    race(
        "hold against a start's yes", start_gate, {"up": approves, "down": holds}, stays_held, TWO_AT_GATE, plan=ASKED
    ),
    race(
        "kill against a start's yes",
        start_gate,
        {"up": approves, "down": kills},
        killed,
        TWO_AT_GATE,
        processes=2,
        plan=ASKED,
    ),
    race(
        "rollback against a start's yes",
        start_gate,
        {"up": approves, "down": rolls_back},
        never_started,
        {"save"},
        plan=ASKED,
    ),
    *both("hold against a raise", rising, {"up": goes_on, "down": holds}, stays_held, GOING),
    *both("freeze against a raise", rising, {"up": goes_on, "down": freezes}, stays_held, GOING),
    *both("freeze against approve", gate, {"up": approves, "down": freezes}, stays_held, AT_GATE),
]
