"""Every verb's answer, every dialog and every refusal, kept as text files that read like what is shown.

After a wanted change of words: `PERCH_GOLDEN=write pytest tests/bot/wording/test_golden_answers.py`, then read the
difference.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import bot.wording
from bot.domain import errors, obstacles
from bot.domain.record import refusals as refusals_of_the_past
from bot.ports import Said
from bot.wording import modals, refusals
from commands.slack import VERBS
from commands.slack.dialogs import DIALOGS
from tests.bot.wording.golden_files import reads_as_in
from tests.bot.wording.limits import broken_limits, broken_view
from tests.bot.wording.readable import lone_marks, not_a_sentence
from tests.bot.wording.rendering import rendered, rendered_view
from tests.bot.wording.verb_stories import Told, steps, tell, the_plan, verb_of
from tests.rig import rig

GOLDEN = Path(__file__).parent / "golden" / "answers"
ALONE: Mapping[str, Callable[[], dict[str, Any]]] = {"no_plans_modal": modals.no_plans_modal}
"""Dialogs that nobody opens on the day of `verb_stories.py`."""
NAMES = [name for name, _, _ in steps() if name]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Told:
    async def lived() -> Told:
        async with rig(tmp_path_factory.mktemp("day"), the_plan()) as here:
            return await tell(here)

    return asyncio.run(lived())


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_reads_as_it_was_agreed(day: Told, name: str) -> None:
    reads_as_in(GOLDEN / f"{name}.txt", day.read[name])


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_stays_within_slacks_limits(day: Told, name: str) -> None:
    if name in day.views:
        assert broken_view(day.views[name]) == []
        assert lone_marks(day.views[name]) == []
    else:
        assert broken_limits(day.said[name]) == []
        assert not_a_sentence(day.said[name].text) == ""
        assert lone_marks((*day.said[name].blocks, {"text": day.said[name].text})) == []


def test_every_refusal_reads_as_it_was_agreed() -> None:
    reads_as_in(
        GOLDEN / "refusals.txt", "\n\n".join(f"## {kind.__name__}\n\n{rendered(refused(kind))}" for kind in REFUSALS)
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_golden_answer(verb: str) -> None:
    told = {verb_of(what) for name, _, what in steps() if name and not what.startswith("[")}
    assert verb in told, f"add a line with /canary {verb} to DAY in tests/bot/wording/verb_stories.py"


@pytest.mark.parametrize("dialog", DIALOGS)
def test_every_dialog_has_a_golden_file(dialog: str) -> None:
    told = {verb_of(what) for _, _, what in steps() if what.startswith("[")}
    assert dialog in told, f"add a line with [{dialog}] to DAY in tests/bot/wording/verb_stories.py"


@pytest.mark.parametrize("name", ALONE)
def test_a_dialog_that_no_verb_opens_that_day_reads_as_it_was_agreed(name: str) -> None:
    assert broken_view(ALONE[name]()) == []
    reads_as_in(GOLDEN / f"{name}.txt", rendered_view(ALONE[name]()))


def test_every_builder_of_a_dialog_has_a_golden_file() -> None:
    built = {
        name
        for module in pkgutil.iter_modules(bot.wording.__path__)
        for name in vars(importlib.import_module(f"bot.wording.{module.name}"))
        if name.endswith("_modal")
    }
    lacking = built - {*ALONE} - {f"{dialog}_modal" for dialog in DIALOGS}
    assert lacking == set(), "add how it is built to ALONE, or a line with its [dialog] to DAY in verb_stories.py"


def test_no_golden_answer_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {*NAMES, *ALONE, "refusals"}


def _name(member: tuple[str, Any]) -> str:
    return member[0]


REFUSALS = [
    kind
    for modules in ((errors, obstacles), (refusals_of_the_past,))
    for _, kind in sorted(
        {each for module in modules for each in inspect.getmembers(module, inspect.isclass)}, key=_name
    )
    if issubclass(kind, errors.PerchError) and kind.__init__ is not errors.PerchError.__init__
]


def refused(kind: type[errors.PerchError]) -> Said:
    """The refusal with the names of its facts in place of facts."""
    asked = inspect.signature(kind).parameters.values()
    facts = [7 if "int" in str(each.annotation) else f"({each.name})" for each in asked]
    return refusals.refusal(kind(*facts))  # type: ignore[arg-type]
