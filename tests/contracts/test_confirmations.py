"""What `bot.ports.Confirmation` promises, for the fake and for every kind with its real far side (R10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.contracts import ConfirmationContract, ConfirmationWorld, Trouble
from adapters.traffic import CONFIRM
from bot.domain.units import ZERO, Weight
from bot.ports import Confirmation
from tests.adapters.commands.looking import LookingProgram
from tests.adapters.traffic.far_sides.flag_service import TOKEN, FlagService, flag_service
from tests.adapters.traffic.far_sides.worlds import patience
from tests.fakes.traffic import FakeConfirmation, FarSide


class InMemory(ConfirmationWorld):
    troubles = frozenset({Trouble.HANG, Trouble.FAIL, Trouble.DENY, Trouble.GARBAGE})

    def __init__(self) -> None:
        self.confirmation = self._fake = FakeConfirmation(ZERO, FarSide(patience_s=0.3))

    async def shown(self) -> str:
        return "" if self._fake.shows is None else f"{self._fake.shows.percent:g}"

    async def show(self, text: str) -> None:
        self._fake.shows = Weight(float(text))

    async def get_into(self, trouble: Trouble | None) -> None:
        self._fake.far.trouble = trouble

    async def reached(self) -> None:
        await self._fake.far.until_called("confirms 0%")


class AtAService(ConfirmationWorld):
    troubles = frozenset({Trouble.HANG, Trouble.FAIL, Trouble.DENY, Trouble.GARBAGE})
    secrets = frozenset({TOKEN})

    def __init__(self, service: FlagService) -> None:
        self._service = service
        self.confirmation = self._built(None)

    def _built(self, trouble: Trouble | None) -> Confirmation:
        kind, timeout = CONFIRM["http"], patience(trouble)
        given = {"url": f"{self._service.url}/split", "path": "split.canary", "token_env": "T", "timeout": timeout}
        return kind.build(kind.options.model_validate(given), {"T": TOKEN})

    async def shown(self) -> str:
        return f"{self._service.split:g}"

    async def show(self, text: str) -> None:
        self._service.split = float(text)

    async def get_into(self, trouble: Trouble | None) -> None:
        self._service.trouble = trouble
        self._service.asked.clear()
        if trouble in {None, Trouble.HANG}:
            await self.confirmation.aclose()
            self.confirmation = self._built(trouble)

    async def reached(self) -> None:
        await self._service.asked.wait()


class ByCommand(ConfirmationWorld):
    troubles = LookingProgram.troubles
    secrets = LookingProgram.secrets

    def __init__(self, folder: Path) -> None:
        self._program = LookingProgram(folder, "PCT=0\n")
        self.confirmation = self._built(None)

    def _built(self, trouble: Trouble | None) -> Confirmation:
        kind = CONFIRM["command"]
        given = {"argv": ["look"], "text": "PCT={percent}", "timeout": patience(trouble), **LookingProgram.options}
        return kind.build(kind.options.model_validate(given), self._program.environment)

    async def shown(self) -> str:
        return self._program.shown().strip().removeprefix("PCT=")

    async def show(self, text: str) -> None:
        self._program.show(f"PCT={text}\n")

    async def get_into(self, trouble: Trouble | None) -> None:
        self._program.get_into(trouble)
        self.confirmation = self._built(trouble)

    async def reached(self) -> None:
        await self._program.reached()


FAR_SIDES = ("memory", "http", "command")


def test_every_kind_is_under_contract() -> None:
    assert set(CONFIRM) == set(FAR_SIDES) - {"memory"}


class TestConfirmations(ConfirmationContract):
    """The fake and every kind."""

    @pytest.fixture(params=FAR_SIDES)
    async def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConfirmationWorld]:
        match request.param:
            case "memory":
                yield InMemory()
            case "http":
                async with flag_service() as service:
                    world = AtAService(service)
                    yield world
                    await world.confirmation.aclose()
            case _:
                yield ByCommand(tmp_path)
