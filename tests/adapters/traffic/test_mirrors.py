"""Kinds whose far side can mirror (R8): the share is set and read in a place of its own, beside the weight."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.traffic import TRAFFIC
from bot.domain.units import ZERO, Weight
from tests.adapters.traffic.far_sides.flag_service import TOKEN, flag_service
from tests.adapters.traffic.far_sides.http_world import traffic_options
from tests.adapters.traffic.far_sides.redis_world import ENVIRONMENT, RedisWorld, redis_world
from tests.adapters.traffic.far_sides.redis_world import options as redis_options

pytestmark = pytest.mark.anyio

Place = tuple[dict[str, Any], dict[str, str]]


@asynccontextmanager
async def over_http(folder: Path) -> AsyncIterator[Place]:
    async with flag_service() as service, flag_service() as copies:
        copies.split = 0
        copied = {key: traffic_options(copies.url)[key] for key in ("apply", "read")}
        yield traffic_options(service.url) | {"mirror": copied}, {"FLAGS_TOKEN": TOKEN}


@asynccontextmanager
async def in_redis(folder: Path) -> AsyncIterator[Place]:
    async with redis_world(folder) as world:
        assert isinstance(world, RedisWorld)
        given = redis_options(world.server.url, "pct", absent_is="0%")
        yield given | {"mirror": given["key"] + ":mirror"}, ENVIRONMENT


@asynccontextmanager
async def in_a_file(folder: Path) -> AsyncIterator[Place]:
    (folder / "service.env").write_text("PCT=0\n")
    yield {"path": str(folder / "service.env"), "variable": "PCT", "mirror": "MIRROR_PCT"}, {}


@pytest.mark.parametrize(("kind", "opened"), [("http", over_http), ("redis_flag", in_redis), ("env_file", in_a_file)])
async def test_weight_and_mirror_are_set_and_read_beside_each_other(
    kind: str, opened: Callable[[Path], AbstractAsyncContextManager[Place]], tmp_path: Path
) -> None:
    of = TRAFFIC[kind]
    assert of.mirror is not None
    assert of.mirrors is not None
    async with opened(tmp_path) as (given, environment):
        assert of.mirrors(given)
        assert not of.mirrors({name: value for name, value in given.items() if name != "mirror"})
        options = of.options.model_validate(given)
        traffic, mirror = of.build(options, environment), of.mirror(options, environment)
        assert (await mirror.read()).weight == ZERO
        await traffic.apply(Weight(10))
        await mirror.apply(Weight(40))
        assert [(await each.read()).weight for each in (traffic, mirror)] == [Weight(10), Weight(40)]
        assert traffic.target != mirror.target
        for each in (traffic, mirror):
            await each.aclose()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("redis_flag", {"url": "redis://r", "key": "a", "mirror": "a"}),
        ("env_file", {"path": "/etc/a", "variable": "A", "mirror": "A"}),
        (
            "http",
            {
                "apply": {"method": "PUT", "url": "http://a/{percent}"},
                "read": {"url": "http://a", "path": "a"},
                "mirror": {"apply": {"method": "PUT", "url": "http://a"}, "read": {"url": "http://a", "path": "b"}},
            },
        ),
    ],
)
def test_a_mirror_that_would_be_the_weight_or_nothing_is_a_mistake(kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TRAFFIC[kind].options.model_validate(options)
