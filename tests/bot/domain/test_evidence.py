"""Records and their chain; that tampering shows is law 9's test."""

from datetime import UTC, datetime

import pytest

from bot.domain.evidence import GENESIS, WORKSPACE, Entry, Head, extend, link, verify
from tests.builders import START


def test_a_record_has_its_place_and_follows_from_the_one_before() -> None:
    (first, second), head = extend("r1", Head(), [Entry("started", START, "U0ANA", {}), Entry("x", START, "perch", {})])
    assert (first.number, first.previous, second.number, second.previous) == (1, GENESIS, 2, first.hash)
    assert head == Head(2, second.hash)


def test_an_empty_chain_is_whole() -> None:
    assert verify(WORKSPACE, [], Head()) is None


def test_the_same_entry_in_two_chains_has_two_hashes() -> None:
    entry = Entry("started", START, "U0ANA", {})
    assert link("r1", Head(), entry).hash != link("r2", Head(), entry).hash


def test_a_body_is_kept_as_it_is_hashed() -> None:
    """Tuples become lists before the hash, so that a record read back has the same one."""
    record = link("r1", Head(), Entry("x", START, "perch", {"warnings": ("a", "b")}))
    assert record.body == {"warnings": ["a", "b"]}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_has_no_json_is_no_evidence(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        link("r1", Head(), Entry("x", datetime(2026, 1, 1, tzinfo=UTC), "perch", {"value": value}))
