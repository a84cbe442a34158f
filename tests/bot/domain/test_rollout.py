"""A rollout is a frozen value that is stored as JSON."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from bot.domain.machine import State
from bot.domain.rollout import Rollout, Verdict
from bot.domain.units import Weight
from tests.builders import START, a_check, a_line, a_plan, a_rollout, at_stage


def test_a_rollout_does_not_change_in_place() -> None:
    with pytest.raises(ValidationError):
        a_rollout().state = State.KILLED  # type: ignore[misc]
    assert a_rollout().but(state=State.HELD).state is State.HELD


def test_weights_and_durations_read_back_from_json() -> None:
    rollout = at_stage(a_plan(), 1, baked=timedelta(minutes=3, seconds=0.5), seen_weight=None)
    again = Rollout.model_validate_json(rollout.model_dump_json())
    assert again == rollout
    assert (again.confirmed, again.seen_weight, again.baked) == (Weight(10), None, timedelta(seconds=180.5))


def test_an_older_row_without_newer_fields_reads_as_it_did() -> None:
    """Upgrades with live rollouts: what is added has a default."""
    row = a_rollout(check=a_check(lines=(a_line(),))).model_dump(mode="json")
    del row["check"]["lines"][0]["counts"], row["rearmed_at"]
    assert Rollout.model_validate(row).check == a_check(lines=(a_line(),))


def test_a_finished_rollout_is_watched_only_for_its_verification() -> None:
    ended = a_rollout(state=State.ROLLED_BACK)
    assert (ended.live, ended.watched) == (False, False)
    assert ended.but(verify_left=("success > 99% within 30s",)).watched


def test_warnings_are_soft_conditions_that_count_and_do_not_hold() -> None:
    lines = (
        a_line("soft", met=False, condition="slow"),
        a_line("soft", met=None, condition="unseen"),
        a_line("soft", met=True, condition="fine"),
        a_line("soft", met=False, condition="early", counts=False),
        a_line("hard", met=False, condition="bad"),
    )
    assert a_check(Verdict.FAIL, lines=lines).warnings == {"slow", "unseen"}
    assert START.tzinfo is not None
