"""Who meets whom at a gate, and what must be so afterwards (laws 1 and 6)."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from bot.domain.machine import State
from bot.domain.rollout import Approval
from bot.domain.units import ZERO
from bot.engine.leasing import LEASE_S
from tests.builders import BEN as BEN_HIMSELF
from tests.builders import MINUTE, Story
from tests.laws.interleaving import pass_time
from tests.laws.race_stories import (
    AT_GATE,
    ONE,
    TEN,
    TWO,
    Race,
    approves,
    both,
    breached,
    drifted,
    gate,
    gate_for_two,
    goes_on,
    is_due,
    looks,
    race,
    rising,
    withdraws,
)
from tests.laws.races import ID, Process, Stage
from tests.rig import BEN, CLEO


async def went_up_once(stage: Stage) -> None:
    await stage.sound()
    await stage.is_now(State.BAKING, TEN)
    kinds = await stage.kinds()
    assert kinds.count("promoted") == 1, "a gate was used twice"
    assert kinds.count("stage_confirmed") == 1, "a raise arrived twice"


async def arrived_once(stage: Stage) -> None:
    """A raise whose promotion was before the story."""
    await stage.sound()
    await stage.is_now(State.BAKING, TEN)
    kinds = await stage.kinds()
    assert kinds.count("stage_confirmed") == kinds.count("applied") == 1, "a raise arrived twice"
    assert stage.world.asked == [TEN], f"it was asked for {stage.world.asked}"


async def up_or_back(stage: Stage) -> None:
    """A raise that two processes were at, the first of them asleep: there once, or given up once."""
    await stage.sound()
    kinds, state = await stage.kinds(), stage.now().state
    assert kinds.count("stage_confirmed") + kinds.count("unconfirmed") == 1, kinds
    await stage.is_now(state, TEN if state is State.BAKING else ONE)


async def used_by_two(stage: Stage) -> None:
    await went_up_once(stage)
    assert (await stage.kinds()).count("approved") == 2, "a yes was lost, or counted twice"


async def one_was_late(stage: Stage) -> None:
    await went_up_once(stage)
    assert (await stage.kinds()).count("approved") == 1, "two people used a gate for one"
    assert sum("earlier moment" in answer for answer in stage.answers) == 1, stage.answers


async def counted_once(stage: Stage) -> None:
    """One person, two ways of saying yes, a gate for two."""
    await stage.sound()
    await stage.is_now(State.GATE, ONE)
    assert (await stage.kinds()).count("approved") == 1, "one person counted twice"
    assert sum("already" in answer for answer in stage.answers) == 1, stage.answers


async def withdrawn_or_used(stage: Stage) -> None:
    """The yes was there when the gate was used, or the gate is open and waits; and each is told which."""
    await stage.sound()
    kinds = await stage.kinds()
    if "promoted" in kinds:
        await stage.is_now(State.BAKING, TEN)
        assert "withdrawn" not in kinds, "it went up on a yes that had been taken back"
        assert any("one: " in answer and "earlier moment" in answer for answer in stage.answers), stage.answers
    else:
        await stage.is_now(State.GATE, ONE)
        assert kinds.count("withdrawn") == 1, "a yes was neither used nor taken back"


async def not_on_old_grounds(stage: Stage) -> None:
    """Up by a verdict that was fresh and a gate that was open, or not at all."""
    await stage.sound()
    for record in await stage.store.records(ID):
        if record.kind == "promoted":
            waited = datetime.fromisoformat(record.at) - stage.began
            assert waited < LATER, f"it went up {waited} after the gate and its check were good"
    now = stage.now()
    assert stage.world.weight == now.confirmed or now.state is State.HELD, "the weight isn't as recorded"


async def rolled_back_in_the_end(stage: Stage) -> None:
    """By the check that saw it, or by the next one."""
    await stage.rest(minutes=2)
    await stage.sound()
    await stage.is_now(State.ROLLED_BACK, ZERO)


async def drift_was_lowered(stage: Stage) -> None:
    """Seen before the promotion: held and lowered. Otherwise the raise made it right, by an approval."""
    await stage.rest(minutes=1)
    await stage.sound()
    kinds, now = await stage.kinds(), stage.now()
    if "drift" in kinds:
        await stage.is_now(State.HELD, ONE)
    else:
        assert (now.state, stage.world.weight) == (State.BAKING, TEN), (now.state, stage.world.weight)


LEASED = frozenset({"take", "open", "save", "lands", "time"})
LATER = 2 * MINUTE
"""After this the check of the stories is too old."""


@cache
def yes_from_ben() -> Story:
    """A gate for two, with one yes by reaction."""
    story = gate_for_two()
    known = story.rollout.gate
    assert known is not None
    given = Approval(person=BEN_HIMSELF, at=story.now, how="reaction")
    kept = story.rollout.but(gate=known.model_copy(update={"approvals": (given,)}))
    return replace(story, rollout=kept)


@cache
def at_its_end() -> Story:
    """A gate whose time is over in a minute."""
    story = gate()
    known = story.rollout.gate
    assert known is not None
    soon = known.model_copy(update={"expires_at": story.now + MINUTE})
    return replace(story, rollout=story.rollout.but(gate=soon))


def cleo_approves(stage: Stage, one: Process) -> Awaitable[Any]:
    return approves(stage, one, CLEO)


async def takes_over(stage: Stage, one: Process) -> None:
    """Another process, once the lease of the first one has lapsed."""
    await pass_time(LEASE_S + 1)
    one.works.begin(stage.now())


def reacts(stage: Stage, one: Process) -> Awaitable[Any]:
    return approves(stage, one, how="reaction")


def ben_withdraws(stage: Stage, one: Process) -> Awaitable[Any]:
    return withdraws(stage, one, BEN)


def time_passes(stage: Stage, one: Process) -> Awaitable[Any]:
    return pass_time(LATER.total_seconds() + 1)


def a_minute_passes(stage: Stage, one: Process) -> Awaitable[Any]:
    return pass_time(60)


async def never_after_its_time(stage: Stage) -> None:
    await stage.sound()
    for record in await stage.store.records(ID):
        if record.kind in ("promoted", "approved"):
            waited = datetime.fromisoformat(record.at) - stage.began
            assert waited < MINUTE, f"{record.kind} {waited} after the gate opened: it had expired"


GATES: list[Race] = [
    *both("two approvers, one needed", gate, {"one": approves, "other": cleo_approves}, one_was_late, AT_GATE),
    *both(
        "two approvers, two needed", gate_for_two, {"one": approves, "other": cleo_approves}, used_by_two, AT_GATE, TWO
    ),
    *both("click and reaction", gate_for_two, {"one": approves, "other": reacts}, counted_once, AT_GATE, TWO),
    *both("double click", gate_for_two, {"one": approves, "other": approves}, counted_once, AT_GATE, TWO),
    *both(
        "withdrawn or used",
        yes_from_ben,
        {"one": ben_withdraws, "other": cleo_approves},
        withdrawn_or_used,
        AT_GATE,
        TWO,
    ),
    race("both carry it out", rising, {"one": goes_on, "other": goes_on}, arrived_once, LEASED, processes=2),
    race("taken over", rising, {"one": goes_on, "other": takes_over}, up_or_back, LEASED - {"take"}, processes=2),
    race(
        "check against approve",
        gate,
        {"up": approves, "look": looks},
        went_up_once,
        {"load", "save", "claim"},
        setting=is_due,
    ),
    race(
        "breach against approve",
        gate,
        {"up": approves, "look": looks},
        rolled_back_in_the_end,
        {"load", "save", "lands"},
        setting=breached,
    ),
    race(
        "drift against approve",
        gate,
        {"up": approves, "look": looks},
        drift_was_lowered,
        {"load", "save", "lands", "read", "claim"},
        setting=drifted,
    ),
    race(
        "a verdict grows old", gate, {"up": approves, "time": time_passes}, not_on_old_grounds, {"load", "save", "time"}
    ),
    race(
        "a gate expires",
        at_its_end,
        {"up": approves, "time": a_minute_passes, "look": looks},
        never_after_its_time,
        {"load", "save", "time"},
        setting=is_due,
    ),
]
