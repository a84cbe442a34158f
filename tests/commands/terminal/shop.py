"""A Perch on disk for shell tests: a plan whose traffic and switch are files, and a rollout that stands at 10 %."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.assembly import Engine, build_engine, utc_now
from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.planning.reading import digest
from bot.domain.rollout import Person, Rollout
from bot.domain.units import Weight
from bot.engine.cards import kill_card
from bot.ports import Change
from bot.settings import read_settings
from commands.terminal.engine import NoSlack
from storage.database import open_database
from tests.process.console import perch

PLAN = """\
name: NAME
service: shop
channel: "#canary-live"
roles: {operators: ["@sre"], approvers: ["@sre-leads"]}
sources: {page: {kind: metrics_page, url: "http://127.0.0.1:9/metrics"}}
metrics: {errors: {source: page, unit: percent, value: errors}}
traffic: [{kind: flag_file, path: "FOLDER/NAME-flag.json", key: percent}]
stages:
  - {weight: 10%, bake: 1h, settle: 0s, promote_when: ["errors < 2%"], rollback_when: ["errors > 5%"]}
  - {weight: 100%, bake: 1h, settle: 0s, promote_when: ["errors < 2%"], rollback_when: ["errors > 5%"]}
kill_switch: [[{kind: flag_file, path: "FOLDER/NAME-switch.json", key: enabled, off: false, on: true}]]
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """Where everything lies."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": f"sqlite:///{self.folder / 'perch.db'}",
            "PERCH_PLANS": str(self.folder / "plans"),
            "PERCH_STATE": str(self.folder / "state"),
        }

    @property
    def database(self) -> Path:
        return self.folder / "perch.db"

    def percent(self, name: str = "shop") -> float:
        """What the traffic flag says."""
        return float(json.loads((self.folder / f"{name}-flag.json").read_text())["percent"])

    def enabled(self, name: str = "shop") -> bool:
        """What the kill switch's file says."""
        return bool(json.loads((self.folder / f"{name}-switch.json").read_text())["enabled"])

    @property
    def spooled(self) -> Sequence[dict[str, Any]]:
        """The intents that wait for the database."""
        files = (self.folder / "state" / "spool").glob("*.jsonl")
        return [json.loads(file.read_text().splitlines()[0]) for file in files]

    def lose_the_database(self) -> None:
        """It is gone, log and all."""
        for file in self.folder.glob("perch.db*"):
            file.unlink()

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        """The engine that a running Perch would have."""
        settings = read_settings(self.environment)
        database = await open_database(settings.database_url)
        engine = build_engine(settings, {}, database, NoSlack())
        try:
            yield engine
        finally:
            await engine.aclose()
            await database.aclose()

    def begin(self, name: str = "shop", state: State = State.BAKING) -> Rollout:
        """A rollout of a new plan with this name, at 10 %, with its kill card."""
        return asyncio.run(self._begin(name, state))

    async def _begin(self, name: str, state: State) -> Rollout:
        plans = self.folder / "plans"
        plans.mkdir(exist_ok=True)
        (plans / f"{name}.yaml").write_text(PLAN.replace("NAME", name).replace("FOLDER", str(self.folder)))
        (self.folder / f"{name}-flag.json").write_text('{"percent": 10}')
        (self.folder / f"{name}-switch.json").write_text('{"enabled": true}')
        async with self.engine() as engine:
            plan, tree = engine.plans.find(name)
            now, weight = utc_now(), Weight(10)
            rollout = Rollout(
                id=f"{name}-1",
                plan=name,
                plan_digest=digest(tree, plan.environment),
                service=plan.service,
                environment=plan.environment,
                version="v2",
                requester=Person(id="U0ANA", name="Ana"),
                started_at=now,
                due_at=now,
                state=state,
                confirmed=weight,
                approved=weight,
                target=weight,
                shifted_at=now,
                entered_at=now,
                counted_at=now,
            )
            saved = await engine.rollouts.create(rollout, tree, Change())
            engine.files.keep_card(kill_card(saved, plan, dict(tree), ()))
            return saved

    def load(self, id: str) -> Rollout:
        """The rollout as the database has it."""

        async def load() -> Rollout:
            async with self.engine() as engine:
                return await engine.rollouts.load(id)

        return asyncio.run(load())

    def records(self, id: str) -> Sequence[Record]:
        """Its evidence, after what waits in the spool was merged, as the tick does it."""

        async def merged() -> Sequence[Record]:
            async with self.engine() as engine:
                await engine.switch.merge()
                return await engine.rollouts.records(id)

        return asyncio.run(merged())

    def perch(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the console command as a user would, in the shop's folder, to its end."""
        return perch(words, {**self.environment, **more}, self.folder)


@contextmanager
def perch_process(
    words: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[str]]:
    """`perch WORDS…` in its own process, warnings as errors; killed at the end when it still runs."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", "from commands.terminal import main; main()", *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
