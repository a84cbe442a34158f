"""A whole Perch whose every secret comes back from its far sides; and all the places where one might come out again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from bot.app import Perch, open_perch
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.engine.pace import Pace
from bot.parts import REAL
from bot.sandbox.world import World
from bot.schedule import Schedule
from bot.settings import read_settings
from storage.bundle import export
from storage.database import open_database
from storage.signing import new_key
from tests.laws.echoing import SECRETS, Echo, babbling_redis, echoing, program
from tests.scenarios.opening import settings_of, write_plan
from tests.scenarios.story import Story
from tests.sqlite import sqlite_in

BRISK = Pace(posts_per_s=1000, post_burst=1000, edits_per_s=1000, edit_burst=1000, edit_gap=timedelta(0))


class Still(Schedule):
    """A schedule that wakes nobody: the test does."""

    def __init__(self) -> None: ...

    def every(self, seconds: float, call: Callable[[], Awaitable[object]]) -> None: ...

    def start(self) -> None: ...

    def close(self) -> None: ...


def plan(name: str, **changes: Any) -> dict[str, Any]:
    """Every kind that asks a far side, each with its own way of saying who Perch is."""
    flag, switch = "${FLAG_URL}/flag", "${FLAG_URL}/switch"
    return {
        "name": name,
        "service": name,
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@sre-leads"], "override": ["@sre-leads"]},
        "sources": {
            "prom": {"kind": "prometheus", "url": "${PROM_URL}", "token_env": "PROM_ACCESS", "deadline": "1s"},
            "page": {
                "kind": "metrics_page",
                "url": "${PAGE_URL}",
                "username_env": "PAGE_USER",
                "password_env": "PAGE_WORD",
            },
        },
        "metrics": {
            "rate": {"source": "prom", "unit": "percent", "query": "x"},
            "page_rate": {"source": "page", "unit": "percent", "value": "rate"},
            "door": {"source": {"kind": "probe", "url": "${PROBE_URL}", "headers": {"X-Who": "${PROM_ACCESS}"}}},
        },
        "traffic": [
            {
                "kind": "http",
                "apply": {"method": "PUT", "url": flag, "json": {"percent": "{percent}"}},
                "read": {"url": flag, "path": "percent"},
                "token_env": "FLAG_ACCESS",
                "timeout": "2s",
            },
        ],
        "confirm": {"within": "5s"},
        "every": {"check": "1s"},
        "no_data": {"after": "1h", "then": "hold"},
        "cooldown": "1s",
        "stages": [
            {
                "weight": weight,
                "settle": "0s",
                "bake": "30m",
                "promote_when": ["rate > 95%"],
                "warn_unless": ["page_rate > 95%"],
                "rollback_when": ["rate < 10% for 30m", "door down for 30m"],
            }
            for weight in ("1%", "100%")
        ],
        "kill_switch": [
            [
                {
                    "kind": "http",
                    "engage": {"method": "POST", "url": switch},
                    "read": {"url": switch, "path": "engaged", "off": True},
                    "restore": {"method": "DELETE", "url": switch},
                    "token_env": "FLAG_ACCESS",
                    "timeout": "2s",
                }
            ]
        ],
        **changes,
    }


def by_command() -> list[dict[str, Any]]:
    """Traffic that a program moves, which gets a secret by its environment."""
    own = {"CLI_OWN": "CLI_ACCESS"}
    read = {"argv": ["${SETPCT}"], "percent": "^PCT=(.*)$"}
    return [
        {
            "kind": "command",
            "apply": ["setpct", "set", "{percent}"],
            "read": read | {"argv": ["setpct", "show"]},
            "env": own,
        }
    ]


def by_redis(place: str) -> list[dict[str, Any]]:
    return [
        {"kind": "redis_flag", "url": f"redis://{place}/0", "key": "pct", "password_env": "REDIS_WORD", "timeout": "1s"}
    ]


def environment_of(world: World, folder: Path, echo: Echo) -> dict[str, str]:
    """Perch's environment, full of secrets under names of which some don't sound so."""
    host = echo.url.removeprefix("http://")
    return settings_of(world, folder) | {
        "PROM_URL": f"http://watcher:{quote(SECRETS['url password'], safe='')}@{host}/prom",
        "PROM_ACCESS": SECRETS["bearer"],
        "PAGE_URL": f"{echo.url}/page?sid={SECRETS['query']}",
        "PAGE_USER": "reader",
        "PAGE_WORD": SECRETS["basic password"],
        "PROBE_URL": f"{echo.url}/probe/hooks/{SECRETS['hook']}",
        "FLAG_URL": echo.url,
        "FLAG_ACCESS": SECRETS["flag token"],
        "CLI_ACCESS": SECRETS["command's own"],
        "REDIS_WORD": SECRETS["redis password"],
        "PERCH_WEBHOOK_TOKEN": SECRETS["webhook"],
        "PERCH_SIGNING_KEY": new_key(),
        "PERCH_HEARTBEAT_URL": f"{echo.url}/beat/{SECRETS['beat']}",
        "GITHUB_TOKEN": SECRETS["pasted"],
        "PERCH_ALLOWED_COMMANDS": "setpct",
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
    }


@dataclass
class Ahead:
    """The real clock, and by how much the test has moved it."""

    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass
class Leaky:
    """The story, the far side's mood, and the clock."""

    story: Story
    echo: Echo
    folder: Path
    clock: Ahead

    @property
    def perch(self) -> Perch:
        return self.story.perch

    async def tick(self, number: int = 1) -> None:
        """Checks, each a second after the last."""
        for _ in range(number):
            self.clock.by += timedelta(seconds=1)
            await self.perch.engine.ticker.tick()
            await self.perch.engine.ticker.idle()
            await self.perch.engine.works.idle()

    async def rollout(self, name: str = "web") -> Rollout:
        """The newest one of a plan."""
        return (await self.perch.engine.desk.latest(name, 1))[0]

    async def until(self, state: State) -> Rollout:
        """Let checks go by until the rollout is there."""
        for _ in range(20):
            if (rollout := await self.rollout()).state is state:
                return rollout
            await self.tick()
        raise AssertionError(f"{rollout.state} instead of {state}: {rollout.check}")

    async def started(self, name: str) -> str:
        """Start a plan, let its preflight happen, and read what becomes of it."""
        answer = await self.story.types("ana", f"start {name} 1% version=v-{SECRETS['pasted']}")
        await self.tick(2)
        return answer

    @property
    def secrets(self) -> dict[str, str]:
        """All of them, those of Perch's own settings included."""
        own = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "PERCH_SIGNING_KEY")
        return {**SECRETS, **{name: self.story.environment[name] for name in own}}

    async def everywhere(self) -> dict[str, str]:
        """All that comes out of Perch, by where one finds it."""
        places: dict[str, str] = {"slack": _shown([call.__dict__ for call in self.story.workspace.calls()])}
        async with httpx.AsyncClient(verify=False) as client:
            for path in ("/metrics", "/readyz", "/healthz"):
                places[path] = (await client.get(self.perch.address + path)).text
        for file in sorted(self.folder.rglob("*")):
            if file.is_file() and file.parent.name not in ("bin", "plans"):
                places[str(file.relative_to(self.folder))] = file.read_bytes().decode(errors="replace")
        database = await open_database(sqlite_in(self.folder))
        try:
            for rollout in await self.perch.engine.desk.latest(limit=50):
                places[f"bundle of {rollout.id}"] = (await export(database, rollout.id)).decode(errors="replace")
                places[f"plan of {rollout.id}"] = repr(await self.perch.engine.desk.plan_of(rollout))
        finally:
            await database.aclose()
        return places


def _shown(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False) + json.dumps(value, default=str)


@asynccontextmanager
async def leaky_story(
    folder: Path, plans: Sequence[dict[str, Any]] = (), *, signed_http: bool = False
) -> AsyncIterator[Leaky]:
    """Perch between a workspace and far sides that repeat all they hear; by default with a plan of each kind."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(World(enforce_rate_limits=False))
        echo = await stack.enter_async_context(echoing())
        redis = await stack.enter_async_context(babbling_redis())
        program(folder / "bin")
        moved_by: dict[str, dict[str, Any]] = {
            "cli": {"traffic": by_command()},
            "kept": {"traffic": by_redis(redis)},
            "web": {},
        }
        for each in plans or [plan(name, **changes) for name, changes in moved_by.items()]:
            write_plan(folder, each)
        environment = environment_of(world, folder, echo) | ({"SLACK_APP_TOKEN": ""} if signed_http else {})
        clock = Ahead()
        parts = replace(REAL, schedule=Still, pace=BRISK)
        perch = await open_perch(read_settings(environment), environment, clock, parts)
        stack.push_async_callback(perch.stop)
        await perch.start()
        yield Leaky(Story(world, perch, environment), echo, folder, clock)
