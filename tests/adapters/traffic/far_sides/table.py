"""All worlds by name: a new kind is one line here, and the contract suites run on it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.adapters.traffic.far_sides.aws_world import aws_world
from tests.adapters.traffic.far_sides.command_world import command_world
from tests.adapters.traffic.far_sides.dry_world import dry_world
from tests.adapters.traffic.far_sides.file_worlds import JSON, LINES, file_world
from tests.adapters.traffic.far_sides.gcp_world import gcp_world
from tests.adapters.traffic.far_sides.haproxy_world import haproxy_world
from tests.adapters.traffic.far_sides.http_world import http_world
from tests.adapters.traffic.far_sides.kubernetes_worlds import ENV, RESTART, ROUTE, SCALE
from tests.adapters.traffic.far_sides.openfeature_world import openfeature_world
from tests.adapters.traffic.far_sides.redis_world import at_redis
from tests.adapters.traffic.far_sides.worlds import OnServer, Opening, fake_world

WORLDS: Mapping[str, Opening | OnServer] = {
    "fake": fake_world,
    "http": http_world,
    "redis_flag": OnServer("redis_server", at_redis),
    "command": command_world,
    "flag_file": file_world(JSON),
    "env_file": file_world(LINES),
    "haproxy": haproxy_world,
    "aws_alb": OnServer("moto_server", aws_world),
    "gcp_url_map": gcp_world,
    "kubernetes_env": ENV,
    "gateway_route": ROUTE,
    "openfeature": openfeature_world,
    "dry_run": dry_world,
}

KILL_WORLDS: Mapping[str, Opening | OnServer] = {**WORLDS, "kubernetes_scale": SCALE, "kubernetes_restart": RESTART}
"""And those whose kind only kills."""
