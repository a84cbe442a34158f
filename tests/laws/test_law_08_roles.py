"""Law 8 for what does, tries and tells: actions, tasks, notifiers, flags, packages, and what is written for Grafana."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from click.testing import CliRunner

from adapters.grafana.drawing import dashboard_of
from adapters.subprocesses import MOST_BYTES
from bot.assembly import all_kinds, all_plugins
from bot.domain.flags import Flag, Routing, decide
from bot.domain.plan import Part
from bot.domain.units import Weight
from bot.domain.urgencies import Act, Urgency
from bot.engine.equipment import Equipment
from bot.engine.flags import Answer
from bot.engine.unbuilt import Unbuilt
from bot.ports import Exercise, Notice, OutsideFault
from bot.redaction import REDACTED, Redactor, secrets_in
from commands.terminal import perch
from commands.web.flags import FlagDoor
from tests.bot.test_plugins import Install, install
from tests.builders import a_plan, a_stage
from tests.far_side import serving
from tests.laws.echoing import MOODS, SECRETS, Echo, echoing, leaks

pytestmark = pytest.mark.anyio
__all__ = ["install"]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
NAMED = ("bearer", "flag token", "command's own", "query", "hook", "webhook", "pasted")
ALL = {**{name: SECRETS[name] for name in NAMED}, "routing key": ROUTING_KEY}
"""Those that the environment below holds."""
EFFECTS: Mapping[str, Mapping[str, Any]] = {
    "http": {
        "do": {"method": "POST", "url": "${FAR}/do/{key}"},
        "undo": {"method": "DELETE", "url": "${FAR}/do"},
        "token_env": "WHO",
    },
    "silence": {"url": "${FAR}", "matchers": ['a="b"'], "username_env": "READER", "password_env": "WORD"},
    "command": {"do": ["talker"], "undo": ["talker"], "env": {"OWN": "OWN_WORD"}},
}
TASKS: Mapping[str, Mapping[str, Any]] = {
    "command": {"command": ["talker"], "env": {"OWN": "OWN_WORD"}},
    "load": {
        "url": "${FAR}/chat?sid=${SESSION_TOKEN}",
        "requests": 3,
        "rate": "50/s",
        "users_env": ["WHO", "WORD"],
        "headers": {"X-Hook": "${HOOK_TOKEN}"},
        "timeout": "1s",
    },
}
NOTIFIERS: Mapping[str, Mapping[str, Any]] = {
    "pagerduty": {"routing_key_env": "ROUTING", "url": "${FAR}"},
    "jira": {"url": "${FAR}", "project": "OPS", "user_env": "READER", "token_env": "WHO"},
    "webhook": {"url": "${FAR}/hooks/${HOOK_TOKEN}", "secret_env": "SIGN"},
    "grafana": {"url": "${FAR}", "token_env": "WHO", "dashboard": False},
    "apprise": {"url_env": "OTHERS"},
}


def environment(echo: Echo, folder: Path) -> dict[str, str]:
    program = folder / "talker"
    program.write_text('#!/bin/bash\necho "login with $OWN failed"; echo "$OWN" >&2; exit "${CODE:-3}"\n')
    program.chmod(0o755)
    host = echo.url.removeprefix("http://")
    return {
        "PATH": f"{folder}:/usr/bin:/bin",
        "PERCH_ALLOWED_COMMANDS": "talker",
        "FAR": echo.url,
        "WHO": SECRETS["bearer"],
        "WORD": SECRETS["flag token"],
        "READER": "reader",
        "OWN_WORD": SECRETS["command's own"],
        "SESSION_TOKEN": SECRETS["query"],
        "HOOK_TOKEN": SECRETS["hook"],
        "SIGN": SECRETS["webhook"],
        "ROUTING": ROUTING_KEY,
        "OTHERS": f"json://ana:{quote(SECRETS['pasted'], safe='')}@{host}/",
    }


async def tried(call: Callable[[], Awaitable[object]]) -> str:
    """What came of it, as it would go on record; its cause would go to the log, redacted there."""
    try:
        return repr(await call())
    except OutsideFault as fault:
        return f"{type(fault).__name__}: {fault}"


def a_notice() -> Notice:
    """What a person pasted into a reason, and what a far side said before."""
    leaky = f"it holds {SECRETS['bearer']} and {SECRETS['pasted']}"
    return Notice(
        key="n-1",
        event="breach",
        act=Act.OPENS,
        urgency=Urgency.PAGE,
        at=NOW,
        rollout="r-1",
        plan="web",
        service="web",
        environment="production",
        version=f"v-{SECRETS['pasted']}",
        subject=leaky,
        text=leaky,
        reason=leaky,
        links={leaky: f"http://x/?token={quote(SECRETS['bearer'], safe='')}"},
    )


def built(equipment: Equipment, host: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Every way in which these roles speak."""
    calls: dict[str, Callable[[], Awaitable[object]]] = {}
    for kind, options in EFFECTS.items():
        effect = equipment.effect(Part(kind=kind, options=options))
        calls |= {f"begin {kind}": partial(effect.begin, "k-1"), f"end {kind}": partial(effect.end, "k-1")}
        calls |= {f"rehearse effect {kind}": effect.rehearse}
    for kind, options in NOTIFIERS.items():
        notifier = equipment.notifier(Part(kind=kind, options=options))
        calls |= {f"tell {kind}": partial(notifier.tell, a_notice()), f"rehearse {kind}": notifier.rehearse}
    for kind, options in TASKS.items():
        own = {"load_hosts": [host]} if kind == "load" else {}
        exercise = equipment._build("task", equipment.kinds.tasks, Part(kind=kind, options={**options, **own}))
        calls |= {f"task {kind}": partial(ran, exercise), f"rehearse task {kind}": exercise.rehearse}
    return calls


async def ran(exercise: Exercise) -> str:
    attempt = exercise.attempt()
    said = await tried(attempt.carry_out)
    return f"{exercise.about} {said} {attempt.result()}"


async def test_whatever_far_sides_say_no_role_says_a_secret_again(tmp_path: Path) -> None:
    """Each way to fail, in what goes on record and to people."""
    async with echoing() as echo:
        echo.secrets = ALL
        known = environment(echo, tmp_path)
        equipment = Equipment(all_kinds(), known, Redactor(secrets_in(known)))
        calls, found = built(equipment, echo.url.removeprefix("http://")), {}
        assert not [each for each in equipment._built.values() if isinstance(each, Unbuilt)]
        for mood in MOODS:
            echo.mood = mood
            for name, call in calls.items():
                if "apprise" not in name or mood == "500":
                    found[f"{name}, {mood}"] = await tried(call)
        await equipment.aclose()
    assert len(echo.asked) > len(MOODS) * 5
    assert [f"{name}: {leak}" for name, said in found.items() for leak in leaks(said, ALL)] == []
    assert REDACTED in found["task command, 500"]


async def test_nobody_is_told_a_secret(tmp_path: Path) -> None:
    """What goes out to pagers, trackers and hooks holds no secret but their own credentials."""
    told: list[str] = []

    async def hears(request: web.BaseRequest) -> web.Response:
        text = await request.text()
        told.append(text.replace(ROUTING_KEY, "") if "routing_key" in text else text)
        return web.json_response({"id": "1", "key": "OPS-1", "issues": [], "status": "success"}, status=202)

    async with serving(hears) as url:
        known = environment(Echo(url=url), tmp_path)
        equipment = Equipment(all_kinds(), known, Redactor(secrets_in(known)))
        calls = built(equipment, url.removeprefix("http://"))
        for kind in NOTIFIERS:
            await tried(calls[f"tell {kind}"])
        await equipment.aclose()
    assert len(told) >= len(NOTIFIERS)
    assert "it holds" in "".join(told)
    assert leaks("\n".join(told), ALL) == []


async def test_an_output_that_is_cut_in_the_middle_of_a_secret_shows_no_half_of_it(tmp_path: Path) -> None:
    """What a command wrote is kept up to so many bytes, whatever stands there."""
    secret, program = SECRETS["bearer"], tmp_path / "talker"
    for half in (7, len(secret) // 2, len(secret) - 1):
        filler = MOST_BYTES - half
        program.write_text(f'#!/bin/bash\nprintf "%{filler}s%s" "" "$OWN"\nexit 3\n')
        program.chmod(0o755)
        known = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PERCH_ALLOWED_COMMANDS": "talker", "WORD": secret}
        equipment = Equipment(all_kinds(), known)
        options = {"command": ["talker"], "env": {"OWN": "WORD"}}
        exercise = equipment._build("task", equipment.kinds.tasks, Part(kind="command", options=options))
        said = await ran(exercise)
        assert REDACTED in said
        assert secret[:7] not in said, half


async def test_the_door_of_the_flags_repeats_no_token_and_nothing_of_who_asks(caplog: pytest.LogCaptureFixture) -> None:
    """A wrong token may be a right one elsewhere; a context holds what a service knows of its users."""
    door = FlagDoor(Table(), SECRETS["bearer"], per_second=1000)  # type: ignore[arg-type]
    guesses: tuple[Mapping[str, str], ...] = (
        {"Authorization": f"Bearer {SECRETS['pasted']}"},
        {"X-API-Key": SECRETS["pasted"]},
        {},
    )
    bodies = (f'{{"context": {{"targetingKey": ["{SECRETS["hook"]}"]}}}}', f"{SECRETS['hook']}", f'"{SECRETS["hook"]}"')
    said = [door.refuses(headers) for headers in guesses]
    said += [door.evaluate("search", body.encode()) for body in bodies]
    said += [door.evaluate_all(body.encode(), SECRETS["query"]) for body in bodies]
    assert [each.status for each in said if each] == [403, 403, 401, 400, 400, 400, 200, 400, 400]
    assert leaks(f"{said} {caplog.text}") == []


class Table:
    """One flag, half of whose askers are on the canary."""

    def names(self) -> list[str]:
        return ["search"]

    def answer(self, key: str, context: Mapping[str, Any]) -> Answer:
        flag = Flag(routing=Routing(key=key), weight=Weight(50))
        return Answer(flag.routing, decide(flag, context, 0.5))


# ---- packages ---------------------------------------------------------------------------------------------------


def test_a_package_that_breaks_says_nothing_of_the_environment(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as it is loaded, and not by ending our process."""
    monkeypatch.setenv("ACME_TOKEN", SECRETS["bearer"])
    code = "import os; raise {}('can not log in with ' + os.environ['ACME_TOKEN'])"
    install("acme_bad", code.format("ValueError"), "acme")
    install("acme_end", code.format("SystemExit"), "acme_end")
    plugins = all_plugins()
    assert [each.trouble.split(": ")[1] for each in plugins] == ["ValueError", "SystemExit"]
    assert leaks(repr(plugins)) == []
    equipment = Equipment(all_kinds(), {})
    assert leaks(repr(equipment.kinds.why_not("traffic", "acme"))) == []


# ---- what is printed for others ---------------------------------------------------------------------------------

PRINTED = """
name: web
service: web
what: web
channel: "#canary-live"
timezone: UTC
roles: {operators: ["@sre"], approvers: ["@sre"], override: ["@sre"]}
sources: {prom: {kind: prometheus, url: "${PROM_URL}", token_env: ACCESS}}
metrics: {rate: {source: prom, unit: percent, query: 'up{a="${ACCESS}",b="${HTTP_TOKEN}"}'}}
traffic: [{kind: dry_run}]
stages: [{weight: 100%, bake: 1m, promote_when: ["rate > 95%"]}]
kill_switch: [[{kind: dry_run}]]
"""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("dashboard",), "up{"),
        (("rules",), "May hold a secret: ACCESS, HTTP_TOKEN."),
        (("routing",), ""),
        (("show",), ""),
        (("check", "--live"), ""),
    ],
)
def test_what_is_printed_from_a_plan_holds_no_secret(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Dashboards and rules go into repositories and to people who may know less than Perch."""
    (tmp_path / "web.yaml").write_text(PRINTED)
    known = {
        "PERCH_PLANS": str(tmp_path),
        "PROM_URL": f"http://u:{quote(SECRETS['url password'], safe='')}@127.0.0.1:9",
        "ACCESS": SECRETS["bearer"],
        "HTTP_TOKEN": SECRETS["flag token"],
    }
    name = str(tmp_path / "web.yaml") if words[0] == "check" else "web"
    told = CliRunner().invoke(perch, ["plan", words[0], name, *words[1:]], env=known)
    assert says in told.output
    assert "mistake" not in told.output
    assert leaks(told.output) == []


def test_a_dashboard_is_filled_in_without_secrets(tmp_path: Path) -> None:
    """The same for one that Perch itself puts into Grafana."""
    metric = {"source": "prom", "unit": "percent", "query": 'up{a="${ACCESS}",job="${JOB}"}'}
    plan = a_plan(
        a_stage("100%", promote_when=["rate > 95%"], warn_unless=[], rollback_when=[]),
        sources={"prom": {"kind": "prometheus", "options": {"url": "http://prom", "token_env": "ACCESS"}}},
        metrics={"rate": metric},
    )
    drawn = dashboard_of(plan, {"ACCESS": SECRETS["bearer"], "JOB": "denis"})
    assert leaks(drawn) == []
    assert "denis" in drawn
    assert REDACTED in drawn
