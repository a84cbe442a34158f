"""Flags over HTTP, as the OpenFeature Remote Evaluation Protocol says it (T10): who may ask, and what each is answered.

The protocol: https://github.com/open-feature/protocol/blob/main/service/openapi.yaml. Nothing here waits: every answer
comes from the table in memory. A flood is turned away with 429, for the way down shares this process (law 2).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.flags import Unaskable
from bot.engine.flags import Answer, FlagTable, NotReady, UnknownFlag

MOST_BYTES = 64 * 1024
"""The largest body that is read as a context: reading it is the loop's own time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; without a `said` it has no body."""

    status: int
    said: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return b"" if self.said is None else json.dumps(self.said, separators=(",", ":")).encode()


class BadRequest(Exception):
    """What was sent can't be evaluated; `code` is OpenFeature's."""

    def __init__(self, code: str, details: str) -> None:
        super().__init__(details)
        self.code = code


class FlagDoor:
    """`token` is what askers must bring, "" lets everybody ask; `per_second` is how many requests are answered."""

    def __init__(
        self, table: FlagTable, token: str, per_second: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._table, self._token = table, token
        self._per_second, self._clock = per_second, clock
        self._left, self._since = float(per_second), clock()

    def refuses(self, headers: Mapping[str, str]) -> Reply | None:
        """Why this request isn't answered: no token (401), a wrong one (403), or too many at once (429)."""
        if self._token:
            given = _credential(headers)
            if not given:
                what = "bring the token as `Authorization: Bearer …` or `X-API-Key: …`"
                return Reply(401, {"errorDetails": what}, {"WWW-Authenticate": "Bearer"})
            if not hmac.compare_digest(given.encode(errors="surrogatepass"), self._token.encode()):
                return Reply(403, {"errorDetails": "the token is wrong"})
        if not self._has_room():
            what = f"more than {self._per_second} requests a second; PERCH_OFREP_PER_SECOND says how many are answered"
            return Reply(429, {"errorDetails": what}, {"Retry-After": "1"})
        return None

    def evaluate(self, key: str, body: bytes) -> Reply:
        """One flag, for one asker."""
        try:
            answer = self._table.answer(key, _context(body))
        except UnknownFlag:
            return Reply(404, _failure(key, "FLAG_NOT_FOUND", f"no plan here has a flag '{key}'"))
        except NotReady:
            return _not_ready()
        except BadRequest as bad:
            return Reply(400, _failure(key, bad.code, str(bad)))
        except Unaskable as unaskable:
            return Reply(400, _failure(key, _code(unaskable), str(unaskable)))
        return Reply(200, _success(key, answer))

    def evaluate_all(self, body: bytes, known: str) -> Reply:
        """Every flag, for one asker; 304 when the answer is one of those that `known` (If-None-Match) names."""
        try:
            context = _context(body)
            said = {"flags": [self._one_of_all(key, context) for key in self._table.names()]}
        except NotReady:
            return _not_ready()
        except BadRequest as bad:
            return Reply(400, {"errorCode": bad.code, "errorDetails": str(bad)})
        reply = Reply(200, said)
        tag = f'"{hashlib.sha256(reply.body).hexdigest()[:32]}"'
        return Reply(304 if _names(known, tag) else 200, None if _names(known, tag) else said, {"ETag": tag})

    def _one_of_all(self, key: str, context: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return _success(key, self._table.answer(key, context))
        except Unaskable as unaskable:
            return _failure(key, _code(unaskable), str(unaskable))

    def _has_room(self) -> bool:
        """So many at once, and so many more with each second."""
        now = self._clock()
        self._left = min(float(self._per_second), self._left + (now - self._since) * self._per_second)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _context(body: bytes) -> Mapping[str, Any]:
    """The context of an evaluation. Raises BadRequest; no body at all is an empty context."""
    if len(body) > MOST_BYTES:
        raise BadRequest("INVALID_CONTEXT", f"the context is larger than {MOST_BYTES} bytes")
    if not body.strip():
        return {}
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("PARSE_ERROR", "the body is no JSON") from None
    if not isinstance(asked, dict):
        raise BadRequest("PARSE_ERROR", 'the body is no object: send {"context": {"targetingKey": …}}')
    context = asked.get("context")
    if context is not None and not isinstance(context, dict):
        raise BadRequest("INVALID_CONTEXT", "context is no object")
    return context or {}


def _success(key: str, answer: Answer) -> Mapping[str, Any]:
    decided = answer.decided
    return {
        "key": key,
        "value": decided.value(answer.routing),
        "reason": decided.reason.value,
        "variant": decided.variant.value,
        "metadata": {"mirror": decided.mirror},
    }


def _failure(key: str, code: str, details: str) -> Mapping[str, Any]:
    return {"key": key, "errorCode": code, "errorDetails": details}


def _code(unaskable: Unaskable) -> str:
    return "TARGETING_KEY_MISSING" if unaskable.missing else "INVALID_CONTEXT"


def _not_ready() -> Reply:
    """So that the asker takes its own default, which is what it did before Perch."""
    return Reply(500, {"errorDetails": "Perch hasn't read its flags yet; it tries every second"})


def _credential(headers: Mapping[str, str]) -> str:
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else headers.get("X-API-Key", "")


def _names(known: str, tag: str) -> bool:
    """Weak comparison, as RFC 9110 13.1.2 asks for."""
    tags = {each.strip().removeprefix("W/") for each in known.split(",")}
    return tag in tags or "*" in tags
