"""How traffic is moved, things are switched off, and arrivals are confirmed: the kinds that plans may name.

A kind is a file (`http_endpoint`, `redis_flag`, `command`, `flag_file`, `env_file`, `haproxy`, `dry_run`,
`kubernetes_env`, `kubernetes_scale`, `kubernetes_restart`, `gateway_route`, `aws_alb`, `gcp_url_map`, `openfeature`;
`confirm` for the
confirmations) with its options and what is built from them. The other files here are what kinds are made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.traffic import confirm, dry_run, env_file, flag_file, http_endpoint, openfeature, redis_flag
from adapters.traffic.aws_alb import AlbKill, AlbTraffic, AwsAlbOptions, AwsAlbTrafficOptions
from adapters.traffic.command import CommandKill, CommandKillOptions, CommandTraffic, CommandTrafficOptions
from adapters.traffic.gateway_route import GatewayRouteOptions, RouteKill, RouteTraffic
from adapters.traffic.gcp_url_map import GcpUrlMapOptions, UrlMapKill, UrlMapTraffic
from adapters.traffic.haproxy import HaproxyKill, HaproxyKillOptions, HaproxyTraffic, HaproxyTrafficOptions
from adapters.traffic.http_endpoint import HttpKill, HttpKillOptions, HttpTraffic, HttpTrafficOptions
from adapters.traffic.kubernetes_env import EnvKill, EnvTraffic, KubernetesEnvKillOptions, KubernetesEnvTrafficOptions
from adapters.traffic.kubernetes_restart import KubernetesRestartOptions, RestartKill
from adapters.traffic.kubernetes_scale import KubernetesScaleOptions, ScaleKill
from bot.domain.kinds import Kind
from bot.ports import Confirmation, KillMethod, Traffic


def _says_how(options: Mapping[str, Any]) -> bool:
    """Whether a plan says where the mirrored share is to stand."""
    return options.get("mirror") is not None


TRAFFIC: Mapping[str, Kind[Traffic]] = {
    "http": Kind(HttpTrafficOptions, HttpTraffic, mirror=http_endpoint.mirror, mirrors=_says_how),
    "redis_flag": Kind(redis_flag.RedisTrafficOptions, redis_flag.traffic, mirror=redis_flag.mirror, mirrors=_says_how),
    "command": Kind(CommandTrafficOptions, CommandTraffic),
    "flag_file": Kind(flag_file.FlagFileTrafficOptions, flag_file.traffic),
    "env_file": Kind(env_file.EnvFileTrafficOptions, env_file.traffic, mirror=env_file.mirror, mirrors=_says_how),
    "kubernetes_env": Kind(KubernetesEnvTrafficOptions, EnvTraffic),
    "gateway_route": Kind(GatewayRouteOptions, RouteTraffic),
    "haproxy": Kind(HaproxyTrafficOptions, HaproxyTraffic),
    "aws_alb": Kind(AwsAlbTrafficOptions, AlbTraffic),
    "gcp_url_map": Kind(GcpUrlMapOptions, UrlMapTraffic),
    "openfeature": openfeature.TRAFFIC,
    "dry_run": Kind(dry_run.DryRunTrafficOptions, dry_run.traffic),
}

KILL: Mapping[str, Kind[KillMethod]] = {
    "http": Kind(HttpKillOptions, HttpKill),
    "redis_flag": Kind(redis_flag.RedisKillOptions, redis_flag.kill),
    "command": Kind(CommandKillOptions, CommandKill),
    "flag_file": Kind(flag_file.FlagFileKillOptions, flag_file.kill),
    "env_file": Kind(env_file.EnvFileKillOptions, env_file.kill),
    "kubernetes_env": Kind(KubernetesEnvKillOptions, EnvKill),
    "kubernetes_scale": Kind(KubernetesScaleOptions, ScaleKill),
    "kubernetes_restart": Kind(KubernetesRestartOptions, RestartKill),
    "gateway_route": Kind(GatewayRouteOptions, RouteKill),
    "haproxy": Kind(HaproxyKillOptions, HaproxyKill),
    "aws_alb": Kind(AwsAlbOptions, AlbKill),
    "gcp_url_map": Kind(GcpUrlMapOptions, UrlMapKill),
    "openfeature": openfeature.KILL,
    "dry_run": Kind(dry_run.DryRunKillOptions, dry_run.kill),
}

CONFIRM: Mapping[str, Kind[Confirmation]] = {
    "http": Kind(confirm.HttpConfirmationOptions, confirm.HttpConfirmation),
    "command": Kind(confirm.CommandConfirmationOptions, confirm.CommandConfirmation),
}
