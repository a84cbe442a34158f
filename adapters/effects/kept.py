"""Kinds `flag_file`, `env_file` and `redis_flag` (R20): one value in one place, `to` something and `back`.

The places are those of the traffic kinds of the same names. Whoever changed the value meanwhile keeps it: only what is
ours is taken back.
"""

from __future__ import annotations

from adapters.effects.options import ToAndBack
from adapters.placeholders import spelled
from adapters.traffic.env_file import EnvFileOptions, Variable
from adapters.traffic.flag_file import FlagFileOptions, spot
from adapters.traffic.kept_values import Kept
from adapters.traffic.redis_flag import RedisKey, RedisOptions
from adapters.traffic.values import Standing, shown
from bot.domain.kinds import Environment
from bot.ports import OutOfReach


class FlagFileEffectOptions(FlagFileOptions, ToAndBack):
    """`before: [{kind: flag_file, path: …, key: …, to: …, back: …}]`."""


class EnvFileEffectOptions(EnvFileOptions, ToAndBack):
    """`before: [{kind: env_file, path: …, variable: …, to: …, back: …}]`."""


class RedisEffectOptions(RedisOptions, ToAndBack):
    """`before: [{kind: redis_flag, url: …, key: …, to: …, back: …}]`."""


class KeptEffect:
    """A value that is put somewhere, and taken back as long as it still stands there."""

    def __init__(self, kept: Kept, to: Standing, back: Standing | None) -> None:
        self._kept, self._to, self._back = kept, to, back

    @property
    def target(self) -> str:
        return self._kept.target

    async def begin(self, key: str) -> str:
        await self._kept.put(self._to)
        standing = await self._kept.get()
        if not same(standing, self._to):
            raise OutOfReach(f"{self.target} reads {seen(standing)} after {seen(self._to)} was put there")
        return f"{self.target} reads {seen(standing)}"

    async def end(self, key: str) -> str:
        if self._back is None:
            return ""
        standing = await self._kept.get()
        if not same(standing, self._to):
            return f"{self.target} reads {seen(standing)}, which isn't ours: left as it is"
        await self._kept.put(self._back)
        return f"{self.target} is back at {seen(self._back)}"

    async def rehearse(self) -> str:
        return f"{await self._kept.rehearse()}; {self.target} reads {seen(await self._kept.get())}"

    async def aclose(self) -> None:
        """Nothing is kept open."""


def same(one: Standing, other: Standing) -> bool:
    """Whether the same stands there; 1 and "1" are the same in a file of texts."""
    return one.absent == other.absent and (one.absent or spelled(one.value) == spelled(other.value))


def seen(standing: Standing) -> str:
    """What stands there, for people."""
    return "nothing" if standing.absent else shown(standing.value)


def flag_file(options: FlagFileEffectOptions, environment: Environment) -> KeptEffect:
    """A value in a file."""
    return KeptEffect(spot(options), options.wanted, options.returned)


def env_file(options: EnvFileEffectOptions, environment: Environment) -> KeptEffect:
    """A variable in a file, and who reads it."""
    return KeptEffect(Variable(options, environment), options.wanted, options.returned)


def redis_flag(options: RedisEffectOptions, environment: Environment) -> KeptEffect:
    """A text under a Redis key."""
    return KeptEffect(RedisKey(options, environment), options.wanted, options.returned)
