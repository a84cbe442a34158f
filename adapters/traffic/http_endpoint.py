"""Kind `http` (T4): a weight, or a kill switch, behind an HTTP endpoint that takes JSON and can be read back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from adapters import placeholders
from adapters.http import Credentials, client, credentials, fetch, redact, secret_words
from adapters.options import Deadline, Options
from adapters.placeholders import spelled
from adapters.traffic.options import HttpUrl, JsonPath
from adapters.traffic.values import Missing, Share, Standing, at, dotted, parsed, shown, weight_in
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.units import Weight
from bot.ports import Nonsense, TrafficState
from bot.redaction import Redactor

Scalar = bool | int | float | str | None


class Call(Options):
    """One request. `expect` are the statuses that mean "done" (any 2xx unless said)."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: HttpUrl
    body: Any = Field(default=None, alias="json")
    expect: int | tuple[int, ...] | None = None

    @property
    def done(self) -> tuple[int, ...]:
        if self.expect is None:
            return tuple(range(200, 300))
        return self.expect if isinstance(self.expect, tuple) else (self.expect,)


class Place(Options):
    """A value in the JSON that a GET answers."""

    url: HttpUrl
    path: JsonPath


class WeightPlace(Place):
    """Where the weight stands; `fraction` when it's written 0–1."""

    fraction: bool = False

    @property
    def share(self) -> Share:
        return Share.FRACTION if self.fraction else Share.PERCENT


class SwitchPlace(Place):
    """Where the switch stands, and the value that means "off"."""

    off: Scalar


class EndpointOptions(Credentials):
    """Who we are for the endpoint, and how long one request may take."""

    model_config = ConfigDict(hide_input_in_errors=True)

    timeout: Deadline = timedelta(seconds=10)


class Mirroring(Options):
    """How the mirrored share is set and read, as a weight is."""

    apply: Call
    read: WeightPlace

    @model_validator(mode="after")
    def _says_the_share(self) -> Mirroring:
        placeholders.check([self.apply.url, self.apply.body], placeholders.WEIGHT, needed=placeholders.WEIGHT)
        return self


class HttpTrafficOptions(EndpointOptions):
    """`traffic: {kind: http, …}`. `mirror` says where the mirrored share is set."""

    apply: Call
    read: WeightPlace
    mirror: Mirroring | None = None

    @model_validator(mode="after")
    def _says_the_weight(self) -> HttpTrafficOptions:
        placeholders.check([self.apply.url, self.apply.body], placeholders.SPLIT, needed=placeholders.WEIGHT)
        return self


class HttpKillOptions(EndpointOptions):
    """`kill_switch: {kind: http, …}`. `absent` is how to put back that nothing stood there."""

    engage: Call
    read: SwitchPlace
    restore: Call
    absent: Call | None = None

    @model_validator(mode="after")
    def _fits(self) -> HttpKillOptions:
        for call in (self.engage, self.restore, *((self.absent,) if self.absent else ())):
            placeholders.check(call.url, ())
        placeholders.check(self.engage.body, ())
        placeholders.check(self.restore.body, placeholders.FORMER)
        if self.engage == self.restore:
            raise misread("engage and restore are the same request", "let restore switch it on again")
        return self


class Endpoint:
    """Requests to one endpoint as one caller; every request has its own connection, so none can be stale."""

    def __init__(self, options: EndpointOptions, environment: Environment) -> None:
        headers = credentials(options, environment)
        self._redact = Redactor(secret_words(headers))
        self._client = client(deadline_s=options.timeout.total_seconds(), headers=headers, kept_open=0)

    async def call(self, call: Call, values: Mapping[str, Any] | None = None) -> None:
        """Do a request with its placeholders filled. Raises OutOfReach, Denied or Nonsense."""
        url, body = placeholders.fill_text(call.url, values or {}), placeholders.fill(call.body, values or {})
        await fetch(self._client, call.method, url, json=body, expect=call.done)

    async def text(self, url: str) -> str:
        """What a GET answers. Raises OutOfReach, Denied or Nonsense."""
        return (await fetch(self._client, "GET", url)).text

    async def value(self, place: Place, nothing: Collection[int] = ()) -> Any:
        """What stands at a place. Raises Missing, also for statuses that mean `nothing`, and what `text` raises."""
        answer = await fetch(self._client, "GET", place.url, expect=(*range(200, 300), *nothing))
        if answer.status in nothing:
            raise Missing(f"the address answered {answer.status}")
        return at(parsed(self.safe(answer.text), redact(place.url)), place.path)

    def safe(self, text: str) -> str:
        """A text in which the far side doesn't echo our credentials."""
        return self._redact(text)

    async def aclose(self) -> None:
        await self._client.aclose()


class HttpTraffic:
    """Traffic whose weight is set by one request and read by another."""

    def __init__(self, options: HttpTrafficOptions, environment: Environment) -> None:
        self._options = options
        self._endpoint = Endpoint(options, environment)

    @property
    def target(self) -> str:
        return f"http {redact(self._options.apply.url)} {dotted(self._options.read.path)}"

    async def read(self) -> TrafficState:
        place = self._options.read
        try:
            value = await self._endpoint.value(place)
        except Missing as error:
            raise Nonsense(f"{redact(place.url)}: {error}") from error
        return TrafficState(weight_in(value, place.share), f"{dotted(place.path)} = {shown(value)}")

    async def apply(self, weight: Weight) -> None:
        await self._endpoint.call(self._options.apply, placeholders.of_weight(weight))

    async def rehearse(self) -> str:
        state = await self.read()
        return f"read {state.shown} from {redact(self._options.read.url)}; {self._options.apply.method} isn't tried"

    async def aclose(self) -> None:
        await self._endpoint.aclose()


def mirror(options: HttpTrafficOptions, environment: Environment) -> HttpTraffic:
    """The mirrored share, set and read as `mirror` says."""
    said = options.mirror
    if said is None:
        raise ValueError("these options mirror nothing")
    return HttpTraffic(options.model_copy(update={"apply": said.apply, "read": said.read}), environment)


class HttpKill:
    """A kill-switch API: one request switches off, one switches on again, a GET tells."""

    def __init__(self, options: HttpKillOptions, environment: Environment) -> None:
        self._options = options
        self._endpoint = Endpoint(options, environment)

    @property
    def target(self) -> str:
        return f"http {redact(self._options.engage.url)} {dotted(self._options.read.path)}"

    async def former(self) -> str:
        return (await self._standing()).to_text()

    async def engage(self) -> None:
        await self._endpoint.call(self._options.engage)

    async def engaged(self) -> bool:
        standing = await self._standing()
        return not standing.absent and self._means_off(standing.value)

    async def restore(self, former: str) -> None:
        before, options = Standing.from_text(former), self._options
        if before.absent:
            await self._endpoint.call(options.absent or options.restore)
        elif placeholders.names_in(options.restore.body):
            await self._endpoint.call(options.restore, {"former": before.value})
        elif self._means_off(before.value):
            await self.engage()
        else:
            await self._endpoint.call(options.restore)

    async def rehearse(self) -> str:
        standing, options = await self._standing(), self._options
        seen = "nothing" if standing.absent else f"{dotted(options.read.path)} = {shown(standing.value)}"
        return f"read {seen} from {redact(options.read.url)}; {options.engage.method} isn't tried"

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    def _means_off(self, value: Any) -> bool:
        return spelled(value) == spelled(self._options.read.off)

    async def _standing(self) -> Standing:
        place, absent = self._options.read, self._options.absent
        try:
            return Standing(await self._endpoint.value(place, nothing=(404,) if absent else ()))
        except Missing as error:
            if absent:
                return Standing(absent=True)
            raise Nonsense(f"{redact(place.url)}: {error}") from error
