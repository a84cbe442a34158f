"""The service behind `plans/materializers.yaml`: its Deployments, its Redis flag, its HTTP doors and its metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from redis.asyncio import Redis

from bot.domain.plan import Plan
from tests.fakes.kubernetes.server import api_server, deployment, kubeconfig
from tests.far_side import serving
from tests.plans.far.programs import Programs
from tests.plans.far.prometheus import PlayedPrometheus, Value
from tests.plans.far.variables import Remembering

FLAG = "denis:feature:materializers:enabled"
PERCENT, ENABLED = "DENIS_MATERIALIZERS_PCT", "DENIS_MATERIALIZERS_ENABLED"
TOKEN = "prometheus-token-of-denis"
GOOD: dict[str, Value] = {
    "success_rate": 99.7,
    "error_rate": 0.05,
    "latency_p99": 2.0,
    "chat_p99": 1.0,
    "decisiontrace_drops": 0.5,
    "graph_write_p99": 0.3,
    "memory_api": [({"pod": "denis-1"}, 40.0), ({"pod": "denis-2"}, 45.0)],
    "memory_workers": [({"pod": "denis-workers-1"}, 50.0)],
    "memory": [({"pod": "denis-1"}, 40.0), ({"pod": "denis-workers-1"}, 50.0)],
    "workers": 2.0,
    "materializer_new": 0.0,
}


@dataclass
class Denis:
    """What a test sees of it, and breaks."""

    api: Remembering
    redis: Redis
    prom: PlayedPrometheus
    programs: Programs
    environment: dict[str, str]
    up: bool = True
    switched_off: bool = False

    @property
    def weights(self) -> list[float]:
        """Each percentage that the Deployment was told, in order."""
        return [float(each) for each in self.api.seen]

    @property
    def workers(self) -> int:
        return int(self.api.body("deployments", "denis-workers")["spec"]["replicas"])

    def serves(self) -> float:
        """The share that it gives to the canary: none where the variable or the API has switched it off."""
        on = self.api.value("denis", ENABLED) == "true" and not self.switched_off
        return float(self.api.value("denis", PERCENT)) if on else 0.0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        match request.method, request.path:
            case "POST", "/chat":
                return web.Response(status=200 if self.up else 503)
            case "GET", "/internal/decision_trace/stats":
                return web.json_response({"write_success_rate": 99.9})
            case method, "/internal/kill-switch/materializers":
                if method != "GET":
                    self.switched_off = method == "POST"
                return web.json_response({"engaged": self.switched_off})
        return web.Response(status=404)


@asynccontextmanager
async def denis(folder: Path, plan: Plan, redis_url: str) -> AsyncIterator[Denis]:
    """The service as it is before the start: enabled, at 0 %, and well."""
    api, programs = (
        Remembering("denis", PERCENT),
        Programs(folder, dict.fromkeys(("kubectl", "celery", "cypher-shell", "chat-flood.sh"), ":")),
    )
    prom = PlayedPrometheus(plan, TOKEN, dict(GOOD))
    async with api_server(api), Redis.from_url(redis_url) as redis, prom.serving():
        api.create("deployments", deployment("denis", {ENABLED: "true", PERCENT: "0"}))
        api.create("deployments", deployment("denis-workers", {"QUEUE": "tools_mut"}, replicas=4))
        await redis.set(FLAG, "1")
        far = Denis(api, redis, prom, programs, {})
        prom.values["materializer_pct"] = far.serves
        prom.values["queue_depth"] = lambda: 12.0 if far.serves() else 0.0
        async with serving(far.answer) as url:
            far.environment.update(programs.environment)
            far.environment.update(
                KUBECONFIG=kubeconfig(folder, api.url),
                PROMETHEUS_URL=prom.url,
                PROMETHEUS_TOKEN=TOKEN,
                DENIS_URL=url,
                DENIS_REDIS_URL=redis_url,
                NEO4J_USERNAME="neo4j",
                NEO4J_PASSWORD="neo4j-pass-of-denis",
            )
            yield far
