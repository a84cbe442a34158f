"""Kind `redis_flag` (T3): a weight, or a kill switch, as the text under one Redis key.

Each use has a connection of its own: none goes stale, none is half-open after a cancel, and nothing is retried here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, ResponseError

from adapters.options import Deadline, Options, VariableName
from adapters.placeholders import spelled
from adapters.traffic.kept_values import KeptKill, KeptTraffic
from adapters.traffic.options import Text, address
from adapters.traffic.redis_faults import KNOWN, translated
from adapters.traffic.values import Share, Standing
from bot.domain.kinds import Environment, MissingEnvironment
from bot.domain.planning.fields import WeightField, misread
from bot.domain.units import ZERO
from bot.ports import Denied, OutOfReach


def _without_query(value: str) -> str:
    if "?" in value:
        raise misread("this address takes no query", "write redis://host:6379/0 and use the other options")
    return value


class RedisOptions(Options):
    """Which key of which server, and who we are there."""

    url: Annotated[str, address("redis", "rediss"), AfterValidator(_without_query)]
    key: str = Field(min_length=1)
    username: str | None = None
    password_env: VariableName | None = None
    timeout: Deadline = timedelta(seconds=5)

    @model_validator(mode="after")
    def _whole_credentials(self) -> RedisOptions:
        if self.username and not self.password_env:
            raise misread("username needs password_env", "name the variable that holds the password")
        return self


class RedisTrafficOptions(RedisOptions):
    """`traffic: {kind: redis_flag, …}`. `absent_is` is the weight that a missing key means; `mirror` another key, for
    the share that is mirrored (a missing one: nothing)."""

    format: Share = Share.PERCENT
    absent_is: WeightField | None = None
    mirror: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _two_keys(self) -> RedisTrafficOptions:
        if self.mirror == self.key:
            raise misread("the mirror has a key of its own", "write mirror: another key")
        return self


class RedisKillOptions(RedisOptions):
    """`kill_switch: {kind: redis_flag, …}`: the texts that mean off and, for the rehearsal, on."""

    off: Text
    on: Text | None = None

    @model_validator(mode="after")
    def _differ(self) -> RedisKillOptions:
        if self.off == self.on:
            raise misread("off and on are the same value", 'write for example off: "0" and on: "1"')
        return self


class RedisKey:
    """One key: read, written, deleted."""

    def __init__(self, options: RedisOptions, environment: Environment) -> None:
        parts = urlsplit(options.url)
        self._options = options
        self._password = _password(options, environment)
        self._place = f"redis {parts.hostname}:{parts.port or 6379}{parts.path if parts.path.strip('/') else '/0'}"
        self._key = options.key

    @property
    def target(self) -> str:
        return f"{self._place} {self._key}"

    async def get(self) -> Standing:
        """The key's text; bytes that aren't UTF-8 become surrogates."""
        async with self._connected() as redis:
            found: Any = await redis.get(self._key)
        return Standing(absent=True) if found is None else Standing(str(found, "utf-8", "surrogateescape"))

    async def put(self, standing: Standing) -> None:
        """Write the text, without expiry; absent deletes the key."""
        async with self._connected() as redis:
            if standing.absent:
                await redis.delete(self._key)
            else:
                await redis.set(self._key, spelled(standing.value).encode("utf-8", "surrogateescape"))

    async def rehearse(self) -> str:
        """Connect, read, and ask the server whether it's writable and we may write; returns what was tried."""
        async with self._connected() as redis:
            await redis.ping()
            await redis.get(self._key)
            role = await _if_allowed(redis, "ROLE")
            if role and role[0] == b"slave":
                raise OutOfReach(f"{self._place} is a read-only replica just now")
            return f"connected to {self._place}; {await self._right_to_set(redis)}"

    async def _right_to_set(self, redis: Redis) -> str:
        """ACL DRYRUN is there since Redis 7.0: https://redis.io/docs/latest/commands/acl-dryrun/"""
        name = await _if_allowed(redis, "ACL", "WHOAMI")
        answer = await _if_allowed(redis, "ACL", "DRYRUN", name, "SET", self._key, "0") if name else None
        if answer is None:
            return "the right to SET isn't tried (ACL DRYRUN is not allowed here)"
        if answer != b"OK":
            raise Denied(f"{self._place} doesn't allow this user to SET {self._key}")
        return "it may be SET"

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Redis]:
        seconds = self._options.timeout.total_seconds()
        redis = self._client(seconds)
        try:
            async with asyncio.timeout(seconds):
                yield redis
        except (*KNOWN, OSError) as error:
            raise translated(error, self._place) from error
        finally:
            await redis.aclose()

    def _client(self, seconds: float) -> Redis:
        return Redis.from_url(
            self._options.url,
            username=self._options.username,
            password=self._password,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,
        )


async def _if_allowed(redis: Redis, *words: Any) -> Any:
    """What a command answers, or None where this server or user doesn't have it."""
    try:
        return await redis.execute_command(*words)  # type: ignore[no-untyped-call]
    except (NoPermissionError, ResponseError):
        return None


def _password(options: RedisOptions, environment: Environment) -> str | None:
    if options.password_env is None:
        return None
    if not environment.get(options.password_env):
        raise MissingEnvironment(options.password_env)
    return environment[options.password_env]


def traffic(options: RedisTrafficOptions, environment: Environment) -> KeptTraffic:
    """A weight under a key, read by the service that routes."""
    return KeptTraffic(RedisKey(options, environment), options.format, options.absent_is)


def mirror(options: RedisTrafficOptions, environment: Environment) -> KeptTraffic:
    """The mirrored share under its own key."""
    return traffic(options.model_copy(update={"key": options.mirror, "absent_is": ZERO}), environment)


def kill(options: RedisKillOptions, environment: Environment) -> KeptKill:
    """A feature flag under a key."""
    return KeptKill(RedisKey(options, environment), options.off, options.on)
