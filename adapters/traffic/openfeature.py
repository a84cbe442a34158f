"""Kind `openfeature` (T10, R9): a flag that Perch itself answers for, over OpenFeature's remote evaluation protocol.

There is no far side: the weight stands in Perch's own store, and the web door answers from a table of it
(`bot.engine.flags`). So nothing here waits for anybody but the store, and read-back is what that holds.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field, JsonValue, model_validator

from adapters.options import Options
from adapters.traffic.options import Text
from adapters.traffic.values import parsed, shown
from bot.domain.flags import USUAL_ATTRIBUTE, Flag, Routing
from bot.domain.kinds import Environment, Kind
from bot.domain.planning.fields import misread
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Flags, KillMethod, Nonsense, OutOfReach, StoreAway, Traffic, TrafficState

Key = Annotated[str, Field(min_length=1, max_length=200)]
T = TypeVar("T")


class FlagTrafficOptions(Options):
    """`traffic: {kind: openfeature, …}`: the flag's values, and who is on the canary at a weight."""

    key: Key
    canary: JsonValue = True
    stable: JsonValue = False
    salt: str = ""
    sticky: bool = True
    by: str = Field(default=USUAL_ATTRIBUTE, min_length=1)
    cohort: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _two_values(self) -> FlagTrafficOptions:
        if self.canary == self.stable and type(self.canary) is type(self.stable):
            raise misread("canary and stable are the same value", 'write for example canary: "new" and stable: "old"')
        if _type(self.canary) != _type(self.stable):
            what = f"canary is {_type(self.canary)} and stable {_type(self.stable)}: a flag has one type"
            raise misread(what, "put quotes around both, or around none")
        return self

    @property
    def routing(self) -> Routing:
        return Routing(**(dict(self) | {"cohort": frozenset(self.cohort)}))


class FlagKillOptions(Options):
    """`kill_switch: {kind: openfeature, key: …}`: the flag of one of the plan's `traffic`, switched off."""

    key: Key


def _type(value: JsonValue) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case None:
            return "nothing"
        case _:
            return "an object"


class FlagTraffic:
    """The weight of a flag."""

    def __init__(self, options: FlagTrafficOptions, environment: Environment, flags: Flags) -> None:
        self._routing, self._flags = options.routing, flags

    @property
    def target(self) -> str:
        return f"openfeature {self._routing.key}"

    async def read(self) -> TrafficState:
        flag = await _asked(self._flags.get(self._routing.key))
        if flag is None or not flag.defined:
            return TrafficState(ZERO, "no rollout has touched it")
        if _same_values(flag, self._routing):
            return TrafficState(flag.in_force, _told(flag))
        if flag.for_all == (self._routing.stable,):
            # Another rollout's flag of this name has ended there: from what this plan calls stable it begins.
            return TrafficState(ZERO, f"everybody is answered {shown(self._routing.stable)}")
        given = " or ".join(shown(value) for value in flag.for_all)
        raise Denied(f"flag {self._routing.key} answers {given} now; a plan begins from that: write it as its stable")

    async def apply(self, weight: Weight) -> None:
        """Set the weight. Raises Denied where that would change what those are answered who are to stay as they are."""
        if weight > ZERO:
            await self.read()
        await _asked(self._flags.set_weight(self._routing, weight))

    async def rehearse(self) -> str:
        return f"flag {self._routing.key}: {(await self.read()).shown}"

    async def aclose(self) -> None:
        """Nothing is kept open."""


class FlagMirror:
    """The share of a flag's stable side whose requests are to be copied (R8): the metadata `mirror` of an answer."""

    def __init__(self, options: FlagTrafficOptions, environment: Environment, flags: Flags) -> None:
        self._routing, self._flags = options.routing, flags

    @property
    def target(self) -> str:
        return f"openfeature {self._routing.key} mirror"

    async def read(self) -> TrafficState:
        flag = await _asked(self._flags.get(self._routing.key))
        mirror = ZERO if flag is None or flag.off else flag.mirror
        return TrafficState(mirror, f"mirror: {mirror}")

    async def apply(self, weight: Weight) -> None:
        await _asked(self._flags.set_mirror(self._routing, weight))

    async def rehearse(self) -> str:
        return f"flag {self._routing.key}: {(await self.read()).shown}"

    async def aclose(self) -> None:
        """Nothing is kept open."""


class FlagKill:
    """A flag, switched off: every key and the cohort are freed at once, whatever its weight."""

    def __init__(self, options: FlagKillOptions, environment: Environment, flags: Flags) -> None:
        self._key, self._flags = options.key, flags

    @property
    def target(self) -> str:
        return f"openfeature {self._key}"

    async def former(self) -> str:
        return json.dumps({"off": await self.engaged()})

    async def engage(self) -> None:
        await _asked(self._flags.switch(self._key, off=True))

    async def engaged(self) -> bool:
        flag = await _asked(self._flags.get(self._key))
        return flag is not None and flag.off

    async def restore(self, former: str) -> None:
        match parsed(former, "the recorded former value"):
            case {"off": bool(off), **rest} if not rest:
                await _asked(self._flags.switch(self._key, off=off))
            case _:
                raise Nonsense("the recorded former value can't be understood; nothing was put back")

    async def rehearse(self) -> str:
        return f"flag {self._key} is {'off' if await self.engaged() else 'on'}"

    async def aclose(self) -> None:
        """Nothing is kept open."""


def _same_values(flag: Flag, routing: Routing) -> bool:
    return (flag.routing.canary, flag.routing.stable) == (routing.canary, routing.stable)


def _told(flag: Flag) -> str:
    return f"switched off (its weight is {flag.weight})" if flag.off else f"{flag.weight}"


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except StoreAway as away:
        raise OutOfReach(f"Perch's own store of flags: {away}") from away


def _routing(options: Any) -> Routing:
    routing: Routing = options.routing
    return routing


def _switches(options: Any) -> str:
    return str(options.key)


def _always(options: Mapping[str, Any]) -> bool:
    return True


TRAFFIC: Kind[Traffic] = Kind(
    FlagTrafficOptions, FlagTraffic, flags=True, routing=_routing, mirror=FlagMirror, mirrors=_always
)
KILL: Kind[KillMethod] = Kind(FlagKillOptions, FlagKill, flags=True, switches=_switches)
