"""Ed25519 keys for evidence: read from the environment, made, and asked. The only module that knows `cryptography`.

A private key is 32 bytes in base64 (the seed of RFC 8032), or a PEM block (PKCS#8); a public key 32 bytes in base64,
or a PEM block (SubjectPublicKeyInfo). A key's id is the first 16 hexadecimal digits of the SHA-256 of the public one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.domain.errors import PerchError
from bot.domain.signatures import Seal

RAW = 32
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)
_RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


class BadKey(PerchError):
    """A key can't be read. The text never holds any of it."""

    def __init__(self, where: str, what: str) -> None:
        sentence = f"{where} {what}; nothing is signed or checked with it."
        super().__init__(sentence, "perch evidence key --new makes a good one")


class SigningKey:
    """The `Signer` over one private key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = shown(private.public_key())
        self.id = key_id(private.public_key())

    def sign(self, text: str) -> Seal:
        return Seal(self.id, base64.b64encode(self._private.sign(text.encode())).decode())


class KnownKeys:
    """The `PublicKeys` that somebody trusts."""

    def __init__(self, keys: Iterable[Ed25519PublicKey] = ()) -> None:
        self._keys = {key_id(key): key for key in keys}

    def __bool__(self) -> bool:
        return bool(self._keys)

    def signed(self, text: str, seal: Seal) -> bool | None:
        key = self._keys.get(seal.key)
        if key is None:
            return None
        try:
            signature = base64.b64decode(seal.signature, validate=True)
            key.verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        # Base64 has spare bits at its end: the same signature, but not the text that was written.
        return base64.b64encode(signature).decode() == seal.signature


def new_key() -> str:
    """A fresh private key, as PERCH_SIGNING_KEY wants it."""
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def read_signing_key(text: str, where: str = "PERCH_SIGNING_KEY") -> SigningKey:
    """A private key from its text; `where` names the setting. Raises BadKey."""
    if "-----BEGIN" in text:
        return SigningKey(_private_pem(text, where))
    return SigningKey(Ed25519PrivateKey.from_private_bytes(_raw(text, where, "a private key")))


def read_public_keys(texts: Iterable[str], where: str = "PERCH_PUBLIC_KEYS") -> Sequence[Ed25519PublicKey]:
    """Public keys: each text is one or several keys (by comma, space or line), or a file of such. Raises BadKey."""
    return [key for text in texts for key in _public(_content(text.strip()), where)]


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(*_RAW)).hexdigest()[:16]


def shown(key: Ed25519PublicKey) -> str:
    """A public key as PERCH_PUBLIC_KEYS wants it."""
    return base64.b64encode(key.public_bytes(*_RAW)).decode()


def _content(text: str) -> str:
    """A file's content where `text` is a file's name."""
    try:
        return Path(text).read_text() if len(text) < 4096 and Path(text).is_file() else text
    except (OSError, ValueError):
        return text


def _public(text: str, where: str) -> Iterable[Ed25519PublicKey]:
    for pem in _PEM.findall(text):
        yield _public_pem(pem, where)
    for word in re.split(r"[\s,]+", _PEM.sub(" ", text)):
        if word:
            yield Ed25519PublicKey.from_public_bytes(_raw(word, where, "a public key"))


def _raw(text: str, where: str, what: str) -> bytes:
    """The 32 bytes of a key in base64, plain or with `-` and `_`."""
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise BadKey(where, f"isn't {what}: it is neither base64 nor PEM") from None
    if len(raw) != RAW:
        raise BadKey(where, f"isn't {what}: {len(raw)} bytes in base64 where Ed25519 has {RAW}")
    return raw


def _private_pem(text: str, where: str) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(_lines(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(where, "isn't a private key: its PEM block can't be read") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(where, "is a key of another kind than Ed25519")
    return key


def _public_pem(text: str, where: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(_lines(text))
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey(where, "isn't a public key: its PEM block can't be read") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey(where, "is a key of another kind than Ed25519")
    return key


def _lines(text: str) -> bytes:
    r"""Environment files often write the lines of a PEM block with `\n`."""
    return text.strip().replace("\\n", "\n").encode()
