"""What shell commands ask of the past: one plan or all, since when, which ends; the options, and the way to answers."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import click

from bot.domain.machine import State
from bot.domain.record.summary import OUTCOMES, Wanted
from bot.domain.units import parse_duration
from bot.engine.requests import Desk
from bot.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
MANY = 500
"""So many rollouts take some seconds to be summed up: said beforehand."""


@dataclass(frozen=True, slots=True)
class Filters:
    """As they were typed; "" is any."""

    plan: str = ""
    environment: str = ""
    lasting: str = ""
    outcomes: frozenset[State] = frozenset()

    @property
    def any(self) -> bool:
        return self != Filters()

    def named(self, name: str) -> Filters:
        """With the plan that the command's NAME says."""
        return replace(self, plan=name or self.plan)

    def since(self, now: datetime) -> datetime | None:
        return now - parse_duration(self.lasting) if self.lasting else None

    def wanted(self, now: datetime) -> Wanted:
        return Wanted(self.plan, self.environment, self.since(now), self.outcomes)


def filters(command: Command) -> Command:
    """`--plan`, `--since`, `--outcome`, `--env`; the command gets them as `asked`."""

    @click.option("--plan", default="", metavar="NAME", help="Of this plan alone.")
    @click.option("--since", default="", metavar="DURATION", callback=_duration, help="Ended within it, such as 30d.")
    @click.option("--outcome", default="", metavar="OUTCOME", callback=_outcome, help=f"One of {', '.join(OUTCOMES)}.")
    @click.option("--env", default="", metavar="NAME", help="In this environment alone.")
    @wraps(command)
    def with_filters(*args: Any, plan: str, since: str, outcome: frozenset[State], env: str, **more: Any) -> Any:
        return command(*args, asked=Filters(plan, env, since, outcome), **more)

    return with_filters  # type: ignore[return-value]


def _duration(ctx: click.Context, param: click.Parameter, value: str) -> str:
    try:
        if value:
            datetime(2026, 1, 1) - parse_duration(value)  # noqa: DTZ001 - only whether it's a time at all
    except (ValueError, OverflowError):
        raise click.BadParameter(f"'{value}' is no length of time; write it as 12h, 30d or 8w.") from None
    return value


def _outcome(ctx: click.Context, param: click.Parameter, value: str) -> frozenset[State]:
    spelled = value.lower().replace("-", "_")
    if not spelled:
        return frozenset()
    if spelled not in OUTCOMES:
        meant = difflib.get_close_matches(spelled, OUTCOMES, 1)
        nearly = f" Did you mean {meant[0]}?" if meant else ""
        raise click.BadParameter(f"'{value}' is no outcome. There are: {', '.join(OUTCOMES)}.{nearly}")
    return OUTCOMES[spelled]


@asynccontextmanager
async def read(settings: Settings, asked: Filters) -> AsyncIterator[tuple[Desk, Wanted, datetime]]:
    """The desk over the database, what is wanted, and now. Raises NoPast for a plan that nobody knows, StoreAway."""
    from commands.terminal.engine import open_engine

    async with open_engine(settings) as engine:
        known = await engine.desk.known_plans()
        if asked.plan and asked.plan not in known:
            raise no_past(asked.plan, known)
        behind = await engine.desk.lacking(asked.plan)
        if behind > MANY:
            click.echo(f"Summing up {behind} rollouts, once; that takes a moment …", err=True)
        now = engine.ledger.clock()
        yield engine.desk, asked.wanted(now), now


def no_past(name: str, known: Sequence[str]) -> Exception:
    """That nothing has this name, with what was probably meant."""
    from bot.domain.record.refusals import NoPast

    meant = difflib.get_close_matches(name, known, 1)
    return NoPast(name, f"/canary history {meant[0]}" if meant else "/canary history", ", ".join(known[:8]))
