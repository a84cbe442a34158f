"""Signed evidence: who holds the key wrote it. A signature stands beside its record, never inside the hash.

Hashes have no secret: whoever may write the database can compute them all anew. A signature over each record's hash
(which covers its place and all before it) and one over the head are what such a rewrite can't make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.evidence import Broken, Head, Record


@dataclass(frozen=True, slots=True)
class Seal:
    """A signature in base64, and the id of the key that made it."""

    key: str
    signature: str


class Signer(Protocol):
    """Holds the private key."""

    def sign(self, text: str) -> Seal: ...


class PublicKeys(Protocol):
    """The public keys that a verifier trusts, former ones included."""

    def __bool__(self) -> bool:
        """Whether there is any."""
        ...

    def signed(self, text: str, seal: Seal) -> bool | None:
        """Whether the seal is this text's; None when its key isn't among these."""
        ...


@dataclass(frozen=True, slots=True)
class Signing:
    """How far a chain is signed. What can't be checked, or isn't signed at all, is counted and never hidden."""

    signed: int = 0
    unsigned: int = 0
    unchecked: int = 0
    """Signed, but no public key is known to check that with."""

    def __add__(self, other: Signing) -> Signing:
        return Signing(self.signed + other.signed, self.unsigned + other.unsigned, self.unchecked + other.unchecked)


def record_text(record: Record) -> str:
    """What is signed of a record: its hash, which covers chain, number, content and all records before it."""
    return f"perch record {record.hash}"


def head_text(chain: str, head: Head) -> str:
    """What is signed of a kept head. Another text than a record's, or an old record would do for a cut chain's head."""
    return f"perch head {chain} {head.number} {head.hash}"


def verify_signatures(
    chain: str,
    records: Sequence[Record],
    seals: Mapping[int, Seal],
    head: Head,
    head_seal: Seal | None,
    keys: PublicKeys,
) -> tuple[Broken | None, Signing]:
    """The first record whose signature is wrong or is missing after signed ones, and how far the chain is signed.

    Records before the first signed one were written before there was a key: counted, not bad. `seals` go by number.
    """
    signing, begun = Signing(), False
    for record in records:
        seal = seals.get(record.number)
        if seal is None and begun:
            return Broken(chain, record.number, _WITHOUT), signing
        begun = begun or seal is not None
        wrong = _fault(record_text(record), seal, keys)
        if wrong:
            return Broken(chain, record.number, wrong), signing
        signing += _counted(seal, keys)
    if begun and head_seal is None:
        return Broken(chain, head.number, _HEAD_WITHOUT), signing
    if _fault(head_text(chain, head), head_seal, keys):
        return Broken(chain, head.number, _OTHER_HEAD), signing
    return None, signing


_WITHOUT = "it isn't signed, though the records before it are: it was written without the key"
_HEAD_WITHOUT = "the kept head isn't signed, though the records are: it was written without the key"
_OTHER_HEAD = "the kept head's signature isn't this head's: the tail was cut, or the head was written without the key"


def _fault(text: str, seal: Seal | None, keys: PublicKeys) -> str:
    if seal is None or not keys:
        return ""
    match keys.signed(text, seal):
        case True:
            return ""
        case False:
            return f"its signature isn't the one of key {seal.key}: it was written by somebody without the key"
        case None:
            return f"it's signed with key {seal.key}, which isn't a known public key"


def _counted(seal: Seal | None, keys: PublicKeys) -> Signing:
    if seal is None:
        return Signing(unsigned=1)
    return Signing(signed=1) if keys else Signing(unchecked=1)
