"""The pipeline behind `plans/docstokg-*.yaml`: its manifest in SQLite, its log, its environment file, its alerts."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.domain.plan import Plan
from bot.engine.flags import FlagTable
from tests.far_side import serving
from tests.plans.far.programs import Programs
from tests.plans.far.prometheus import PlayedPrometheus, Series

PERCENT, ENABLED = "CANARY_TRAFFIC_PERCENTAGE", "DOCSTOKG_ENABLE_IDEMPOTENCY"
SCHEMA = """
CREATE TABLE artifact_jobs (id INTEGER PRIMARY KEY, state TEXT, created_at REAL, updated_at REAL, lease_until TEXT,
    lease_owner TEXT, lease_ms REAL, crashed INTEGER, recovered INTEGER);
CREATE TABLE artifact_ops (op_key TEXT, result_json TEXT, replayed INTEGER);
"""


@dataclass
class Pipeline:
    """What a test sees of it, and breaks. It plans and leases a job whenever time passes."""

    folder: Path
    programs: Programs
    environment: dict[str, str]
    firing: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    """Each percentage that the file was told, in order, as it was seen."""

    def does(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.folder / "manifest.sqlite3")) as connection:
            for statement in statements:
                connection.executescript(statement)

    def logs(self, now: datetime, *lines: str) -> None:
        with (self.folder / "deployment.log").open("a", encoding="utf-8") as log:
            log.writelines(f"{now:%Y-%m-%dT%H:%M:%SZ} INFO {line}\n" for line in lines)

    def goes_on(self, now: datetime) -> None:
        self.logs(now, "job_planned id=1", "job_leased id=1")

    def variable(self, name: str) -> str:
        lines = (self.folder / "docstokg.env").read_text(encoding="utf-8").splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith(f"{name}="))

    @property
    def percent(self) -> float:
        return float(self.variable(PERCENT))

    async def alertmanager(self, request: web.BaseRequest) -> web.StreamResponse:
        wanted = request.query.getall("filter", [])
        names = ["Watchdog"] if 'alertname="Watchdog"' in wanted else self.firing
        return web.json_response([{"labels": {"alertname": name}} for name in names])


@asynccontextmanager
async def idempotency(folder: Path) -> AsyncIterator[Pipeline]:
    """The pipeline as it is before the start: the gate on, at 0 %, a thousand jobs done well, two under way."""
    programs = Programs(folder, {"docstokg": "echo '--enable-idempotency'", "docstokg-verify": ":"})
    far = Pipeline(folder, programs, dict(programs.environment))
    (folder / "docstokg.env").write_text(f"{ENABLED}=true\nDOCSTOKG_CANARY_MODE=true\n{PERCENT}=0\n", "utf-8")
    done = [("FINALIZED", 1000.0, 1000.0 + n % 29, None, None, float(n % 90), n < 9, n < 9) for n in range(400)]
    under_way = [("STREAMING", 1000.0, 1000.0, "2099-01-01 00:00:00", "worker-1", 5.0, 0, 0)] * 2
    with closing(sqlite3.connect(folder / "manifest.sqlite3")) as connection:
        connection.executescript(SCHEMA)
        row = "INSERT INTO artifact_jobs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)"
        connection.executemany(row, [*done, *under_way])
        ops = [(f"op{n}", "{}", n < 12) for n in range(400)]
        connection.executemany("INSERT INTO artifact_ops VALUES (?, ?, ?)", ops)
        connection.commit()
    async with serving(far.alertmanager) as url:
        far.environment.update(
            DOCSTOKG_MANIFEST=str(folder / "manifest.sqlite3"),
            DOCSTOKG_LOG=str(folder / "deployment.log"),
            DOCSTOKG_ENV_FILE=str(folder / "docstokg.env"),
            ALERTMANAGER_URL=url,
        )
        yield far


# ---- telemetry ------------------------------------------------------------------------------------------------------

TELEMETRY = """
CREATE TABLE runs (run_id TEXT, telemetry INTEGER, seconds REAL, ended_at TEXT);
CREATE TABLE downloads (artifact_id TEXT, sha256 TEXT, run_id TEXT, metadata TEXT);
CREATE TABLE http_events (host TEXT, status INTEGER, url TEXT, from_cache INTEGER);
CREATE TABLE fallback_attempts (artifact_id TEXT, ts REAL, outcome TEXT, run_id TEXT, metadata TEXT);
CREATE TABLE breaker_transitions (ts REAL, host TEXT, old_state TEXT, new_state TEXT);
CREATE TABLE run_summary (run_id TEXT, yield_pct REAL);
INSERT INTO http_events VALUES ('api.example.org', 200, '9f86d081884c7d65', 0);
"""
SWITCH, FLAG, TOKEN = "DOCSTOKG_ENABLE_TELEMETRY", "docstokg-telemetry", "prometheus-token-of-docstokg"
GRAFANA = "grafana-token-of-docstokg"
RUNS = [f"run-{number}" for number in range(400)]
SYSTEMCTL = """
case "$1" in
  start) echo active > {state} ;;
  stop) echo inactive > {state} ;;
  show) echo "ActiveState=$(cat {state})" ;;
esac
"""
EXPORTED: dict[str, float | Series] = {
    "yield": 88.0,
    "ttfp_p95": 9000.0,
    "cache_hits": 66.0,
    "http429": [({"host": "a.org"}, 0.5), ({"host": "b.org"}, 1.1)],
    "breaker_opens": [({"host": "a.org"}, 1.0)],
    **{f"{name}_holds:{kind}": 8000.0 for name in ("yield", "ttfp", "http429") for kind in ("good", "total")},
}


@dataclass
class Telemetry(Pipeline):
    """The same pipeline, whose runs ask Perch whether they tell what they do."""

    prom: PlayedPrometheus | None = None
    flags: list[FlagTable] = field(default_factory=list)
    datasource: str = "http://old-prometheus:9090"

    async def grafana(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {GRAFANA}":
            return web.Response(status=401)
        if (request.method, request.path) != ("PUT", "/api/datasources/uid/docstokg"):
            return web.Response(status=404)
        self.datasource = (await request.json())["url"]
        return web.json_response({"message": "Datasource updated"})

    @property
    def exporter(self) -> str:
        return (self.folder / "exporter").read_text(encoding="utf-8").strip()

    def telling(self) -> set[str]:
        """The runs that would tell now: none where the switch is off."""
        if self.variable(SWITCH) == "0":
            return set()
        asked = {run: self.flags[0].answer(FLAG, {"targetingKey": run}).decided.variant for run in RUNS}
        return {run for run, variant in asked.items() if variant == "canary"}

    def goes_on(self, now: datetime) -> None:
        """Runs end, as fast as ever; those that were asked to tell do."""
        tells = int(len(self.telling()) == len(RUNS)) if self.flags else 0
        self.logs(now, "run ended")
        self.does(f"INSERT INTO runs VALUES ('r', {tells}, 60.0, '{now:%Y-%m-%d %H:%M:%S}')")


@asynccontextmanager
async def telemetry(folder: Path, plan: Plan, now: datetime) -> AsyncIterator[Telemetry]:
    """The pipeline as it is before the start: allowed to tell, asked by nobody to, its exporter off."""
    (folder / "exporter").write_text("inactive", "utf-8")
    (folder / "docstokg.env").write_text(f"{SWITCH}=1\nDOCSTOKG_TELEMETRY_HASH_URLS=1\n", "utf-8")
    programs = Programs(folder, {"docstokg": ":", "systemctl": SYSTEMCTL.format(state=folder / "exporter")})
    prom = PlayedPrometheus(plan, TOKEN)
    far = Telemetry(folder, programs, dict(programs.environment), prom=prom)
    far.does(TELEMETRY)
    before = [
        f"INSERT INTO runs VALUES ('r', 0, 60.0, '{now - timedelta(days=day):%Y-%m-%d %H:%M:%S}')" for day in range(8)
    ]
    far.does(*before)
    for name, value in EXPORTED.items():
        prom.values[name] = _exported(far, value)
    async with prom.serving(), serving(far.grafana) as grafana:
        far.environment.update(
            GRAFANA_URL=grafana,
            GRAFANA_TOKEN=GRAFANA,
            DOCSTOKG_DATASOURCE=far.datasource,
            DOCSTOKG_MANIFEST=str(folder / "manifest.sqlite3"),
            DOCSTOKG_LOG=str(folder / "deployment.log"),
            DOCSTOKG_ENV_FILE=str(folder / "docstokg.env"),
            PROMETHEUS_URL=prom.url,
            PROMETHEUS_TOKEN=TOKEN,
        )
        yield far


def _exported(far: Telemetry, value: float | Series) -> Callable[[], float | Series | None]:
    """What Prometheus knows of it: nothing while the exporter is off."""
    return lambda: value if far.exporter == "active" else None
