"""All worlds by name: a new kind is one line here, and the contract suites run on it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.adapters.traffic.far_sides.command_world import command_world
from tests.adapters.traffic.far_sides.dry_world import dry_world
from tests.adapters.traffic.far_sides.file_worlds import JSON, LINES, file_world
from tests.adapters.traffic.far_sides.http_world import http_world
from tests.adapters.traffic.far_sides.redis_world import redis_world
from tests.adapters.traffic.far_sides.worlds import Opening, fake_world

WORLDS: Mapping[str, Opening] = {
    "fake": fake_world,
    "http": http_world,
    "redis_flag": redis_world,
    "command": command_world,
    "flag_file": file_world(JSON),
    "env_file": file_world(LINES),
    "dry_run": dry_world,
}
