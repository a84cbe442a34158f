"""Every example in the docs and every part of a shipped plan is accepted, and every option is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from adapters.traffic import CONFIRM, KILL, TRAFFIC
from bot.domain.kinds import Kind
from storage.plan_text import read_text

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "adapters-traffic.md").read_text()
TABLES: Mapping[str, Mapping[str, Kind[Any]]] = {"traffic": TRAFFIC, "kill": KILL, "confirm": CONFIRM}


def parts_of(tree: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each part of a plan that belongs to the kinds here, with its role."""
    yield from (("traffic", part) for part in tree.get("traffic", []))
    yield from (("kill", part) for tier in tree.get("kill_switch", []) for part in tier)
    if check := tree.get("confirm", {}).get("check"):
        yield "confirm", check


def examples() -> list[tuple[str, dict[str, Any]]]:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    return [part for block in blocks for part in parts_of(read_text(block).tree)]


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for each in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(each, type) and issubclass(each, BaseModel):
                yield from models(each)


@pytest.mark.parametrize(("role", "part"), examples())
def test_an_example_of_the_docs_is_accepted(role: str, part: dict[str, Any]) -> None:
    kind = TABLES[role][part.pop("kind")]
    kind.options.model_validate(part)


def test_every_kind_has_an_example_in_each_of_its_roles() -> None:
    shown = {(role, part["kind"]) for role, part in examples()}
    assert shown == {(role, name) for role, table in TABLES.items() for name in table}


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, table in TABLES.items() for name in table])
def test_every_option_is_documented_under_its_kind(role: str, name: str) -> None:
    section = DOCS.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    for model in models(TABLES[role][name].options):
        for field, info in model.model_fields.items():
            assert f"`{info.alias or field}`" in section, f"{name} as {role}: {field}"


@pytest.mark.parametrize("plan", sorted((ROOT / "plans").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_part_of_a_shipped_plan_is_accepted(plan: Path) -> None:
    for role, part in parts_of(read_text(plan.read_text()).tree):
        options = {key: value for key, value in part.items() if key != "kind"}
        TABLES[role][part["kind"]].options.model_validate(options)
