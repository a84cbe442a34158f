"""What a stage's `before` and `after`, and the end, may do and take back: the kinds that plans may name."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.effects import kept, kubernetes, silence
from adapters.effects.command import CommandEffect, CommandEffectOptions
from adapters.effects.http_endpoint import HttpEffect, HttpEffectOptions
from bot.domain.kinds import Kind
from bot.ports import Effect

KINDS: Mapping[str, Kind[Effect]] = {
    "command": Kind(CommandEffectOptions, CommandEffect),
    "http": Kind(HttpEffectOptions, HttpEffect),
    "flag_file": Kind(kept.FlagFileEffectOptions, kept.flag_file),
    "env_file": Kind(kept.EnvFileEffectOptions, kept.env_file),
    "redis_flag": Kind(kept.RedisEffectOptions, kept.redis_flag),
    "kubernetes_env": Kind(kubernetes.KubernetesEnvEffectOptions, kubernetes.env),
    "kubernetes_scale": Kind(kubernetes.KubernetesScaleEffectOptions, kubernetes.scale),
    "kubernetes_restart": Kind(kubernetes.KubernetesRestartEffectOptions, kubernetes.RestartEffect),
    "silence": silence.KIND,
}
