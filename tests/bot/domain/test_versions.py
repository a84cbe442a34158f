"""What is being rolled out is bound to the rollout; another version in mid-bake is noticed, told and held (U1)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.measurements import Measured, Missing, NoData
from bot.domain.rollout import Verdict
from bot.domain.units import ZERO, Weight
from bot.domain.versions import UNCHANGED, Read, of_series, of_text
from commands.terminal.plan_table import plan_table
from tests.bot.domain.plan_trees import report, spoiled, told
from tests.builders import ANA, BEN, START, Story, a_plan, a_stage

WHERE = "version: it must say where the version is read — {metric: NAME}, or {command: [program, argument]}"
UNREAD = NoData(Missing.TIMEOUT, "no answer in 10 s", START)


@pytest.mark.parametrize(
    ("value", "series", "version"),
    [
        (1, '{version="2.4.1"}', "2.4.1"),
        (1, '{image="denis:9f86", version="2.4.1"}', '{image="denis:9f86", version="2.4.1"}'),
        (1, "2.4.1", "2.4.1"),
        (1, "", "1"),
        (421, "", "421"),
        (421, '{job="denis"}', "421"),
        (2.5, "", "2.5"),
        (0, '{version="2.4.1"}', "0"),
    ],
)
def test_a_series_tells_a_version_by_its_labels_or_its_number(value: float, series: str, version: str) -> None:
    assert of_series(Measured(value, START, series)) == version


def test_labels_that_were_cut_are_no_version() -> None:
    """What changes behind the cut would never be seen."""
    read = of_series(Measured(1, START, '{branch="main", commit="9f86d0818…'))
    assert isinstance(read, NoData)
    assert read.missing is Missing.GARBAGE


@pytest.mark.parametrize(
    ("text", "version"),
    [("v2\n", "v2"), (" v2 ", "v2"), ("", None), ("\n", None), ("v2\nv3", None), ("v" * 101, None)],
)
def test_a_program_tells_it_in_one_short_line(text: str, version: str | None) -> None:
    assert (of_text(text) or None) == version


def test_the_same_version_is_a_condition_that_holds() -> None:
    story = Story.baking().check(version="v2")
    assert story.rollout.check is not None
    [line] = [line for line in story.rollout.check.lines if line.condition == UNCHANGED]
    assert (line.role, line.met, line.detail, story.rollout.check.verdict) == ("hard", True, "v2", Verdict.PASS)
    assert "version_changed" not in story.kinds()


@pytest.mark.parametrize("state", [State.BAKING, State.GATE])
def test_another_version_holds_at_once_and_is_told_with_before_and_after(state: State) -> None:
    """U1: what was measured and approved was about the one before."""
    story = Story.baking().until(state, version="v2")
    story.check(version="v3")
    assert story.rollout.hold is not None
    assert (story.rollout.state, story.rollout.hold.cause, story.rollout.gate) == (State.HELD, "version", None)
    assert story.rollout.hold.why == "v3 runs, and v2 is being rolled out"
    assert story.last("version_changed").facts == {"bound": "v2", "before": "v2", "after": "v3"}
    assert story.check(5, version="v3").kinds().count("version_changed") == 1, "told once"
    assert (story.rollout.version, story.world) == ("v2", Weight(1)), "nothing is bound anew, and nothing moves"


def test_another_version_in_mid_raise_takes_it_back() -> None:
    story = Story.at_gate().approve(BEN)
    assert story.rollout.state is State.SHIFTING
    story.check(version="v3")
    assert (story.rollout.state, story.rollout.target, story.rollout.approved) == (State.HELD, Weight(1), Weight(1))


def test_a_resume_while_another_version_runs_is_held_again() -> None:
    story = Story.baking().check(version="v3").resume().check(version="v3")
    assert (story.rollout.state, story.kinds().count("held")) == (State.HELD, 2)


def test_an_unread_version_is_no_all_clear() -> None:
    """After another one was seen, silence doesn't mean that the first one is back (law 3)."""
    story = Story.baking().check(version="v3").resume().check(version=UNREAD)
    assert (story.rollout.state, story.rollout.other_version) == (State.HELD, "v3")


def test_the_first_version_may_come_back_and_the_bake_goes_on() -> None:
    story = Story.baking().check(2, version="v2").check(version="v3").check(version="v2")
    assert story.last("version_changed").facts == {"bound": "v2", "before": "v3", "after": "v2"}
    assert story.rollout.state is State.HELD, "a person resumes"
    story.resume().until(State.GATE, version="v2")


def test_a_third_version_is_told_as_well() -> None:
    story = Story.baking().check(version="v3").check(version="v4")
    assert story.last("version_changed").facts == {"bound": "v2", "before": "v3", "after": "v4"}


def test_a_version_that_cannot_be_read_is_no_data() -> None:
    """Law 3: nothing rises on it, and after the plan's patience it holds."""
    story = Story.baking().check(6, version=UNREAD)
    assert (story.rollout.state, story.rollout.gate) == (State.BAKING, None), "the bake is over, and no gate opens"
    assert story.last("no_data").facts["missing"] == ["version unchanged (timeout: no answer in 10 s)"]
    story.check(5, version=UNREAD)
    assert story.rollout.hold is not None
    assert (story.rollout.state, story.rollout.hold.cause) == (State.HELD, "no_data")


def test_a_version_that_cannot_be_read_voids_an_open_gate() -> None:
    story = Story.at_gate().check(version=UNREAD)
    assert (story.rollout.state, story.rollout.gate) == (State.BAKING, None)


@pytest.mark.parametrize("version", ["v3", UNREAD])
def test_a_breach_rolls_back_whatever_version_runs(version: Read) -> None:
    """Law 2: down comes first."""
    story = Story.baking().check(version=version, errors=9.0)
    assert (story.rollout.state, story.rollout.target) == (State.ROLLING_BACK, ZERO)


def test_a_hold_for_another_version_ends_as_any_hold() -> None:
    story = Story.baking().check(version="v3").roll_back(ANA)
    assert story.rollout.state is State.ROLLING_BACK


def test_while_a_stage_settles_the_version_is_shown_and_a_change_still_holds() -> None:
    story = Story.baking(a_plan(a_stage(settle="10m"), a_stage("10%"))).check(version="v2")
    assert story.rollout.check is not None
    assert [line.counts for line in story.rollout.check.lines if line.condition == UNCHANGED] == [False]
    assert not story.rollout.check.judged
    assert story.check(version="v3").rollout.state is State.HELD


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ({"metric": "queue"}, []),
        ({"command": ["cat", "/etc/version"]}, []),
        ({"metric": "quue"}, ["version.metric: there is no metric 'quue' — did you mean queue?"]),
        ({"command": []}, ["version.command: at least one is needed"]),
        ({"file": "x"}, [WHERE]),
        ({"metric": "queue", "command": ["x"]}, [WHERE]),
    ],
)
def test_a_plan_says_where_its_version_is_read(version: dict[str, Any], said: list[str]) -> None:
    found = report(spoiled("version", version))
    assert [told(each) for each in found.mistakes] == said


@pytest.mark.parametrize("more", [{"series": "max"}, {"series": "each"}, {"empty_is": 0, "alive_when": "seen"}])
def test_a_metric_that_may_hide_a_version_cannot_tell_it(more: dict[str, Any]) -> None:
    tree = spoiled("version", {"metric": "queue"})
    tree["metrics"]["queue"].update(more)
    [mistake] = report(tree).mistakes
    assert mistake.path == ("version", "metric")


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("2.4.1", "version: 2.4.1"),
        ({"metric": "queue"}, "version: read from metric queue at each check"),
        ({"command": ["cat", "/etc/version"]}, "version: read from cat /etc/version at each check"),
    ],
)
def test_a_plan_on_one_screen_says_its_version_or_where_it_is_read(version: Any, shown: str) -> None:
    plan = a_plan(version=version)
    assert shown in plan_table(plan).splitlines()
