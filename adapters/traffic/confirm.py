"""Confirmations (R10): kinds `http` and `command`, a further look at whether a weight has arrived."""

from __future__ import annotations

import re
from typing import Any

from pydantic import model_validator

from adapters import placeholders
from adapters.commands.line import Argv, CommandLine, CommandOptions
from adapters.http import redact
from adapters.traffic.http_endpoint import Endpoint, EndpointOptions, WeightPlace
from adapters.traffic.options import HttpUrl, JsonPath, OneGroupPattern
from adapters.traffic.values import Missing, Share, at, parsed, weight_in
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.units import Weight
from bot.ports import Nonsense, OutOfReach


def _check_text(text: str) -> None:
    placeholders.check(text, placeholders.WEIGHT, needed=placeholders.WEIGHT)
    if len(placeholders.split(text)) != 3:
        raise misread("the text holds the weight more than once", "keep one {percent} or {fraction}")


def shows(text: str, output: str, weight: Weight) -> bool:
    """Whether a text with one placeholder is in an output, and each time with this weight."""
    pattern, name = placeholders.pattern_for_weight(text)
    return _all(pattern, output, Share(name), weight)


def _all(pattern: re.Pattern[str], output: str, share: Share, weight: Weight) -> bool:
    found = [match[1] for match in pattern.finditer(output)]
    return bool(found) and all(weight_in(number, share) == weight for number in found)


class HttpConfirmationOptions(EndpointOptions):
    """`confirm: {check: {kind: http, …}}`: a GET whose answer shows the weight at `path`, or in `text`."""

    url: HttpUrl
    path: JsonPath | None = None
    fraction: bool = False
    text: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> HttpConfirmationOptions:
        if (self.path is None) == (self.text is None):
            raise misread("the weight shows either at path or in text", "write path: a.b, or text: 'pct={percent}'")
        if self.text is not None:
            _check_text(self.text)
        return self


class HttpConfirmation:
    """Looks at an address."""

    def __init__(self, options: HttpConfirmationOptions, environment: Environment) -> None:
        self._options = options
        self._endpoint = Endpoint(options, environment)

    async def confirms(self, weight: Weight) -> bool:
        options = self._options
        if options.text is not None:
            return shows(options.text, await self._endpoint.text(options.url), weight)
        place = WeightPlace(url=options.url, path=options.path or (), fraction=options.fraction)
        try:
            return weight_in(await self._endpoint.value(place), place.share) == weight
        except Missing as error:
            raise Nonsense(f"{redact(options.url)}: {error}") from error

    async def aclose(self) -> None:
        await self._endpoint.aclose()


class CommandConfirmationOptions(CommandOptions):
    """`confirm: {check: {kind: command, …}}`: the weight shows in `text`, by `regex` (one group), at `path` in JSON,
    or the command is told the weight and ends with `exit_code`."""

    argv: Argv
    text: str | None = None
    regex: OneGroupPattern | None = None
    path: JsonPath | None = None
    exit_code: int | None = None
    fraction: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> CommandConfirmationOptions:
        ways = (self.text, self.regex, self.path, self.exit_code)
        if sum(way is not None for way in ways) != 1:
            raise misread("one of text, regex, path and exit_code tells the weight", "write text: 'pct={percent}'")
        needed = placeholders.WEIGHT if self.exit_code is not None else ()
        placeholders.check(self.argv, placeholders.WEIGHT, needed=needed)
        if self.text is not None:
            _check_text(self.text)
        return self


class CommandConfirmation:
    """Runs a command and looks at what it says, or at its exit code."""

    def __init__(self, options: CommandConfirmationOptions, environment: Environment) -> None:
        self._options = options
        self._line = CommandLine(options, environment)

    async def confirms(self, weight: Weight) -> bool:
        options, values = self._options, placeholders.of_weight(weight)
        if options.exit_code is not None:
            finished = await self._line.ended(options.argv, values)
            if finished.code not in {options.exit_code, 0} and isinstance(
                fault := self._line.failure(options.argv[0], finished), OutOfReach
            ):
                raise fault
            return finished.code == options.exit_code
        return self._shown(await self._line.output(options.argv, values), weight)

    def _shown(self, output: str, weight: Weight) -> bool:
        options = self._options
        share = Share.FRACTION if options.fraction else Share.PERCENT
        if options.text is not None:
            return shows(options.text, output, weight)
        if options.regex is not None:
            return _all(re.compile(options.regex, re.MULTILINE), output, share, weight)
        return weight_in(_value(output, options.path or (), options.argv[0]), share) == weight

    async def aclose(self) -> None:
        """Nothing is kept open."""


def _value(output: str, path: tuple[str, ...], program: str) -> Any:
    try:
        return at(parsed(output, program), path)
    except Missing as error:
        raise Nonsense(f"{program}: {error}") from error
