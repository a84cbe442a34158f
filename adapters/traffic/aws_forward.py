"""The forward action of an ALB's rule, or of a listener: how it is read, and goes back with other weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from adapters.cloud.aws import AwsOptions, LoadBalancing
from adapters.cloud.aws_query import child_text, fields_of, members, parameters, put
from adapters.http import excerpt
from bot.domain.kinds import Environment
from bot.ports import Denied, Nonsense

MOST = 999
"""The largest weight: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html"""


@dataclass(frozen=True, slots=True)
class Setting:
    """Both weights, and for how many seconds a client keeps to a group; 0 is no group stickiness."""

    canary: int
    stable: int
    sticky_s: int

    def __str__(self) -> str:
        sticky = f", clients keep to a group for {self.sticky_s} s" if self.sticky_s else ""
        return f"canary {self.canary}, stable {self.stable}{sticky}"


@dataclass(frozen=True, slots=True)
class Split:
    """All actions as they were read, the forward one among them, and what it says."""

    actions: Element
    config: Element
    canary: Element
    stable: Element
    setting: Setting


class Forward:
    """One rule, or one listener's default action."""

    def __init__(
        self,
        options: AwsOptions,
        environment: Environment,
        rule: str | None,
        listener: str | None,
        canary: str,
        stable: str,
    ) -> None:
        self._noun, self._arn = ("Rule", rule) if rule else ("Listener", listener or "")
        self._field = "Actions" if rule else "DefaultActions"
        self._canary, self._stable = canary, stable
        _, partition, _, region, _, resource = (self._arn.split(":", 5) + [""] * 6)[:6]
        self.place = f"aws_alb {region} {resource.partition('/app/')[2] or resource}"
        self._api = LoadBalancing(options, environment, partition, region, self.place)

    async def get(self) -> Split:
        """Raises Denied where no action forwards to just these two groups."""
        asked = {f"{self._noun}Arns.member.1": self._arn}
        result = await self._api.call(f"Describe{self._noun}s", asked)
        found = members(fields_of(result).get(f"{self._noun}s"))
        if len(found) != 1 or child_text(found[0], f"{self._noun}Arn") != self._arn:
            raise Nonsense(f"{self.place}: AWS answered something other than the {self._noun.lower()} asked for")
        if child_text(found[0], "IsDefault") == "true":
            raise Denied(f"{self.place} is its listener's default rule, which only `listener:` can change; name that")
        actions = fields_of(found[0]).get(self._field)
        if actions is None:
            raise Nonsense(f"{self.place}: AWS answered no actions")
        return self._split(actions)

    async def set(self, split: Split, setting: Setting) -> None:
        """Both weights and the stickiness at once, all else as it was read."""
        put(split.canary, "Weight", str(setting.canary))
        put(split.stable, "Weight", str(setting.stable))
        _stick(split.config, setting.sticky_s)
        for action in members(split.actions):
            _as_it_stands(action)
        sent = dict(parameters(self._field, split.actions))
        await self._api.call(f"Modify{self._noun}", {f"{self._noun}Arn": self._arn, **sent})

    async def look_at_the_groups(self, split: Split) -> None:
        """Raises Denied where targets are sticky themselves: AWS then doesn't let group stickiness be switched off."""
        for group in (split.canary, split.stable):
            arn = child_text(group, "TargetGroupArn")
            result = await self._api.call("DescribeTargetGroupAttributes", {"TargetGroupArn": arn})
            attributes = members(fields_of(result).get("Attributes"))
            if any(_is_sticky(attribute) for attribute in attributes):
                raise Denied(
                    f"{self.place}: target group {_name(arn)} is sticky itself (stickiness.enabled), so AWS keeps "
                    "group stickiness on, and who had the canary would keep it at weight 0; switch it off in that group"
                )

    async def aclose(self) -> None:
        await self._api.aclose()

    def _split(self, actions: Element) -> Split:
        forwards = [each for each in members(actions) if child_text(each, "Type") == "forward"]
        for action in forwards:
            config = fields_of(action).get("ForwardConfig")
            groups = members(fields_of(config).get("TargetGroups")) if config is not None else ()
            if config is not None and (sides := self._sides(groups)):
                canary, stable = sides
                setting = Setting(self._weight(canary), self._weight(stable), self._sticky_s(config))
                return Split(actions, config, canary, stable, setting)
        raise Denied(
            f"{self.place} doesn't forward to both {self._canary} and {self._stable}; give its forward action both "
            "target groups with the weights 0 and 100 first"
        )

    def _sides(self, groups: Sequence[Element]) -> tuple[Element, Element] | None:
        """Raises Denied where a third group takes a share."""
        arns = [child_text(group, "TargetGroupArn") for group in groups]
        canary = [group for group, arn in zip(groups, arns, strict=True) if _is(arn, self._canary)]
        stable = [group for group, arn in zip(groups, arns, strict=True) if _is(arn, self._stable)]
        if len(canary) != 1 or len(stable) != 1:
            return None
        if others := [_name(arn) for arn in arns if not _is(arn, self._canary) and not _is(arn, self._stable)]:
            raise Denied(
                f"{self.place} forwards to {others[0]} too, so no share is sure; take that group out of the action, "
                "or name another rule"
            )
        return canary[0], stable[0]

    def _weight(self, group: Element) -> int:
        return self._number(child_text(group, "Weight"), MOST, "a weight")

    def _sticky_s(self, config: Element) -> int:
        sticky = fields_of(config).get("TargetGroupStickinessConfig")
        if sticky is None or child_text(sticky, "Enabled") != "true":
            return 0
        return self._number(child_text(sticky, "DurationSeconds"), 604_800, "a duration")

    def _number(self, text: str, most: int, what: str) -> int:
        """Raises Nonsense; AWS' own emulators don't look at what they keep."""
        if not text.isascii() or not text.isdigit() or int(text) > most:
            raise Nonsense(f"{self.place}: {excerpt(text, length=20) or 'nothing'} is not {what} from 0 to {most}")
        return int(text)


def _stick(config: Element, seconds: int) -> None:
    sticky = fields_of(config).get("TargetGroupStickinessConfig")
    if sticky is None:
        put(config, "TargetGroupStickinessConfig", "")
        sticky = fields_of(config)["TargetGroupStickinessConfig"]
    put(sticky, "Enabled", "true" if seconds else "false")
    if seconds:
        put(sticky, "DurationSeconds", str(seconds))


def _as_it_stands(action: Element) -> None:
    """What is told otherwise than it's taken: both ways to name groups at once, and a secret that is never told.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
    """
    fields = fields_of(action)
    if "ForwardConfig" in fields and "TargetGroupArn" in fields:
        action.remove(fields["TargetGroupArn"])
    if (oidc := fields.get("AuthenticateOidcConfig")) is not None and "ClientSecret" not in fields_of(oidc):
        put(oidc, "UseExistingClientSecret", "true")


def _is_sticky(attribute: Element) -> bool:
    return child_text(attribute, "Key") == "stickiness.enabled" and child_text(attribute, "Value") == "true"


def _is(arn: str, group: str) -> bool:
    """Whether an ARN is that of a group, given by its ARN or its name."""
    return arn == group or _name(arn) == group


def _name(arn: str) -> str:
    """`arn:…:targetgroup/NAME/ID`."""
    return arn.partition(":targetgroup/")[2].partition("/")[0] or arn
