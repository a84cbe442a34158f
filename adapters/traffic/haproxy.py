"""Kind `haproxy` (T7): the canary's share by the weights of a backend's servers, or the canary taken out of it.

The share is weight over the sum of weights of the servers that take traffic just now: a server that is down or in
maintenance counts for nothing, so losing one shows as drift. Weights set here are gone when HAProxy is reloaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from adapters.traffic.haproxy_socket import DRAIN, MAINT, Name, RuntimeApi, SocketOptions
from adapters.traffic.haproxy_socket import Standing as Server
from adapters.traffic.shares import Pair, nearest, share
from adapters.traffic.values import Standing
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Nonsense, OutOfReach, TrafficState

MOST = 256
"""https://docs.haproxy.org/2.6/management.html#9.3-set%20weight"""
MENDS = 5
"""How often one apply sets right what another one mixed with it."""


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_several), Field(min_length=1)]


class HaproxyTrafficOptions(SocketOptions):
    """`traffic: {kind: haproxy, …}`. `stable` is all the others unless said."""

    canary: Names
    stable: Names | None = None

    @model_validator(mode="after")
    def _two_sides(self) -> HaproxyTrafficOptions:
        if both := set(self.canary) & set(self.stable or ()):
            raise misread(f"{min(both)} is canary and stable", "name each server on one side")
        return self


class HaproxyKillOptions(SocketOptions):
    """`kill_switch: {kind: haproxy, …}`: the canary's servers, and how they are taken out."""

    canary: Names
    by: Literal["weight", "drain", "maint"] = "maint"


@dataclass(frozen=True, slots=True)
class Sides:
    """A backend's servers, canary's and others."""

    canary: Sequence[Server]
    stable: Sequence[Server]

    @property
    def share(self) -> Weight:
        return share(_sum(self.canary), _sum(self.stable))

    @property
    def shown(self) -> str:
        """`canary 10 of 100: canary 10, stable 90`; who takes no traffic is named with the reason."""
        whole = _sum(self.canary) + _sum(self.stable)
        told = ", ".join(server.spelled for server in (*self.canary, *self.stable))
        return f"canary {_sum(self.canary)} of {whole}: {told}"

    def weights_for(self, wanted: Weight) -> Pair:
        """For the servers that take traffic; a side that has none at all is counted as it's meant to be."""
        up = [[each for each in side if each.takes_traffic] or side for side in (self.canary, self.stable)]
        return nearest(wanted, MOST, len(up[0]), len(up[1]))

    def reached_by(self, pair: Pair) -> Weight:
        up = [sum(each.takes_traffic for each in side) or len(side) for side in (self.canary, self.stable)]
        return share(pair.canary * up[0], pair.stable * up[1])

    def canary_first(self, pair: Pair) -> bool:
        """In which order no share stands in between that is above both the old and the new one, and never nothing."""
        if not any(server.weight for server in self.canary) and pair.stable == 0:
            return True
        return pair.canary < min(server.weight for server in self.canary) and any(each.weight for each in self.stable)

    def obstacle(self, wanted: Weight) -> str:
        """Why these weights don't give that share just now, or ""."""
        for side, name, needed in (
            (self.canary, "canary", wanted > ZERO),
            (self.stable, "stable", ZERO < wanted < Weight(100)),
        ):
            if needed and not any(server.takes_traffic for server in side):
                return f"no {name} server takes traffic: {', '.join(server.spelled for server in side)}"
        return ""


def _sum(servers: Iterable[Server]) -> int:
    return sum(server.weight for server in servers if server.takes_traffic)


class HaproxyTraffic:
    """A backend's weights. All servers of one side have the same."""

    def __init__(self, options: HaproxyTrafficOptions, environment: Environment) -> None:
        self._options = options
        self._api = RuntimeApi(options)
        self._wanted: Weight | None = None
        """What was asked for last."""

    @property
    def target(self) -> str:
        return self._api.place

    async def read(self) -> TrafficState:
        sides = await self._sides()
        return TrafficState(sides.share, sides.shown)

    async def apply(self, weight: Weight) -> None:
        sides = await self._sides()
        pair = sides.weights_for(weight)
        if (real := sides.reached_by(pair)) != weight:
            raise Denied(
                f"{self.target} can't give the canary {weight}: with weights from 0 to 256 the nearest is {real} "
                f"({pair.canary} to {pair.stable}); choose that, or more servers"
            )
        self._wanted = weight
        await self._api.tell(self._commands(sides, pair))
        await self._let_the_newest_stand()
        if obstacle := sides.obstacle(weight):
            raise OutOfReach(f"{self.target}: {obstacle}")

    async def _let_the_newest_stand(self) -> None:
        """Two that ask at once may each set half of the weights. Neither waits, and both see to what was asked last."""
        for _ in range(MENDS):
            sides, wanted = await self._sides(), self._wanted or ZERO
            pair = sides.weights_for(wanted)
            if all(each.weight == pair.canary for each in sides.canary) and all(
                each.weight == pair.stable for each in sides.stable
            ):
                return
            await self._api.tell(self._commands(sides, pair))

    async def rehearse(self) -> str:
        if (level := await self._api.level()) != "admin":
            raise Denied(f"{self.target}: this socket's level is {level or 'unknown'}; bind it with `level admin`")
        if (algorithm := await self._api.algorithm()) == "static-rr":
            raise Denied(f"{self.target} balances by {algorithm}, which takes no weights while it runs")
        if backups := await self._api.backups():
            raise Denied(f"{self.target}: {backups[0]} is a backup, so weights don't tell the share; take it out")
        sides = await self._sides()
        return f"read {sides.shown}; this socket may set weights, which isn't tried"

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def _sides(self) -> Sides:
        servers = {server.name: server for server in await self._api.servers()}
        canary, stable = self._options.canary, self._options.stable
        others = tuple(name for name in servers if name not in canary) if stable is None else stable
        if missing := [name for name in (*canary, *others) if name not in servers]:
            raise Denied(f"{self.target} has no server {missing[0]}; it has {', '.join(servers) or 'none'}")
        if stray := [name for name in servers if name not in (*canary, *others)]:
            raise Nonsense(f"{self.target}: {stray[0]} is neither canary nor stable in the plan, so no share is sure")
        if not others:
            raise Denied(f"{self.target} has no server but the canary's")
        return Sides([servers[name] for name in canary], [servers[name] for name in others])

    def _commands(self, sides: Sides, pair: Pair) -> list[str]:
        canary = [self._set(server, pair.canary) for server in sides.canary]
        stable = [self._set(server, pair.stable) for server in sides.stable]
        return [*canary, *stable] if sides.canary_first(pair) else [*stable, *canary]

    def _set(self, server: Server, weight: int) -> str:
        return f"set weight {self._options.backend}/{server.name} {weight}"


class HaproxyKill:
    """The canary's servers out of the backend: by weight 0, drained, or in maintenance."""

    def __init__(self, options: HaproxyKillOptions, environment: Environment) -> None:
        self._options = options
        self._api = RuntimeApi(options)

    @property
    def target(self) -> str:
        return f"{self._api.place} {','.join(self._options.canary)}"

    async def former(self) -> str:
        return Standing({server.name: [server.weight, _order(server)] for server in await self._canary()}).to_text()

    async def engage(self) -> None:
        await self._canary()
        by = self._options.by
        await self._api.tell(
            [self._state(n, by) if by != "weight" else self._weight(n, 0) for n in self._options.canary]
        )

    async def engaged(self) -> bool:
        return all(server.weight == 0 or _order(server) != "ready" for server in await self._canary())

    async def restore(self, former: str) -> None:
        before = _before(former, self._options.canary)
        orders = [[self._weight(name, weight), self._state(name, order)] for name, (weight, order) in before.items()]
        await self._api.tell([command for pair in orders for command in pair])

    async def rehearse(self) -> str:
        if (level := await self._api.level()) != "admin":
            raise Denied(f"{self.target}: this socket's level is {level or 'unknown'}; bind it with `level admin`")
        seen = ", ".join(server.spelled for server in await self._canary())
        return f"read {seen}; this socket may set states, which isn't tried"

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def _canary(self) -> list[Server]:
        servers = {server.name: server for server in await self._api.servers()}
        if missing := [name for name in self._options.canary if name not in servers]:
            raise Denied(
                f"{self.target}: the backend has no server {missing[0]}; it has {', '.join(servers) or 'none'}"
            )
        return [servers[name] for name in self._options.canary]

    def _state(self, name: str, state: str) -> str:
        return f"set server {self._options.backend}/{name} state {state}"

    def _weight(self, name: str, weight: int) -> str:
        return f"set weight {self._options.backend}/{name} {weight}"


def _order(server: Server) -> str:
    """The order over the socket that a server stands under."""
    return "maint" if server.admin & MAINT else "drain" if server.admin & DRAIN else "ready"


def _before(former: str, canary: Sequence[str]) -> dict[str, tuple[int, str]]:
    """What `former` said. Raises Nonsense for what it never says, and for other servers than the plan's."""
    kept = Standing.from_text(former)
    if isinstance(kept.value, dict) and set(kept.value) == set(canary):
        match list(kept.value.values()):
            case pairs if all(_is_pair(pair) for pair in pairs):
                return {name: (pair[0], pair[1]) for name, pair in kept.value.items()}
    raise Nonsense("the recorded former value can't be understood; nothing was put back")


def _is_pair(pair: Any) -> bool:
    match pair:
        case [int(weight), "ready" | "drain" | "maint"]:
            return 0 <= weight <= 256
    return False
