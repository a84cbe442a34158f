"""Law 9: a redaction hides what it names and nothing else. A change that nobody vouches for is found; one that a forger
vouches for himself is found where records are signed, and said loudly where they aren't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.evidence import Entry, Head, Record, extend
from bot.domain.redactions import Scrub, person, told
from bot.domain.signatures import Signer, head_text, record_text
from storage.evidence import KeptHead
from tests.builders import START
from tests.laws.forging import CHAIN, KEY, OTHER_KEY, Stored, known, written

ENTRIES = [Entry("approved", START, "U0ANA", {"by": "U0ANA", "yes": number}) for number in range(1, 5)]
PERSON = person("U0ANA", "person-1")


def signed_redaction(*numbers: int, of: Stored | None = None, scrub: Scrub = PERSON, by: Signer = KEY) -> Stored:
    """A signed chain in which these records were redacted, as Perch does it."""
    stored = written(ENTRIES) if of is None else of
    changed = [scrub.record(stored.records[number - 1]) for number in numbers]
    for fresh, _ in changed:
        stored.records[fresh.number - 1] = fresh
    return appended(stored, Entry("redacted", START, "shell:ben", told(scrub, "asked", changed, {})), by)


def appended(stored: Stored, entry: Entry, by: Signer | None) -> Stored:
    """One more record at the end, and the head that goes with it; signed by whoever it is, or by nobody."""
    (record,), head = extend(CHAIN, stored.head(), [entry])
    stored.records.append(record)
    if by is not None:
        stored.seals[record.number] = by.sign(record_text(record))
    stored.kept = KeptHead(head, by.sign(head_text(CHAIN, head)) if by else None)
    return stored


def changed(stored: Stored, number: int, **fields: object) -> Record:
    """A record changed where it stands, its hash and everything else as they were."""
    record = replace(stored.records[number - 1], **fields)  # type: ignore[arg-type]
    stored.records[number - 1] = record
    return record


def forged_redaction(by: Signer | None) -> Stored:
    """Record 2 says something else now, and a record that the forger made up calls that a redaction."""
    stored = written(ENTRIES)
    record = changed(stored, 2, body={"by": "U0EVIL", "yes": 2})
    return appended(stored, Entry("redacted", START, "shell:ben", told(PERSON, "asked", [(record, 1)], {})), by)


def unsigned(stored: Stored) -> Stored:
    stored.seals, stored.kept = {}, replace(stored.kept, seal=None)
    return stored


def test_a_redaction_that_is_vouched_for_is_whole_and_said() -> None:
    checked = signed_redaction(2, 4).checked()
    assert checked.broken is None
    (gone,) = checked.redactions
    assert (gone.number, gone.of, gone.signed) == (5, (2, 4), True)


def test_a_redaction_that_nobody_vouches_for_is_named() -> None:
    stored = written(ENTRIES)
    changed(stored, 2, actor="person-1")
    assert stored.named() == 2


def test_a_record_that_another_redaction_does_not_name_is_named() -> None:
    stored = signed_redaction(2)
    changed(stored, 3, actor="person-1")
    assert stored.named() == 3


@pytest.mark.parametrize("fields", [{"actor": "U0EVIL"}, {"kind": "refused"}, {"body": {}}, {"at": "2020-01-01"}])
def test_what_is_left_of_a_record_may_not_change_again(fields: dict[str, object]) -> None:
    stored = signed_redaction(2)
    changed(stored, 2, **fields)
    broken = stored.checked().broken
    assert broken is not None
    assert (broken.number, "isn't what the redaction left of it" in broken.what) == (2, True)


@pytest.mark.parametrize("by", [None, OTHER_KEY], ids=["unsigned", "by a key of his own"])
def test_a_change_that_a_forger_calls_a_redaction_is_named_in_a_signed_chain(by: Signer | None) -> None:
    assert forged_redaction(by).named() == 5


def test_in_an_unsigned_chain_it_is_said_that_nobody_signed_it() -> None:
    """All that stands against it then is that it's said, and what others saw."""
    checked = unsigned(forged_redaction(None)).checked(known())
    assert checked.broken is None
    assert [gone.signed for gone in checked.redactions] == [False]


def test_a_redaction_that_is_taken_away_again_leaves_a_bad_record() -> None:
    stored = signed_redaction(2)
    stored.records.pop()
    stored.seals.pop(5)
    stored.kept = KeptHead(Head(4, stored.records[3].hash), None)
    assert stored.named() == 2


def test_a_record_vouches_for_none_that_come_after_it_nor_for_itself() -> None:
    stored = written(ENTRIES[:2])
    for number in (3, 4):
        ahead = replace(stored.records[1], number=number)
        stored = appended(stored, Entry("redacted", START, "x", told(PERSON, "", [(ahead, 1)], {})), KEY)
    changed(stored, 4, actor="person-1")
    assert stored.named() == 4


def test_the_newest_redaction_of_a_record_counts() -> None:
    first = signed_redaction(2)
    before = first.records[1]
    again = signed_redaction(2, 5, of=first, scrub=person("shell:ben", "person-2"))
    assert again.checked().broken is None
    again = signed_redaction(2, of=again, scrub=person("person-1", "person-3"))
    assert again.checked().broken is None
    again.records[1] = before
    assert again.named() == 2


@pytest.mark.parametrize(
    "records", [None, "2", [2], [{"number": "2"}], [{"number": 2}], [{"number": True, "left": "x"}]]
)
def test_a_redaction_that_is_no_such_thing_vouches_for_nothing(records: object) -> None:
    stored = written(ENTRIES)
    changed(stored, 2, actor="person-1")
    assert appended(stored, Entry("redacted", START, "x", {"records": records}), KEY).named() == 2
