"""What somebody may do to a signed record who can write all of it, and knows everything but the private key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.evidence import GENESIS, Entry, Head, Record, extend, link
from bot.domain.signatures import Seal, Signer, head_text, record_text
from storage.evidence import KeptHead
from storage.signing import KnownKeys, SigningKey, new_key, read_public_keys, read_signing_key
from storage.verifying import Checked, judged
from tests.builders import START

CHAIN = "materializers-1"
ENTRIES = [Entry("note", START, "perch", {"text": f"{number}: all well"}) for number in range(1, 7)]
FORGED = Entry("approved", START, "U0EVIL", {"forged": True})
KEY, OTHER_KEY = read_signing_key(new_key()), read_signing_key(new_key())


def known(*keys: SigningKey) -> KnownKeys:
    return KnownKeys(read_public_keys([key.public for key in keys]))


@dataclass
class Stored:
    """A chain as a database holds it: records, signatures, the kept head with its own."""

    records: list[Record]
    seals: dict[int, Seal]
    kept: KeptHead
    chain: str = CHAIN
    older: KeptHead = field(default_factory=lambda: KeptHead(Head()))
    """A head that was kept, and signed, when the chain was three records long: an old backup has it."""

    def checked(self, keys: KnownKeys | None = None) -> Checked:
        return judged(self.chain, self.records, self.seals, self.kept, known(KEY) if keys is None else keys)

    def named(self, keys: KnownKeys | None = None) -> int | None:
        """The number of the first bad record."""
        broken = self.checked(keys).broken
        return broken.number if broken else None

    def head(self) -> Head:
        return Head(len(self.records), self.records[-1].hash if self.records else GENESIS)


def written(entries: Sequence[Entry] = ENTRIES, signer: Signer = KEY, unsigned: int = 0, chain: str = CHAIN) -> Stored:
    """A chain as Perch writes it; the first `unsigned` records were written before there was a key."""
    records, head = extend(chain, Head(), entries)
    seals = {record.number: signer.sign(record_text(record)) for record in records[unsigned:]}
    early = Head(3, records[2].hash) if len(records) > 2 else Head()
    return Stored(
        list(records),
        seals,
        KeptHead(head, signer.sign(head_text(chain, head))),
        chain,
        KeptHead(early, signer.sign(head_text(chain, early))),
    )


def rewritten(stored: Stored, place: int, entry: Entry = FORGED) -> Stored:
    """Record `place` changed, and every hash after it made anew, the kept head's too. Signatures stay as they were."""
    head = Head(place - 1, stored.records[place - 2].hash if place > 1 else GENESIS)
    changed = link(stored.chain, head, entry)
    later = [Entry(each.kind, START, each.actor, each.body) for each in stored.records[place:]]
    rest, head = extend(stored.chain, Head(changed.number, changed.hash), later)
    stored.records[place - 1 :] = [changed, *rest]
    stored.kept = KeptHead(head, stored.kept.seal)
    return stored


def without_seals(stored: Stored, first: int = 1) -> Stored:
    """Signatures taken away from record `first` on, and the head's."""
    stored.seals = {number: seal for number, seal in stored.seals.items() if number < first}
    stored.kept = replace(stored.kept, seal=None)
    return stored


def resealed(stored: Stored, signer: Signer, first: int = 1) -> Stored:
    """Signed anew from record `first` on, with a key of the forger's own."""
    for record in stored.records[first - 1 :]:
        stored.seals[record.number] = signer.sign(record_text(record))
    stored.kept = KeptHead(stored.kept.head, signer.sign(head_text(stored.chain, stored.kept.head)))
    return stored


def cut(stored: Stored, left: int, seal: Seal | None) -> Stored:
    """Everything after record `left` gone, and the kept head set to what is left, with this signature."""
    del stored.records[left:]
    stored.seals = {number: seal for number, seal in stored.seals.items() if number <= left}
    stored.kept = KeptHead(stored.head(), seal)
    return stored


def under_its_name(stored: Stored, key: SigningKey) -> Mapping[int, Seal]:
    """The seals of `stored`, said to be of `key`."""
    return {number: replace(seal, key=key.id) for number, seal in stored.seals.items()}


Forgery = Callable[[], Stored]


def _cut_with_a_records_seal() -> Stored:
    stored = written()
    return cut(stored, 3, stored.seals[3])


def _sealed_with_his_own_key_under_our_keys_name() -> Stored:
    stored = resealed(rewritten(written(), 4), OTHER_KEY, 4)
    stored.seals = dict(under_its_name(stored, KEY))
    return stored


def _seals_swapped() -> Stored:
    stored = written()
    stored.seals[2], stored.seals[5] = stored.seals[5], stored.seals[2]
    return stored


def _half_a_seal() -> Stored:
    stored = written()
    stored.seals[4] = Seal(KEY.id, "None")
    return stored


def _one_more() -> Stored:
    stored = written()
    stored.records.append(link(CHAIN, stored.head(), FORGED))
    stored.kept = replace(stored.kept, head=stored.head())
    return stored


def _one_less_in_the_middle() -> Stored:
    stored = written()
    gone = written([*ENTRIES[:2], *ENTRIES[3:]])
    return Stored(gone.records, stored.seals, KeptHead(gone.kept.head, stored.kept.seal))


def _put_in() -> Stored:
    stored = written()
    more = written([*ENTRIES[:2], FORGED, *ENTRIES[2:]])
    return Stored(more.records, stored.seals, KeptHead(more.kept.head, stored.kept.seal))


def _another_chain_under_this_name() -> Stored:
    """A good rollout's whole record, shown as a bad one's."""
    good = written(chain="materializers-0")
    renamed, head = extend(CHAIN, Head(), ENTRIES)
    return Stored(list(renamed), good.seals, KeptHead(head, good.kept.seal))


FORGERIES: dict[str, tuple[Forgery, int]] = {
    "a record rewritten, all hashes made anew": (lambda: rewritten(written(), 3), 3),
    "the first record rewritten": (lambda: rewritten(written(), 1), 1),
    "the last record rewritten": (lambda: rewritten(written(), 6), 6),
    "rewritten, and unsigned from there on": (lambda: without_seals(rewritten(written(), 3), 3), 3),
    "signed with a key of his own": (lambda: resealed(rewritten(written(), 3), OTHER_KEY, 3), 3),
    "signed with his own key, under our key's name": (_sealed_with_his_own_key_under_our_keys_name, 4),
    "unsigned tail, nothing changed": (lambda: without_seals(written(), 5), 5),
    "the head's signature gone": (lambda: without_seals(written(), 7), 6),
    "the tail cut, with a record's signature for the head": (_cut_with_a_records_seal, 3),
    "the tail cut, with the newest head's signature": (lambda: cut(written(), 3, written().kept.seal), 3),
    "the tail cut, without a head's signature": (lambda: cut(written(), 3, None), 3),
    "everything cut but the head's signature": (lambda: cut(written(), 1, written().kept.seal), 1),
    "signatures swapped": (_seals_swapped, 2),
    "a signature that is none": (_half_a_seal, 4),
    "a record added": (_one_more, 7),
    "a record taken out": (_one_less_in_the_middle, 3),
    "a record put in": (_put_in, 3),
    "another chain's record under this name": (_another_chain_under_this_name, 1),
}
"""What is done, by somebody without the key, and the number of the first bad record."""
