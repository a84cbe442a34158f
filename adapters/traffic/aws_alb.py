"""Kind `aws_alb` (T6): the weights of two target groups in a rule, or a listener's default action, of an ALB.

AWS takes all actions of a rule at once, so what isn't Perch's goes back as it was read. A group's share is its weight
over the sum of both. Group stickiness outranks the weights, so it's off while the canary's weight is 0.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ForwardActionConfig.html
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, model_validator

from adapters.cloud.aws import AwsOptions
from adapters.traffic.aws_forward import MOST, Forward, Setting, Split
from adapters.traffic.shares import exactly, share
from adapters.traffic.values import Standing
from bot.domain.kinds import Environment
from bot.domain.planning.fields import Duration, misread
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Nonsense, TrafficState


def _arn(of: str, command: str) -> AfterValidator:
    """Check an ARN lightly; `${NAME}` may still stand in it."""
    form = re.compile(rf"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d*:{of}/app/\S+")

    def check(value: str) -> str:
        if "${" not in value and not form.fullmatch(value):
            raise misread(f"that is no ARN of an Application Load Balancer's {of}", f"aws elbv2 {command} tells it")
        return value

    return AfterValidator(check)


RuleArn = Annotated[str, _arn("listener-rule", "describe-rules")]
ListenerArn = Annotated[str, _arn("listener", "describe-listeners")]


def _group(value: str) -> str:
    if "${" not in value and not re.fullmatch(r"[A-Za-z0-9-]{1,32}|arn:\S+:targetgroup/\S+", value):
        raise misread("that is no target group", "its name (letters, digits and dashes, 32 at most), or its ARN")
    return value


Group = Annotated[str, AfterValidator(_group)]
"""A target group's name, or its ARN."""


LONGEST_S = 604_800


def _span(value: timedelta) -> timedelta:
    """By the API reference of TargetGroupStickinessConfig."""
    if not timedelta(seconds=1) <= value <= timedelta(seconds=LONGEST_S):
        raise misread("group stickiness lasts 1 second to 7 days", "write it as 1h")
    return value


class AwsAlbOptions(AwsOptions):
    """`kill_switch: {kind: aws_alb, …}`. One of `rule` and `listener`; names or ARNs of target groups."""

    rule: RuleArn | None = None
    listener: ListenerArn | None = None
    canary: Group
    stable: Group

    @model_validator(mode="after")
    def _fits(self) -> AwsAlbOptions:
        if (self.rule is None) == (self.listener is None):
            raise misread("name one of rule and listener", "write rule: arn:…:listener-rule/app/…")
        if self.canary == self.stable:
            raise misread("canary and stable are the same target group", "name the group of each side")
        return self


class AwsAlbTrafficOptions(AwsAlbOptions):
    """`traffic: {kind: aws_alb, …}`. `stickiness` is how long clients keep to a group while the weight is above 0 %."""

    stickiness: Annotated[Duration, AfterValidator(_span)] | None = None


class AlbTraffic:
    """A share as two weights from 0 to 999."""

    def __init__(self, options: AwsAlbTrafficOptions, environment: Environment) -> None:
        self._options, self._forward = options, _forward(options, environment)

    @property
    def target(self) -> str:
        return self._forward.place

    async def read(self) -> TrafficState:
        return self._state(await self._forward.get())

    def _state(self, split: Split) -> TrafficState:
        setting = split.setting
        if setting.canary + setting.stable == 0:
            raise Nonsense(f"{self.target}: both weights are 0, so everybody is answered 503")
        return TrafficState(share(setting.canary, setting.stable), str(setting))

    async def apply(self, weight: Weight) -> None:
        pair = exactly(weight, MOST, self.target)
        split = await self._forward.get()
        if weight == ZERO:
            await lower(self._forward, split, pair.stable)
            return
        wanted = self._options.stickiness
        sticky_s = split.setting.sticky_s if wanted is None else int(wanted.total_seconds())
        await self._forward.set(split, Setting(pair.canary, pair.stable, sticky_s))

    async def rehearse(self) -> str:
        split = await self._forward.get()
        if split.setting.sticky_s and self._options.stickiness is None:
            raise Denied(
                f"{self.target}: group stickiness is on, so who had the canary would keep it at weight 0; write "
                f"`stickiness: {split.setting.sticky_s}s` (Perch has it off at 0 % and on above), or switch it off"
            )
        state = self._state(split)
        await self._forward.look_at_the_groups(split)
        return f"read {state.shown} of {self.target}; setting isn't tried: AWS has no dry run for it"

    async def aclose(self) -> None:
        await self._forward.aclose()


class AlbKill:
    """The canary's weight 0 and no group stickiness; the stable side's weight stays, or is 1 where it was 0."""

    def __init__(self, options: AwsAlbOptions, environment: Environment) -> None:
        self._forward = _forward(options, environment)

    @property
    def target(self) -> str:
        return self._forward.place

    async def former(self) -> str:
        setting = (await self._forward.get()).setting
        return Standing([setting.canary, setting.stable, setting.sticky_s]).to_text()

    async def engage(self) -> None:
        split = await self._forward.get()
        await lower(self._forward, split, split.setting.stable or 1)

    async def engaged(self) -> bool:
        setting = (await self._forward.get()).setting
        return setting.canary == 0 and not setting.sticky_s

    async def restore(self, former: str) -> None:
        match Standing.from_text(former).value:
            case [int(canary), int(stable), int(sticky_s)] if _possible(canary, stable, sticky_s):
                await self._forward.set(await self._forward.get(), Setting(canary, stable, sticky_s))
            case _:
                raise Nonsense("the recorded former value can't be understood; nothing was put back")

    async def rehearse(self) -> str:
        split = await self._forward.get()
        await self._forward.look_at_the_groups(split)
        return f"read {split.setting} of {self.target}; switching isn't tried: AWS has no dry run for it"

    async def aclose(self) -> None:
        await self._forward.aclose()


async def lower(forward: Forward, split: Split, stable: int) -> None:
    """The canary to 0, and nobody bound to it by a cookie. What of it can be had is had, before it's told."""
    try:
        await forward.set(split, Setting(0, stable, 0))
    except Denied:
        if split.setting.sticky_s:
            await forward.set(split, Setting(0, stable, split.setting.sticky_s))
        raise


def _possible(*numbers: int) -> bool:
    """Whether these are two weights and a duration."""
    canary, stable, sticky_s = numbers
    if any(isinstance(each, bool) or each < 0 for each in numbers):
        return False
    return max(canary, stable) <= MOST and sticky_s <= LONGEST_S


def _forward(options: AwsAlbOptions, environment: Environment) -> Forward:
    return Forward(options, environment, options.rule, options.listener, options.canary, options.stable)
