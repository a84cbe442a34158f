"""The service behind `plans/relay-memory.yaml`: its balancer's program, its metrics, a repository for the papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from adapters.http import client
from adapters.tasks import load
from bot.domain.plan import Plan
from tests.far_side import serving
from tests.plans.far.pagers import Pagers, pagers
from tests.plans.far.programs import Programs
from tests.plans.far.prometheus import PlayedPrometheus, Value
from tests.plans.far.repository import Repository, repository

TOKEN, LB_KEY, REPO_TOKEN = "prometheus-token-of-relay", "lb-key-of-relay-123", "repo-token-of-relay-123"
GOOD: dict[str, Value] = {
    "ttfv_p95": 900.0,
    "sse_success": 99.9,
    "rls_errors": None,
    "cross_tenant": None,
    "ann_p95": 120.0,
    "reranker_skips": 0.2,
    "db_pool": [({"pool": "main"}, 40.0), ({"pool": "replica"}, 55.0)],
    "fatal_errors": None,
}
RAILWAY = """
[ "$RAILWAY_TOKEN" = "{key}" ] || {{ echo "who are you?" >&2; exit 1; }}
case "$*" in
  "service list relay")
    tr ',' '\\n' < {state} | sed 's/\\(.*\\):\\(.*\\)/\\2% \\1/' ;;
  "service update relay --traffic-split "*)
    [ ! -e {state}.broken ] || exit 75
    printf '%s' "$5" > {state}
    echo "$5" >> {state}.seen ;;
  *) exit 2 ;;
esac
"""


@dataclass
class Relay:
    """What a test sees of it, and breaks."""

    state: Path
    prom: PlayedPrometheus
    programs: Programs
    repository: Repository
    people: Pagers
    environment: dict[str, str]
    users: Counter[str] = field(default_factory=Counter)
    """How many queries came with each token."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The service itself: it knows the five test users."""
        self.users[request.headers.get("Authorization", "")] += 1
        known = request.path == "/api/v1/memory/query" and request.headers.get("Host") == "relay.production.com"
        return web.json_response({"answer": "yes"}) if known else web.Response(status=404)

    def breaks(self, *, broken: bool) -> None:
        """The balancer takes no orders; what it was told last stays."""
        file = self.state.with_name(f"{self.state.name}.broken")
        file.touch() if broken else file.unlink()

    @property
    def splits(self) -> list[str]:
        """Each split that the balancer was told, repetitions left out."""
        seen = self.state.with_name(f"{self.state.name}.seen").read_text(encoding="utf-8").splitlines()
        return [split for number, split in enumerate(seen) if split != (seen[number - 1] if number else "")]


@asynccontextmanager
async def relay(folder: Path, plan: Plan, patch: pytest.MonkeyPatch) -> AsyncIterator[Relay]:
    """The service as it is before the start: all traffic on the branch before."""
    state = folder / "split"
    state.write_text("main:0,r0.5-hotfix:100", "utf-8")
    programs = Programs(folder, {"railway": RAILWAY.format(key=LB_KEY, state=state)})
    prom = PlayedPrometheus(plan, TOKEN, dict(GOOD))
    async with repository(folder, REPO_TOKEN) as records, prom.serving():
        environment = {
            **programs.environment,
            "PROMETHEUS_URL": f"{prom.url}/api/v1",
            "PROMETHEUS_TOKEN": TOKEN,
            "LB_API_KEY": LB_KEY,
            "EVIDENCE_REPO_URL": records.url,
            "EVIDENCE_REPO_TOKEN": REPO_TOKEN,
            "PERCH_STATE": str(folder / "state"),
            "PROD_API_URL": "http://relay.production.com",
            **{f"API_TOKEN_USER_{number}": f"user-token-{number}-of-relay" for number in range(1, 6)},
        }
        async with pagers("PAGERDUTY_ROUTING_KEY") as people:
            far = Relay(state, prom, programs, records, people, environment | people.environment)
            async with serving(far.answer) as url:
                patch.setattr(load, "client", partial(leading_to, url))
                yield far


def leading_to(url: str, **options: Any) -> httpx.AsyncClient:
    """A client that finds one host under another address, as an entry in /etc/hosts would have it."""
    made = client(**options)
    made._transport = Elsewhere(made._transport, url)
    return made


class Elsewhere(httpx.AsyncBaseTransport):
    def __init__(self, behind: httpx.AsyncBaseTransport, url: str) -> None:
        self._behind, self._url = behind, httpx.URL(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host=self._url.host, port=self._url.port)
        return await self._behind.handle_async_request(request)

    async def aclose(self) -> None:
        await self._behind.aclose()
