"""Another language is one file: nothing is missing in it, nothing is left over, and it says the same."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from bot.domain import obstacles
from bot.domain.plan import Plan
from bot.ports import Outgoing, Said
from bot.wording import refusals, say
from bot.wording.language import ENGLISH, speak, speaking, t, t_many
from bot.wording.languages import LANGUAGES, language_of
from tests.bot.wording.golden_facts import Story, the_plan
from tests.bot.wording.golden_files import reads_as_in
from tests.bot.wording.golden_stories import stories
from tests.bot.wording.limits import broken_limits
from tests.bot.wording.rendering import rendered
from tests.bot.wording.stories import NOW
from tests.bot.wording.templates import ROOT, Spoken, blanks, files, spoken_templates, unspoken

GOLDEN = Path(__file__).parent / "golden"
STORIES = dict(stories())
OTHERS = {code: catalogue for code, catalogue in LANGUAGES.items() if code != "en"}
READ_BY_A_REVIEWER = (
    *("status.baking", "status.gate", "status.held", "status.rolled_back", "status.stuck", "gate.open", "gate.used"),
    *("started", "verdict_changed.breach", "held", "rolled_back", "killed", "completed", "freeze"),
)
SAME_EVERYWHERE = frozenset(
    {"Perch", "Alertmanager", "kill switch", r"is already at \d", " entries, the last one's hash begins with `"}
)
KEPT = re.compile(r"`[^`]+`|<[@!#][^>]*>|\d[\d.,]*\d|\d")
"""What is the same in every language: code, people and times, numbers."""


@cache
def spoken() -> list[Spoken]:
    """Looked for when it's first asked for: every worker imports this, one or two of them want it."""
    return list(spoken_templates())


def told(story: Story, language: str) -> Said:
    name, facts, rollout = story
    plan = the_plan().model_copy(update={"language": language})
    return say(Outgoing(name, key="k", facts=facts), rollout, plan, NOW)


def test_every_template_is_written_out_where_it_is_said() -> None:
    """What is put together at run time can't be looked up, nor be found by who translates."""
    assert [found.where for found in spoken() if not found.text] == []


def test_nothing_that_people_read_is_left_out_of_the_catalogue() -> None:
    """Proper names, commands and what Perch itself looks for stay as they are."""
    said = [found for path in files(("bot/wording",)) for found in unspoken(path) if found.text not in SAME_EVERYWHERE]
    assert [found for found in said if not found.text.lstrip("`").startswith(("/canary ", "perch ", "^"))] == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_says_all_that_english_says_and_nothing_else(code: str) -> None:
    said = {found.text for found in spoken()}
    assert sorted(said - set(OTHERS[code])) == [], "not translated"
    assert sorted(set(OTHERS[code]) - said) == [], "said nowhere any more"


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_same_blanks(code: str) -> None:
    wrong = {key: text for key, text in OTHERS[code].items() if blanks(key) != blanks(text)}
    assert wrong == {}


@pytest.mark.parametrize("code", OTHERS)
def test_a_command_is_never_translated(code: str) -> None:
    """What stands in backticks is typed or stands in a plan."""
    typed = re.compile(r"`[^`]+`")
    wrong = [key for key, text in OTHERS[code].items() if Counter(typed.findall(key)) != Counter(typed.findall(text))]
    assert wrong == []


def test_sentences_are_said_in_the_wording_and_at_the_doors_alone() -> None:
    """Evidence stays English for ever: nothing that is kept is translated."""
    speakers = ("bot/wording/", "commands/", "tests/")
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "adapters").rglob("*.py"), *(ROOT / "storage").rglob("*.py")]:
        if not path.relative_to(ROOT).as_posix().startswith(speakers):
            assert "bot.wording.language" not in path.read_text(encoding="utf-8"), path


def test_a_plan_is_spoken_of_in_its_language_and_all_else_in_english() -> None:
    assert {language_of(the_plan().model_copy(update={"language": code})) is LANGUAGES[code] for code in LANGUAGES} == {
        True
    }
    assert language_of(None) is ENGLISH
    assert set(LANGUAGES) == set(Plan.model_fields["language"].annotation.__args__)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("code", OTHERS)
def test_a_message_says_the_same_in_every_language(code: str, name: str) -> None:
    """Numbers, times, people, names and commands: all are there, none is added."""
    english, other = told(STORIES[name], "en"), told(STORIES[name], code)
    assert Counter(KEPT.findall(_all_text(other))) == Counter(KEPT.findall(_all_text(english)))
    assert broken_limits(other) == []


def _all_text(said: Said) -> str:
    return "\n".join([said.text, *(str(block.get("text", block.get("elements"))) for block in said.blocks)])


@pytest.mark.parametrize("name", READ_BY_A_REVIEWER)
@pytest.mark.parametrize("code", OTHERS)
def test_a_translated_message_reads_as_it_was_agreed(code: str, name: str) -> None:
    """`PERCH_GOLDEN=write` writes these too; somebody who speaks the language reads the difference."""
    reads_as_in(GOLDEN / code / f"{name}.txt", rendered(told(STORIES[name], code)))


@pytest.mark.parametrize("code", OTHERS)
def test_a_translated_refusal_reads_as_it_was_agreed(code: str) -> None:
    with speaking(LANGUAGES[code]):
        refused = refusals.refusal(obstacles.KillEngaged("materializers"))
    reads_as_in(GOLDEN / code / "refusal.txt", rendered(refused))


def test_one_is_told_from_many() -> None:
    assert t_many(1, "{count} plan", "{count} plans") == "1 plan"
    assert t_many(0, "{count} plan", "{count} plans") == "0 plans"
    with speaking({"{count} plans": "{count} planes"}):
        assert t_many(2, "{count} plan", "{count} plans") == "2 planes"


def test_what_fills_a_blank_is_never_read_as_a_template() -> None:
    assert t("{name} is on hold.", name="{weight} {0}") == "{weight} {0} is on hold."


async def _speaks(catalogue: dict[str, str], others: asyncio.Barrier) -> str:
    speak(catalogue)
    await others.wait()
    return t("yes")


@pytest.mark.anyio
async def test_a_language_that_one_task_speaks_is_not_heard_in_another() -> None:
    with speaking(ENGLISH):
        both = asyncio.Barrier(3)
        said = await asyncio.gather(_speaks({"yes": "sí"}, both), _speaks({"yes": "oui"}, both), _speaks({}, both))
        assert list(said) == ["sí", "oui", "yes"]
        assert t("yes") == "yes"
        speak({"yes": "ja"})
    assert t("yes") == "yes"
