"""How traffic is moved, things are switched off, and arrivals are confirmed: the kinds that plans may name.

A kind is a file (`http_endpoint`, `redis_flag`, `command`, `flag_file`, `env_file`, `dry_run`; `confirm` for the
confirmations) with its options and what is built from them. The other files here are what kinds are made of.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.traffic import confirm, dry_run, env_file, flag_file, redis_flag
from adapters.traffic.command import CommandKill, CommandKillOptions, CommandTraffic, CommandTrafficOptions
from adapters.traffic.http_endpoint import HttpKill, HttpKillOptions, HttpTraffic, HttpTrafficOptions
from bot.domain.kinds import Kind
from bot.ports import Confirmation, KillMethod, Traffic

TRAFFIC: Mapping[str, Kind[Traffic]] = {
    "http": Kind(HttpTrafficOptions, HttpTraffic),
    "redis_flag": Kind(redis_flag.RedisTrafficOptions, redis_flag.traffic),
    "command": Kind(CommandTrafficOptions, CommandTraffic),
    "flag_file": Kind(flag_file.FlagFileTrafficOptions, flag_file.traffic),
    "env_file": Kind(env_file.EnvFileTrafficOptions, env_file.traffic),
    "dry_run": Kind(dry_run.DryRunTrafficOptions, dry_run.traffic),
}

KILL: Mapping[str, Kind[KillMethod]] = {
    "http": Kind(HttpKillOptions, HttpKill),
    "redis_flag": Kind(redis_flag.RedisKillOptions, redis_flag.kill),
    "command": Kind(CommandKillOptions, CommandKill),
    "flag_file": Kind(flag_file.FlagFileKillOptions, flag_file.kill),
    "env_file": Kind(env_file.EnvFileKillOptions, env_file.kill),
    "dry_run": Kind(dry_run.DryRunKillOptions, dry_run.kill),
}

CONFIRM: Mapping[str, Kind[Confirmation]] = {
    "http": Kind(confirm.HttpConfirmationOptions, confirm.HttpConfirmation),
    "command": Kind(confirm.CommandConfirmationOptions, confirm.CommandConfirmation),
}
