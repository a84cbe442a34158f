"""Who is in the percentage (R9): a flag, the context of whoever asks, and the variant that follows. Pure.

Sticky: a key's bucket is the first 64 bits of SHA-256 over `salt`, a zero byte and the key, as a number from 0 to
9,999. A key is on the canary while its bucket lies below the weight in hundredths of a percent: so raising the weight
only adds keys, lowering it only frees some, and any service in any language can compute the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from bot.domain.units import ZERO, Weight
from bot.domain.value import Value

USUAL_ATTRIBUTE = "targetingKey"
"""The attribute that OpenFeature itself names: https://openfeature.dev/specification/sections/evaluation-context/"""
BUCKETS = 10_000
WHOLE = Weight(100)


class Variant(StrEnum):
    """Which side a flag answers with."""

    CANARY = "canary"
    STABLE = "stable"


class Reason(StrEnum):
    """Why, in OpenFeature's words: https://openfeature.dev/specification/types/#resolution-reason"""

    STATIC = "STATIC"
    """Everybody is answered alike."""
    SPLIT = "SPLIT"
    """By the percentage."""
    TARGETING_MATCH = "TARGETING_MATCH"
    """By the cohort."""
    DISABLED = "DISABLED"
    """It is switched off."""
    STALE = "STALE"
    """What is in force can't be known, so the safe side answers."""


class Routing(Value):
    """What a plan says about its flag: the two values, and who gets which at a weight."""

    key: str
    canary: JsonValue = True
    stable: JsonValue = False
    salt: str = ""
    """"" is the flag's own key."""
    sticky: bool = True
    by: str = USUAL_ATTRIBUTE
    """The attribute of the context that sticks."""
    cohort: frozenset[str] = frozenset()
    """Who is on the canary whatever the percentage, as long as there is any."""

    @property
    def seed(self) -> str:
        return self.salt or self.key


class Flag(Value):
    """A flag as it is in force."""

    routing: Routing
    weight: Weight = ZERO
    mirror: Weight = ZERO
    """The share of those on the stable side whose requests are to be copied to the canary."""
    off: bool = False
    """A kill switch was engaged: nobody is on the canary, whatever the weight, and nothing is mirrored."""
    defined: bool = True
    """Whether a rollout has brought its routing; a kill before that hasn't."""

    @property
    def in_force(self) -> Weight:
        return ZERO if self.off else self.weight

    @property
    def for_all(self) -> tuple[JsonValue, ...]:
        """The values that are given out now: one where everybody is answered alike."""
        everybody = {ZERO: (self.routing.stable,), WHOLE: (self.routing.canary,)}
        return everybody.get(self.in_force, (self.routing.stable, self.routing.canary))

    def at_most(self, weight: Weight) -> Flag:
        """The same, lowered to a weight; nothing is mirrored then."""
        return self.model_copy(update={"weight": min(self.weight, weight), "mirror": ZERO})


@dataclass(frozen=True, slots=True)
class Decided:
    """What one asker is answered."""

    variant: Variant
    reason: Reason
    mirror: bool = False

    def value(self, routing: Routing) -> JsonValue:
        return routing.canary if self.variant is Variant.CANARY else routing.stable


class Unaskable(ValueError):
    """The context can't be decided upon. `missing` when the sticky attribute isn't there, else it is of no use."""

    def __init__(self, what: str, *, missing: bool) -> None:
        super().__init__(what)
        self.missing = missing


def decide(flag: Flag, context: Mapping[str, Any], draw: float) -> Decided:
    """Answer one asker. `draw` is a fresh random number from 0 to below 1, for flags that don't stick.

    Raises Unaskable where the answer depends on a key that the context doesn't hold. What is off, or at 0 %, frees
    everybody at once: no context keeps it from that.
    """
    routing, weight = flag.routing, flag.in_force
    mirror = ZERO if flag.off else flag.mirror
    if flag.off:
        return Decided(Variant.STABLE, Reason.DISABLED)
    if weight == WHOLE:
        return Decided(Variant.CANARY, Reason.STATIC)
    if weight == ZERO and mirror in (ZERO, WHOLE):
        return Decided(Variant.STABLE, Reason.STATIC, mirror == WHOLE)
    key = _key(routing, context)
    if weight > ZERO and key in routing.cohort:
        return Decided(Variant.CANARY, Reason.TARGETING_MATCH)
    if _inside(weight, routing.seed, key, draw, routing):
        return Decided(Variant.CANARY, Reason.SPLIT)
    copied = mirror == WHOLE or _inside(mirror, f"{routing.seed} mirror", key, draw, routing)
    return Decided(Variant.STABLE, Reason.SPLIT if weight > ZERO else Reason.STATIC, copied)


def bucket(salt: str, key: str) -> int:
    """A key's place among BUCKETS equal shares, for ever the same."""
    digest = hashlib.sha256(f"{salt}\0{key}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") * BUCKETS >> 64


def share_in_buckets(weight: Weight) -> int:
    """A weight as a number of buckets: its hundredths of a percent."""
    return round(weight.percent * BUCKETS / 100)


def _inside(share: Weight, salt: str, key: str | None, draw: float, routing: Routing) -> bool:
    place = bucket(salt, key) if routing.sticky and key is not None else int(draw * BUCKETS)
    return place < share_in_buckets(share)


def _key(routing: Routing, context: Mapping[str, Any]) -> str | None:
    """The attribute that sticks. Raises Unaskable where it is needed and isn't there."""
    given = context.get(routing.by)
    if isinstance(given, str) and given:
        return given
    if isinstance(given, int) and not isinstance(given, bool) and routing.by != USUAL_ATTRIBUTE:
        return str(given)
    if not routing.sticky:
        return None
    if given is None or given == "":
        raise Unaskable(f"the context lacks {routing.by}, by which this flag is decided", missing=True)
    raise Unaskable(f"{routing.by} in the context is no text", missing=False)
