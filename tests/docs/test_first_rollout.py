"""README.md and docs/first-rollout.md stay true: every command that they show exists, every plan is a good one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.assembly import all_kinds
from bot.domain.planning.reading import report_on
from bot.domain.planning.report import dotted
from commands.slack import VERBS
from commands.terminal import COMMANDS
from storage.plan_text import read_text

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "first-rollout.md"]
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXTS.values())
NAMED = {"strat": "start"}
"""What is mistyped on purpose."""


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"/canary ([a-z]+)", ALL))))
def test_every_verb_that_is_shown_exists(verb: str) -> None:
    assert NAMED.get(verb, verb) in VERBS


@pytest.mark.parametrize("word", sorted(set(re.findall(r"(?:^|`)perch ([a-z]+)", ALL, re.MULTILINE))))
def test_every_shell_command_that_is_shown_exists(word: str) -> None:
    assert word in COMMANDS


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)", ALL))))
def test_every_make_target_that_is_shown_exists(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", ALL, re.DOTALL))
def test_every_plan_that_is_shown_is_a_good_one(example: str) -> None:
    report = report_on(read_text(example).tree, "", all_kinds())
    assert [f"{dotted(each.path)}: {each.what}" for each in report.mistakes] == []
    assert report.notes == ()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", TEXTS[page.name])
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []
