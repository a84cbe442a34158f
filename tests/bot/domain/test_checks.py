"""A check's verdict: what counts, what counts most, and what a streak is (R4, R6, R17, law 3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.checks import EARLY, Facts, Moment, as_bad_on_stable, fired, judge, tally, unheld, unmet
from bot.domain.plan import Plan
from bot.domain.rollout import Check, Streak, Tally, Verdict
from tests.builders import GOOD, MINUTE, START, Value, a_baseline, a_plan, a_stage, facts_of, measured

LATER = START + timedelta(hours=1)


def moment(now: datetime = LATER, settle: timedelta = timedelta(0)) -> Moment:
    return Moment(now, START, settle, MINUTE)


def seen(plan: Plan, at: datetime = LATER, settle: timedelta = timedelta(0), **values: Any) -> Check:
    return judge(plan, 0, facts_of(values, at), {}, moment(at, settle))[0]


class Watched:
    """Looks at one trigger minute by minute; remembers the streak in between."""

    def __init__(self, trigger: str) -> None:
        self.plan = a_plan(a_stage(rollback_when=[trigger]))
        self.streaks: dict[str, Streak] = {}
        self.now = LATER

    def sees(self, *queue: Value, every: timedelta = MINUTE, **values: Value) -> Verdict:
        for value in queue:
            self.now += every
            facts = facts_of({"queue": value, **values}, self.now)
            check, self.streaks = judge(self.plan, 0, facts, self.streaks, moment(self.now))
        return check.verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"latency": 12.0}, Verdict.WARN),
        ({"success": 97.0}, Verdict.FAIL),
        ({"success": None}, Verdict.NO_DATA),
        ({"errors": 6.0}, Verdict.BREACH),
    ],
)
def test_each_verdict_has_its_cause(values: dict[str, Any], verdict: Verdict) -> None:
    assert seen(a_plan(), **values).verdict is verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"errors": 6.0, "success": None, "latency": 12.0}, Verdict.BREACH),
        ({"success": None, "latency": 12.0}, Verdict.NO_DATA),
        ({"success": 97.0, "latency": 12.0}, Verdict.FAIL),
    ],
)
def test_the_worst_of_several_causes_is_the_verdict(values: dict[str, Any], verdict: Verdict) -> None:
    """Breach > no_data > fail > warn > pass."""
    assert seen(a_plan(), **values).verdict is verdict


def test_a_missing_hard_condition_outranks_a_failed_one() -> None:
    plan = a_plan(a_stage(promote_when=["success > 98%", "queue < 5"], rollback_when=[]))
    assert seen(plan, success=None, queue=10.0).verdict is Verdict.NO_DATA


def test_a_soft_condition_without_data_warns() -> None:
    check = seen(a_plan(), latency=None)
    assert (check.verdict, check.warnings) == (Verdict.WARN, frozenset({"latency < 10s"}))


def test_a_trigger_that_cannot_see_is_no_data_and_not_a_pass() -> None:
    """Law 3: protection that is blind doesn't let traffic rise."""
    assert seen(a_plan(), errors=None).verdict is Verdict.NO_DATA


def test_a_warning_may_be_promoted_and_a_failure_may_not() -> None:
    assert [verdict.promotable for verdict in Verdict] == [False, False, False, True, True]


def test_an_exact_threshold_does_not_pass_a_strict_comparison() -> None:
    """R18: success exactly 98 % takes the most cautious way."""
    assert seen(a_plan(), success=98.0).verdict is Verdict.FAIL


# ---- settle and after ------------------------------------------------------------------------------------------


def test_while_settling_hard_conditions_are_shown_and_not_judged() -> None:
    check = seen(a_plan(), START + MINUTE, settle=timedelta(minutes=5), success=97.0)
    [hard] = [line for line in check.lines if line.role == "hard"]
    assert (check.verdict, check.settling, check.judged) == (Verdict.PASS, True, False)
    assert (hard.value, hard.met, hard.counts, hard.detail) == (97.0, False, False, EARLY)


def test_triggers_stay_on_while_settling() -> None:
    check = seen(a_plan(), START + MINUTE, settle=timedelta(minutes=5), errors=6.0)
    assert check.verdict is Verdict.BREACH


def test_settling_ends_after_its_time_to_the_second() -> None:
    settle = timedelta(minutes=5)
    assert seen(a_plan(), START + settle - timedelta(seconds=1), settle).settling
    assert not seen(a_plan(), START + settle, settle).settling


def test_failed_checks_do_not_count_while_settling() -> None:
    """What isn't judged can't fail three times in a row."""
    plan = a_plan(a_stage(rollback_when=["check fails 3 times in a row"]))
    streaks: dict[str, Streak] = {}
    for minute in range(4):
        now = START + minute * MINUTE
        check, streaks = judge(plan, 0, facts_of({"success": 97.0}, now), streaks, moment(now, timedelta(minutes=9)))
        assert check.verdict is Verdict.PASS


@pytest.mark.parametrize("minutes", [59, 60])
def test_a_hard_condition_counts_only_from_its_after(minutes: int) -> None:
    """R17: no stale leases after 1 h."""
    plan = a_plan(a_stage(promote_when=["success > 98%", "queue == 0 after 1h"]))
    check = seen(plan, START + minutes * MINUTE, queue=3.0)
    assert check.verdict is (Verdict.PASS if minutes < 60 else Verdict.FAIL)
    assert check.settling is (minutes < 60)
    assert check.judged


def test_the_other_hard_conditions_are_judged_meanwhile() -> None:
    plan = a_plan(a_stage(promote_when=["success > 98%", "queue == 0 after 1h"]))
    check = seen(plan, START + MINUTE, success=97.0)
    assert check.verdict is Verdict.FAIL
    assert [rule.condition.text for rule in unmet(check, plan.stages[0])] == ["success > 98%"]


def test_a_soft_condition_does_not_warn_before_its_after() -> None:
    plan = a_plan(a_stage(warn_unless=["queue < 5 after 1h"]))
    assert seen(plan, START + MINUTE, queue=9.0).warnings == frozenset()
    assert seen(plan, LATER, queue=9.0).warnings == {"queue < 5 after 1h"}


def test_a_trigger_does_not_fire_or_count_before_its_after() -> None:
    plan = a_plan(a_stage(rollback_when=["queue > 5 after 1h"]))
    check, streaks = judge(plan, 0, facts_of({"queue": 9.0}), {}, moment(START + MINUTE))
    assert check.verdict is Verdict.PASS
    assert streaks["queue > 5 after 1h"] == Streak()
    assert seen(plan, LATER, queue=9.0).verdict is Verdict.BREACH


# ---- for 5m, N times in a row ----------------------------------------------------------------------------------


def test_a_sustained_trigger_fires_when_it_was_true_from_the_first_bad_check_for_that_long() -> None:
    """`for 5m`: five minutes from the first bad check to now."""
    watched = Watched("queue > 500 for 5m")
    assert watched.sees(501, 501, 501, 501, 501) is not Verdict.BREACH
    assert watched.sees(501) is Verdict.BREACH


def test_one_good_check_begins_a_sustained_trigger_anew() -> None:
    watched = Watched("queue > 500 for 5m")
    watched.sees(501, 501, 501, 501, 501, 10)
    assert watched.sees(501, 501, 501, 501, 501) is not Verdict.BREACH
    assert watched.sees(501) is Verdict.BREACH


def test_a_gap_of_two_intervals_is_still_part_of_a_sustained_trigger() -> None:
    watched = Watched("queue > 500 for 4m")
    watched.sees(501)
    assert watched.sees(501, 501, every=2 * MINUTE) is Verdict.BREACH


def test_a_gap_above_two_intervals_begins_a_sustained_trigger_anew() -> None:
    watched = Watched("queue > 500 for 4m")
    watched.sees(501)
    assert watched.sees(501, 501, every=2 * MINUTE + timedelta(seconds=1)) is not Verdict.BREACH


def test_no_data_freezes_a_sustained_trigger_and_neither_counts_nor_resets() -> None:
    """Ten minutes without data add nothing to what was seen, and take nothing away."""
    watched = Watched("queue > 500 for 5m")
    watched.sees(501, 501, 501, *[None] * 10)
    assert watched.sees(501, 501, 501) is not Verdict.BREACH
    assert watched.sees(501) is Verdict.BREACH


def test_nobody_looking_during_no_data_begins_a_sustained_trigger_anew() -> None:
    watched = Watched("queue > 500 for 5m")
    watched.sees(501, 501, 501, None)
    watched.sees(None, every=timedelta(minutes=9))
    assert watched.sees(501, 501, 501, 501, 501) is not Verdict.BREACH


def test_n_in_a_row_fires_at_the_nth_bad_check() -> None:
    watched = Watched("queue > 500 3 times in a row")
    assert watched.sees(501, 501) is not Verdict.BREACH
    assert watched.sees(501) is Verdict.BREACH


def test_a_pass_resets_n_in_a_row() -> None:
    watched = Watched("queue > 500 3 times in a row")
    assert watched.sees(501, 501, 10, 501, 501) is not Verdict.BREACH


def test_no_data_neither_counts_nor_resets_n_in_a_row() -> None:
    watched = Watched("queue > 500 3 times in a row")
    assert watched.sees(501, 501, None, None, None) is Verdict.NO_DATA
    assert watched.sees(501) is Verdict.BREACH


def test_n_in_a_row_survives_a_downtime() -> None:
    """R6: the count survives a restart."""
    watched = Watched("queue > 500 3 times in a row")
    watched.sees(501, 501)
    assert watched.sees(501, every=timedelta(hours=2)) is Verdict.BREACH


def test_three_failed_checks_in_a_row_roll_back() -> None:
    """R6: of the whole check; a pass resets."""
    watched = Watched("check fails 3 times in a row")
    assert watched.sees(1, 1, success=97.0) is Verdict.FAIL
    assert watched.sees(1) is Verdict.PASS
    assert watched.sees(1, 1, success=97.0) is Verdict.FAIL
    assert watched.sees(1, success=None) is Verdict.NO_DATA
    assert watched.sees(1, success=97.0) is Verdict.BREACH


def test_the_rules_that_fired_are_told_apart() -> None:
    plan = a_plan()
    check = seen(plan, errors=6.0)
    assert [rule.condition.text for rule in fired(check, plan.stages[0])] == ["errors > 5%"]


# ---- the other side, the end, availability ---------------------------------------------------------------------


@pytest.mark.parametrize(("errors", "as_bad"), [(7.0, True), (1.0, False), (None, False)])
def test_a_trigger_that_the_stable_side_would_fire_too_says_so(errors: Value, as_bad: bool) -> None:
    rules = a_plan().stages[0].rollback_when[1:]
    assert as_bad_on_stable(rules, a_plan(), measured({"errors": errors}), {}, START) is as_bad


def test_the_stable_side_is_held_against_the_same_baseline() -> None:
    plan = a_plan(a_stage(rollback_when=["latency > baseline + 30%"]))
    rules, baselines = plan.stages[0].rollback_when, {"latency": a_baseline(2.0)}
    assert as_bad_on_stable(rules, plan, measured({"latency": 3.0}), baselines, START)
    assert not as_bad_on_stable(rules, plan, measured({"latency": 2.1}), baselines, START)


def test_a_stable_side_that_is_not_asked_is_not_as_bad() -> None:
    rules = a_plan().stages[0].rollback_when
    assert not as_bad_on_stable(rules, a_plan(), {}, {}, START)
    assert not as_bad_on_stable([], a_plan(), measured(GOOD), {}, START)


def test_conditions_of_completion_that_cannot_be_seen_do_not_hold() -> None:
    plan = a_plan(complete_when=["success > 99%", "queue < 5"])
    told = unheld(plan.complete_when, plan, facts_of({"queue": None}), START)
    assert told == ["queue < 5 (timeout: no answer in 10 s)"]


def test_availability_counts_good_probes_and_leaves_no_data_out() -> None:
    plan = a_plan(a_stage(promote_when=["availability(chat) >= 99%"]))
    counted: dict[str, Tally] = {}
    for chat in (1.0, 0.0, None):
        counted = tally(counted, plan, measured({"chat": chat}))
    assert counted == {"chat": Tally(good=1, total=2)}
    facts = Facts(canary=measured(GOOD), tallies=counted)
    check, _ = judge(plan, 0, facts, {}, moment())
    assert (check.verdict, check.lines[-2].value) == (Verdict.FAIL, 50.0)
