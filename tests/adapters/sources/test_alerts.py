"""M10: firing alerts, from a real Alertmanager and a real Prometheus; none is 0, and one that is away is no data."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.sources.alerts import KIND, Ask, Options
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question
from tests.adapters.sources.answers import why
from tests.far_side import always, serving
from tests.servers import Server, alertmanager, prometheus
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

ALERTS: list[dict[str, str]] = [
    {"alertname": "Watchdog", "severity": "none"},
    {"alertname": "HighErrors", "severity": "critical", "service": "denis", "instance": "api-1"},
    {"alertname": "HighErrors", "severity": "critical", "service": "denis", "instance": "api-2"},
    {"alertname": "Slow", "severity": "warning", "service": "denis"},
    {"alertname": "Quiet", "severity": "critical", "service": "other"},
    {"alertname": "Muffled", "severity": "warning", "service": "api"},
    {"alertname": "Loud", "severity": "critical", "service": "api"},
]
INHIBIT = {"source_matchers": ['alertname="Loud"'], "target_matchers": ['alertname="Muffled"'], "equal": ["service"]}


def post(url: str, body: Any) -> None:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urlopen(request, timeout=HANGS_S).close()


def within(holds: Callable[[], bool], seconds: float = HANGS_S) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def told(url: str) -> Any:
    with urlopen(url, timeout=HANGS_S) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It knows the alerts above, Quiet is silenced, and Loud inhibits Muffled."""
    with alertmanager(Path(tmp_path_factory.mktemp("alerts")), "http://127.0.0.1:9/", "t", [INHIBIT]) as server:
        now = datetime.now(UTC)
        silence = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
        quiet = [{"name": "alertname", "value": "Quiet", "isRegex": False, "isEqual": True}]
        post(f"{server.url}/api/v2/silences", {**silence, "matchers": quiet, "createdBy": "me", "comment": "planned"})
        post(f"{server.url}/api/v2/alerts", [{"labels": labels} for labels in ALERTS])
        heard = f"{server.url}/api/v2/alerts?silenced=false&inhibited=false"
        within(lambda: len(told(heard)) == 5)
        yield server


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Prometheus with one alert that fires, one that waits, and one that is well."""
    alerts = [
        {"alert": "HighErrors", "expr": "vector(1)", "labels": {"severity": "critical"}},
        {"alert": "Soon", "expr": "vector(1)", "for": "1h", "labels": {"severity": "critical"}},
        {"alert": "Well", "expr": "vector(1) > 2"},
    ]
    groups = {"groups": [{"name": "all", "rules": alerts}]}
    with prometheus(Path(tmp_path_factory.mktemp("rules")), rules=groups) as server:
        within(lambda: bool(told(f"{server.url}/api/v1/query?query=ALERTS")["data"]["result"]))
        yield server


async def asked(url: str, options: dict[str, Any] | None = None, **ask: Any) -> Answer:
    given = {"url": url, "deadline": "30s", **(options or {})}
    source = KIND.build(Options.model_validate(given), {"TOKEN": "s3cret-token"})
    answer = await source.ask(Question(Ask.model_validate(ask), side='service="denis"'), datetime.now(UTC))
    await source.aclose()
    return answer


def firing(answer: Answer) -> tuple[float, str]:
    assert not isinstance(answer, NoData), answer
    (sample,) = answer
    return sample.value, sample.labels


@pytest.mark.parametrize(
    ("ask", "count", "names"),
    [
        ({"matchers": ['severity="critical"']}, 3, "HighErrors (api-1, api-2), Loud (api)"),
        ({"alert": "HighErrors"}, 2, "HighErrors (api-1, api-2)"),
        ({"matchers": ['service=~"denis|api"', 'severity!="critical"']}, 1, "Slow (denis)"),
        ({"matchers": ["$side"]}, 3, "HighErrors (api-1, api-2), Slow (denis)"),
        ({"alert": "NeverSeen"}, 0, ""),
        ({"alert": "Quiet"}, 0, ""),
        ({"alert": "Quiet", "silenced": True}, 1, "Quiet (other)"),
        ({"alert": "Muffled"}, 0, ""),
        ({"alert": "Muffled", "inhibited": True}, 1, "Muffled (api)"),
        ({"alert": "NeverSeen", "watchdog": "Watchdog"}, 0, ""),
    ],
)
async def test_alertmanager_tells_what_fires(manager: Server, ask: dict[str, Any], count: int, names: str) -> None:
    """M10: by matchers, without what is silenced or inhibited unless asked for; none is 0, and that is data."""
    assert firing(await asked(manager.url, **ask)) == (count, names)


async def test_without_its_watchdog_silence_is_no_data(manager: Server) -> None:
    """Law 3: a Prometheus that has lost its Alertmanager looks the same as one with nothing to say."""
    missing, said = why(await asked(manager.url, alert="NeverSeen", watchdog="DeadMansSwitch"))
    assert (missing, "DeadMansSwitch" in said) == (Missing.STALE, True)


@pytest.mark.parametrize(
    ("ask", "count", "names"),
    [
        ({"matchers": ['severity="critical"']}, 1, "HighErrors"),
        ({"alert": "Soon"}, 0, ""),
        ({"alert": "Well"}, 0, ""),
        ({}, 1, "HighErrors"),
    ],
)
async def test_prometheus_tells_what_fires(rules: Server, ask: dict[str, Any], count: int, names: str) -> None:
    """M10: `ALERTS`; one that is only pending doesn't fire."""
    assert firing(await asked(rules.url, options={"of": "prometheus"}, **ask)) == (count, names)


async def test_a_demand_that_alertmanager_cannot_read_is_refused(manager: Server) -> None:
    missing, _ = why(await asked(manager.url, matchers=['service=~"("']))
    assert missing is Missing.REFUSED


@pytest.mark.parametrize(
    ("body", "options", "missing"),
    [
        ("{}", {}, Missing.GARBAGE),
        ("[1]", {}, Missing.GARBAGE),
        ('[{"labels": {"severity": "x"}}]', {}, Missing.GARBAGE),
        ("[{", {}, Missing.GARBAGE),
        ("<html>", {}, Missing.GARBAGE),
        ("[]", {"of": "prometheus"}, Missing.GARBAGE),
        ('{"status": "success", "warnings": ["a store is away"], "data": {}}', {"of": "prometheus"}, Missing.PARTIAL),
    ],
)
async def test_garbage_and_half_answers_are_no_data(body: str, options: dict[str, Any], missing: Missing) -> None:
    async with serving(always(body)) as url:
        assert why(await asked(url, options=options))[0] is missing


async def test_many_are_named_few_and_counted_all() -> None:
    alerts = [{"labels": {"alertname": f"A{n}", "pod": "x" * 100}} for n in range(30)]
    async with serving(always(json.dumps(alerts))) as url:
        count, names = firing(await asked(url))
    assert count == 30
    assert names.endswith("… +25")
    assert len(names) < 170


async def test_a_token_is_sent_and_never_shown() -> None:
    """Law 8."""
    heard: list[str] = []

    async def far(request: web.BaseRequest) -> web.Response:
        heard.append(request.headers["Authorization"])
        return web.Response(status=403, text="no: " + request.headers["Authorization"])

    async with serving(far) as url:
        missing, said = why(await asked(url, options={"token_env": "TOKEN"}))
    assert (missing, heard) == (Missing.REFUSED, ["Bearer s3cret-token"])
    assert "s3cret" not in said


def test_it_has_no_past() -> None:
    assert KIND.reach is not None
    assert KIND.reach(Ask()) == timedelta(0)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({"matchers": ["severity=critical"]}, "a label's demand"),
        ({"matchers": ['severity="critical" or 1']}, "a label's demand"),
        ({"alert": 'x"y'}, "can't be an alert's name"),
        ({"state": "firing"}, "Extra inputs"),
    ],
)
def test_questions_are_checked_with_a_hint(ask: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Ask.model_validate(ask)
