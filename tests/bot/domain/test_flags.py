"""Who is in the percentage (R9)."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.flags import BUCKETS, Decided, Flag, Reason, Routing, Unaskable, Variant, bucket, decide
from bot.domain.units import ZERO, Weight

WEIGHTS = st.integers(0, 10_000).map(lambda hundredths: Weight(hundredths / 100))
KEYS = st.text(min_size=1, max_size=40)
SALTS = st.text(max_size=10)
LISA = "lisa"
CANARY, STABLE = Variant.CANARY, Variant.STABLE


def flag(weight: Weight = ZERO, mirror: Weight = ZERO, *, off: bool = False, **routing: Any) -> Flag:
    routing = {"key": "materializers", "cohort": frozenset({LISA}), **routing}
    return Flag(routing=Routing(**routing), weight=weight, mirror=mirror, off=off)


def variant(asked: Flag, key: str | None, draw: float = 0.5) -> Variant:
    return decide(asked, {} if key is None else {asked.routing.by: key}, draw).variant


@given(salt=SALTS, key=KEYS, one=WEIGHTS, other=WEIGHTS)
def test_raising_the_weight_only_adds_keys(salt: str, key: str, one: Weight, other: Weight) -> None:
    lower, higher = sorted((one, other))
    if variant(flag(lower, salt=salt), key) is CANARY:
        assert variant(flag(higher, salt=salt), key) is CANARY


@given(key=KEYS, weight=WEIGHTS, draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=5))
def test_a_key_is_answered_alike_each_time(key: str, weight: Weight, draws: list[float]) -> None:
    assert len({variant(flag(weight), key, draw) for draw in draws}) == 1


@settings(max_examples=20, deadline=None)
@given(salt=SALTS, weight=WEIGHTS, seed=st.integers(0, 10**9))
def test_the_share_of_keys_is_the_weight_within_binomial_bounds(salt: str, weight: Weight, seed: int) -> None:
    """Six standard deviations, and one key: some 10⁻⁹ of all salts would fail."""
    number, share = 2000, weight.percent / 100
    served = sum(variant(flag(weight, salt=salt), f"user-{seed + each}") is CANARY for each in range(number))
    assert abs(served - number * share) <= 6 * math.sqrt(number * share * (1 - share)) + 1


@given(key=KEYS | st.just(LISA), weight=WEIGHTS, mirror=WEIGHTS, sticky=st.booleans(), draw=st.floats(0, 0.99))
def test_what_is_off_frees_every_key_and_the_cohort_and_mirrors_nothing(
    key: str, weight: Weight, mirror: Weight, sticky: bool, draw: float
) -> None:
    off = flag(weight, mirror, off=True, sticky=sticky)
    assert decide(off, {"targetingKey": key}, draw) == Decided(STABLE, Reason.DISABLED)
    assert decide(off, {}, draw) == Decided(STABLE, Reason.DISABLED)


@given(key=KEYS | st.just(LISA), sticky=st.booleans(), draw=st.floats(0, 0.99))
def test_nothing_is_on_the_canary_at_0_percent_not_even_the_cohort(key: str, sticky: bool, draw: float) -> None:
    assert variant(flag(ZERO, sticky=sticky), key, draw) is STABLE
    assert variant(flag(ZERO, sticky=sticky), None, draw) is STABLE


@given(key=KEYS | st.none(), draw=st.floats(0, 0.99))
def test_everybody_is_on_the_canary_at_100_percent(key: str | None, draw: float) -> None:
    assert variant(flag(Weight(100)), key, draw) is CANARY


@pytest.mark.parametrize("sticky", [True, False])
def test_the_cohort_is_on_the_canary_whatever_the_percentage(sticky: bool) -> None:
    asked = flag(Weight(0.01), sticky=sticky)
    assert decide(asked, {"targetingKey": LISA}, 0.99) == Decided(CANARY, Reason.TARGETING_MATCH)


@pytest.mark.parametrize("given", [{}, {"targetingKey": ""}, {"run": "42"}])
def test_who_brings_no_key_is_told_so_where_the_answer_depends_on_it(given: dict[str, Any]) -> None:
    with pytest.raises(Unaskable) as raised:
        decide(flag(Weight(10)), given, 0.0)
    assert raised.value.missing


@pytest.mark.parametrize("given", [7, True, 1.5, ["a"], {"a": 1}])
def test_a_key_that_is_no_text_is_refused(given: Any) -> None:
    with pytest.raises(Unaskable) as raised:
        decide(flag(Weight(10)), {"targetingKey": given}, 0.0)
    assert not raised.value.missing


def test_what_does_not_stick_is_drawn_each_time_and_needs_no_key() -> None:
    loose = flag(Weight(25), sticky=False)
    drawn = Counter(variant(loose, None, place / 100) for place in range(100))
    assert drawn == {CANARY: 25, STABLE: 75}
    assert {variant(loose, "one", 0.1), variant(loose, "one", 0.9)} == {CANARY, STABLE}


def test_a_batch_job_sticks_by_its_run() -> None:
    """Whoever its user is; a run's number may be a number."""
    by_run = flag(Weight(50), by="run")
    for run in range(50):
        answers = {decide(by_run, {"run": run, "targetingKey": user}, 0.5).variant for user in ("ana", "ben", LISA)}
        assert answers == {decide(by_run, {"run": str(run)}, 0.5).variant}


def test_another_salt_chooses_others() -> None:
    chosen = [{key for key in map(str, range(500)) if bucket(salt, key) < BUCKETS // 10} for salt in ("a", "b")]
    assert chosen[0] != chosen[1]
    assert len(chosen[0] & chosen[1]) < 20


def test_the_buckets_are_what_the_docs_say_for_who_computes_them_elsewhere() -> None:
    """SHA-256 over salt, a zero byte and the key: its first 64 bits, scaled to 10,000. A change would move people."""
    known = {"ana": 7301, "ben": 5806, "ñandú": 7778}
    assert {key: bucket("materializers", key) for key in known} == known


@given(key=KEYS, mirror=WEIGHTS)
def test_a_mirror_copies_its_share_of_those_on_the_stable_side_and_serves_none(key: str, mirror: Weight) -> None:
    """R8: the copied share isn't the served one: it has buckets of its own."""
    decided = decide(flag(ZERO, mirror), {"targetingKey": key}, 0.5)
    assert decided.variant is STABLE
    assert decided.mirror is (bucket("materializers mirror", key) < round(mirror.percent * 100))


def test_a_whole_mirror_copies_everybody_with_or_without_a_key() -> None:
    assert decide(flag(ZERO, Weight(100)), {}, 0.5).mirror


@given(key=KEYS, weight=WEIGHTS)
def test_who_is_on_the_canary_is_not_copied_to_it(key: str, weight: Weight) -> None:
    decided = decide(flag(weight, Weight(100)), {"targetingKey": key}, 0.5)
    assert decided.mirror is (decided.variant is STABLE)
