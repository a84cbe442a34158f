"""Watches as an API server streams them: one JSON event a line, a history that is forgotten, and streams that are ill.

By https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes and …/#resource-versions,
without `sendInitialEvents`.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from aiohttp import web

from tests.fakes.kubernetes.objects import Refusal

Body = dict[str, Any]
Objects = dict[tuple[str, str], Body]
"""By resource and name."""
KINDS = {
    "deployments": ("apps/v1", "Deployment"),
    "replicasets": ("apps/v1", "ReplicaSet"),
    "pods": ("v1", "Pod"),
    "httproutes": ("gateway.networking.k8s.io/v1", "HTTPRoute"),
}


class Ill(Enum):
    """What a stream does instead."""

    HANGS = auto()
    """It isn't even opened."""
    MUTE = auto()
    """Opened, and not a word, as behind a proxy that keeps an answer until it's whole."""
    SILENT = auto()
    """What there is, and no change of it, as over a wire that was cut."""
    ENDS = auto()
    """What there is, and the end."""
    BREAKS_OFF = auto()
    """The connection, in the middle of a line."""
    GARBAGE = auto()
    """A proxy's page of several lines."""
    GONE = auto()
    """Answered by 410."""
    EXPIRES = auto()
    """What there is, and an ERROR 410."""


@dataclass(frozen=True)
class Event:
    version: int
    type: str
    resource: str
    body: Body

    @property
    def line(self) -> bytes:
        return json.dumps({"type": self.type, "object": self.body}).encode() + b"\n"

    def as_of(self, resource: str) -> Event:
        version, kind = KINDS[resource]
        return replace(self, body=self.body | {"apiVersion": version, "kind": kind})


@dataclass(frozen=True)
class Selected:
    """Which objects are asked for."""

    resource: str
    labels: Mapping[str, str]
    fields: Mapping[str, str]

    @staticmethod
    def of(resource: str, query: Mapping[str, str]) -> Selected:
        """Raises Refusal (400) for a field that can't be selected by."""
        labels, fields = (_pairs(query.get(each, "")) for each in ("labelSelector", "fieldSelector"))
        for field in fields.keys() - {"metadata.name", "metadata.namespace"}:
            raise Refusal(400, "BadRequest", f"field label not supported: {field}")
        return Selected(resource, labels, fields)

    def __call__(self, resource: str, body: Body) -> bool:
        meta = body["metadata"]
        fields = {"metadata.name": meta["name"], "metadata.namespace": meta.get("namespace", "denis")}
        here = resource == self.resource
        return here and self.labels.items() <= meta.get("labels", {}).items() and self.fields.items() <= fields.items()


class Watches:
    """The server's history and its open streams. Versions are one count for all objects, as with etcd."""

    def __init__(self) -> None:
        self.ill: Ill | None = None
        self.gone_in_stream = False
        """Whether an outdated version is told by an ERROR, as by a server with a cache, instead of a status."""
        self.second_s = 1.0
        """How long a second of `timeoutSeconds` lasts."""
        self.open = 0
        self.version = 100
        self._forgotten = 0
        self._events: list[Event] = []
        self._ends = 0
        self._news = asyncio.Event()

    # ---- what tests do ------------------------------------------------------------------------------------------

    def end(self) -> None:
        """All that are open now."""
        self._ends += 1
        self._stir()

    def bookmark(self) -> None:
        """To those that allow it."""
        self._tell("BOOKMARK", "", {"metadata": {"resourceVersion": self.next()}})

    def forget(self) -> None:
        """What was until now."""
        self._forgotten = self.version
        self._events.clear()

    # ---- what the server does -----------------------------------------------------------------------------------

    def next(self) -> str:
        self.version += 1
        return str(self.version)

    def tell(self, before: Objects, after: Objects) -> None:
        """All that differs gets a new version, and is told."""
        for key, body in after.items():
            known = before.get(key)
            meta = body["metadata"]
            if known is not None:
                meta["resourceVersion"] = known["metadata"]["resourceVersion"]
            if known != body:
                meta["resourceVersion"] = self.next()
                self._tell("ADDED" if known is None else "MODIFIED", key[0], body)
        for key in before.keys() - after.keys():
            before[key]["metadata"]["resourceVersion"] = self.next()
            self._tell("DELETED", key[0], before[key])

    async def stream(self, request: web.Request, selected: Selected, objects: Iterable[Body]) -> web.StreamResponse:
        """Answer a watch; `objects` are those that there are. Raises Refusal (400, 410)."""
        query = request.query
        version = query.get("resourceVersion", "")
        if not (version or "0").isdecimal():
            raise Refusal(400, "BadRequest", f'Invalid value: "{version}": a resourceVersion is a number')
        afresh = version in ("", "0")
        since = self.version if afresh else int(version)
        if self.ill is Ill.GONE or (since < self._forgotten and not self.gone_in_stream):
            raise self._gone(since)
        if self.ill is Ill.HANGS:
            await asyncio.Event().wait()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        self.open += 1
        try:
            if afresh and self.ill is not Ill.MUTE:
                for body in objects:
                    await response.write(Event(0, "ADDED", selected.resource, body).line)
            seconds = float(query["timeoutSeconds"]) * self.second_s if query.get("timeoutSeconds") else None
            async with asyncio.timeout(seconds):
                await (self._fail(request, response) if self.ill else self._follow(response, selected, query, since))
        except TimeoutError:
            pass
        finally:
            self.open -= 1
        return response

    async def _follow(
        self, response: web.StreamResponse, selected: Selected, query: Mapping[str, str], since: int
    ) -> None:
        ends, marks = self._ends, query.get("allowWatchBookmarks") == "true"
        while ends == self._ends:
            if since < self._forgotten:
                return await response.write(_error(self._gone(since)))
            news, fresh = self._news, [each for each in self._events if each.version > since]
            since = max(since, self.version)
            for event in fresh:
                if event.type != "BOOKMARK" and selected(event.resource, event.body):
                    await response.write(event.line)
                elif event.type == "BOOKMARK" and marks:
                    await response.write(event.as_of(selected.resource).line)
            await news.wait()
        return None

    async def _fail(self, request: web.Request, response: web.StreamResponse) -> None:
        match self.ill:
            case Ill.MUTE | Ill.SILENT:
                await asyncio.Event().wait()
            case Ill.EXPIRES:
                await response.write(_error(self._gone(1)))
            case Ill.GARBAGE:
                await response.write(b"<html>\n<h1>Welcome</h1>\n</html>\n")
            case Ill.BREAKS_OFF:
                await response.write(b'{"type": "MODIFIED", "obj')
                assert request.transport is not None
                request.transport.abort()

    def _gone(self, since: int) -> Refusal:
        return Refusal(410, "Expired", f"too old resource version: {since} ({self._forgotten})")

    def _tell(self, kind: str, resource: str, body: Body) -> None:
        self._events.append(Event(self.version, kind, resource, copy.deepcopy(body)))
        self._stir()

    def _stir(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _error(refusal: Refusal) -> bytes:
    return json.dumps({"type": "ERROR", "object": refusal.status}).encode() + b"\n"


def _pairs(selector: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in selector.split(",") if pair)
