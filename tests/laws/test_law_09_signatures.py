"""Law 9: whoever rewrites everything but lacks the key is found; what isn't signed is never hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.anchors import Anchor, verify_anchors
from bot.domain.signatures import Seal, Signing
from storage.signing import BadKey, KnownKeys, read_public_keys, read_signing_key
from tests.laws.forging import (
    CHAIN,
    ENTRIES,
    FORGED,
    FORGERIES,
    KEY,
    OTHER_KEY,
    Stored,
    cut,
    known,
    resealed,
    rewritten,
    without_seals,
    written,
)

NOBODY = KnownKeys()


def test_a_signed_chain_that_nobody_touched_is_whole_and_counted() -> None:
    assert written().checked().broken is None
    assert written().checked().signing == Signing(signed=6)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_without_the_key_is_named(name: str) -> None:
    """Law 9. Hashes, place and head are all right; only the key is missing."""
    forge, number = FORGERIES[name]
    assert forge().named() == number


def test_each_forgery_is_beyond_hashes_alone() -> None:
    """Without a public key they'd pass, but for unsigned tails: that's what signatures are for."""
    passing = [name for name, (forge, _) in FORGERIES.items() if forge().named(NOBODY) is None]
    assert len(passing) >= 12, passing


def test_unsigned_records_of_before_the_key_are_counted_and_good() -> None:
    checked = written(unsigned=2).checked()
    assert (checked.broken, checked.signing) == (None, Signing(signed=4, unsigned=2))


def test_a_chain_stripped_of_every_signature_is_counted_as_unsigned() -> None:
    """It looks like one of before the key: never called signed, and --require-signed refuses it."""
    stripped = without_seals(rewritten(written(), 3)).checked()
    assert (stripped.broken, stripped.signing) == (None, Signing(unsigned=6))


def test_without_a_public_key_signatures_are_counted_as_unchecked() -> None:
    assert written().checked(NOBODY).signing == Signing(unchecked=6)


def test_a_new_key_takes_over_and_the_old_ones_records_stay_good() -> None:
    """Rotation: records of before verify with the former public key, and are named where nobody knows it."""
    stored = resealed(written(), OTHER_KEY, 4)
    assert stored.named(known(KEY, OTHER_KEY)) is None
    assert stored.named(known(KEY)) == 4
    assert stored.named(known(OTHER_KEY)) == 1


@given(st.integers(1, 6), st.integers(0, 87), st.integers(0, 7), st.booleans())
def test_any_changed_bit_of_a_signature_is_named(number: int, place: int, bit: int, of_head: bool) -> None:
    stored = written()
    seal = stored.kept.seal if of_head else stored.seals[number]
    assert seal is not None
    spoiled = bytearray(seal.signature.encode())
    spoiled[place] ^= 1 << bit
    broken = Seal(seal.key, spoiled.decode(errors="replace"))
    if of_head:
        stored.kept = type(stored.kept)(stored.kept.head, broken)
    else:
        stored.seals[number] = broken
    assert stored.named() == (6 if of_head else number)


# ---- what was seen from outside ---------------------------------------------------------------------------------


def anchors_of(stored: Stored, *numbers: int) -> list[Anchor]:
    """What Slack was told of a chain."""
    return [Anchor(number, stored.records[number - 1].hash[:16], "when Slack was told") for number in numbers]


def anchored(stored: Stored, anchors: list[Anchor]) -> int | None:
    assert stored.named(NOBODY) is None, "it is whole by itself"
    broken = verify_anchors(CHAIN, stored.records, anchors)
    return broken.number if broken else None


def test_a_chain_agrees_with_what_was_seen_of_it() -> None:
    assert anchored(written(), anchors_of(written(), 2, 4, 6)) is None


def test_a_wholly_rewritten_chain_disagrees_with_what_was_seen_of_it() -> None:
    """The one that hashes, head and missing signatures can't show."""
    for place, named in ((1, 2), (2, 2), (3, 4), (5, 6), (6, 6)):
        forged = without_seals(rewritten(written(), place))
        assert anchored(forged, anchors_of(written(), 2, 4, 6)) == named, place


def test_a_tail_cut_with_an_older_backups_head_disagrees_with_what_was_seen_of_it() -> None:
    """Signed heads can be kept and put back; what people saw since can't."""
    stored = written()
    older = cut(stored, 3, stored.older.seal)
    assert older.named() is None, "an old head with its old signature is good by itself: docs/safety.md says so"
    assert anchored(older, anchors_of(written(), 2, 5)) == 4


def test_what_was_seen_is_told_with_both_hashes_and_where_to_look() -> None:
    forged = without_seals(rewritten(written(), 3, FORGED))
    broken = verify_anchors(CHAIN, forged.records, anchors_of(written(), 2, 4))
    assert broken is not None
    assert written().records[3].hash[:16] in broken.what
    assert forged.records[3].hash[:16] in broken.what
    assert "between record 3 and this one" in broken.what


# ---- keys -------------------------------------------------------------------------------------------------------


def test_a_key_is_base64_or_pem_and_says_its_public_half() -> None:
    from cryptography.hazmat.primitives import serialization as as_
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(as_.Encoding.PEM, as_.PrivateFormat.PKCS8, as_.NoEncryption()).decode()
    public_pem = private.public_key().public_bytes(as_.Encoding.PEM, as_.PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (pem, pem.replace("\n", "\\n")):
        key = read_signing_key(text)
        seal = key.sign("x")
        for public in (key.public, public_pem, f"{KEY.public}, {key.public}"):
            assert KnownKeys(read_public_keys([public])).signed("x", seal) is True


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hunter2!", "neither base64 nor PEM"),
        ("nwxnpXqO5KA4FI6tr9EV", "15 bytes in base64 where Ed25519 has 32"),
        ("-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----", "its PEM block can't be read"),
    ],
)
def test_a_bad_key_is_refused_with_one_line_that_holds_none_of_it(text: str, what: str) -> None:
    """Law 8 too: what is wrong, never what was given."""
    with pytest.raises(BadKey) as bad:
        read_signing_key(text)
    assert what in str(bad.value)
    assert "\n" not in str(bad.value)
    assert "hunter2" not in str(bad.value)
    assert "secret" not in str(bad.value)
    assert bad.value.__cause__ is None


def test_the_same_records_have_the_same_hashes_with_and_without_a_key() -> None:
    """Chains of before there were keys stay valid, and unsigned ones of today are what they were."""
    from bot.domain.evidence import Head, extend

    assert extend(CHAIN, Head(), ENTRIES)[0] == tuple(written().records)
