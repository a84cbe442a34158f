"""The contract server's watches are those of the API reference; else nothing that is tested against it is worth much.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from tests.fakes.kubernetes.controller import Step
from tests.fakes.kubernetes.server import TOKEN, ApiServer, api_server, deployment, route

pytestmark = pytest.mark.anyio
DEPLOYMENTS = "/apis/apps/v1/namespaces/denis/deployments"
PODS = "/api/v1/namespaces/denis/pods"
UNDER_WAY = Step(updated=1, available=0, old=3)


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with api_server() as server:
        server.create("deployments", deployment("denis", {"PCT": "0"}))
        yield server


class Stream:
    """An open watch, read event by event."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response, self._lines = response, response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(await anext(self._lines))
        assert event.keys() == {"type", "object"}
        return event

    async def several(self, count: int) -> list[tuple[str, str]]:
        """Type and name of the next ones."""
        events = [await self.next() for _ in range(count)]
        return [(each["type"], each["object"]["metadata"]["name"]) for each in events]

    async def rest(self) -> list[str]:
        return [json.loads(each)["type"] async for each in self._lines]


@asynccontextmanager
async def watching(api: ApiServer, path: str = DEPLOYMENTS, **query: str) -> AsyncIterator[Stream]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        httpx2.AsyncClient(base_url=api.url, headers=headers, verify=False, trust_env=False) as client,
        client.stream("GET", path, params={"watch": "true", **query}) as response,
    ):
        yield Stream(response)


async def version_of(api: ApiServer) -> str:
    """What a list is of."""
    async with httpx2.AsyncClient(
        headers={"Authorization": f"Bearer {TOKEN}"}, verify=False, trust_env=False
    ) as client:
        listed: str = (await client.get(api.url + PODS)).json()["metadata"]["resourceVersion"]
        return listed


def changed(api: ApiServer, value: str) -> None:
    def how(body: dict[str, Any]) -> None:
        body["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "PCT", "value": value}]

    api.script = [UNDER_WAY]
    api.change("deployments", "denis", how)


@pytest.mark.parametrize("version", [{}, {"resourceVersion": "0"}])
async def test_without_a_version_it_begins_with_what_there_is(api: ApiServer, version: dict[str, str]) -> None:
    async with watching(api, PODS, **version) as stream:
        assert stream.response.headers["Content-Type"] == "application/json"
        assert await stream.several(3) == [("ADDED", f"denis-1-{letter}") for letter in "abc"]
        changed(api, "1")
        assert (await stream.next())["type"] == "ADDED"


async def test_from_a_lists_version_it_tells_what_came_after_and_nothing_else(api: ApiServer) -> None:
    version = await version_of(api)
    changed(api, "1")
    async with watching(api, resourceVersion=version) as stream:
        first, second = await stream.next(), await stream.next()
        assert [each["type"] for each in (first, second)] == ["MODIFIED", "MODIFIED"]
        assert first["object"]["metadata"]["generation"] == second["object"]["metadata"]["generation"] == 2
        assert first["object"]["status"]["observedGeneration"] == 1, "each event is the object as it was then"
        assert second["object"]["status"]["observedGeneration"] == 2, "the controller's status raises no generation"
        assert int(version) < int(first["object"]["metadata"]["resourceVersion"]) < int(api.watches.version)


async def test_pods_that_come_change_and_go_are_told_so(api: ApiServer) -> None:
    async with watching(api, PODS, resourceVersion=await version_of(api)) as stream:
        changed(api, "1")
        api.come_to("denis", Step(updated=1, available=0, old=3, container={"ready": False}))
        api.come_to("denis", Step(updated=1, available=0, old=2, container={"ready": False}))
        told = [("ADDED", "denis-2-a"), ("MODIFIED", "denis-2-a"), ("DELETED", "denis-1-c")]
        assert await stream.several(3) == told


async def test_a_look_that_changes_nothing_tells_nothing(api: ApiServer) -> None:
    async with watching(api, resourceVersion=await version_of(api)) as stream:
        api.look("denis")
        api.watches.end()
        assert await stream.rest() == []


async def test_selectors_choose(api: ApiServer) -> None:
    api.create("deployments", deployment("other", {}))
    async with watching(api, fieldSelector="metadata.name=other") as stream:
        assert await stream.several(1) == [("ADDED", "other")]
    async with watching(api, PODS, labelSelector="app=other") as stream:
        assert await stream.several(1) == [("ADDED", "other-1-a")]
    async with watching(api, fieldSelector="spec.replicas=3") as stream:
        assert stream.response.status_code == 400


async def test_bookmarks_come_to_those_that_allow_them_and_hold_a_version_alone(api: ApiServer) -> None:
    since = await version_of(api)
    async with (
        watching(api, resourceVersion=since, allowWatchBookmarks="true") as told,
        watching(api, resourceVersion=since) as untold,
    ):
        api.watches.bookmark()
        mark = await told.next()
        version = mark["object"]["metadata"].pop("resourceVersion")
        assert mark == {"type": "BOOKMARK", "object": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}}}
        api.watches.end()
        assert await untold.rest() == []
    changed(api, "1")
    async with watching(api, resourceVersion=version) as stream:
        assert (await stream.next())["type"] == "MODIFIED"


async def test_a_version_that_is_forgotten_is_gone_by_status(api: ApiServer) -> None:
    since = await version_of(api)
    changed(api, "1")
    api.watches.forget()
    async with watching(api, resourceVersion=since) as stream:
        body = json.loads(await stream.response.aread())
    assert stream.response.status_code == 410
    assert (body["kind"], body["status"], body["reason"], body["code"]) == ("Status", "Failure", "Expired", 410)
    async with watching(api) as stream:
        assert await stream.several(1) == [("ADDED", "denis")]


async def test_a_version_that_is_forgotten_may_be_told_in_the_stream(api: ApiServer) -> None:
    """A server that answers from its cache has sent its 200 already."""
    since, api.watches.gone_in_stream = await version_of(api), True
    changed(api, "1")
    api.watches.forget()
    async with watching(api, resourceVersion=since) as stream:
        assert stream.response.status_code == 200
        event = await stream.next()
        assert (event["type"], event["object"]["kind"], event["object"]["code"]) == ("ERROR", "Status", 410)
        assert await stream.rest() == []


async def test_a_version_that_is_none_is_refused(api: ApiServer) -> None:
    async with watching(api, resourceVersion="newest") as stream:
        assert stream.response.status_code == 400


async def test_it_ends_when_it_is_to_and_when_the_server_wants(api: ApiServer) -> None:
    api.watches.second_s = 0.001
    async with watching(api, timeoutSeconds="1") as stream:
        assert await stream.rest() == ["ADDED"]
    async with watching(api) as stream:
        await stream.next()
        api.watches.end()
        assert await stream.rest() == []
    assert api.watches.open == 0


async def test_watching_is_a_right_of_its_own(api: ApiServer) -> None:
    api.forbidden = {("watch", "deployments")}
    async with watching(api) as stream:
        body = json.loads(await stream.response.aread())
    assert (stream.response.status_code, body["reason"]) == (403, "Forbidden")
    assert 'cannot watch resource "deployments"' in body["message"]
    assert await version_of(api)


async def test_routes_are_watched_too(api: ApiServer) -> None:
    api.create("httproutes", route("split", canary=0, stable=100))
    path = "/apis/gateway.networking.k8s.io/v1/namespaces/denis/httproutes"
    async with watching(api, path) as stream:
        assert await stream.several(1) == [("ADDED", "split")]
        api.change("httproutes", "split", lambda body: body["spec"].update(hostnames=["denis"]))
        assert await stream.several(1) == [("MODIFIED", "split")]
