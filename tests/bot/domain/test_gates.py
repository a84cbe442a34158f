"""Gates: what a promotion still waits for, whose yes counts, and what makes a gate void (law 1, X1, X2)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import gates
from bot.domain.plan import Approvals
from bot.domain.rollout import Approval, Intent, Person, Rollout, Verdict, Way
from bot.domain.units import Weight
from bot.domain.waits import Wait, Waiting
from tests.builders import (
    ANA,
    BEN,
    CLEO,
    DORA,
    MINUTE,
    START,
    a_check,
    a_gate,
    a_line,
    a_plan,
    a_stage,
    a_yes,
    at_stage,
)

ONE, TWO = Approvals(need=1), Approvals(need=2)
PLAN = a_plan()


def ready(**changes: object) -> Rollout:
    """A rollout that may rise now."""
    gate = a_gate(approvals=(a_yes(BEN),))
    return at_stage(PLAN, gate=gate, check=a_check(), involved=(ANA.id,)).but(**changes)


def lacks(*about: object) -> list[str]:
    return [each.what for each in gates.still_needed(*about)]  # type: ignore[arg-type]


def waits(rollout: Rollout, now: datetime = START, opens: datetime | None = None) -> list[str]:
    return [each.what for each in gates.promotion_waits_for(rollout, PLAN, now, opens)]


# ---- what a promotion waits for --------------------------------------------------------------------------------


def test_nothing_is_waited_for_when_all_of_law_1_is_there() -> None:
    assert waits(ready()) == []


@pytest.mark.parametrize(
    ("rollout", "lacking"),
    [
        (ready(gate=None), "an open gate"),
        (ready(gate=a_gate(stage=1, approvals=(a_yes(),))), "an open gate"),
        (ready(gate=a_gate()), "1 of 1 approvals"),
        (ready(gate=a_gate(approvals=(a_yes(ANA),))), "1 of 1 approvals"),
        (ready(check=None), "a fresh check"),
        (ready(resumed_at=START), "a fresh check"),
        (ready(check=a_check(Verdict.FAIL)), "a passing check"),
        (ready(check=a_check(Verdict.NO_DATA)), "a passing check"),
        (ready(check=a_check(settling=True)), "a passing check"),
        (ready(check=a_check(stage=1)), "a passing check"),
        (ready(seen_weight=None), "the present weight to be confirmed"),
        (ready(seen_weight=Weight(5)), "the present weight to be confirmed"),
        (ready(confirmed=Weight(5), seen_weight=Weight(5)), "the present weight to be confirmed"),
    ],
)
def test_a_promotion_waits_for_each_thing_that_is_missing(rollout: Rollout, lacking: str) -> None:
    """Law 1."""
    assert lacking in waits(rollout)


def test_a_promotion_waits_while_a_weight_is_on_its_way() -> None:
    intent = Intent(id="i", way=Way.LOWER, weight=Weight(0), before=Weight(1), made_at=START, reason="")
    assert waits(ready(intent=intent)) == ["the present weight to be confirmed"]


@pytest.mark.parametrize(("old", "fresh"), [(2 * MINUTE, True), (2 * MINUTE + timedelta(seconds=1), False)])
def test_a_verdict_is_fresh_for_two_check_intervals(old: timedelta, fresh: bool) -> None:
    assert (waits(ready(), START + old) == []) is fresh


def test_an_expired_gate_cannot_be_used() -> None:
    gate = a_gate(approvals=(a_yes(),), expires_at=START + MINUTE)
    assert waits(ready(gate=gate), START + MINUTE) == ["a new gate; this one has expired"]


@pytest.mark.parametrize("changed", [{"version": "v3"}, {"plan_digest": "d2"}])
def test_an_approval_of_another_version_or_plan_is_void(changed: dict[str, str]) -> None:
    """X2: approvals are bound to what the approver saw."""
    assert waits(ready(**changed)) == ["a new gate; the plan or the version has changed"]


def test_a_shut_window_is_waited_for_with_its_time() -> None:
    opens = START + timedelta(hours=3)
    [waiting] = gates.promotion_waits_for(ready(), PLAN, START, opens)
    assert waiting == Waiting(Wait.WINDOW, "the time window", opens)


# ---- what voids a gate -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.NO_DATA, Verdict.BREACH])
def test_a_check_that_is_neither_pass_nor_warn_voids_a_gate(verdict: Verdict) -> None:
    assert gates.voids(a_gate(), a_check(verdict)) == f"the check now says {verdict.value}"


def test_a_new_warning_voids_a_gate_and_a_shown_one_does_not() -> None:
    slow = a_check(Verdict.WARN, lines=(a_line("soft", met=False, condition="latency < 10s"),))
    assert "latency < 10s" in gates.voids(a_gate(), slow)
    assert gates.voids(a_gate(warnings=("latency < 10s",)), slow) == ""


def test_a_warning_that_went_away_and_values_that_moved_void_nothing() -> None:
    moved = a_check(lines=(a_line("hard", value=98.7), a_line("soft", value=3.0)))
    assert gates.voids(a_gate(warnings=("latency < 10s",)), moved) == ""


def test_a_gate_holds_what_the_approver_sees() -> None:
    """X2: stage, plan digest, version, verdict, warnings."""
    rollout = at_stage(PLAN, 1)
    slow = a_check(Verdict.WARN, lines=(a_line("soft", met=None, condition="queue < 5"),), stage=1)
    gate = gates.open_gate(rollout, PLAN, slow, "g7")
    assert (gate.stage, gate.plan_digest, gate.version) == (1, "d1", "v2")
    assert (gate.verdict, gate.warnings) == (Verdict.WARN, ("queue < 5",))
    assert gate.expires_at == START + timedelta(hours=4)


# ---- whose yes counts ------------------------------------------------------------------------------------------


def test_two_approvals_of_one_person_are_one() -> None:
    """Law 6."""
    gate = a_gate(approvals=(a_yes(BEN), a_yes(BEN, at=START + MINUTE)))
    assert lacks(gate, TWO, ()) == ["1 of 2 approvals"]


def test_who_asked_does_not_count_with_four_eyes_and_does_without() -> None:
    gate = a_gate(approvals=(a_yes(ANA),))
    assert lacks(gate, ONE, (ANA.id,)) == ["1 of 1 approvals"]
    assert gates.still_needed(gate, Approvals(need=1, not_requester=False), (ANA.id,)) == []


def test_one_of_each_group_needs_a_person_of_its_own_for_each() -> None:
    wanted = Approvals(need=1, one_of_each=("@devops", "@engineering"))
    both = a_yes(BEN, "@devops", "@engineering")
    assert lacks(a_gate(approvals=(both,)), wanted, ()) == ["an approval from @engineering"]
    assert gates.still_needed(a_gate(approvals=(both, a_yes(CLEO, "@devops"))), wanted, ()) == []
    assert gates.still_needed(a_gate(approvals=(both, a_yes(CLEO))), wanted, ()) != []


def test_no_approval_is_needed_where_the_plan_asks_for_none() -> None:
    assert gates.still_needed(a_gate(), Approvals(need=0), ()) == []


PEOPLE = [ANA, BEN, CLEO, DORA]
yeses: st.SearchStrategy[list[Approval]] = st.lists(st.builds(a_yes, st.sampled_from(PEOPLE)), max_size=8)
involved = st.lists(st.sampled_from([person.id for person in PEOPLE]), max_size=2)


@settings(max_examples=60, derandomize=True, database=None)
@given(yeses, involved, st.integers(0, 3))
def test_enough_is_that_many_different_people_who_did_not_ask(
    given_yes: list[Approval], asked: list[str], need: int
) -> None:
    """Laws 1, 6: in any order and however often."""
    gate = a_gate(approvals=tuple(given_yes))
    different = {each.person.id for each in given_yes} - set(asked)
    assert (gates.still_needed(gate, Approvals(need=need), asked) == []) is (len(different) >= need)
    assert len(gates.counted(gate, ONE, asked)) == len(different)


# ---- bake and windows ------------------------------------------------------------------------------------------


def test_a_bake_is_over_when_bake_and_clean_time_are_both_there() -> None:
    plan = a_plan(a_stage(bake="4m", clean_for="6m"))
    rollout = at_stage(plan, baked=timedelta(minutes=3), clean=timedelta(minutes=1))
    assert gates.bake_left(rollout, plan) == timedelta(minutes=5)
    assert gates.bake_left(rollout.but(clean=timedelta(minutes=6)), plan) == timedelta(minutes=1)
    assert gates.bake_left(rollout.but(clean=timedelta(minutes=6), extended=timedelta(minutes=2)), plan) == 3 * MINUTE
    assert gates.bake_left(rollout.but(clean=timedelta(hours=6), baked=timedelta(hours=9)), plan) == timedelta(0)


def test_a_bake_says_what_it_waits_for_with_a_time() -> None:
    """X1."""
    check = a_check(Verdict.FAIL, lines=(a_line("hard", met=False, condition="success > 98%"),))
    told = gates.bake_waits_for(at_stage(PLAN, check=check), PLAN, START)
    assert told == [
        Waiting(Wait.BAKE, "4m more of baking", START + 4 * MINUTE),
        Waiting(Wait.CONDITION, "success > 98% (not met)", name="success > 98%"),
    ]


def test_a_bake_that_stands_still_says_why() -> None:
    told = gates.bake_waits_for(at_stage(PLAN, seen_weight=None), PLAN, START)
    assert told[-1].what == "1% to be read back; the bake stands still until then"


def office(**windows: object) -> Callable[[datetime], datetime | None]:
    plan = a_plan(a_stage("1%", window=windows, bake="4h"), a_stage("10%"))
    return lambda now: gates.rise_opens(plan, 0, now)


def test_a_stage_is_left_only_inside_its_window() -> None:
    opens = office(leave="Mon-Fri 08:00-18:00")
    assert opens(START) is None
    assert opens(datetime(2026, 3, 2, 18, 0, tzinfo=UTC)) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def test_the_next_stage_is_entered_only_inside_its_window() -> None:
    plan = a_plan(a_stage("1%"), a_stage("10%", window={"enter": "Tue 10:00-11:00"}))
    assert gates.rise_opens(plan, 0, START) == datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
    assert gates.rise_opens(plan, 1, START) is None


def test_windows_of_both_stages_must_be_open_together() -> None:
    plan = a_plan(
        a_stage("1%", window={"leave": "daily 08:00-18:00"}), a_stage("10%", window={"enter": "daily 06:00-09:00"})
    )
    assert gates.rise_opens(plan, 0, START) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 3, 2, 8, 5, tzinfo=UTC), None),
        (datetime(2026, 3, 2, 8, 20, tzinfo=UTC), datetime(2026, 3, 3, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 6, 9, 0, tzinfo=UTC), datetime(2026, 3, 9, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_start_outside_its_window_is_told_the_next_one(now: datetime, opens: datetime | None) -> None:
    """R3."""
    window = {"enter": "Mon-Fri 08:00-08:15", "leave": "Mon-Fri 08:00-18:00"}
    assert gates.start_opens(a_plan(a_stage(window=window, bake="4h")), now) == opens


def test_a_start_whose_bake_cannot_end_inside_the_window_is_told_the_next_that_fits() -> None:
    """R3: 17:00 plus four hours is after hours."""
    plan = a_plan(a_stage(window="Mon-Fri 08:00-18:00", bake="4h"))
    assert gates.start_opens(plan, datetime(2026, 3, 2, 17, 0, tzinfo=UTC)) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert gates.start_opens(plan, datetime(2026, 3, 2, 13, 59, tzinfo=UTC)) is None


def test_a_person_is_known_by_id_whatever_the_name() -> None:
    renamed = Approval(person=Person(id=BEN.id, name="benjamin"), at=START, how="reaction")
    assert len(gates.counted(a_gate(approvals=(a_yes(BEN), renamed)), ONE, ())) == 1
