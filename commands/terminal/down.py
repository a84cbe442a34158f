"""What came of a way down, and how it's told: each method with its times, and whether it's in evidence yet."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from bot.domain import kills
from bot.domain.machine import State
from bot.domain.rollout import MethodOutcome

LOW = frozenset(
    {
        State.ROLLED_BACK,
        State.KILLED,
        State.KILLING,
        State.ABORTED,
        State.HELD,
        State.PREFLIGHT,
        State.START_GATE,
        State.OBSERVED,
    }
)
"""Where a way down may have led by the time it's told: all but a weight that still stands. One that was only observed
stands too, but isn't Perch's."""


@dataclass(frozen=True, slots=True)
class Down:
    """What came of one way down. `state` and `weight` (percent) are None where the database couldn't say them."""

    rollout: str
    plan: str
    state: State | None = None
    weight: float | None = None
    outcomes: tuple[MethodOutcome, ...] = ()
    recorded: bool = True
    fault: str = ""
    remembered: bool = False
    """Neither the database nor the disk took it: what is printed is all the record there is."""

    @property
    def good(self) -> bool:
        """Everything that was tried reads back, as far as anybody can say."""
        stands = self.state is not None and self.state not in LOW
        return not self.fault and not stands and not self.still_on

    @property
    def still_on(self) -> list[str]:
        """What doesn't read back, by name."""
        return kills.missed(self.outcomes)


def report(downs: Sequence[Down], as_json: bool) -> None:
    """Print what came of it; leave with 1 when something that was tried doesn't read back."""
    from commands.terminal.showing import down_lines

    if as_json:
        click.echo(json.dumps([_as_json(down) for down in downs], indent=2))
    elif downs:
        click.echo("\n".join(line for down in downs for line in down_lines(down)))
    else:
        click.echo("There is no kill card here, so there was nothing to kill.")
    if not all(down.good for down in downs):
        sys.exit(1)


def _as_json(down: Down) -> dict[str, object]:
    return {
        "rollout": down.rollout,
        "plan": down.plan,
        "state": down.state.value if down.state else None,
        "weight": down.weight,
        "good": down.good,
        "recorded": down.recorded,
        "remembered": down.remembered,
        "fault": down.fault,
        "still_on": down.still_on,
        "outcomes": [outcome.model_dump(mode="json") for outcome in down.outcomes],
    }
