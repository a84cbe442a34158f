"""A start on a kill switch that the kill of another rollout holds off: what it found there isn't the former value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import Refusal
from bot.domain.kills import engaged_methods
from bot.domain.machine import State
from bot.domain.obstacles import Obstacles, SwitchHeldOff
from bot.domain.planning.report import PlanMistakes
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.domain.units import Weight
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.requests import Start
from bot.engine.shared_switches import SharedSwitches
from bot.engine.stopping import Stopping
from bot.engine.tick import Ticker
from tests.bot.engine.test_rearming import SHOP, act_of, kill, rearm, shop
from tests.fakes.traffic import FakeKill
from tests.rig import BEN, CLEO, Rig, rig, tree

pytestmark = pytest.mark.anyio
WITHIN_S = 10.0
Meanwhile = Callable[[], Awaitable[None]]


@asynccontextmanager
async def first_live(folder: Path, **changes: Any) -> AsyncIterator[tuple[Rig, Rollout]]:
    """One rollout bakes; the shop's plan has the same switch, unless `changes` say otherwise."""
    plans = {"materializers": tree(cooldown="0s @production, 0s @lab"), SHOP: shop(cooldown="0s", **changes)}
    async with rig(folder, plans=plans, targets=2, switches=2) as here:
        first = await here.start()
        assert first.state is State.BAKING
        yield here, first


async def begin(here: Rig) -> Rollout:
    """The shop's rollout, before its first preflight."""
    asked = Start(plan=SHOP, weight=Weight(1), version="v2")
    return await here.engine.desk.start(here.request("start", BEN), asked)


async def refusal_of(doing: Awaitable[object]) -> Refusal | None:
    try:
        await doing
    except Refusal as refused:
        return refused
    return None


def red_of(rollout: Rollout) -> list[str]:
    return [each.said for each in rollout.preflight if each.outcome == "red"]


async def ended_untouched(here: Rig, rollout: Rollout, by: Rollout) -> None:
    """It ended before anything moved, and says whose kill is why."""
    ended = await here.load(rollout)
    assert ended.state is State.ABORTED, f"it is {ended.state}, and remembers {ended.former}"
    assert red_of(ended) == [f"held off by the kill of {by.id} ({by.plan} in {by.environment}), /canary rearm {by.id}"]
    assert [call for call in here.traffic[1].far.calls if call.startswith("apply")] == []


# ---- asked for ------------------------------------------------------------------------------------------------------


async def test_a_start_is_refused_while_another_kill_holds_its_switch_off(tmp_path: Path) -> None:
    """It says which switch, by whose kill, that nothing was started, and what to type; that done, it starts."""
    async with first_live(tmp_path) as (here, first):
        await kill(here, first)
        refused = await refusal_of(begin(here))
        assert isinstance(refused, SwitchHeldOff), refused
        assert str(refused) == (
            f"The kill of {first.id} (materializers in production) holds off what would switch shop off too: "
            "fake switch 0. Nothing was started."
        )
        assert refused.next_step == f"once what was killed may have traffic again: /canary rearm {first.id}"
        assert await here.engine.rollouts.live() == []
        await rearm(here, first)
        second = await here.start(BEN, plan=SHOP)
        assert (second.state, [*second.former.values()]) == (State.BAKING, ["was on"])


async def test_it_is_told_with_all_else_that_stands_in_the_way(tmp_path: Path) -> None:
    async with first_live(tmp_path) as (here, first):
        await kill(here, first)
        asked = Start(plan=SHOP, weight=Weight(10), version="v2")
        refused = await refusal_of(here.engine.desk.start(here.request("start", BEN), asked))
        assert isinstance(refused, Obstacles), refused
        assert f"/canary rearm {first.id}" in str(refused)


async def test_a_kill_in_the_spool_is_in_the_way_too(tmp_path: Path) -> None:
    """Law 2: a shell has killed it, and no record knows of it yet."""
    async with first_live(tmp_path) as (here, first):
        assert here.engine.files.begin(act_of(here, first))
        assert isinstance(await refusal_of(begin(here)), SwitchHeldOff)


async def test_the_same_plan_in_another_environment_shares_its_switch_as_well(tmp_path: Path) -> None:
    """One gateway for both; its own kill, in its own environment, is told as that alone."""
    async with first_live(tmp_path) as (here, first):
        await kill(here, first)
        refused = await refusal_of(here.start(environment="lab"))
        assert isinstance(refused, SwitchHeldOff), refused
        assert f"{first.id} (materializers in production)" in str(refused)
        own = await refusal_of(here.start())
        assert str(own) == "The kill switch of materializers is engaged, so nothing may rise."


async def test_another_switch_is_in_nobodys_way(tmp_path: Path) -> None:
    async with first_live(tmp_path, kill_switch=[[{"kind": "fake", "number": 1}]]) as (here, first):
        await kill(here, first)
        assert (await here.start(BEN, plan=SHOP)).state is State.BAKING


async def test_who_only_watches_is_not_refused(tmp_path: Path) -> None:
    async with first_live(tmp_path) as (here, first):
        await kill(here, first)
        assert (await here.start(BEN, plan=SHOP, how="observe")).state is State.PREFLIGHT
        await here.minutes(2)
        (watching,) = await here.engine.rollouts.live()
        assert (watching.mode, red_of(watching)) == ("observe", [])


async def test_down_stays_open(tmp_path: Path) -> None:
    """Law 2: who runs on a switch that a kill holds off since is killed and rolled back as ever."""
    async with first_live(tmp_path) as (here, first):
        second = await here.start(BEN, plan=SHOP)
        await kill(here, first)
        await kill(here, second)
        assert engaged_methods((await here.load(second)).kill)


async def test_a_killed_plan_that_cannot_be_read_any_more_stops_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could rearm it either."""
    async with first_live(tmp_path) as (here, first):
        await kill(here, first)
        known = Ledger.plan_of

        async def plan_of(self: Ledger, rollout: Rollout) -> Any:
            if rollout.id == first.id:
                raise PlanMistakes(())
            return await known(self, rollout)

        monkeypatch.setattr(Ledger, "plan_of", plan_of)
        assert await refusal_of(begin(here)) is None


# ---- begun already --------------------------------------------------------------------------------------------------


async def test_a_kill_between_the_start_and_its_preflight_ends_the_start(tmp_path: Path) -> None:
    async with first_live(tmp_path) as (here, first):
        second = await begin(here)
        await here.engine.desk.kill(here.request("kill", BEN), first.id, "fire")
        assert here.kills[0].standing == "off"
        await here.settle()
        await ended_untouched(here, second, first)


class Asked(FakeKill):
    """A switch to which something happens just when it's asked what it holds."""

    before: Meanwhile | None = None
    after: Meanwhile | None = None

    async def former(self) -> str:
        before, self.before = self.before, None
        if before is not None:
            await before()
        said = await super().former()
        after, self.after = self.after, None
        if after is not None:
            await after()
        return said


@asynccontextmanager
async def asked_while(folder: Path) -> AsyncIterator[tuple[Rig, Rollout, Asked]]:
    async with first_live(folder) as (here, first):
        here.kills[0] = switch = Asked(target="fake switch 0", standing="on")
        await here.engine.equipment.aclose()
        yield here, first, switch


async def test_a_kill_while_preflight_reads_the_switch_is_seen(tmp_path: Path) -> None:
    """Looked at after the reading, too."""
    async with asked_while(tmp_path) as (here, first, switch):

        async def killed() -> None:
            await here.engine.desk.kill(here.request("kill", BEN), first.id, "fire")

        second = await begin(here)
        switch.before = killed
        async with asyncio.timeout(WITHIN_S):
            await here.settle()
        await ended_untouched(here, second, first)


async def test_a_rearm_right_after_preflight_read_the_switch_makes_nothing_right(tmp_path: Path) -> None:
    """Looked at before the reading, too: what was read is the kill's, though none stands any more."""
    async with asked_while(tmp_path) as (here, first, switch):
        second = await begin(here)
        # The tick that sees to this kill would look at the other one too.
        await here.engine.desk.kill(here.request("kill", BEN), first.id, "fire")
        await here.engine.ledger.change(first.id, _over)

        async def rearmed() -> None:
            await rearm(here, first)

        switch.after = rearmed
        async with asyncio.timeout(WITHIN_S):
            await here.settle()
        assert switch.standing == "on"
        await ended_untouched(here, second, first)


def _over(rollout: Rollout, *_: object) -> Step:
    return Step(rollout.but(state=State.KILLED))


async def test_a_start_that_was_held_is_not_resumed_on_such_a_switch(tmp_path: Path) -> None:
    """A resume begins what has moved nothing yet; it stays on hold, and goes on after the rearm."""
    async with first_live(tmp_path) as (here, first):
        second = await begin(here)
        await here.engine.desk.hold(here.request("hold", BEN), second.id, "wait for the others", None)
        await kill(here, first)
        refused = await refusal_of(here.engine.desk.resume(here.request("resume", BEN), second.id, ""))
        assert isinstance(refused, SwitchHeldOff), refused
        assert (await here.load(second)).state is State.HELD
        await rearm(here, first)
        await here.engine.desk.resume(here.request("resume", BEN), second.id, "")
        await here.settle()
        resumed = await here.load(second)
        assert (resumed.state, [*resumed.former.values()]) == (State.BAKING, ["was on"])


async def test_what_has_moved_already_is_resumed_as_ever(tmp_path: Path) -> None:
    """Its former value is from before the kill."""
    async with first_live(tmp_path) as (here, first):
        second = await here.start(BEN, plan=SHOP)
        await here.engine.desk.hold(here.request("hold", BEN), second.id, "wait", None)
        await kill(here, first)
        await here.engine.desk.resume(here.request("resume", BEN), second.id, "")
        assert (await here.load(second)).state is State.BAKING


async def test_a_start_that_waits_for_approvals_ends_with_the_kill_that_takes_its_switch(tmp_path: Path) -> None:
    """The gate is closed at the next look, so no yes starts it; preflight says why once more, and ends it."""
    async with first_live(tmp_path, start_approvals={"need": 1}) as (here, first):
        second = await here.start(BEN, plan=SHOP)
        assert second.state is State.START_GATE
        await kill(here, first)
        await here.minutes(1)
        assert "gate_closed" in await here.kinds_on_record(second)
        assert await refusal_of(here.approve(second, CLEO)) is not None
        await here.minutes(1)
        await ended_untouched(here, second, first)


# ---- planted bugs ---------------------------------------------------------------------------------------------------

_in_the_way, _held_off = SharedSwitches.in_the_way, Ticker._held_off


def _nobody_looks(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> list[Any]:
        return []

    patch.setattr(SharedSwitches, "in_the_way", nothing)


def _only_a_start_looks(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> dict[str, str]:
        return {}

    patch.setattr(Ticker, "_held_off", nothing)


def _looked_at_once(patch: pytest.MonkeyPatch, which: int) -> None:
    """Of both looks that a preflight takes, only the first one, or only the second."""
    looks: list[None] = []

    async def one(*given: Any) -> Any:
        looks.append(None)
        return await _held_off(*given) if len(looks) == which else {}

    patch.setattr(Ticker, "_held_off", one)


def _looked_at_before_alone(patch: pytest.MonkeyPatch) -> None:
    _looked_at_once(patch, 1)


def _looked_at_after_alone(patch: pytest.MonkeyPatch) -> None:
    _looked_at_once(patch, 2)


def _a_resume_asks_nobody(patch: pytest.MonkeyPatch) -> None:
    async def fine(*_: object) -> None: ...

    patch.setattr(Stopping, "_require_free", fine)


def _the_spool_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> list[Any]:
        return []

    patch.setattr(KillSwitch, "acts", nothing)


def _environments_are_one(patch: pytest.MonkeyPatch) -> None:
    """A plan's kill elsewhere is taken for its own."""

    async def lenient(self: SharedSwitches, plan: Any) -> Any:
        return [each for each in await _in_the_way(self, plan) if each.rollout.plan != plan.name]

    patch.setattr(SharedSwitches, "in_the_way", lenient)


@pytest.mark.parametrize(
    ("story", "plant"),
    [
        (test_a_start_is_refused_while_another_kill_holds_its_switch_off, _nobody_looks),
        (test_a_kill_in_the_spool_is_in_the_way_too, _the_spool_is_forgotten),
        (test_the_same_plan_in_another_environment_shares_its_switch_as_well, _environments_are_one),
        (test_a_kill_between_the_start_and_its_preflight_ends_the_start, _only_a_start_looks),
        (test_a_kill_while_preflight_reads_the_switch_is_seen, _looked_at_before_alone),
        (test_a_rearm_right_after_preflight_read_the_switch_makes_nothing_right, _looked_at_after_alone),
        (test_a_start_that_was_held_is_not_resumed_on_such_a_switch, _a_resume_asks_nobody),
        (test_a_start_that_waits_for_approvals_ends_with_the_kill_that_takes_its_switch, _only_a_start_looks),
    ],
    ids=lambda each: each.__name__.lstrip("_"),
)
async def test_a_planted_bug_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, story: Any, plant: Any) -> None:
    with monkeypatch.context() as patch:
        plant(patch)
        with pytest.raises(AssertionError):
            await story(tmp_path)
