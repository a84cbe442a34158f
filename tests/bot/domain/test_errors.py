"""Refusals: each is built from facts, writes its own sentence, and names the next step."""

import inspect
from typing import Any

import pytest

from bot.domain import errors, obstacles
from bot.domain.errors import PerchError, Refusal

ABSTRACT = {"PerchError", "Refusal", "BadRequest", "NotNow"}
CLASSES = [
    each
    for module in (errors, obstacles)
    for name, each in inspect.getmembers(module, inspect.isclass)
    if issubclass(each, PerchError) and each.__module__ == module.__name__ and name not in ABSTRACT
]


def built(refusal: type[PerchError]) -> PerchError:
    """One made of its facts, each being its own name."""
    facts = inspect.signature(refusal).parameters
    told: dict[str, Any] = {name: 7 if each.annotation == "int" else f"<{name}>" for name, each in facts.items()}
    return refusal(**told)


@pytest.mark.parametrize("refusal", CLASSES, ids=lambda each: each.__name__)
def test_every_refusal_says_what_happened_and_what_to_do_next(refusal: type[PerchError]) -> None:
    refused = built(refusal)
    assert str(refused).strip()
    assert refused.next_step.strip()


@pytest.mark.parametrize("refusal", CLASSES, ids=lambda each: each.__name__)
def test_every_refusal_shows_the_facts_it_is_built_from(refusal: type[PerchError]) -> None:
    refused = built(refusal)
    shown = f"{refused} {refused.next_step}"
    for name in inspect.signature(refusal).parameters:
        assert f"<{name}>" in shown or "7" in shown


@pytest.mark.parametrize("refusal", CLASSES, ids=lambda each: each.__name__)
def test_the_tree_at_the_top_names_every_refusal(refusal: type[PerchError]) -> None:
    page = inspect.getmodule(refusal)
    assert page is not None
    assert refusal.__name__ in (page.__doc__ or "")


def test_what_can_be_repeated_at_once_is_no_refusal() -> None:
    """Retry or give up is in the class, not in the text."""
    assert not issubclass(errors.Stale, Refusal)
    assert not issubclass(errors.UnitMismatch, Refusal)
