"""Kind `command` (T5, R10): provider CLIs and scripts such as `kubectl` or `set-canary.sh`, never through a shell."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from adapters import placeholders
from adapters.commands.line import Argv, CommandLine, CommandOptions, Script
from adapters.http import excerpt
from adapters.options import Options
from adapters.traffic.options import JsonPath, OneGroupPattern, Pattern
from adapters.traffic.values import Missing, Share, Standing, at, dotted, parsed, shown, weight_in
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.units import Weight
from bot.ports import Nonsense, TrafficState


class WeightOutput(Options):
    """A command that tells the weight: by an expression with one group, or by a place in the JSON that it writes."""

    argv: Argv
    percent: OneGroupPattern | None = None
    path: JsonPath | None = None
    fraction: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> WeightOutput:
        placeholders.check(self.argv, ())
        if (self.percent is None) == (self.path is None):
            raise misread("the weight is read either by percent or by path", r"write percent: 'PCT=(\d+)'")
        return self

    def weight(self, output: str) -> TrafficState:
        """The weight that an output tells. Raises Nonsense."""
        share = Share.FRACTION if self.fraction else Share.PERCENT
        if self.path is not None:
            try:
                value = at(parsed(output, self.argv[0]), self.path)
            except Missing as error:
                raise Nonsense(f"{self.argv[0]}: {error}") from error
            return TrafficState(weight_in(value, share), f"{dotted(self.path)} = {shown(value)}")
        text, line = the_one(self.percent or "", output, self.argv[0])
        return TrafficState(weight_in(text, share), line)


class OffOutput(Options):
    """A command that tells whether it's off: an expression that is found then."""

    argv: Argv
    off: Pattern


class FormerOutput(Options):
    """A command that tells what stands there now, by an expression with one group; not found: nothing stands there."""

    argv: Argv
    regex: OneGroupPattern


class CommandTrafficOptions(CommandOptions):
    """`traffic: {kind: command, …}`: `apply`, and commands that follow it, such as a restart and its wait."""

    apply: Argv
    then: tuple[Argv, ...] = ()
    read: WeightOutput

    @model_validator(mode="after")
    def _says_the_weight(self) -> CommandTrafficOptions:
        placeholders.check([self.apply, *self.then], placeholders.SPLIT, needed=placeholders.WEIGHT)
        return self


class CommandKillOptions(CommandOptions):
    """`kill_switch: {kind: command, …}`. `absent` is how to put back that nothing stood there."""

    engage: Script
    read: OffOutput
    restore: Script
    former: FormerOutput | None = None
    absent: tuple[Argv, ...] = Field(default=())

    @model_validator(mode="after")
    def _fits(self) -> CommandKillOptions:
        asking = [self.former.argv] if self.former else []
        placeholders.check([self.engage, self.read.argv, self.absent, asking], ())
        placeholders.check(self.restore, placeholders.FORMER if self.former else ())
        if self.former and not placeholders.names_in(self.restore):
            raise misread(
                "former is read, but restore doesn't use it", "put {former} into restore, or leave former out"
            )
        return self


def the_one(pattern: str, output: str, program: str) -> tuple[str, str]:
    """The value that every match shows, and the first matching line for people. Raises Nonsense for none or several."""
    found = list(re.finditer(pattern, output, re.MULTILINE))
    values = {match[1] for match in found}
    if not found:
        raise Nonsense(f"{program} said nothing that fits the expression: {excerpt(output, length=80)}")
    if len(values) > 1:
        raise Nonsense(f"{program} says several things: {excerpt(', '.join(sorted(map(str, values))), length=80)}")
    return found[0][1] or "", excerpt(found[0][0], length=80)


class CommandTraffic:
    """Traffic whose weight is set by commands and read by another."""

    def __init__(self, options: CommandTrafficOptions, environment: Environment) -> None:
        self._options = options
        self._line = CommandLine(options, environment)

    @property
    def target(self) -> str:
        return f"command {' '.join(self._options.apply)}"

    async def read(self) -> TrafficState:
        return self._options.read.weight(await self._line.output(self._options.read.argv))

    async def apply(self, weight: Weight) -> None:
        await self._line.script([self._options.apply, *self._options.then], placeholders.of_weight(weight))

    async def rehearse(self) -> str:
        paths = self._line.allowed([self._options.apply, *self._options.then, self._options.read.argv])
        state = await self.read()
        return f"may run {paths}; {self._options.read.argv[0]} says {state.shown}; setting isn't tried"

    async def aclose(self) -> None:
        """Nothing is kept open."""


class CommandKill:
    """A switch that commands turn; another command tells whether it's off."""

    def __init__(self, options: CommandKillOptions, environment: Environment) -> None:
        self._options = options
        self._line = CommandLine(options, environment)

    @property
    def target(self) -> str:
        return f"command {' '.join(self._options.engage[0])}"

    async def former(self) -> str:
        asking = self._options.former
        if asking is None:
            return Standing("off" if await self.engaged() else "on").to_text()
        output = await self._line.output(asking.argv)
        if re.search(asking.regex, output, re.MULTILINE):
            return Standing(the_one(asking.regex, output, asking.argv[0])[0]).to_text()
        if not self._options.absent:
            raise Nonsense(f"{asking.argv[0]} shows no former value, and `absent` doesn't say how to put that back")
        return Standing(absent=True).to_text()

    async def engage(self) -> None:
        await self._line.script(self._options.engage)

    async def engaged(self) -> bool:
        output = await self._line.output(self._options.read.argv)
        return re.search(self._options.read.off, output, re.MULTILINE) is not None

    async def restore(self, former: str) -> None:
        before = Standing.from_text(former)
        if before.absent:
            await self._line.script(self._options.absent)
        elif self._options.former is not None:
            await self._line.script(self._options.restore, {"former": before.value})
        elif before.value == "off":
            await self.engage()
        else:
            await self._line.script(self._options.restore)

    async def rehearse(self) -> str:
        options = self._options
        paths = self._line.allowed([*options.engage, *options.restore, *options.absent, options.read.argv])
        await self.former()
        state = "off" if await self.engaged() else "on"
        return f"may run {paths}; {options.read.argv[0]} says it is {state}; switching isn't tried"

    async def aclose(self) -> None:
        """Nothing is kept open."""
