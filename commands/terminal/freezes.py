"""How freezes look in a terminal, and what a script gets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import click

from bot.assembly import utc_now
from bot.domain.errors import BadRequest
from bot.domain.freezes import Freeze
from bot.engine.requests import Cold
from bot.wording.freezes import began, lifted, standing_text
from bot.wording.plain_text import plain_text
from bot.wording.sentences import spoken


def known_plans(names: Sequence[str], services: Mapping[str, str]) -> Sequence[str]:
    """The names, if each is a plan's. Raises BadRequest with the nearest one."""
    for name in names:
        if name not in services:
            near = get_close_matches(name, services, 1)
            raise BadRequest(f"There is no plan called '{name}'; nothing was done.", f"say {near[0]}" if near else "")
    return names


def show_begun(cold: Cold, as_json: bool) -> None:
    """Print what is frozen now, and what is under it."""
    if as_json:
        _as_json(cold)
    else:
        click.echo(plain_text(began(cold.freezes[0], cold.touched, utc_now()).text))


def show_lifted(cold: Cold, only: Sequence[str], as_json: bool) -> None:
    """Print what may rise again, and what still may not."""
    if as_json:
        _as_json(cold)
    else:
        click.echo(plain_text(lifted(cold.freezes, cold.touched, cold.left, only, utc_now()).text))


def frozen_lines(freezes: Iterable[Freeze]) -> list[str]:
    """One line for each freeze that stands."""
    return [plain_text(spoken(f"Frozen: {standing_text(freeze, utc_now())}")) for freeze in freezes]


def freeze_summary(freeze: Freeze) -> dict[str, Any]:
    """The facts of a freeze that scripts ask for; `service` is "" for everything."""
    return freeze.model_dump(mode="json")


def _as_json(cold: Cold) -> None:
    told = {
        "freezes": [freeze_summary(freeze) for freeze in cold.freezes],
        "touched": list(cold.touched),
        "left": [freeze_summary(freeze) for freeze in cold.left],
    }
    click.echo(json.dumps(told, indent=2))
