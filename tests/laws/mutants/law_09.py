"""Planted bugs of law 9: evidence that shows less than it promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

import tests.laws.test_law_09_evidence_shows_tampering as hashes
import tests.laws.test_law_09_signatures as seen_from_outside
from bot.domain import anchors as anchors_
from bot.domain import evidence, signatures
from bot.domain.anchors import Anchor
from bot.domain.evidence import Broken, Head, Record
from bot.domain.signatures import PublicKeys, Seal, Signing
from storage import signing, verifying

_verify, _verify_signatures, _signed = evidence.verify, signatures.verify_signatures, signing.KnownKeys.signed


def a_hash_leaves_out_who_acted(patch: pytest.MonkeyPatch) -> None:
    """One field isn't covered."""
    digest = evidence._digest

    def without_actor(chain: str, number: int, kind: str, at: str, actor: str, body: Any, previous: str) -> str:
        return digest(chain, number, kind, at, "", body, previous)

    patch.setattr(evidence, "_digest", without_actor)


def a_hash_leaves_out_the_record_before(patch: pytest.MonkeyPatch) -> None:
    """Records without a chain: each is whole by itself."""
    fault = evidence._fault

    def unchained(chain: str, seen: Head, record: Record, left: str | None = None) -> str | None:
        wrong = fault(chain, seen, record, left)
        return None if wrong and "follow" in wrong else wrong

    patch.setattr(evidence, "_fault", unchained)


def nobody_compares_the_head(patch: pytest.MonkeyPatch) -> None:
    """Records are looked at, where they should end is not."""

    def verify(chain: str, records: Iterable[Record], head: Head) -> Broken | None:
        kept = list(records)
        return _verify(chain, kept, Head(len(kept), kept[-1].hash if kept else evidence.GENESIS))

    patch.setattr(hashes, "verify", verify)


def a_signature_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    """That there is one is enough."""
    patch.setattr(signing.KnownKeys, "signed", lambda self, text, seal: True if seal.key in self._keys else None)


def any_key_will_do(patch: pytest.MonkeyPatch) -> None:
    """A signature by a key that nobody knows is let through."""

    def signed(self: signing.KnownKeys, text: str, seal: Seal) -> bool | None:
        found = _signed(self, text, seal)
        return True if found is None else found

    patch.setattr(signing.KnownKeys, "signed", signed)


def an_unsigned_tail_is_accepted(patch: pytest.MonkeyPatch) -> None:
    """Each record that has a signature is checked; that others have none isn't looked at."""

    def lenient(
        chain: str,
        records: Sequence[Record],
        seals: Mapping[int, Seal],
        head: Head,
        head_seal: Seal | None,
        keys: PublicKeys,
    ) -> tuple[Broken | None, Signing]:
        sealed = [record for record in records if record.number in seals]
        return _verify_signatures(chain, sealed, seals, head, head_seal, keys)

    patch.setattr(verifying, "verify_signatures", lenient)


def the_heads_signature_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Records are checked, and the head is taken as it is."""
    fault = signatures._fault

    def only_records(text: str, seal: Seal | None, keys: PublicKeys) -> str:
        return "" if text.startswith("perch head") else fault(text, seal, keys)

    patch.setattr(signatures, "_fault", only_records)


def a_head_is_signed_like_a_record(patch: pytest.MonkeyPatch) -> None:
    """Then any record's signature will do for the head of a cut chain."""
    patch.setattr(signatures, "head_text", lambda chain, head: f"perch record {head.hash}")
    patch.setattr("tests.laws.forging.head_text", lambda chain, head: f"perch record {head.hash}")


def unsigned_counts_as_signed(patch: pytest.MonkeyPatch) -> None:
    """A chain without a signature is called signed."""
    patch.setattr(signatures, "_counted", lambda seal, keys: Signing(signed=1))


def only_the_number_is_compared(patch: pytest.MonkeyPatch) -> None:
    """What Slack was told is compared by how many records there were."""

    def lenient(chain: str, records: Sequence[Record], anchors: Iterable[Anchor]) -> Broken | None:
        most = max((anchor.number for anchor in anchors), default=0)
        return Broken(chain, len(records) + 1, "cut") if most > len(records) else None

    patch.setattr(seen_from_outside, "verify_anchors", lenient)


def only_the_newest_decision_is_compared(patch: pytest.MonkeyPatch) -> None:
    """A tail cut before it agrees with nothing, and passes."""
    compare = anchors_.verify_anchors

    def lenient(chain: str, records: Sequence[Record], anchors: Iterable[Anchor]) -> Broken | None:
        return compare(chain, records, [anchor for anchor in anchors if anchor.number <= len(records)])

    patch.setattr(seen_from_outside, "verify_anchors", lenient)


def whatever_is_named_counts_as_redacted(patch: pytest.MonkeyPatch) -> None:
    """That a later record names it is enough; what is left of it isn't compared."""
    fault = evidence._fault

    def lenient(chain: str, seen: Head, record: Record, left: str | None = None) -> str | None:
        return fault(chain, seen, record, evidence.content_hash(record) if left is not None else None)

    patch.setattr(evidence, "_fault", lenient)


def one_redaction_covers_the_whole_chain(patch: pytest.MonkeyPatch) -> None:
    """Once anything was redacted, no content is looked at any more."""
    fault = evidence._fault

    def lenient(chain: str, seen: Head, record: Record, left: str | None = None) -> str | None:
        wrong = fault(chain, seen, record, left)
        return None if wrong and "content" in wrong else wrong

    patch.setattr(evidence, "_fault", lenient)


def any_record_may_vouch_for_any(patch: pytest.MonkeyPatch) -> None:
    """An earlier record, or the record itself, does as well as a later one."""

    def named(record: Record) -> Mapping[int, str]:
        if record.kind != evidence.REDACTED_KIND:
            return {}
        return {
            each["number"]: evidence.content_hash(record) if each["number"] == record.number else each["left"]
            for each in record.body["records"]
        }

    patch.setattr(evidence, "named_in", named)


def the_first_redaction_counts(patch: pytest.MonkeyPatch) -> None:
    """What an older redaction left is still good, though a newer one took more."""

    def vouched(records: Iterable[Record]) -> Mapping[int, str]:
        found: dict[int, str] = {}
        for record in records:
            found = dict(evidence.named_in(record)) | found
        return found

    patch.setattr(evidence, "vouched", vouched)


def every_redaction_counts_as_signed(patch: pytest.MonkeyPatch) -> None:
    """Nothing is said where nobody signed it."""
    patch.setattr(verifying, "_is_signed", lambda record, seals, keys: True)
