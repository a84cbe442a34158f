"""What Perch's code never does, looked up in its syntax: each rule is a few lines, and names the place that breaks it.

Ruff's `S` rules know Python's own traps. These know Perch's: which names hold secrets, who may open a connection, how a
token is compared. `make lint` runs them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from bot.assembly import our_kinds
from bot.domain.secret_names import sounds_secret
from bot.plugins import ROLES
from bot.settings import Settings, read_settings
from tests.test_rooms import dotted, modules, parsed, within

Rule = Callable[[ast.AST], bool]

LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
UNSAID = frozenset({"headers", "environ", "environment", "payload", "body", "cookies"})
"""What is never logged, whatever is in it."""
RUNS_TEXT = frozenset({"eval", "exec", "compile", "__import__"})
LOADS_OBJECTS = frozenset({"pickle", "cPickle", "marshal", "shelve", "dill", "jsonpickle"})
SQL = frozenset({"text", "execute", "exec_driver_sql", "executescript", "executemany"})
CLIENTS = frozenset({"AsyncClient", "ClientSession", "Session", "urlopen", "HTTPConnection", "HTTPSConnection"})
CONNECTS = ("adapters", "bot.sandbox")
"""Who may open a connection to an address."""


def private(name: str) -> bool:
    """Whether a name in code holds a secret; a bare `key` is that of a mapping, a delivery or a flag."""
    return sounds_secret(name) and name.strip("_") != "key"


def calls(node: ast.AST) -> str:
    """The last name of what is called, or ""."""
    if not isinstance(node, ast.Call):
        return ""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def options(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Call):
        yield from ((option.arg, option.value) for option in node.keywords if option.arg)


def last_name(node: ast.AST) -> str:
    """`token` for `token`, `self.token`, `request.token` and `token.get_secret_value()`; "" for all else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Attribute(value=inner, attr="get_secret_value")):
            return last_name(inner)
        case _:
            return ""


def built(node: ast.AST) -> bool:
    """A text put together from others: f"…{x}", "…" % x, "…" + x, "…".format(x)."""
    match node:
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.FormattedValue) for part in parts)
        case ast.BinOp(op=ast.Add() | ast.Mod()):
            return True
        case _:
            return calls(node) in ("format", "join")


def uses_a_shell(node: ast.AST) -> bool:
    shell = any(name == "shell" and not _is(value, False) for name, value in options(node))
    return shell or calls(node) in ("system", "popen", "getoutput", "create_subprocess_shell", "subprocess_shell")


def runs_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT


def loads_objects(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(each.name.split(".")[0] in LOADS_OBJECTS for each in names)
        case ast.ImportFrom(module=module):
            return (module or "").split(".")[0] in LOADS_OBJECTS
        case ast.Attribute(value=ast.Name(id="yaml"), attr=name):
            return name in ("load", "load_all", "unsafe_load", "full_load", "Loader", "UnsafeLoader", "FullLoader")
        case _:
            return False


def builds_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and calls(node) in SQL and any(built(each) for each in node.args[:1])


def trusts_anybody(node: ast.AST) -> bool:
    careless = any(name in ("verify", "ssl", "check_hostname") and _is(value, False) for name, value in options(node))
    match node:
        case ast.Attribute(attr="CERT_NONE" | "_create_unverified_context"):
            return True
        case ast.Assign(targets=[ast.Attribute(attr="check_hostname")], value=value):
            return _is(value, False)
        case _:
            return careless


def logs_what_it_shouldnt(node: ast.AST) -> bool:
    if calls(node) not in LOGS or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if last_name(node.func.value) not in ("log", "logger", "logging", "quiet"):
        return False
    said = [inner for argument in node.args for inner in ast.walk(argument)]
    return any(last_name(each) in UNSAID or private(last_name(each)) for each in said)


def compares_a_secret(node: ast.AST) -> bool:
    """`==` stops at the first difference, and the time it takes tells where: `hmac.compare_digest` doesn't."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return False
    sides = [node.left, *node.comparators]
    return any(private(last_name(each)) for each in sides) and not any(_is(each, "") for each in sides)


def opens_a_connection(node: ast.AST) -> bool:
    return calls(node) in CLIENTS


def dumps_settings(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr in ("model_dump", "model_dump_json") and "settings" in last_name(node.func.value)


def _is(node: ast.AST, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value == value and type(node.value) is type(value)


NEVER: dict[str, Rule] = {
    "runs something through a shell": uses_a_shell,
    "runs a text as code": runs_text,
    "loads objects from bytes": loads_objects,
    "builds SQL from texts": builds_sql,
    "trusts a certificate that nobody signed": trusts_anybody,
    "logs headers, bodies or a secret": logs_what_it_shouldnt,
    "compares a secret with ==": compares_a_secret,
    "writes all settings down": dumps_settings,
}


PUBLIC = {("compares a secret with ==", "storage.signing")}
"""Exceptions: an Ed25519 signature stands in the open, and is compared after it was verified."""


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a file's syntax: every rule looks at it, and it is walked once."""
    return tuple(ast.walk(parsed(path)))


def broken(rule: Rule, path: Path) -> list[str]:
    return [f"{path}:{getattr(node, 'lineno', 0)}" for node in nodes(path) if rule(node)]


def product() -> list[Path]:
    """All of Perch but the sandbox, which plays the far sides and holds no secrets."""
    return [path for path in modules() if not within(dotted(path), "bot.sandbox")]


def test_the_code_never_does_what_no_rule_allows() -> None:
    """Law 8."""
    found = [
        f"{place} {what}"
        for path in product()
        for what, rule in NEVER.items()
        if (what, dotted(path)) not in PUBLIC
        for place in broken(rule, path)
    ]
    assert found == []


def test_only_adapters_open_connections() -> None:
    """Law 8: hosts stand in plans and settings, and one place redacts what goes wrong there."""
    outside = [path for path in modules() if not any(within(dotted(path), room) for room in CONNECTS)]
    assert [place for path in outside for place in broken(opens_a_connection, path)] == []


BAD: dict[str, tuple[str, ...]] = {
    "runs something through a shell": ("run(x, shell=True)", "os.system(x)", "asyncio.create_subprocess_shell(x)"),
    "runs a text as code": ("eval(x)", "exec(x)"),
    "loads objects from bytes": ("import pickle", "from marshal import loads", "yaml.load(x)", "yaml.unsafe_load(x)"),
    "builds SQL from texts": ('db.execute(f"select {x}")', 'text("select " + x)', 'db.execute("select %s" % x)'),
    "trusts a certificate that nobody signed": (
        "get(u, verify=False)",
        "ssl.CERT_NONE",
        "context.check_hostname = False",
    ),
    "logs headers, bodies or a secret": (
        'log.info("%s", request.headers)',
        'log.debug(f"{token}")',
        'log.warning("%s", dict(os.environ))',
        'logger.error("x %s", self._password)',
    ),
    "compares a secret with ==": ("given == token", "self.signature != x", "token.get_secret_value() == x"),
    "writes all settings down": ("settings.model_dump()", "self._settings.model_dump_json()"),
}


@pytest.mark.parametrize(("what", "code"), [(what, code) for what, codes in BAD.items() for code in codes])
def test_a_rule_finds_what_it_is_for(what: str, code: str) -> None:
    """A check that finds nothing anywhere would pass as well."""
    assert any(NEVER[what](node) for node in ast.walk(ast.parse(code)))


GOOD = (
    "run(x, shell=False)",
    "re.compile(x)",
    'db.execute(text("select 1"))',
    "get(u, verify=trust())",
    'log.info("%s started", plan.name)',
    "hmac.compare_digest(token, given)",
    'token == ""',
)


@pytest.mark.parametrize("code", GOOD)
def test_a_rule_leaves_alone_what_is_right(code: str) -> None:
    assert not any(rule(node) for rule in NEVER.values() for node in ast.walk(ast.parse(code)))


# ---- settings and options ---------------------------------------------------------------------------------------


def test_every_setting_that_sounds_secret_is_kept_as_one() -> None:
    """Law 8: SecretStr, so that no repr, traceback or dump shows it."""
    for field in Settings.model_fields.values():
        if sounds_secret(field.alias or ""):
            assert field.annotation is SecretStr, field.alias


def test_settings_and_what_they_are_shown_as_hold_no_secret() -> None:
    """Law 8: addresses may hold a password or be one themselves."""
    given = {
        "SLACK_BOT_TOKEN": "xoxb-hidden-1",
        "SLACK_APP_TOKEN": "xapp-hidden-2",
        "SLACK_SIGNING_SECRET": "hidden-3",
        "DATABASE_URL": "postgresql://perch:hidden-4@db/perch",
        "PERCH_HEARTBEAT_URL": "https://hc.example/hidden-5",
        "PERCH_FALLBACK_URL": "https://hooks.example/hidden-6",
        "PERCH_WEBHOOK_TOKEN": "hidden-7",
        "PERCH_SMTP_URL": "smtp://perch:hidden-8@mail.example",
        "PERCH_SMTP_PASSWORD": "hidden-9",
    }
    shown = read_settings(given)
    assert "hidden" not in repr(shown) + str(shown)


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _models(inner)


KINDS = [(f"{role} {name}", kind) for role in ROLES for name, kind in getattr(our_kinds(), role).items()]


@pytest.mark.parametrize(("name", "kind"), KINDS, ids=[name for name, _ in KINDS])
def test_a_kinds_options_name_secrets_and_hold_none(name: str, kind: object) -> None:
    """Law 8: a frozen plan holds names, never values; and a mistake in options doesn't quote what was filled in."""
    for model in _models(kind.options):  # type: ignore[attr-defined]
        assert model.model_config.get("hide_input_in_errors"), f"{model.__name__} quotes what it was given"
        for option in model.model_fields:
            assert option.endswith("_env") or not private(option), f"{model.__name__}.{option}"
