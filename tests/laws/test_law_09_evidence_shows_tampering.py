"""Law 9: evidence shows tampering, and verify names the first bad record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.evidence import GENESIS, Broken, Entry, Head, Record, canonical, extend, link, verify
from tests.builders import START
from tests.laws.driven import UNSHRUNK

QUICK = settings(UNSHRUNK, max_examples=60)

CHAIN = "materializers-1"
bodies = st.dictionaries(
    st.sampled_from(["reason", "weight", "línea", "by"]),
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(0, 100), st.text(max_size=6)),
    max_size=3,
)
entries = st.lists(
    st.builds(
        lambda kind, minutes, actor, body: Entry(kind, START + timedelta(minutes=minutes), actor, body),
        st.sampled_from(["started", "promoted", "verdict_changed"]),
        st.integers(0, 99),
        st.sampled_from(["U0ANA", "perch"]),
        bodies,
    ),
    min_size=1,
    max_size=8,
)


def written(given_entries: Sequence[Entry]) -> tuple[list[Record], Head]:
    records, head = extend(CHAIN, Head(), given_entries)
    return list(records), head


def named(records: Sequence[Record], head: Head) -> int | None:
    broken = verify(CHAIN, records, head)
    return broken.number if broken else None


def rehashed(record: Record) -> Record:
    """A forger who knows how records are hashed."""
    entry = Entry(record.kind, START, record.actor, record.body)
    return replace(link(CHAIN, Head(record.number - 1, record.previous), entry), number=record.number)


@QUICK
@given(entries)
def test_a_whole_chain_is_whole(given_entries: list[Entry]) -> None:
    records, head = written(given_entries)
    assert verify(CHAIN, records, head) is None
    assert [record.number for record in records] == list(range(1, len(records) + 1))
    assert records[0].previous == GENESIS


@QUICK
@given(entries, entries)
def test_a_chain_grows_the_same_in_one_go_and_in_two(first: list[Entry], second: list[Entry]) -> None:
    records, head = extend(CHAIN, Head(), [*first, *second])
    begun, middle = extend(CHAIN, Head(), first)
    rest, end = extend(CHAIN, middle, second)
    assert ((*begun, *rest), end) == (records, head)


CHANGES: dict[str, Any] = {
    "kind": "approved",
    "at": "2026-03-02T09:00:00.000001+00:00",
    "actor": "U0EVIL",
    "body": {"reason": "nothing to see"},
    "hash": "f" * 64,
    "previous": "e" * 64,
    "chain": "other-2",
}


@QUICK
@given(entries, st.data())
def test_a_changed_record_is_named(given_entries: list[Entry], data: st.DataObject) -> None:
    records, head = written(given_entries)
    place = data.draw(st.integers(0, len(records) - 1))
    field = data.draw(st.sampled_from(sorted(CHANGES)))
    records[place] = replace(records[place], **{field: CHANGES[field]})
    assert named(records, head) == place + 1


@QUICK
@given(entries, st.data())
def test_one_changed_character_of_a_body_is_named(given_entries: list[Entry], data: st.DataObject) -> None:
    records, head = written([Entry("note", START, "perch", {"text": f"{n}: all well"}) for n in range(5)])
    place = data.draw(st.integers(0, 4))
    records[place] = replace(records[place], body={"text": f"{place}: all weIl"})
    assert named(records, head) == place + 1


@QUICK
@given(entries, st.data())
def test_a_removed_record_is_named(given_entries: list[Entry], data: st.DataObject) -> None:
    records, head = written(given_entries)
    place = data.draw(st.integers(0, len(records) - 1))
    del records[place]
    assert named(records, head) == place + 1


@QUICK
@given(entries, st.data())
def test_reordered_records_are_named_where_the_order_breaks(given_entries: list[Entry], data: st.DataObject) -> None:
    records, head = written(given_entries)
    assume(len(records) > 1)
    one, other = sorted(data.draw(st.lists(st.integers(0, len(records) - 1), min_size=2, max_size=2, unique=True)))
    records[one], records[other] = records[other], records[one]
    assert named(records, head) == one + 1


@QUICK
@given(entries, st.data())
def test_a_cut_tail_is_named_against_the_head(given_entries: list[Entry], data: st.DataObject) -> None:
    records, head = written(given_entries)
    left = data.draw(st.integers(0, len(records) - 1))
    broken = verify(CHAIN, records[:left], head)
    assert broken == Broken(CHAIN, left + 1, f"the tail is cut: {len(records)} records were written, {left} are left")


@QUICK
@given(entries, st.data())
def test_a_record_that_was_put_in_is_named(given_entries: list[Entry], data: st.DataObject) -> None:
    records, head = written(given_entries)
    place = data.draw(st.integers(0, len(records)))
    before = Head(place, records[place - 1].hash if place else GENESIS)
    records.insert(place, link(CHAIN, before, Entry("approved", START, "U0EVIL", {"forged": True})))
    wrong = named(records, head)
    assert wrong is not None
    assert wrong in (place + 1, place + 2), "where it stands, or where the next one no longer follows"


@QUICK
@given(entries, st.data())
def test_a_forged_record_with_a_right_hash_breaks_the_one_after_it(
    given_entries: list[Entry], data: st.DataObject
) -> None:
    """Rehashing one record isn't enough; the last one is held against the head."""
    records, head = written(given_entries)
    place = data.draw(st.integers(0, len(records) - 1))
    forged = rehashed(replace(records[place], body={"forged": True}))
    assume(forged != records[place])
    records[place] = forged
    assert named(records, head) == min(place + 2, len(records))


@QUICK
@given(entries)
def test_a_wholly_rewritten_chain_disagrees_with_the_head(given_entries: list[Entry]) -> None:
    records, head = written(given_entries)
    rewritten, _ = written([*given_entries[:-1], Entry("completed", START, "U0EVIL", {"forged": 1})])
    assume(rewritten != records)
    assert named(rewritten, head) == len(records)


def test_a_record_added_behind_the_head_is_named() -> None:
    records, head = written([Entry("started", START, "perch", {})] * 3)
    added = link(CHAIN, head, Entry("approved", START, "U0EVIL", {}))
    more = link(CHAIN, Head(added.number, added.hash), Entry("approved", START, "U0EVIL", {}))
    broken = verify(CHAIN, [*records, added, more], head)
    assert broken == Broken(CHAIN, 4, "only 3 records were written: it was added from outside")


def test_the_same_value_is_always_the_same_text() -> None:
    assert canonical({"b": 1, "a": ["ü", None]}) == '{"a":["ü",null],"b":1}' == canonical({"a": ["ü", None], "b": 1})
