"""Whether those who overruled turned out right, by the record (X9)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.overrides import Outcome, Override, Overruled
from bot.domain.record.marking import judge
from bot.domain.record.outcomes import Judged, judged, subject
from bot.domain.record.refusals import NoSuchOverride
from bot.domain.rollout import Rollout
from tests.bot.domain.record.chains import M, a_line, a_record, a_verdict, numbered
from tests.builders import BEN, CLEO, START, a_rollout

OVERRULED = Overruled(condition="success > 98%", measured=True, value=97.0)
RISEN = a_record(10, "promoted", State.SHIFTING, weight=10.0)
RECOVERED = a_verdict(12, "pass", a_line("success > 98%"))
DONE = a_record(30, "completed", State.COMPLETED, weight=10.0)


def down(*conditions: str, by: str = "perch", reason: str = "") -> list[Record]:
    lines = [a_line(condition, "trigger", met=True) for condition in conditions]
    facts = {"reason": reason or "; ".join(conditions), "lines": lines if by == "perch" else []}
    return [
        a_record(20, "rolling_back", State.ROLLING_BACK, by, weight=10.0, **facts),
        a_record(21, "rolled_back", State.ROLLED_BACK, weight=0.0),
    ]


def overridden(state: State, **changes: Any) -> Rollout:
    used = {"used_at": START + 10 * M, "overruled": (OVERRULED,), "what": "verdict", **changes}
    override = Override(by=CLEO.id, at=START + 9 * M, stage=0, weight=1.0, reason="known false", gate="g1", **used)
    over = {} if state.live else {"ended_at": START + 30 * M}
    return a_rollout(state=state, overrides=(override,), **over)


def one(rollout: Rollout, *records: Record) -> Judged:
    (word,) = judged(rollout, numbered(records))
    return word


def test_right_is_who_overruled_what_recovered_and_ended_well() -> None:
    word = one(overridden(State.COMPLETED), RISEN, RECOVERED, DONE)
    assert (word.outcome, word.because, word.conditions) == (Outcome.RIGHT, "ended_well", ("success > 98%",))


def test_wrong_is_whose_condition_or_its_metric_took_it_down() -> None:
    word = one(overridden(State.ROLLED_BACK), RISEN, *down("success < 90%"))
    assert (word.outcome, word.because, word.what) == (Outcome.WRONG, "came_down", "success < 90%")


def test_wrong_is_also_who_is_taken_down_by_a_person_while_it_was_bad() -> None:
    bad = a_verdict(15, "fail", a_line("success > 98%", met=False))
    word = one(overridden(State.ROLLED_BACK), RISEN, bad, *down(by=BEN.id, reason="looks bad"))
    assert (word.outcome, word.because) == (Outcome.WRONG, "came_down_by_hand")


def test_another_cause_or_a_persons_own_reason_says_nothing_about_the_override() -> None:
    other = one(overridden(State.ROLLED_BACK), RISEN, RECOVERED, *down("queue > 500"))
    assert (other.outcome, other.because, other.what) == (Outcome.CANT_SAY, "another_cause", "queue > 500")
    by_hand = one(overridden(State.ROLLED_BACK), RISEN, RECOVERED, *down(by=BEN.id, reason="marketing asked"))
    assert (by_hand.outcome, by_hand.because, by_hand.what) == (Outcome.CANT_SAY, "by_hand", "marketing asked")


def test_what_was_never_measured_again_or_stayed_bad_is_not_called_right() -> None:
    """Law 3: nothing unmeasured reads as a success."""
    never = one(overridden(State.COMPLETED), RISEN, a_verdict(12, "pass", a_line("errors < 2%")), DONE)
    assert (never.outcome, never.because) == (Outcome.CANT_SAY, "never_measured")
    still = one(overridden(State.COMPLETED), RISEN, a_verdict(12, "fail", a_line("success > 98%", met=False)), DONE)
    assert (still.outcome, still.because) == (Outcome.CANT_SAY, "still_unmet")


def test_what_goes_on_is_open_and_what_nothing_rose_on_is_unused() -> None:
    assert one(overridden(State.BAKING), RISEN).outcome is Outcome.OPEN
    assert one(overridden(State.ROLLED_BACK, used_at=None), *down("success < 90%")).outcome is Outcome.UNUSED


@pytest.mark.parametrize("what", ["bake", "cooldown"])
def test_whoever_ended_a_bake_or_a_cooldown_early_risked_everything(what: str) -> None:
    word = one(overridden(State.ROLLED_BACK, what=what, overruled=()), RISEN, *down("queue > 500"))
    assert (word.outcome, word.because) == (Outcome.WRONG, "came_down")


def test_without_the_record_it_goes_by_the_end_alone_and_says_so() -> None:
    word = one(overridden(State.COMPLETED))
    assert (word.outcome, word.because) == (Outcome.RIGHT, "no_record")


def test_a_person_may_overrule_the_computed_word_and_take_that_back() -> None:
    rollout, records = overridden(State.ROLLED_BACK), [RISEN, *down("success < 90%")]
    (told,) = judge(rollout, numbered(records), BEN, "right", "the alert was wrong", None).happenings
    records.append(a_record(40, told.kind, State.ROLLED_BACK, BEN.id, **dict(told.facts)))
    word = one(rollout, *records)
    assert (word.outcome, word.computed, word.said_by, word.said_reason) == (
        Outcome.RIGHT,
        Outcome.WRONG,
        BEN.id,
        "the alert was wrong",
    )
    (back,) = judge(rollout, numbered(records), BEN, "computed", "", 1).happenings
    records.append(a_record(41, back.kind, State.ROLLED_BACK, BEN.id, **dict(back.facts)))
    assert one(rollout, *records).outcome is Outcome.WRONG


@pytest.mark.parametrize("place", [0, 2, 99])
def test_an_override_that_isnt_there_is_refused(place: int) -> None:
    with pytest.raises(NoSuchOverride):
        judge(overridden(State.BAKING), [], BEN, "right", "why", place)
    with pytest.raises(NoSuchOverride):
        judge(a_rollout(), [], BEN, "right", "why", None)


@pytest.mark.parametrize(
    ("condition", "metric"),
    [
        ("success > 98%", "success"),
        ("budget(toggle_success) > 25%", "toggle_success"),
        ("burn(toggle_success, 1h) < 14.4", "toggle_success"),
        ("chat down", "chat"),
        ("age_of(seen) < 2m", "seen"),
    ],
)
def test_a_condition_is_about_one_metric(condition: str, metric: str) -> None:
    assert subject(condition) == metric
