"""What every source promises, for the fake and every real one, over a wire that counts and hangs (M1–M7, M9, M10)."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.contracts import AT_ONCE, PATIENT_S, Bench, SourceContract, Wire, deadline_for, is_missing
from adapters.sources import KINDS, probe
from bot.domain.flags import Variant
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question
from tests.fakes.flags import MemoryFlags
from tests.fakes.kubernetes.server import kubeconfig
from tests.fakes.source import FakeAsk, FakeSource
from tests.far_side import always, serving
from tests.postgres import Cluster
from tests.servers import Server, free_port, prometheus

pytestmark = pytest.mark.anyio

PAGE = "queue_depth 4\n"
TREE = '{"queue": {"depth": 4}}'
FIRING = "[" + ",".join(['{"labels": {"alertname": "ChatDown"}}'] * 4) + "]"
LOG = "".join(f"2020-01-01T00:00:0{second}Z ERROR chat failed\n" for second in range(4))


@pytest.fixture(scope="module")
def real_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with prometheus(Path(tmp_path_factory.mktemp("contract"))) as server:
        yield server


ASKS: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "prometheus": ({"query": "vector(4)"}, {"query": "no_such_series"}),
    "metrics_page": ({"value": "queue_depth"}, {"value": "no_such_series"}),
    "probe": ({}, None),
    "json": ({"path": "queue.depth"}, {"path": "queue.length"}),
    "sql": ({"query": "SELECT 4"}, {"query": "SELECT 4 WHERE 1 = 0"}),
    "command": ({"argv": ["look", "/depth"], "regex": r"queue_depth (\d+)"}, {"argv": ["look", "/"], "regex": "(x)"}),
    "log": ({"matches": "ERROR", "over": "4000w"}, None),
    "alerts": ({}, None),
    "kubernetes": ({"measure": "ready"}, None),
    "openfeature": ({"flag": "known", "show": "canary"}, {"flag": "unknown"}),
}
PODS = [
    {
        "metadata": {"name": name},
        "spec": {"containers": []},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    for name in "abcd"
]
ANSWERS = {"json": TREE, "alerts": FIRING, "kubernetes": json.dumps({"kind": "PodList", "items": PODS})}
"""What the far side says; the page, unless said here."""
NO_WIRE = ("log", "openfeature")


@pytest.fixture(params=["fake", *KINDS])
async def bench(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    # A probe's own test is of a Perch too busy to look; here a busy machine is none.
    monkeypatch.setattr(probe, "BUSY", math.inf)
    deadline_s = deadline_for(request)
    if request.param == "fake":
        fake = FakeSource({"four": 4.0}, at_once=AT_ONCE, deadline_s=deadline_s)
        four, nothing = Question(FakeAsk(query="four")), Question(FakeAsk(query="nothing"))
        yield Bench(fake, four, 4.0, fake, nothing)
        return
    async with AsyncExitStack() as stack:
        if request.param == "prometheus":
            port = request.getfixturevalue("real_prometheus").port
        elif request.param == "sql":
            cluster: Cluster = request.getfixturevalue("postgres_cluster")
            port = cluster.server.port
        else:
            answer = always(ANSWERS.get(request.param, PAGE))
            port = int((await stack.enter_async_context(serving(answer))).rsplit(":", 1)[1])
        wire = await stack.enter_async_context(Wire(port).laid())
        yield _bench(request.param, wire, tmp_path, deadline_s)


LOOK = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/PORT || exit 75
printf 'GET %s HTTP/1.0\\r\\n\\r\\n' "$1" >&3
cat <&3
"""
"""A program that asks a service for a number, without a shell of ours."""


def _options(name: str, wire: Wire, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """A kind's options, and the environment that they are built in."""
    match name:
        case "sql":
            return {"url": wire.url.replace("http://", "postgresql://perch@") + "/postgres"}, {}
        case "log":
            (folder / "app.log").write_text(LOG)
            return {"path": str(folder / "app.log")}, {}
        case "command":
            program = folder / "look"
            program.write_text(LOOK.replace("PORT", wire.url.rpartition(":")[2]))
            program.chmod(0o755)
            path = f"{folder}:{Path(shutil.which('bash') or '/bin/bash').parent}"
            return {}, {"PERCH_ALLOWED_COMMANDS": "look", "PATH": path}
        case "kubernetes":
            return {"namespace": "denis", "pods": "app=denis"}, {"KUBECONFIG": kubeconfig(folder, wire.url)}
        case "openfeature":
            return {}, {}
        case _:
            return {"url": wire.url}, {}


def _bench(name: str, wire: Wire, folder: Path, deadline_s: float = PATIENT_S) -> Bench:
    kind = KINDS[name]
    assert kind.ask is not None, "every source can be asked"
    given, environment = _options(name, wire, folder)
    bounds = {} if kind.flags else {"at_once": AT_ONCE, "deadline": f"{deadline_s}s"}
    options = kind.options.model_validate({**given, **bounds})
    own = [MemoryFlags(decisions=[(now(), "known", Variant.CANARY, 4)])] if kind.flags else []
    four, nothing = ASKS[name]
    return Bench(
        source=kind.build(options, environment, *own),
        far=None if name in NO_WIRE else wire,
        four=Question(kind.ask.model_validate(four)),
        value=1.0 if name == "probe" else 4.0,
        nothing=Question(kind.ask.model_validate(nothing)) if nothing else None,
        no_answer=_down if name == "probe" else is_missing(Missing.TIMEOUT),
    )


def now() -> datetime:
    return datetime.now(UTC)


def _down(answer: Answer) -> bool:
    return not isinstance(answer, NoData) and [sample.value for sample in answer] == [0.0]


class TestSources(SourceContract):
    """The fake and every kind."""


@pytest.mark.parametrize("name", [name for name in KINDS if name not in NO_WIRE])
async def test_a_far_side_that_is_not_there_is_not_a_number(name: str, tmp_path: Path) -> None:
    """Unreachable is no data; a probe that is refused says down."""
    wire = Wire(0)
    wire.url = f"http://127.0.0.1:{free_port()}"
    bench = _bench(name, wire, tmp_path)
    answer = await bench.source.ask(bench.four, datetime.now(UTC))
    await bench.source.aclose()
    assert _down(answer) if name == "probe" else is_missing(Missing.UNREACHABLE)(answer), answer
