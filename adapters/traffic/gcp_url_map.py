"""Kind `gcp_url_map` (T6): the weights of two backend services in a URL map of Google Cloud's load balancers.

A list is patched whole, so the branch that holds the weights goes back as it was read, with the map's fingerprint:
Google refuses it where somebody else was faster, and Perch reads again.
https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, model_validator

from adapters.cloud.compute import Changed, Compute, ComputeOptions, Name
from adapters.http import excerpt
from adapters.traffic.shares import Pair, exactly, share
from adapters.traffic.values import Standing
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.units import Weight
from bot.ports import Denied, Nonsense, OutOfReach, TrafficState

MOST = 1000
TRIES = 4
"""How often somebody else may be faster."""


class GcpUrlMapOptions(ComputeOptions):
    """`traffic:` or `kill_switch: {kind: gcp_url_map, …}`. `matcher`, `priority` and `path` say where, if needed."""

    url_map: Name
    canary: Name
    stable: Name
    matcher: Name | None = None
    priority: int | None = Field(default=None, ge=0, le=2147483647)
    path: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> GcpUrlMapOptions:
        if self.canary == self.stable:
            raise misread("canary and stable are the same backend service", "name the service of each side")
        if self.priority is not None and self.path is not None:
            raise misread("a rule has a priority or paths", "leave priority or path out")
        return self


@dataclass(frozen=True, slots=True)
class Route:
    """A place in the map where traffic is split: which, and its list of services."""

    label: str
    services: list[Any]
    matcher: str | None = None
    priority: int | None = None
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """A map as it was read, and where in it canary and stable stand."""

    tree: dict[str, Any]
    label: str
    canary: dict[str, Any]
    stable: dict[str, Any]
    weights: Pair

    def __str__(self) -> str:
        return f"canary {self.weights.canary}, stable {self.weights.stable} in {self.label}"

    def patch(self, weights: Pair) -> Mapping[str, Any]:
        """The branches that hold weights, with these ones."""
        self.canary["weight"], self.stable["weight"] = weights.canary, weights.stable
        branches = ("defaultRouteAction",) if self.label == DEFAULT else ("pathMatchers",)
        return {"fingerprint": self.tree["fingerprint"], **{name: self.tree[name] for name in branches}}


DEFAULT = "the map's default"


class UrlMap:
    """One URL map, and the place in it that splits."""

    def __init__(self, options: GcpUrlMapOptions, environment: Environment) -> None:
        self._options = options
        self.place = f"gcp_url_map {options.project}/{options.region or 'global'}/{options.url_map}"
        self._api = Compute(options, environment, self.place)
        self._path = f"urlMaps/{options.url_map}"

    async def get(self) -> Split:
        told = await self._api.call("GET", self._path)
        if told.get("kind") != "compute#urlMap" or not isinstance(told.get("fingerprint"), str):
            raise Nonsense(f"{self.place}: Google answered something that is no URL map")
        return self._split(copy.deepcopy(dict(told)))

    async def set(self, wanted: Pair | None) -> None:
        """These weights; None is the canary's 0, the stable side's as it stands or 1."""
        for _ in range(TRIES):
            split = await self.get()
            weights = wanted or Pair(0, split.weights.stable or 1)
            if split.weights == weights:
                return
            try:
                await self._api.done(await self._api.call("PATCH", self._path, split.patch(weights)))
                return
            except Changed:
                continue
        raise OutOfReach(f"{self.place} was changed by others {TRIES} times in a row, so nothing was set")

    async def rehearse(self) -> str:
        """Global maps tell what we may; regional ones don't in v1."""
        split = await self.get()
        told = f"read {split}{await self._affinity()}"
        if self._options.region:
            return f"{told}; setting isn't tried"
        right = "compute.urlMaps.update"
        may = await self._api.call("POST", f"{self._path}/testIamPermissions", {"permissions": [right]})
        if right not in (may.get("permissions") or ()):
            raise Denied(f"{self.place}: this account has no {right}; deploy/gcp-url-map-role.yaml has the role")
        return f"{told}; this account has {right}; setting isn't tried"

    async def _affinity(self) -> str:
        """A weight decides for new sessions only: https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps"""
        service = self._options.canary
        try:
            found = (await self._api.call("GET", f"backendServices/{service}")).get("sessionAffinity") or "NONE"
        except Denied:
            return f"; whether {service} has session affinity can't be seen"
        if found == "NONE":
            return ""
        return f"; {service} has session affinity {excerpt(str(found))}, so who has it may keep it at weight 0"

    async def aclose(self) -> None:
        await self._api.aclose()

    def _split(self, tree: dict[str, Any]) -> Split:
        """Raises Denied where no place, or several, have both services, Nonsense where a third one is beside them."""
        names = (self._options.canary, self._options.stable)
        fitting = [route for route in _routes(tree) if self._meant(route) and set(names) <= set(_names(route))]
        if len(fitting) != 1:
            where = f"several places ({', '.join(route.label for route in fitting)})" if fitting else "no place"
            raise Denied(
                f"{self.place}: {where} with both {' and '.join(names)} among weightedBackendServices; "
                + ("say matcher, priority or path" if fitting else "put both there with the weights 0 and 100 first")
            )
        [route] = fitting
        if len(route.services) != 2:
            raise Denied(f"{self.place}: {route.label} has a third service, so no share is sure; take it out")
        canary, stable = (route.services[_names(route).index(name)] for name in names)
        return Split(tree, route.label, canary, stable, Pair(self._weight(canary), self._weight(stable)))

    def _meant(self, route: Route) -> bool:
        options = self._options
        return (
            options.matcher in (None, route.matcher)
            and options.priority in (None, route.priority)
            and (options.path is None or options.path in route.paths)
        )

    def _weight(self, service: Mapping[str, Any]) -> int:
        """A weight of 0 may be left out, as protocol buffers do."""
        weight = service.get("weight", 0)
        if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= MOST:
            raise Nonsense(f"{self.place}: {excerpt(str(weight), length=20)} is not a weight from 0 to {MOST}")
        return weight


class UrlMapTraffic:
    """A share as two weights from 0 to 1000."""

    def __init__(self, options: GcpUrlMapOptions, environment: Environment) -> None:
        self._map = UrlMap(options, environment)

    @property
    def target(self) -> str:
        return self._map.place

    async def read(self) -> TrafficState:
        split = await self._map.get()
        if split.weights == Pair(0, 0):
            raise Nonsense(f"{self.target}: both weights are 0, so nobody is served")
        return TrafficState(share(split.weights.canary, split.weights.stable), str(split))

    async def apply(self, weight: Weight) -> None:
        pair = exactly(weight, MOST, self.target)
        await self._map.set(pair)

    async def rehearse(self) -> str:
        await self.read()
        return await self._map.rehearse()

    async def aclose(self) -> None:
        await self._map.aclose()


class UrlMapKill:
    """The canary's weight 0; the stable side's stays, or is 1 where it was 0."""

    def __init__(self, options: GcpUrlMapOptions, environment: Environment) -> None:
        self._map = UrlMap(options, environment)

    @property
    def target(self) -> str:
        return self._map.place

    async def former(self) -> str:
        weights = (await self._map.get()).weights
        return Standing([weights.canary, weights.stable]).to_text()

    async def engage(self) -> None:
        await self._map.set(None)

    async def engaged(self) -> bool:
        return (await self._map.get()).weights.canary == 0

    async def restore(self, former: str) -> None:
        match Standing.from_text(former).value:
            case [int(canary), int(stable)] if 0 <= min(canary, stable) <= max(canary, stable) <= MOST:
                await self._map.set(Pair(canary, stable))
            case _:
                raise Nonsense("the recorded former value can't be understood; nothing was put back")

    async def rehearse(self) -> str:
        return await self._map.rehearse()

    async def aclose(self) -> None:
        await self._map.aclose()


def _routes(tree: Mapping[str, Any]) -> Iterator[Route]:
    """Every place of a map that may split."""
    yield from _route(tree.get("defaultRouteAction"), DEFAULT)
    for matcher in _objects(tree.get("pathMatchers")):
        name = str(matcher.get("name"))
        yield from _route(matcher.get("defaultRouteAction"), f"{name}'s default", matcher=name)
        for rule in _objects(matcher.get("routeRules")):
            priority = rule.get("priority")
            yield from _route(rule.get("routeAction"), f"{name} rule {priority}", matcher=name, priority=priority)
        for rule in _objects(matcher.get("pathRules")):
            paths = tuple(map(str, rule.get("paths") or ()))
            yield from _route(rule.get("routeAction"), f"{name} {' '.join(paths)}", matcher=name, paths=paths)


def _route(action: Any, label: str, **where: Any) -> Iterator[Route]:
    services = action.get("weightedBackendServices") if isinstance(action, Mapping) else None
    if isinstance(services, list) and services:
        yield Route(excerpt(label, length=80), _objects(services), **where)


def _objects(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _names(route: Route) -> list[str]:
    """Services stand there by their addresses, whose last step is the name."""
    return [str(service.get("backendService")).rpartition("/")[2] for service in route.services]
