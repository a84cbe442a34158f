"""Kind `dry_run`: touches nothing and remembers in memory; for observing only, for trying a plan, and for tests."""

from __future__ import annotations

from adapters.options import Options
from adapters.traffic.kept_values import KeptKill, KeptTraffic
from adapters.traffic.values import Share, Standing
from bot.domain.kinds import Environment
from bot.domain.planning.fields import WeightField
from bot.domain.units import ZERO


class DryRunTrafficOptions(Options):
    """`traffic: {kind: dry_run}`. Plans with the same `name` exclude each other; `begin_at` is read before any set."""

    name: str = "nothing"
    begin_at: WeightField = ZERO


class DryRunKillOptions(Options):
    """`kill_switch: {kind: dry_run}`."""

    name: str = "nothing"


class Memory:
    """A value that this process alone knows; it's forgotten at a restart."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._standing = Standing(absent=True)

    @property
    def target(self) -> str:
        return f"dry_run {self._name}"

    async def get(self) -> Standing:
        return self._standing

    async def put(self, standing: Standing) -> None:
        self._standing = standing

    async def rehearse(self) -> str:
        return "a dry run reaches nothing"


def traffic(options: DryRunTrafficOptions, environment: Environment) -> KeptTraffic:
    """A weight that is only remembered."""
    return KeptTraffic(Memory(options.name), Share.PERCENT, options.begin_at)


def kill(options: DryRunKillOptions, environment: Environment) -> KeptKill:
    """A switch that switches nothing."""
    return KeptKill(Memory(options.name), off="off", on="on")
