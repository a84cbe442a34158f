"""Law 1: what a yes was given to, and how old the grounds of a raise may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import GateClosed, NotPromotable, StaleClick
from bot.domain.machine import State
from bot.domain.units import Weight
from tests.bot.domain import test_checklists as lists
from tests.builders import MINUTE, Story
from tests.laws.interleaving import Order, pass_time, play
from tests.laws.mutants import law_01 as bugs
from tests.laws.race_stories import PLAN, gate, goes_on, rising
from tests.laws.races import ID, Stage, at_gate, stage_of
from tests.rig import BEN, sick

Told = Callable[[Stage], Awaitable[None]]


def tell(begins: Story, told: Told) -> None:
    """One story, in the one order it has."""

    async def story() -> None:
        await told(await stage_of(begins.rollout, begins.now, PLAN))

    play(story, Order(), ())


async def _refused(doing: Awaitable[Any], *kinds: type[Exception]) -> None:
    with pytest.raises(kinds):
        await doing


def test_a_yes_counts_for_the_gate_it_was_given_to() -> None:
    """Law 1, X2: another gate of the same stage has shown other warnings."""

    async def told(stage: Stage) -> None:
        former = stage.request("approve", surface="button", gate="an-earlier-one")
        await _refused(stage.processes[0].desk.approve(former, ID), StaleClick)
        await _stays(stage)

    tell(gate(), told)


def test_a_yes_that_was_typed_before_the_gate_opened_is_not_for_it() -> None:
    """Law 1, X2: it lay in the inbox, and meant what stood there then."""

    async def told(stage: Stage) -> None:
        early = stage.request("approve").model_copy(update={"at": stage.began - MINUTE})
        await _refused(stage.processes[0].desk.approve(early, ID), StaleClick)
        await _stays(stage)
        await stage.processes[0].desk.approve(stage.request("approve"), ID)
        await stage.rest()
        await stage.is_now(State.BAKING, Weight(10))

    tell(gate(), told)


def test_the_end_of_a_bake_that_was_asked_for_in_one_stage_is_not_for_the_next() -> None:
    """Law 1: the first one used the gate, and the second one waited behind it."""

    async def told(stage: Stage) -> None:
        asked = stage.request("promote", BEN).model_copy(update={"at": stage.began - timedelta(hours=1)})
        await _refused(stage.processes[0].desk.promote(asked, ID, "in a hurry"), NotPromotable)
        await _stays(stage, State.BAKING)

    tell(Story.baking(at_gate(PLAN).plan).check(), told)


@pytest.mark.parametrize("change", [{"plan_digest": "another"}, {"version": "v3"}, {"stage": 1}])
def test_a_gate_of_another_plan_version_or_stage_leads_nowhere(change: dict[str, Any]) -> None:
    """Law 1: whatever made it stand there, approvals included."""

    async def told(stage: Stage) -> None:
        await stage.processes[0].desk.approve(stage.request("approve"), ID)
        await stage.rest()
        await _stays(stage)

    story = gate()
    known = story.rollout.gate
    assert known is not None
    other = known.model_copy(update=change)
    tell(Story(story.plan, story.rollout.but(gate=other), now=story.now), told)


def test_a_gate_is_not_used_at_the_moment_at_which_it_expires() -> None:
    """Law 1."""

    async def told(stage: Stage) -> None:
        known = stage.now().gate
        assert known is not None
        await pass_time((known.expires_at - stage.began).total_seconds())
        click = stage.request("approve", surface="button", gate=known.id)
        await _refused(stage.processes[0].desk.approve(click, ID), GateClosed)
        await _stays(stage)

    tell(gate(), told)


def test_a_raise_that_lay_through_a_downtime_is_not_begun_on_its_old_verdict() -> None:
    """Laws 1, 5: approved, and then nobody was there for an hour; the sources are sick now."""

    async def told(stage: Stage) -> None:
        await pass_time(3600)
        stage.numbers.values["success"] = sick()
        await goes_on(stage, stage.processes[0])
        await stage.rest()
        await _stays(stage, State.HELD)
        assert Weight(10) not in stage.world.asked

    tell(rising(), told)


def test_a_raise_that_lay_through_a_downtime_goes_on_once_a_check_has_passed() -> None:
    """Law 5: and a person isn't needed for that."""

    async def told(stage: Stage) -> None:
        await pass_time(3600)
        await stage.processes[0].look()
        await stage.rest()
        await stage.is_now(State.BAKING, Weight(10))

    tell(rising(), told)


async def _stays(stage: Stage, state: State = State.GATE) -> None:
    await stage.sound()
    await stage.is_now(state, Weight(1))


def another_plan() -> None:
    test_a_gate_of_another_plan_version_or_stage_leads_nowhere({"version": "v3"})


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        (test_a_yes_counts_for_the_gate_it_was_given_to, bugs.any_gate_will_do),
        (test_a_yes_that_was_typed_before_the_gate_opened_is_not_for_it, bugs.any_gate_will_do),
        (test_a_gate_is_not_used_at_the_moment_at_which_it_expires, bugs.any_gate_will_do),
        (
            test_the_end_of_a_bake_that_was_asked_for_in_one_stage_is_not_for_the_next,
            bugs.a_bake_may_end_whenever_it_was_asked,
        ),
        (another_plan, bugs.a_gate_has_no_origin),
        (lists.test_a_gate_that_closes_and_opens_again_starts_without_ticks, bugs.a_tick_lives_longer_than_its_gate),
        (test_a_raise_that_lay_through_a_downtime_is_not_begun_on_its_old_verdict, bugs.an_old_intent_is_an_intent),
    ],
)
def test_a_planted_bug_at_the_gate_is_found(
    check: Callable[[], None], plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check()
