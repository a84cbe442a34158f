"""The controller behind `plans/reliable-transport.yaml`: its router asks Perch, its page tells what it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bot.domain.plan import Plan
from bot.engine.flags import FlagTable
from tests.fakes.kubernetes.server import api_server, deployment, kubeconfig
from tests.far_side import serving
from tests.plans.far.pagers import Pagers, pagers
from tests.plans.far.programs import Programs
from tests.plans.far.prometheus import PlayedPrometheus, Value
from tests.plans.far.variables import Remembering

FLAG, VARIABLE, TOKEN = "reliable-transport", "CANARY_PERCENTAGE", "prometheus-token-of-cync"
DEVICES = [f"device-{number}" for number in range(400)]
GOOD: dict[str, Value] = {
    "success_rate": 99.97,
    "success_30d": 99.97,
    "latency_p99": 0.6,
    "latency_p99_7d": 0.7,
    "packet_loss": 0.2,
    "decode_errors": 0.01,
    "queue_full": 0.1,
    "queue_full_events": 0.001,
    "queue_depth": 3.0,
    "toggle_success:good": 999_800.0,
    "toggle_success:total": 1_000_000.0,
}


@dataclass
class Cync:
    """What a test sees of it, and breaks."""

    api: Remembering
    prom: PlayedPrometheus
    programs: Programs
    people: Pagers
    environment: dict[str, str]
    flags: list[FlagTable] = field(default_factory=list)

    def on_the_new_one(self) -> list[str]:
        """The devices that it sends over the new transport now: what Perch answers, unless the variable says off."""
        if not self.flags or self.api.value("cync-controller", VARIABLE) == "0":
            return []
        answers = {device: self.flags[0].answer(FLAG, {"targetingKey": device}) for device in DEVICES}
        return [device for device, answer in answers.items() if answer.decided.variant == "canary"]

    def mirrored(self) -> int:
        """How many devices' messages it copies to the new transport."""
        return sum(self.flags[0].answer(FLAG, {"targetingKey": device}).decided.mirror for device in DEVICES)

    async def page(self, request: web.BaseRequest) -> web.StreamResponse:
        share = 100 * len(self.on_the_new_one()) / len(DEVICES)
        return web.Response(text=f"# TYPE canary_percentage gauge\ncanary_percentage {share:g}\n")


@asynccontextmanager
async def cync(folder: Path, plan: Plan) -> AsyncIterator[Cync]:
    """The controller as it is before the start: nothing over the new transport, and nothing in the way of it."""
    api, programs = Remembering("cync-controller", VARIABLE), Programs(folder, {"set-canary.sh": ":", "curl": ":"})
    prom = PlayedPrometheus(plan, TOKEN, dict(GOOD))
    async with api_server(api), prom.serving(), pagers("PD_SERVICE_KEY") as people:
        api.create("deployments", deployment("cync-controller", {VARIABLE: "100"}))
        far = Cync(api, prom, programs, people, programs.environment | people.environment)
        async with serving(far.page) as url:
            far.environment.update(
                KUBECONFIG=kubeconfig(folder, api.url),
                PROMETHEUS_URL=prom.url,
                PROMETHEUS_TOKEN=TOKEN,
                CYNC_URL=url,
                CYNC_NAMESPACE="cync",
            )
            yield far
