"""A Prometheus that a test plays: it speaks the query API, and answers a plan's questions by their metrics' names.

A real one scrapes by its own clock, and a test's clock is set by hand. What isn't asked word for word as the plan has
it is refused, so that a query that Perch spoils shows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.domain.plan import Metric, Part, Plan
from tests.far_side import serving

Series = Sequence[tuple[Mapping[str, str], float]]
Value = float | None | Series | Callable[[], float | Series | None]
"""A number, nothing, several series, or a number as of the moment of asking."""


@dataclass
class PlayedPrometheus:
    """`values` by metric name. `NAME@stable` is the other side, as the canary was at first unless it is set;
    `NAME#samples` is what `at_least` asks, plenty unless set. A name that isn't set is an empty answer."""

    plan: Plan
    token: str
    values: dict[str, Value] = field(default_factory=dict)
    url: str = ""
    asked: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _first: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._first = dict(self.values)
        self._names = {text: name for name, text in questions(self.plan)}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[PlayedPrometheus]:
        async with serving(self._answer) as self.url:
            yield self

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"status": "error", "error": "who are you?"}, status=401)
        text = request.query.get("query", "")
        name = self._names.get(text)
        if name is None:
            self.refused.append(text)
            return web.json_response({"status": "error", "errorType": "bad_data", "error": "not asked for"}, status=400)
        self.asked[name] = self.asked.get(name, 0) + 1
        found = self._series(name)
        if request.path.endswith("/query_range"):
            return _matrix(found, float(request.query["start"]), float(request.query["end"]))
        at = float(request.query.get("time", "0"))
        return _said("vector", [{"metric": dict(labels), "value": [at, repr(value)]} for labels, value in found])

    def _series(self, name: str) -> Series:
        value = self.values.get(name)
        if value is None and name not in self.values:
            value = self._by_default(name)
        if callable(value):
            value = value()
        if value is None:
            return ()
        return [({}, float(value))] if isinstance(value, int | float) else value

    def _by_default(self, name: str) -> Value:
        if name.endswith("#samples"):
            return 1e9
        return self._first.get(name.removesuffix("@stable"))


def _matrix(found: Series, start: float, end: float) -> web.Response:
    steps = [start + (end - start) * part / 30 for part in range(31)]
    series = [{"metric": dict(labels), "values": [[at, repr(value)] for at in steps]} for labels, value in found]
    return _said("matrix", series)


def _said(kind: str, result: Sequence[Mapping[str, Any]]) -> web.Response:
    return web.json_response({"status": "success", "data": {"resultType": kind, "result": list(result)}})


def questions(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every question of a plan to a Prometheus, by the name that it's known by here."""
    for name, metric in plan.metrics.items():
        if (part := _part(plan, metric.source)) is not None and part.options.get("of") == "prometheus":
            yield name, "ALERTS{" + ",".join(['alertstate="firing"', *metric.ask["matchers"]]) + "}"
        asks = [(name, metric.ask), *((f"{name}#samples", each.ask) for each in [metric.at_least] if each)]
        for called, ask in asks if _by_prometheus(plan, metric.source) else []:
            text = str(ask["query"])
            for side in ("canary", "stable") if "$side" in text else ("canary",):
                labels = plan.sides.get("stable" if side == "stable" else "canary", "")
                yield called + ("@stable" if side == "stable" else ""), text.replace("$side", labels)
        yield from _looked_at(plan, name, metric)
    yield from _counted(plan)


def _counted(plan: Plan) -> Iterator[tuple[str, str]]:
    """What SLOs ask, over their window and over the hour that a burn rate is taken of."""
    for name, slo in plan.slos.items():
        for window in {slo.window, timedelta(hours=1)} if slo.counts_events else ():
            for kind, ask in zip(("good", "total"), slo.asks(window), strict=True):
                yield f"{name}:{kind}", str(ask["query"])


def _looked_at(plan: Plan, name: str, metric: Metric) -> Iterator[tuple[str, str]]:
    for step in metric.runbook.diagnose if metric.runbook else ():
        if step.source is not None and _by_prometheus(plan, step.source):
            yield f"{name}?{step.shown}", str(step.ask["query"]).replace("$side", plan.sides.get("canary", ""))


def _by_prometheus(plan: Plan, source: str | Part) -> bool:
    part = _part(plan, source)
    return part is not None and part.kind == "prometheus"


def _part(plan: Plan, source: str | Part) -> Part | None:
    return plan.sources.get(source) if isinstance(source, str) else source
