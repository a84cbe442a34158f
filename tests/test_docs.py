"""Docs stay true: all that users type, set, name in a plan, or see on a dashboard is documented."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.archives import KINDS as ARCHIVES
from adapters.effects import KINDS as EFFECTS
from adapters.notifiers import KINDS as NOTIFIERS
from adapters.sources import KINDS
from adapters.tasks import KINDS as TASKS
from adapters.traffic import CONFIRM, KILL, TRAFFIC
from bot.settings import Settings
from commands.slack import VERBS
from commands.terminal import COMMANDS
from commands.web.health import Standing
from commands.web.metrics import Metrics

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
VERB_PAGE = (DOCS / "verbs.md").read_text(encoding="utf-8")
PAGES = [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]


def rows(page: str) -> dict[str, str]:
    """The tables' rows by what stands in code in their first cell."""
    return dict(re.findall(r"^\| `([^`]+)`[^|]*\|(.*)$", page, re.MULTILINE))


@pytest.mark.parametrize("field", Settings.model_fields, ids=str)
def test_every_setting_is_documented_with_its_default(field: str) -> None:
    info = Settings.model_fields[field]
    assert info.alias in rows(OPERATING)
    default = info.default.get_secret_value() if hasattr(info.default, "get_secret_value") else str(info.default)
    assert not default or f"`{default}`" in rows(OPERATING)[info.alias]


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {info.alias for info in Settings.model_fields.values()}
    assert {name for name in rows(OPERATING) if re.fullmatch(r"[A-Z_]+", name)} == known


@pytest.mark.parametrize("word", COMMANDS)
def test_every_console_command_is_documented(word: str) -> None:
    assert any(row.split()[:2] == ["perch", word] for row in rows(OPERATING))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented(verb: str) -> None:
    assert re.search(rf"`{verb}[ `]", VERB_PAGE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_source_has_a_section(kind: str) -> None:
    assert re.search(rf"^## `?{kind}`?$", (DOCS / "adapters-sources.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("kind", sorted({*TRAFFIC, *KILL, *CONFIRM}))
def test_every_traffic_kind_has_a_section(kind: str) -> None:
    assert re.search(rf"^## `?{kind}`?$", (DOCS / "adapters-traffic.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_action_has_a_section_with_its_options(kind: str) -> None:
    page = (DOCS / "adapters-effects.md").read_text(encoding="utf-8")
    assert re.search(rf"^## `?{kind}`?$", page, re.MULTILINE)
    assert [option for option in EFFECTS[kind].options.model_fields if f"`{option}`" not in page] == []


@pytest.mark.parametrize("kind", ARCHIVES)
def test_every_destination_has_a_section(kind: str) -> None:
    assert re.search(rf"^## `{kind}`$", (DOCS / "keeping.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("kind", ARCHIVES)
def test_every_option_of_a_destination_is_documented(kind: str) -> None:
    page = (DOCS / "keeping.md").read_text(encoding="utf-8")
    assert [option for option in ARCHIVES[kind].options.model_fields if f"`{option}`" not in page] == []


@pytest.mark.parametrize("kind", NOTIFIERS)
def test_every_notifier_has_a_section_with_its_options(kind: str) -> None:
    page = (DOCS / "people.md").read_text(encoding="utf-8")
    assert re.search(rf"^## `{kind}`$", page, re.MULTILINE)
    assert [option for option in NOTIFIERS[kind].options.model_fields if f"`{option}`" not in page] == []


@pytest.mark.parametrize("kind", TASKS)
def test_every_task_has_a_section_its_options_and_its_numbers(kind: str) -> None:
    page = (DOCS / "adapters-tasks.md").read_text(encoding="utf-8")
    section = page[page.index(f"\n## `{kind}`\n") :]
    options = {field.alias or name for name, field in TASKS[kind].options.model_fields.items()}
    assert [word for word in (*options, *TASKS[kind].tells) if f"`{word}`" not in section] == []


def test_every_metric_of_perchs_own_is_documented() -> None:
    metrics = Metrics(lambda: datetime(2026, 3, 2, tzinfo=UTC))
    metrics.ticked()
    names = set(re.findall(r"^# TYPE (\w+) ", metrics.page(Standing()).decode(), re.MULTILINE))
    assert {name for name in names if name not in OPERATING and not name.endswith("_created")} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def anchors(page: Path) -> set[str]:
    """A page's headings as links name them; of several that are alike the later ones are numbered."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[name] = found.get(name, -1) + 1
        if found[name]:
            found[f"{name}-{found[name]}"] = 0
    return set(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_a_heading_lead_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:)([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    targets = [(page.parent / file if file else page, anchor) for file, anchor in links]
    assert [anchor for target, anchor in targets if target.suffix == ".md" and anchor not in anchors(target)] == []


def test_every_decision_is_on_the_list() -> None:
    listed = re.findall(r"\((\d{4}-[^)]+)\)", (DOCS / "decisions" / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(page.name for page in (DOCS / "decisions").glob("0*.md"))


SAFETY = (DOCS / "safety.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("law", range(1, 11))
def test_each_law_says_what_it_promises_what_it_cant_and_what_shows_it(law: int) -> None:
    """And each test that it names is there."""
    [section] = re.findall(rf"^## {law}\. .*?(?=^## )", SAFETY, re.MULTILINE | re.DOTALL)
    shown = section.partition("**Shown by:**")[2]
    assert "**It can't promise:**" in section
    assert shown
    named = re.findall(r"`([\w./]*test_[\w…]+(?:\.py)?|tests/[\w./]+)`", section)
    assert named
    tests = ROOT / "tests"
    for each in named:
        name = each.replace("…", "*").removeprefix("tests/")
        assert any(tests.glob(name)) or any(tests.rglob(name)), each
