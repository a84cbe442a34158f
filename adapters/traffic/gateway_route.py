"""Kind `gateway_route` (T2): the weights of canary and stable among the backends of a Gateway API HTTPRoute.

A route's rules are one atomic list, so whoever applies one field of it owns them all: this kind patches the two numbers
instead, all or nothing, and only where the names beside them are still the plan's. https://gateway-api.sigs.k8s.io/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lightkube.generic_resource import create_namespaced_resource
from pydantic import Field, model_validator

from adapters.http import excerpt
from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.options import ClusterOptions, Name
from adapters.traffic.values import Standing
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.units import Weight
from bot.ports import Denied, Nonsense, OutOfReach, TrafficState

HTTPRoute = create_namespaced_resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
MANAGER = "perch-weights"
MOST = 1_000_000
"""The largest weight that the API takes."""


class GatewayRouteOptions(ClusterOptions):
    """`traffic:` or `kill_switch: {kind: gateway_route, …}`. `rule` counts from 0; needless where only one fits."""

    route: Name
    canary: Name
    stable: Name
    rule: int | None = Field(default=None, ge=0, le=15)

    @model_validator(mode="after")
    def _two_sides(self) -> GatewayRouteOptions:
        if self.canary == self.stable:
            raise misread("canary and stable are the same service", "name the service of each side")
        return self


@dataclass(frozen=True, slots=True)
class Split:
    """Where the two backends stand in the route, and their weights."""

    rule: int
    canary: int
    stable: int
    weights: tuple[int, int]

    @property
    def share(self) -> Weight | None:
        """None when nobody gets anything: the gateway answers 500."""
        canary, stable = self.weights
        return Weight(100 * canary / (canary + stable)) if canary + stable else None


class Route:
    """One HTTPRoute, and the rule of it that splits."""

    def __init__(self, options: GatewayRouteOptions, environment: Environment) -> None:
        self._options, self._cluster = options, Cluster(options, environment)
        self.place = f"{self._cluster.place}/{options.route}"

    async def get(self) -> Mapping[str, Any]:
        found = await self._cluster.get(HTTPRoute, self._options.route)
        if not isinstance(found, Mapping) or not isinstance(found.get("spec"), Mapping):
            raise Nonsense(f"{self.place}: the answer is no HTTPRoute")
        return found

    def split(self, route: Mapping[str, Any]) -> Split:
        """Raises Denied where no rule, or several, have both backends; Nonsense where a third one is beside them."""
        names = (self._options.canary, self._options.stable)
        rules = [_backends(rule) for rule in _items(route["spec"].get("rules"))]
        fitting = [number for number, rule in enumerate(rules) if set(names) <= set(_names(rule))]
        wanted = fitting if self._options.rule is None else [each for each in fitting if each == self._options.rule]
        if len(wanted) != 1:
            where = "several rules" if len(wanted) > 1 else "no rule"
            raise Denied(f"{self.place}: {where} with the backends {' and '.join(names)}; name the `rule`, from 0")
        backends = rules[wanted[0]]
        if sorted(_names(backends)) != sorted(names):
            raise Nonsense(f"{self.place}: rule {wanted[0]} has other backends too, so no share is sure")
        canary, stable = (_names(backends).index(name) for name in names)
        weights = _weight(self.place, backends[canary]), _weight(self.place, backends[stable])
        return Split(wanted[0], canary, stable, weights)

    async def set(self, split: Split, weights: tuple[int, int], dry_run: bool = False) -> None:
        """Both weights at once. Raises Denied when the backends have changed places since they were read."""
        steps: list[dict[str, Any]] = []
        names = (self._options.canary, self._options.stable)
        for place, name, weight in zip((split.canary, split.stable), names, weights, strict=True):
            backend = f"/spec/rules/{split.rule}/backendRefs/{place}"
            steps.append({"op": "test", "path": f"{backend}/name", "value": name})
            steps.append({"op": "add", "path": f"{backend}/weight", "value": weight})
        await self._cluster.patch(HTTPRoute, self._options.route, steps, MANAGER, dry_run)

    async def rehearse(self, weights: tuple[int, int]) -> str:
        """Patch for the server's eyes only. Raises Denied for a route that no gateway has taken up as it stands."""
        route = await self.get()
        if refused := _refused(route):
            raise Denied(f"{self.place}: {refused}")
        await self.set(self.split(route), weights, dry_run=True)
        return f"{self.place} takes the change (server-side dry run)"

    async def aclose(self) -> None:
        await self._cluster.aclose()


class RouteTraffic:
    """A share as two weights that sum to 100, 1,000 or 10,000."""

    def __init__(self, options: GatewayRouteOptions, environment: Environment) -> None:
        self._options, self._route = options, Route(options, environment)

    @property
    def target(self) -> str:
        return f"{self._route.place} {self._options.canary}"

    async def read(self) -> TrafficState:
        route = await self._route.get()
        split = self._route.split(route)
        told = f"{self._options.canary} {split.weights[0]}, {self._options.stable} {split.weights[1]}"
        if split.share is None:
            raise Nonsense(f"{self.target}: both weights are 0, so everybody is answered 500")
        if not _taken_up(route):
            raise OutOfReach(f"{self.target}: no gateway has taken up {told} yet")
        return TrafficState(split.share, "; ".join(filter(None, (told, _refused(route)))))

    async def apply(self, weight: Weight) -> None:
        split = self._route.split(await self._route.get())
        await self._route.set(split, weights_for(weight))

    async def rehearse(self) -> str:
        state = await self.read()
        return f"{await self._route.rehearse(weights_for(Weight(1)))}; {state.shown}"

    async def aclose(self) -> None:
        await self._route.aclose()


class RouteKill:
    """The canary's weight 0; the stable side's stays, or is 1 where it was 0."""

    def __init__(self, options: GatewayRouteOptions, environment: Environment) -> None:
        self._options, self._route = options, Route(options, environment)

    @property
    def target(self) -> str:
        return f"{self._route.place} {self._options.canary}"

    async def former(self) -> str:
        return Standing(list((await self._split()).weights)).to_text()

    async def engage(self) -> None:
        split = await self._split()
        await self._route.set(split, (0, split.weights[1] or 1))

    async def engaged(self) -> bool:
        return (await self._split()).weights[0] == 0

    async def restore(self, former: str) -> None:
        match Standing.from_text(former).value:
            case [int(canary), int(stable)] if 0 <= min(canary, stable) <= max(canary, stable) <= MOST:
                await self._route.set(await self._split(), (canary, stable))
            case _:
                raise Nonsense("the recorded former value can't be understood; nothing was put back")

    async def rehearse(self) -> str:
        split = await self._split()
        tried = await self._route.rehearse((0, split.weights[1] or 1))
        return f"{tried}; {self._options.canary} {split.weights[0]}, {self._options.stable} {split.weights[1]}"

    async def aclose(self) -> None:
        await self._route.aclose()

    async def _split(self) -> Split:
        return self._route.split(await self._route.get())


def weights_for(weight: Weight) -> tuple[int, int]:
    """Whole numbers for a share, the fewest digits that say it exactly."""
    hundredths = round(weight.percent * 100)
    whole = 100 if hundredths % 100 == 0 else 1000 if hundredths % 10 == 0 else 10_000
    canary = hundredths * whole // 10_000
    return canary, whole - canary


def _items(value: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _backends(rule: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return _items(rule.get("backendRefs"))


def _names(backends: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(each.get("name")) for each in backends]


def _weight(place: str, backend: Mapping[str, Any]) -> int:
    """1 unless said: https://gateway-api.sigs.k8s.io/reference/spec/#backendref"""
    weight = backend.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= MOST:
        raise Nonsense(f"{place}: {excerpt(str(weight), length=20)} is not a weight")
    return weight


def _conditions(route: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What gateways say of the route as it stands now; older words are left out."""
    status = route.get("status")
    parents = _items(status.get("parents")) if isinstance(status, Mapping) else []
    now = (route.get("metadata") or {}).get("generation") or 0
    said = [each for parent in parents for each in _items(parent.get("conditions"))]
    return [each for each in said if (each.get("observedGeneration") or 0) >= now]


def _taken_up(route: Mapping[str, Any]) -> bool:
    return any(each.get("type") == "Accepted" for each in _conditions(route))


def _refused(route: Mapping[str, Any]) -> str:
    """What a gateway has against the route, or ""."""
    for each in _conditions(route):
        if each.get("type") in ("Accepted", "ResolvedRefs") and each.get("status") == "False":
            return f"the gateway says {each['type']}=False: {each.get('reason')}"
    return "" if _taken_up(route) else "no gateway has taken it up"
