"""docs/plans.md stays true: its examples are checked, its conditions parse, and no field is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

import bot.domain.plan as language
from bot.assembly import all_kinds
from bot.domain.conditions import About
from bot.domain.language.grammar import parse
from bot.domain.planning.reading import report_on
from bot.domain.planning.report import dotted
from bot.domain.planning.schema import plan_schema, plan_schema_text
from storage.plan_text import read_text

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plans.md").read_text(encoding="utf-8")
ALL_KINDS = all_kinds()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def whole(example: str) -> dict[str, Any]:
    """A fragment of the page, put into a plan made of the page's other examples."""
    tree: dict[str, Any] = {}
    for each in EXAMPLES:
        found = read_text(each).tree
        if "name" in found or "metrics" in found:
            tree |= found
    tree |= read_text(example).tree
    return tree


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_page_is_a_good_plan(example: str) -> None:
    report = report_on(whole(example), "", ALL_KINDS)
    assert [f"{dotted(each.path)}: {each.what}" for each in report.mistakes] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_page_fits_the_json_schema(example: str) -> None:
    jsonschema.Draft202012Validator(plan_schema()).validate(whole(example))


def test_values_of_the_page_differ_per_environment() -> None:
    [example] = [each for each in EXAMPLES if "@lab" in each]
    report = report_on(whole(example) | {"kill_switch": []}, "lab", ALL_KINDS)
    assert report.plan is not None
    assert str(report.plan.stages[0].weight) == "50%"


def test_the_whole_plan_of_the_page_has_no_notes() -> None:
    report = report_on(read_text(EXAMPLES[0]).tree, "", ALL_KINDS)
    assert report.notes == ()


def test_every_condition_of_the_tables_is_read() -> None:
    table = PAGE[PAGE.index("## Conditions") : PAGE.index("## Every field")]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    texts = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell)]
    shown = {parse(text).subject.about for text in texts}
    assert shown == set(About)


def test_every_field_of_a_plan_is_documented() -> None:
    models = [each for each in vars(language).values() if isinstance(each, type) and issubclass(each, BaseModel)]
    fields = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert sorted(field for field in fields if f"`{field}`" not in PAGE) == []


def test_the_json_schema_in_docs_is_current() -> None:
    kept = (ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8")
    assert kept == plan_schema_text(), "run: perch plan schema > docs/plan.schema.json"


def test_the_json_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(plan_schema_text()))


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({"cooldown": "24h"}, True),
        ({"cooldown": 24}, False),
        ({"sevice": "x"}, False),
        ({"version": {"metric": "x"}}, True),
        ({"drift": "raise"}, False),
    ],
)
def test_the_json_schema_tells_good_from_bad(change: dict[str, Any], good: bool) -> None:
    tree = yaml.safe_load(EXAMPLES[0]) | change
    assert jsonschema.Draft202012Validator(plan_schema()).is_valid(tree) is good
