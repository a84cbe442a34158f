"""Docs stay true: all that users type, set, name in a plan, or see on a dashboard is documented."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.sources import KINDS
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


def test_every_metric_of_perchs_own_is_documented() -> None:
    metrics = Metrics(lambda: datetime(2026, 3, 2, tzinfo=UTC))
    metrics.ticked()
    names = set(re.findall(r"^# TYPE (\w+) ", metrics.page(Standing()).decode(), re.MULTILINE))
    assert {name for name in names if name not in OPERATING and not name.endswith("_created")} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_decision_is_on_the_list() -> None:
    listed = re.findall(r"\((\d{4}-[^)]+)\)", (DOCS / "decisions" / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(page.name for page in (DOCS / "decisions").glob("0*.md"))
