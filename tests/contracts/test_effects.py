"""What `bot.ports.Effect` promises, for the fake and for every kind of action with its real far side (R20, U9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.contracts import EffectContract, EffectWorld, KeyedEffectContract
from adapters.effects import KINDS
from tests.adapters.effects.far_side import silence_world
from tests.adapters.effects.worlds import WORLDS

KEYED = {"silence": silence_world}
"""Whose far side keeps what was begun by its key."""


def test_every_kind_is_under_contract() -> None:
    assert set(KINDS) == (set(WORLDS) | set(KEYED)) - {"fake"}


class TestEffects(EffectContract):
    """The fake and every kind that sets something."""

    @pytest.fixture(params=WORLDS)
    async def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EffectWorld]:
        async with WORLDS[request.param](tmp_path) as opened:
            yield opened


class TestKeyedEffects(KeyedEffectContract):
    """Every kind that puts something there by its key."""

    @pytest.fixture(params=KEYED)
    async def world(self, request: pytest.FixtureRequest, alertmanager_url: str) -> AsyncIterator[EffectWorld]:
        async with KEYED[request.param](alertmanager_url) as opened:
            yield opened
