"""The Web API over HTTP: reads a call, checks it in Slack's order, carries it out, keeps a log."""

from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.workspace import access, arguments
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.facts import method_facts
from bot.sandbox.workspace.faults import Faults, Outage
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.methods.table import METHODS
from bot.sandbox.workspace.rates import Rates
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused, missing_argument


@dataclass(frozen=True)
class Call:
    """One call as it arrived and how it was answered. `at` is the workspace's clock, in seconds."""

    method: str
    args: Json
    response: Json
    status: int
    at: float

    @property
    def ok(self) -> bool:
        """Whether it was carried out."""
        return bool(self.response["ok"])

    @property
    def error(self) -> str | None:
        """Slack's code of the refusal, if it was one."""
        return self.response.get("error")


class WebApi:
    """Serves `/api/<method>`. Without `rates` nobody is ever told to slow down."""

    def __init__(self, records: Records, faults: Faults, rates: Rates | None) -> None:
        self._records = records
        self._faults = faults
        self._rates = rates
        self._facts = method_facts()
        self.calls: list[Call] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        if self._faults.outage is not None and (nothing := await self._away(request, self._faults.outage)) is not None:
            return nothing
        values: Json = {}
        headers = {"X-OAuth-Scopes": ",".join(self._records.app.scopes)}
        try:
            values = await arguments.read(request)
            await self._faults.meet(method)
            body, status = {"ok": True, **self._carry_out(method, request, values)}, 200
        except Refused as refused:
            body, status = refused.as_json(), refused.status
            if refused.retry_after_s is not None:
                headers["Retry-After"] = str(refused.retry_after_s)
        self._log(method, values, body, status)
        if self._faults.drops_now(method) and request.transport is not None:
            request.transport.abort()
        return web.json_response(body, status=status, headers=headers)

    async def _away(self, request: web.Request, outage: Outage) -> web.StreamResponse | None:
        """What a call meets while all of Slack is away; None when it works after all."""
        match outage:
            case Outage.HTML:
                return web.Response(status=503, text="<html>Bad gateway</html>", content_type="text/html")
            case Outage.HANG:
                await self._faults.over()
                return None
            case _:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()

    def _carry_out(self, method: str, request: web.Request, values: Json) -> Json:
        facts = self._facts.get(method)
        if facts is None or method not in METHODS:
            raise Refused("unknown_method", req_method=method)
        access.check_token(self._records.app, method, access.token_of(request, values))
        args = Arguments(values)
        if self._rates is not None:
            self._rates.spend_call(method, facts.rate, args.text("channel"))
        access.check_scopes(self._records.app, facts)
        for name in facts.required:
            if not args.text(name):
                raise missing_argument(name)
        return METHODS[method](self._records, args)

    def _log(self, method: str, values: Json, body: Json, status: int) -> None:
        call = Call(method, Arguments(values).as_json(), body, status, self._records.clock())
        self.calls.append(call)
        self._records.changes.note("call", method=method, error=call.error)
