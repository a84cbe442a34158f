"""What `bot.ports.Diagnosis` promises, for every kind with something real to look at (R14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.contracts import DiagnosisContract, DiagnosisWorld, Trouble
from adapters.diagnosis import KINDS
from bot.ports import Diagnosis
from tests.adapters.commands.looking import LookingProgram
from tests.adapters.traffic.far_sides.worlds import patience


class ByCommand(DiagnosisWorld):
    """Its deadline is short only for a program that hangs: a busy machine mustn't look like one."""

    troubles = LookingProgram.troubles
    secrets = LookingProgram.secrets

    def __init__(self, folder: Path) -> None:
        self._program = LookingProgram(folder)
        self.diagnosis = self._built(None)

    def _built(self, trouble: Trouble | None) -> Diagnosis:
        kind = KINDS["command"]
        given = {"command": ["look"], "timeout": patience(trouble), **LookingProgram.options}
        return kind.build(kind.options.model_validate(given), self._program.environment)

    async def show(self, text: str) -> None:
        self._program.show(text)

    async def get_into(self, trouble: Trouble | None) -> None:
        self._program.get_into(trouble)
        self.diagnosis = self._built(trouble)

    async def reached(self) -> None:
        await self._program.reached()

    def looks(self) -> int:
        return self._program.looks()

    def going_on(self) -> bool:
        return self._program.going_on()


WORLDS = {"command": ByCommand}


def test_every_kind_is_under_contract() -> None:
    assert set(KINDS) == set(WORLDS)


class TestDiagnoses(DiagnosisContract):
    """Every kind that is looked at."""

    @pytest.fixture(params=WORLDS)
    def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> DiagnosisWorld:
        return WORLDS[request.param](tmp_path)
