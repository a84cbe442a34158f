"""The architecture, as one table: who may import whom, how long a module may be, and what the domain never does.

What isn't named here is not a room; a new room is a new line.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = ("bot", "commands", "adapters", "storage")
WEB = ("aiohttp",)
BOLT = ("slack_bolt", "slack_sdk", "aiohttp")
"""Four files know Bolt: the listeners, who we are, and the two ways in."""
DOMAIN, PORTS, WORDING, ENGINE = "bot.domain", "bot.ports", "bot.wording", "bot.engine"
REDACTION = "bot.redaction"


@dataclass(frozen=True)
class Room:
    """`ours`: rooms it may import besides itself; `libraries`: what is neither ours nor Python's own."""

    ours: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


SHARED = ("adapters.http", "adapters.json_places", "adapters.matchers", "adapters.options", "adapters.placeholders")
"""What adapters of all kinds are made of, beside `adapters.commands` for those that run programs."""

ROOMS: dict[str, Room] = {
    "bot.domain": Room(libraries=("pydantic", "pydantic_core")),
    "bot.ports": Room((DOMAIN,), ("pydantic",)),
    "bot.wording": Room((DOMAIN, PORTS)),
    "bot.redaction": Room((DOMAIN,)),
    "bot.engine": Room((DOMAIN, PORTS, REDACTION), ("pydantic",)),
    "bot.schedule": Room((ENGINE,), ("apscheduler",)),
    "bot.settings": Room((), ("pydantic",)),
    "bot.sandbox": Room((), WEB),
    "commands.slack": Room((DOMAIN, PORTS, WORDING, ENGINE, REDACTION), ("pydantic",)),
    "commands.slack.bolt": Room((DOMAIN, PORTS, WORDING, ENGINE, "commands.slack"), BOLT),
    "commands.slack.introduction": Room((DOMAIN, PORTS, "commands.slack"), BOLT),
    "commands.slack.signed": Room((DOMAIN, PORTS, "commands.slack"), BOLT),
    "commands.slack.sockets": Room((DOMAIN, PORTS, "commands.slack"), BOLT),
    "commands.web": Room(
        (DOMAIN, PORTS, WORDING, ENGINE, REDACTION, "commands.slack"),
        (*WEB, "prometheus_client", "pydantic", "slack_bolt"),
    ),
    "commands.terminal": Room(
        ("bot", "adapters", "storage", "commands"), ("click", "aiohttp", "httpx", "slack_sdk", "sqlalchemy")
    ),
    "adapters.http": Room((DOMAIN, PORTS, REDACTION), ("httpx", "pydantic")),
    "adapters.matchers": Room((DOMAIN,)),
    "adapters.options": Room((DOMAIN,), ("pydantic",)),
    "adapters.placeholders": Room((DOMAIN,)),
    "adapters.alerting": Room((DOMAIN,), ("yaml",)),
    "adapters.commands": Room((DOMAIN, PORTS, REDACTION, *SHARED, "adapters.subprocesses"), ("pydantic",)),
    "adapters.diagnosis": Room((DOMAIN, PORTS, *SHARED, "adapters.commands"), ("pydantic",)),
    "adapters.kubernetes": Room((DOMAIN, PORTS, *SHARED), ("lightkube", "httpx2", "msgspec", "pydantic", "yaml")),
    "adapters.notify": Room(
        (DOMAIN, PORTS, WORDING, REDACTION, "adapters.http"),
        ("slack_sdk", "aiohttp", "httpx", "pydantic", "aiosmtplib"),
    ),
    "adapters.notifiers": Room(
        (DOMAIN, PORTS, *SHARED, "adapters.threads", "adapters.grafana"), ("httpx", "pydantic", "apprise")
    ),
    "adapters.grafana": Room((DOMAIN, PORTS, REDACTION, *SHARED), ("grafana_foundation_sdk",)),
    "adapters.cloud": Room(
        (DOMAIN, PORTS, *SHARED, "adapters.threads"), ("pydantic", "botocore", "google", "requests")
    ),
    "adapters.contracts": Room((DOMAIN, PORTS), ("pytest", "hypothesis")),
    "adapters.charts": Room((PORTS, REDACTION)),
    "adapters.charts.drawing": Room((), ("matplotlib",)),
    "adapters.json_places": Room((DOMAIN, PORTS, "adapters.http"), ("pydantic",)),
    "adapters.sources": Room(
        (DOMAIN, PORTS, REDACTION, *SHARED, "adapters.commands", "adapters.kubernetes"),
        ("httpx", "pydantic", "prometheus_api_client", "prometheus_client", "requests", "urllib3", "lightkube"),
    ),
    "adapters.sources.sql": Room((DOMAIN, PORTS, *SHARED, "adapters.sources"), ("pydantic", "sqlalchemy", "asyncpg")),
    "adapters.subprocesses": Room(),
    "adapters.threads": Room(),
    "adapters.traffic": Room(
        (
            *(DOMAIN, PORTS, REDACTION, *SHARED),
            *("adapters.threads", "adapters.commands", "adapters.kubernetes", "adapters.cloud"),
        ),
        ("httpx", "pydantic", "redis", "lightkube"),
    ),
    "adapters.tasks": Room(
        (DOMAIN, PORTS, *SHARED, "adapters.commands", "adapters.subprocesses"), ("httpx", "pydantic", "pydantic_core")
    ),
    "adapters.effects": Room(
        (DOMAIN, PORTS, REDACTION, *SHARED, "adapters.commands", "adapters.kubernetes", "adapters.traffic"),
        ("httpx", "pydantic", "lightkube"),
    ),
    "adapters.archives": Room(
        (DOMAIN, PORTS, REDACTION, *SHARED, "adapters.subprocesses", "adapters.threads"), ("pydantic", "obstore")
    ),
    "storage": Room(
        (DOMAIN, PORTS),
        (
            "sqlmodel",
            "sqlalchemy",
            "alembic",
            "yaml",
            "pydantic",
            "aiosqlite",
            "asyncpg",
            "pydantic_core",
            "cryptography",
            "duckdb",
        ),
    ),
    "bot.plugins": Room((DOMAIN,), ("pydantic",)),
    "bot.papers": Room(("bot", "storage")),
    "bot.wiring": Room(("bot", "storage")),
    "bot.assembly": Room(("bot", "adapters", "storage")),
    "bot.parts": Room(("bot", "adapters", "storage"), ("slack_sdk",)),
    "bot.speech": Room(("bot", "adapters"), ("slack_sdk",)),
    "bot.standing": Room(("bot", "commands.web")),
    "bot.app": Room(
        ("bot", "adapters", "storage", "commands.slack", "commands.web"), (*WEB, "slack_sdk", "slack_bolt")
    ),
}

WIRING = ("bot.app", "bot.papers", "bot.wiring", "bot.assembly", "bot.parts", "bot.speech", "bot.standing")

NEVER_IN_THE_DOMAIN = frozenset(
    {"asyncio", "logging", "random", "secrets", "uuid", "time", "socket", "os", "pathlib", "subprocess", "threading"}
    | {"urllib", "http", "sqlite3", "tempfile", "shutil", "io"}
)
VAGUE = ("utils", "util", "helpers", "helper", "common", "base", "manager", "handler", "handlers", "process", "misc")
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40


def modules() -> list[Path]:
    return [path for room in OURS for path in sorted((ROOT / room).rglob("*.py"))]


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The narrowest room that a module is in; "" for the empty packages above the rooms."""
    inside = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(inside, key=len, default="")


def within(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.extend((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert node.level == 0, f"{path}:{node.lineno}: relative imports hide the room"
            names = [f"{module}.{name.name}" for name in node.names] if module in OURS else [module]
            found.extend((node.lineno, name) for name in names)
    return found


def may(module: str, name: str) -> bool:
    room = room_of(module)
    rules = ROOMS.get(room, Room())
    top = name.split(".")[0]
    if top in OURS:
        return any(within(name, each) for each in ((room,) if room else ()) + rules.ours)
    return top in sys.stdlib_module_names or top in rules.libraries


def test_a_module_imports_only_what_its_room_allows() -> None:
    assert not [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules()
        for line, name in imports(path)
        if not may(dotted(path), name)
    ]


def test_nobody_but_the_wiring_knows_the_doors_the_adapters_and_the_storage() -> None:
    """All arrows point at the domain."""
    for path in modules():
        module = dotted(path)
        for _, name in imports(path):
            if within(name, "bot.app"):
                assert module in WIRING or within(module, "commands.terminal"), f"{module} imports the wiring"
            for room in ("commands", "adapters", "storage"):
                if within(name, room) and not within(module, room):
                    assert module in WIRING or within(module, "commands.terminal"), f"{module} imports {name}"


def test_no_adapter_imports_another() -> None:
    """Deleting one is as easy as adding one; only actions put values where traffic's kinds put them."""
    kinds = [
        f"adapters.{room}"
        for room in ("sources", "traffic", "notify", "charts", "diagnosis", "archives", "tasks", "effects", "notifiers")
    ]
    for path in modules():
        module = dotted(path)
        for _, name in imports(path):
            for kind in kinds:
                if within(name, kind):
                    built_on = within(module, "adapters.effects") and kind == "adapters.traffic"
                    mine = within(module, kind) or built_on
                    assert mine or not within(module, "adapters"), f"{module} imports {name}"


def test_the_domain_has_no_clock_no_network_no_files_and_nothing_random() -> None:
    for path in (ROOT / "bot" / "domain").rglob("*.py"):
        for line, name in imports(path):
            assert name.split(".")[0] not in NEVER_IN_THE_DOMAIN, f"{path.name}:{line} imports {name}"


def test_the_domain_reads_no_clock_and_waits_for_nothing() -> None:
    """Time comes in as an argument."""
    for path in (ROOT / "bot" / "domain").rglob("*.py"):
        for node in ast.walk(parsed(path)):
            assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"{path.name}:{node.lineno} is async"
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("now", "today", "utcnow") or _is_ours(node), f"{path.name}:{node.lineno}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("open", "print", "input"), f"{path.name}:{node.lineno}"


def _is_ours(node: ast.Attribute) -> bool:
    """`look.now` and `moment.now` are arguments; `datetime.now` is a clock."""
    return isinstance(node.value, ast.Name) and node.value.id not in ("datetime", "date", "time")


def test_a_module_fits_on_few_screens() -> None:
    """A language is one file, whatever its length: it is a list, and is read by looking up."""
    read = [path for path in modules() if not within(dotted(path), "bot.wording.languages")]
    lengths = {dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in read}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_MODULE}


def test_a_function_fits_on_one_screen() -> None:
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{path.name}:{node.lineno} {node.name} has {length} lines"


def test_a_name_says_what_is_inside() -> None:
    """A vague name is a missing idea."""
    for path in modules():
        words = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "_").split("_")
        assert not set(words) & set(VAGUE), path


def test_the_rooms_exist() -> None:
    for room in ROOMS:
        place = ROOT / room.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").exists(), f"{room} is gone; take its line out"
