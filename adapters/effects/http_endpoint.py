"""Kind `http` (R20): one request does it, another takes it back; where something can be read, it is read back."""

from __future__ import annotations

from pydantic import model_validator

from adapters import placeholders
from adapters.http import redact
from adapters.placeholders import spelled
from adapters.traffic.http_endpoint import Call, Endpoint, EndpointOptions, Place, Scalar
from adapters.traffic.values import Missing, dotted, shown
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.ports import OutOfReach

KEY = frozenset({"key"})


class DonePlace(Place):
    """Where it shows, and the value that stands there while it is done."""

    done: Scalar


class HttpEffectOptions(EndpointOptions):
    """`before: [{kind: http, do: …, undo: …}]`. `{key}` in an address or a body is this very action's name."""

    do: Call | None = None
    undo: Call | None = None
    read: DonePlace | None = None

    @model_validator(mode="after")
    def _does_something(self) -> HttpEffectOptions:
        if self.do is None and self.undo is None:
            raise misread("the action does nothing", "add do: {method: POST, url: …}")
        for call in (self.do, self.undo):
            placeholders.check([call.url, call.body] if call else [], KEY)
        placeholders.check(self.read.url if self.read else "", ())
        return self


class HttpEffect:
    """Something that an HTTP interface switches."""

    def __init__(self, options: HttpEffectOptions, environment: Environment) -> None:
        self._options = options
        self._endpoint = Endpoint(options, environment)

    @property
    def target(self) -> str:
        call = self._options.do or self._options.undo
        return f"http {redact(call.url) if call else ''}"

    async def begin(self, key: str) -> str:
        return await self._call(self._options.do, key, done=True) or "nothing is to be done on the way up"

    async def end(self, key: str) -> str:
        return await self._call(self._options.undo, key, done=False)

    async def rehearse(self) -> str:
        calls = [each for each in (self._options.do, self._options.undo) if each is not None]
        untried = " and ".join(f"{each.method} {redact(each.url)}" for each in calls)
        if self._options.read is None:
            return f"{untried} can't be tried without doing it"
        return f"read {await self._reads()} from {redact(self._options.read.url)}; {untried} isn't tried"

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    async def _call(self, call: Call | None, key: str, *, done: bool) -> str:
        """Make the request and read back; "" where there is none."""
        if call is None:
            return ""
        await self._endpoint.call(call, {"key": key})
        read = self._options.read
        if read is None:
            return f"{call.method} {redact(call.url)} was answered well"
        seen = await self._reads()
        if (seen == shown(read.done)) is not done:
            wanted = shown(read.done) if done else f"anything but {shown(read.done)}"
            raise OutOfReach(f"{dotted(read.path)} reads {seen} after {call.method}, and {wanted} was to stand there")
        return f"{dotted(read.path)} reads {seen}"

    async def _reads(self) -> str:
        """What stands at the place that is read, as `shown` shows it."""
        read = self._options.read
        if read is None:
            return ""
        try:
            value = await self._endpoint.value(read, nothing=(404,))
        except Missing:
            return "nothing"
        return shown(read.done) if spelled(value) == spelled(read.done) else shown(value)
