"""A small API server on loopback, for Deployments, their ReplicaSets and pods, and HTTPRoutes: the contract that Perch
is tested against, for no real one can be had here."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from tests.fakes.kubernetes.controller import Controller, Step
from tests.fakes.kubernetes.objects import Kept, Refusal, applied, check, leaves, patched
from tests.fakes.kubernetes.watches import Body, Objects, Selected, Watches
from tests.fakes.traffic import Trouble

TOKEN = "eyJhbGciOi.k8s-token-5up3rs3cret.9"
DEPLOYER = "kubectl-client-side-apply"

Change = Callable[[Kept], None]


class ApiServer:
    """One namespace. `script` is how the next roll-outs go: a step for each look; the last one stays."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Kept] = {}
        self.controllers: dict[str, Controller] = {}
        self.script: list[Step] = [Step()]
        self.forbidden: set[tuple[str, str]] = set()
        self.trouble: Trouble | None = None
        self.requests: list[str] = []
        self.asked, self.over = asyncio.Event(), asyncio.Event()
        self.url = ""
        self.watches = Watches()

    # ---- what tests do ------------------------------------------------------------------------------------------

    def create(self, resource: str, body: dict[str, Any], manager: str = DEPLOYER) -> None:
        """An object, all its fields owned by whoever deployed it."""
        name = body["metadata"]["name"]
        before = self._state()
        body["metadata"] |= {"uid": f"uid-{name}", "generation": 1}
        kept = self.objects[resource, name] = Kept(body)
        kept.owners[manager] = {path for path, _ in leaves({"spec": body["spec"]})}
        if resource == "deployments":
            self.controllers[name] = Controller(body)
            self.controllers[name].take(body, Step())
        self._gateway_sees(resource, kept)
        self.watches.tell(before, self._objects())

    def change(self, resource: str, name: str, how: Callable[[dict[str, Any]], None]) -> None:
        """Somebody else's update, and the roll-out that follows, at once and whole."""

        def update(kept: Kept) -> None:
            how(kept.body)

        self._write(resource, name, update, dry_run=False)
        self.look(name)

    def look(self, name: str) -> None:
        """The controller goes one step on."""
        if name in self.controllers:
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            before = self._state()
            self.controllers[name].take(self.objects["deployments", name].body, step)
            self.watches.tell(before, self._objects())

    def come_to(self, name: str, step: Step) -> None:
        """The controller comes to this moment by itself, and stays there however often it's looked at."""
        self.script = [step]
        self.look(name)

    def body(self, resource: str, name: str) -> dict[str, Any]:
        return self.objects[resource, name].body

    def owners(self, resource: str, name: str) -> dict[str, list[str]]:
        """Who applied what, by manager."""
        return {who: sorted(map(str, paths)) for who, paths in self.objects[resource, name].owners.items() if paths}

    # ---- the server ---------------------------------------------------------------------------------------------

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path_qs}")
        self.asked.set()
        try:
            return await self._answer(request)
        except Refusal as refusal:
            return web.json_response(refusal.status, status=refusal.code)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "Unauthorized", "Unauthorized")
        match self.trouble:
            case Trouble.HANG:
                await self.over.wait()
            case Trouble.FAIL:
                raise Refusal(503, "ServiceUnavailable", "etcdserver: request timed out")
            case Trouble.DENY:
                said = f'deployments.apps "denis" is forbidden: User "perch" ({request.headers["Authorization"]})'
                raise Refusal(403, "Forbidden", said)
            case Trouble.GARBAGE if request.method == "GET":
                return web.Response(text="<html>Welcome</html>", content_type="text/html")
        resource, name = self._where(request.path)
        collection = "watch" if request.query.get("watch") in ("true", "1") else "list"
        verb = {"PATCH": "patch", "GET": "get" if name else collection}[request.method]
        if (verb, resource) in self.forbidden:
            raise Refusal(
                403, "Forbidden", f'{resource} is forbidden: User "perch" cannot {verb} resource "{resource}"'
            )
        if verb in ("list", "watch"):
            selected = Selected.of(resource, request.query)
            found = [body for (kind, _), body in self._objects().items() if selected(kind, body)]
            return self._list(found) if verb == "list" else await self.watches.stream(request, selected, found)
        if verb == "get":
            self.look(name)
            return web.json_response(self._kept(resource, name).body)
        return await self._patch(request, resource, name)

    @staticmethod
    def _where(path: str) -> tuple[str, str]:
        rest = path.partition("/namespaces/")[2].split("/")[1:] or [""]
        if not rest[0]:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        return rest[0], rest[1] if len(rest) > 1 else ""

    def _list(self, found: list[Body]) -> web.Response:
        meta = {"resourceVersion": str(self.watches.version)}
        return web.json_response({"kind": "List", "apiVersion": "v1", "metadata": meta, "items": found})

    def _objects(self) -> Objects:
        """All that there is, what controllers made included."""
        kept = {key: each.body for key, each in self.objects.items()}
        for each in self.controllers.values():
            for resource, made in (("replicasets", each.sets), ("pods", each.pods)):
                kept |= {(resource, body["metadata"]["name"]): body for body in made}
        return kept

    def _state(self) -> Objects:
        return copy.deepcopy(self._objects())

    def _kept(self, resource: str, name: str) -> Kept:
        if (resource, name) not in self.objects:
            raise Refusal(404, "NotFound", f'{resource} "{name}" not found')
        return self.objects[resource, name]

    async def _patch(self, request: web.Request, resource: str, name: str) -> web.StreamResponse:
        raw, query = json.loads(await request.read()), request.query
        self._kept(resource, name)

        def change(kept: Kept) -> None:
            if request.content_type == "application/apply-patch+yaml":
                applied(kept, raw, query["fieldManager"], query.get("force") == "true")
            elif request.content_type == "application/json-patch+json":
                patched(kept, raw)
            else:
                raise Refusal(415, "UnsupportedMediaType", request.content_type)

        if self.trouble is Trouble.LIE:
            return web.json_response(self._kept(resource, name).body)
        body = self._write(resource, name, change, dry_run=query.get("dryRun") == "All")
        if self.trouble is Trouble.HALF and "dryRun" not in query:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(body)

    def _write(self, resource: str, name: str, change: Change, dry_run: bool) -> dict[str, Any]:
        known, before = self._state(), self._kept(resource, name)
        after = before.copy()
        change(after)
        check(after.body)
        if after.body != before.body:
            after.body["metadata"]["generation"] += after.body["spec"] != before.body["spec"]
        after.body["metadata"]["managedFields"] = [
            {"manager": who, "operation": "Update" if who == DEPLOYER else "Apply", "fieldsType": "FieldsV1"}
            for who, paths in after.owners.items()
            if paths
        ]
        if not dry_run:
            self.objects[resource, name] = after
            self._gateway_sees(resource, after)
            self.watches.tell(known, self._objects())
        return after.body

    def _gateway_sees(self, resource: str, kept: Kept) -> None:
        if resource == "httproutes":
            seen = {"observedGeneration": kept.body["metadata"]["generation"], "status": "True"}
            conditions = [seen | {"type": kind, "reason": kind} for kind in ("Accepted", "ResolvedRefs")]
            kept.body["status"] = {"parents": [{"parentRef": {"name": "gw"}, "conditions": conditions}]}


def deployment(name: str, variables: Mapping[str, str], replicas: int = 3) -> dict[str, Any]:
    """A Deployment with one container, `api`, and these variables."""
    env = [{"name": key, "value": value} for key, value in variables.items()]
    container = {"name": "api", "image": "denis:1", "env": env}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "denis"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }


def route(name: str, **weights: int) -> dict[str, Any]:
    """An HTTPRoute with one rule, and a backend for each weight."""
    backends = [{"name": service, "port": 80, "weight": weight} for service, weight in weights.items()]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "denis"},
        "spec": {"parentRefs": [{"name": "gw"}], "rules": [{"backendRefs": backends}]},
    }


def kubeconfig(folder: Path, url: str, token: str = TOKEN) -> str:
    """A kubeconfig with the contexts `test` and `other`; the second leads nowhere. Neither loads authorities."""
    file = folder / "kubeconfig"
    contexts = [{"name": name, "context": {"cluster": name, "user": "perch"}} for name in ("test", "other")]
    clusters = [("test", url), ("other", "http://127.0.0.1:9")]
    tree = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": contexts,
        "clusters": [
            {"name": name, "cluster": {"server": server, "insecure-skip-tls-verify": True}} for name, server in clusters
        ],
        "users": [{"name": "perch", "user": {"token": token}}],
    }
    file.write_text(yaml.safe_dump(tree))
    return str(file)


@asynccontextmanager
async def api_server(api: ApiServer | None = None) -> AsyncIterator[ApiServer]:
    """The server on a free port of loopback."""
    api = api or ApiServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        api.over.set()
        await runner.cleanup()
