"""What `bot.ports.tasks.Exercise` promises, for the fake and for every kind with something real to do (O6, R24)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from adapters.contracts import ExerciseContract, ExerciseWorld, Trouble
from adapters.tasks import KINDS
from bot.ports import Exercise
from tests.fakes.tasks import FakeExercise
from tests.far_side import serving

SECRET = "s3cr3t-t0ken-of-a-user"


DENIED = frozenset({Trouble.DENY})


class InMemory(ExerciseWorld):
    troubles = DENIED

    def __init__(self) -> None:
        self.exercise = self._fake = FakeExercise()

    def begun(self) -> int:
        return self._fake.begun

    def going_on(self) -> bool:
        return self._fake.under_way > 0

    async def get_into(self, trouble: Trouble | None) -> None:
        self._fake.refuses = "somebody forbids it" if trouble else ""


class AtAServer(ExerciseWorld):
    """It answers nothing. A burst is denied to hosts that the plan doesn't list."""

    troubles = DENIED
    secrets = frozenset({SECRET})

    def __init__(self) -> None:
        self._heard = self._open = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self._heard += 1
        self._open += 1
        try:
            while request.transport is not None and not request.transport.is_closing():
                await asyncio.sleep(0.005)
        finally:
            self._open -= 1
        return web.Response()

    def at(self, address: str) -> AtAServer:
        self._address = address
        self.exercise = self._to(f"{address}/x")
        return self

    async def get_into(self, trouble: Trouble | None) -> None:
        self.exercise = self._to("http://${HOST}/x" if trouble else f"{self._address}/x")

    def _to(self, url: str) -> Exercise:
        options = {"requests": 1, "url": url, "users_env": ["T"], "load_hosts": [self._address[7:]]}
        kind = KINDS["load"]
        built: Exercise = kind.build(kind.options.model_validate(options), {"T": SECRET})
        return built

    def begun(self) -> int:
        return self._heard

    def going_on(self) -> bool:
        return self._open > 0


class AProgram(ExerciseWorld):
    """It writes its number down, and takes that back when it is asked to end."""

    troubles = DENIED
    secrets = frozenset({SECRET})

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        program = folder / "inject"
        program.write_text(
            f"#!/bin/sh\necho x >> {folder}/begun\ntrap 'rm {folder}/here; exit 1' TERM\ntouch {folder}/here\n"
            "while :; do sleep 0.01; done\n"
        )
        program.chmod(0o755)
        self._program = str(program)
        self.exercise = self._with(self._program)

    async def get_into(self, trouble: Trouble | None) -> None:
        self.exercise = self._with("something-else" if trouble else self._program)

    def _with(self, allowed: str) -> Exercise:
        environment = {"PERCH_ALLOWED_COMMANDS": allowed, "PATH": "/usr/bin:/bin", "T": SECRET}
        kind = KINDS["command"]
        options = kind.options.model_validate({"command": [self._program], "env": {"TOKEN": "T"}})
        built: Exercise = kind.build(options, environment)
        return built

    def begun(self) -> int:
        kept = self._folder / "begun"
        return len(kept.read_text().split()) if kept.exists() else 0

    def going_on(self) -> bool:
        return (self._folder / "here").exists()


FAR_SIDES = ("memory", "load", "command")


def test_every_kind_is_under_contract() -> None:
    assert set(KINDS) == set(FAR_SIDES) - {"memory"}


class TestExercises(ExerciseContract):
    """The fake and every kind."""

    @pytest.fixture(params=FAR_SIDES)
    async def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ExerciseWorld]:
        match request.param:
            case "memory":
                yield InMemory()
            case "load":
                side = AtAServer()
                async with serving(side.answer) as address:
                    yield side.at(address)
            case _:
                yield AProgram(tmp_path)
