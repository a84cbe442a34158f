"""Answers speak the language of the plan that they are about, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.errors import PerchError
from bot.wording import refusals
from bot.wording.language import ENGLISH, speaking, t
from bot.wording.languages import LANGUAGES
from commands.slack.dialogs import DIALOGS
from tests.commands.slack.typed import answer
from tests.rig import ANA, DEV, Rig, rig, tree

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    english = tree(name="indexers", service="search", traffic=[{"kind": "fake", "target": "other"}])
    async with rig(tmp_path, plans={"materializers": tree(language="es"), "indexers": english}) as story:
        yield story


async def says(here: Rig, line: str, user: str = ANA) -> str:
    """What is answered, as the worker words it."""
    with speaking(ENGLISH):
        try:
            return (await answer(here, line, user)).text
        except PerchError as refused:
            return refusals.refusal(refused).text


async def test_an_answer_speaks_its_plans_language(here: Rig) -> None:
    started = await says(here, "start materializers 1%")
    assert started.startswith("materializers se ha iniciado. materializers en production está al 0%")
    assert "Plan materializers: 1% → 10% → 100% en production." in await says(here, "plan materializers")
    assert "Plan indexers: 1% → 10% → 100% in production." in await says(here, "plan indexers")


async def test_a_refusal_speaks_it_too_and_keeps_the_command_to_type(here: Rig) -> None:
    refused = await says(here, "start materializers 5%")
    assert refused == (
        "materializers empieza al 1%, no al 5%; no se ha iniciado nada. Siguiente paso: /canary start materializers 1%"
    )
    assert "Sin permiso para operar este despliegue" in await says(here, "start materializers 1%", DEV)
    assert "starts at 1%, not at 5%" in await says(here, "start indexers 5%")


async def test_what_is_about_no_plan_is_english(here: Rig) -> None:
    await says(here, "start materializers 1%")
    assert "Down, at any time" in await says(here, "help")
    assert "1 live rollout" in await says(here, "list")


async def test_two_questions_at_once_are_answered_each_in_its_language(here: Rig) -> None:
    refused = await asyncio.gather(*(says(here, f"start {plan} 5%") for plan in ("materializers", "indexers") * 3))
    assert ["empieza" in each for each in refused] == [True, False] * 3
    assert t("somebody") == "somebody"


async def test_what_is_kept_stays_english(here: Rig) -> None:
    """Evidence is read for years, whoever reads it."""
    await says(here, "start materializers 1%")
    rollout = (await here.engine.desk.live())[0]
    await here.settle()
    assert "materializers está en pausa." in await says(here, "hold materializers")
    records = await here.engine.desk.records(rollout)
    kept = " ".join(str(record.body) for record in records)
    translated = [text for text in LANGUAGES["es"].values() if len(text) > 25 and "{" not in text and text in kept]
    assert "no reason given" in kept
    assert translated == []


@pytest.mark.parametrize("verb", ["reject", "kill"])
async def test_a_dialog_asks_in_the_plans_language_without_asking_the_database(here: Rig, verb: str) -> None:
    request = here.request(verb, ANA, words=()).model_copy(update={"rollout": "materializers-123abc"})
    view = await DIALOGS[verb].build(request, here.engine.desk)
    assert view["close"]["text"] == "Volver"
    assert len(view["title"]["text"]) <= 24
