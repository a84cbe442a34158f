"""Each number of the five documents is in its plan, at a stated place, or is no figure of the rollout, with the reason.

The lists in `figures/` were written by reading the documents, number by number; `numbers` is all of them, as spelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from storage.plan_text import read_text

HERE = Path(__file__).parent
PLANS = HERE.parents[1] / "plans"
NAMES = sorted(file.stem for file in (HERE / "figures").iterdir())


@cache
def read(file: Path) -> Mapping[str, Any]:
    tree: Mapping[str, Any] = read_text(file.read_text(encoding="utf-8")).tree
    return tree


def listed(name: str) -> Mapping[str, Any]:
    return read(HERE / "figures" / f"{name}.yaml")


def spelled(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def at(tree: Any, place: str) -> Any:
    """A place in a plan, steps between dots: keys, and in a list the number or the name of an entry."""
    for step in place.split("."):
        if isinstance(tree, list):
            tree = next(each for number, each in enumerate(tree) if step in (str(number), _name(each)))
        else:
            tree = tree[step]
    return tree


def _name(entry: Any) -> str:
    return str(entry.get("name")) if isinstance(entry, Mapping) else ""


def holds(there: Any, wanted: Any) -> bool:
    """Whether this stands there: the value itself, or within what stands there, however deep."""
    if there == wanted or (isinstance(there, str) and isinstance(wanted, str) and wanted in there):
        return True
    match there:
        case list():
            return any(holds(each, wanted) for each in there)
        case Mapping():
            if isinstance(wanted, Mapping) and wanted.items() <= there.items():
                return True
            return any(holds(each, wanted) for each in there.values())
        case _:
            return str(there) == str(wanted)


def rows() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in NAMES:
        yield from ((name, row) for row in listed(name)["rollout"])


def test_there_is_a_list_for_each_shipped_plan() -> None:
    assert sorted(file.stem for file in PLANS.glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_a_document_stands_in_its_plan(name: str) -> None:
    """R2."""
    plan = read(PLANS / f"{name}.yaml")
    lost = [
        f"{row['figure']}, {row['place']}: {row['is']!r} isn't in {row['in']}"
        for row in listed(name)["rollout"]
        if not holds(at(plan, row["in"]), row["is"])
    ]
    assert lost == []


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_a_document_is_a_figure_or_has_a_reason_not_to_be(name: str) -> None:
    lists = listed(name)
    told = {each for row in lists["rollout"] for each in spelled(row["figure"])}
    told |= {each for row in lists["other"] for each in spelled(row["figures"])}
    numbers = set(map(str, lists["numbers"]))
    assert (sorted(numbers - told), sorted(told - numbers)) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_figure_is_found(name: str) -> None:
    """Planted: the list's every condition, with its numbers changed, is missed."""
    plan = read(PLANS / f"{name}.yaml")
    for row in listed(name)["rollout"]:
        if isinstance(row["is"], str) and any(map(str.isdigit, row["is"])):
            other = "".join(str(9 - int(each)) if each.isdigit() else each for each in row["is"])
            assert not holds(at(plan, row["in"]), other), f"{row['place']}: {other} would do as well"
