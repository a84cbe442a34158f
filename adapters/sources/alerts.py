"""M10: how many alerts fire, by Alertmanager or by Prometheus' own `ALERTS`; which ones is the sample's label.

None firing is 0, and data. An Alertmanager that is away is no data; one that hears nothing any more looks the same as
one with nothing to say, so `watchdog` names an alert that always fires while all is well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.http import Address, Credentials, client, credentials, excerpt, fetch, no_data, redact
from adapters.json_places import parsed
from adapters.matchers import MATCHER, checked
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration, misread
from bot.domain.units import Unit
from bot.ports import Answer, Nonsense, OutsideFault, Question, Sample

NAMED = 5
"""So many alerts are named."""

Alert = tuple[str, str]
"""An alert's name, and the labels that tell it from others of that name."""


class Options(Credentials):
    """`sources: {alerts: {kind: alerts, url: "${ALERTMANAGER_URL}"}}`; `of: prometheus` asks a Prometheus instead."""

    url: Address
    of: Literal["alertmanager", "prometheus"] = "alertmanager"
    at_once: int = Field(default=2, ge=1, le=16)
    per_minute: int | None = Field(default=None, ge=1)
    deadline: Duration = timedelta(seconds=5)


def _matcher(text: str) -> str:
    return text.strip() if "$side" in text else checked(text)


class Ask(BaseModel):
    """Which alerts are meant. Silenced and inhibited ones are left out, as people don't see them either."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert: str | None = None
    matchers: tuple[Annotated[str, AfterValidator(_matcher)], ...] = ()
    silenced: bool = False
    inhibited: bool = False
    watchdog: str | None = None

    @model_validator(mode="after")
    def _names(self) -> Ask:
        for name in filter(None, (self.alert, self.watchdog)):
            if '"' in name or "\\" in name:
                raise misread(f"'{name}' can't be an alert's name", "write it without quotes and backslashes")
        return self

    def demands(self, side: str) -> list[str]:
        """The demands on labels, `$side` filled in, which may be several."""
        own = [f'alertname="{self.alert}"'] if self.alert else []
        written = [matcher.replace("$side", side) for matcher in self.matchers]
        return own + [found[0].strip() for text in written for found in MATCHER.finditer(text)]


class Alerts:
    """One Alertmanager or Prometheus."""

    def __init__(self, options: Options, environment: Environment) -> None:
        self._options = options
        self._url = options.url.rstrip("/")
        headers = credentials(options, environment)
        self._client = client(deadline_s=options.deadline.total_seconds(), headers=headers)
        self._turn = asyncio.Semaphore(options.at_once)

    async def ask(self, question: Question, at: datetime) -> Answer:
        """One sample: how many fire now."""
        ask = _checked(question)
        try:
            async with self._turn:
                if self._client.is_closed:
                    return NoData(Missing.NOT_ASKED, "the source was closed", at)
                if ask.watchdog and not await self._firing(ask, [f'alertname="{ask.watchdog}"']):
                    why = f"{ask.watchdog}, which always fires, doesn't: alerts don't reach {redact(self._url)}"
                    return NoData(Missing.STALE, why, at)
                firing = await self._firing(ask, ask.demands(question.side))
        except _Doubtful as fault:
            return NoData(fault.missing, str(fault), at)
        except OutsideFault as fault:
            return no_data(fault, at)
        return (Sample(float(len(firing)), at, _named(firing)),)

    async def _firing(self, ask: Ask, demands: Sequence[str]) -> list[Alert]:
        if self._options.of == "prometheus":
            return _series(await self._get("/api/v1/query", {"query": _selector(demands)}), redact(self._url))
        told = {"active": True, "silenced": ask.silenced, "inhibited": ask.inhibited, "unprocessed": True}
        asked: list[tuple[str, str]] = [(name, str(value).lower()) for name, value in told.items()]
        return _alerts(await self._get("/api/v2/alerts", [*asked, *(("filter", text) for text in demands)]))

    async def _get(self, path: str, params: Any) -> Any:
        url = str(self._client.build_request("GET", self._url + path, params=params).url)
        try:
            fetched = await fetch(self._client, "GET", url, expect=(200,))
        except OutsideFault as fault:
            # The question's own words, all of them names without values, tell nobody anything.
            fault.args = (str(fault).replace(redact(url), redact(self._url)),)
            raise
        if fetched.doubt:
            raise _Doubtful(Missing.STALE, f"{redact(self._url)} {fetched.doubt}")
        return parsed(fetched.text, redact(self._url))

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """No baseline: what fires is judged as it is."""
        return NoData(Missing.NO_BASELINE, "alerts keep no history that can be compared with", end)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


class _Doubtful(Nonsense):
    """An answer that is old, or leaves something out."""

    def __init__(self, missing: Missing, said: str) -> None:
        super().__init__(said)
        self.missing = missing


def _selector(demands: Sequence[str]) -> str:
    return "ALERTS{" + ",".join(['alertstate="firing"', *demands]) + "}"


def _alerts(answer: Any) -> list[Alert]:
    """https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, GET /alerts."""
    if not isinstance(answer, list):
        raise Nonsense("the answer is no list of alerts")
    return [_alert(each.get("labels") if isinstance(each, dict) else None) for each in answer]


def _series(answer: Any, where: str) -> list[Alert]:
    match answer:
        case {"warnings": [first, *_]}:
            raise _Doubtful(Missing.PARTIAL, f"{where} warns: {excerpt(str(first))}")
        case {"status": "success", "data": {"resultType": "vector", "result": list(found)}}:
            return [_alert(each.get("metric") if isinstance(each, dict) else None) for each in found]
        case _:
            raise Nonsense(f"{where} answered JSON that isn't an answer to a query")


_SAME = frozenset({"__name__", "alertname", "alertstate", "severity", "prometheus", "monitor"})


def _alert(labels: Any) -> Alert:
    match labels:
        case {"alertname": str(name)}:
            told = next((str(labels[key]) for key in ("instance", "pod", "service", "job") if key in labels), "")
            return name, told or ", ".join(str(value) for key, value in sorted(labels.items()) if key not in _SAME)
        case _:
            raise Nonsense("the answer holds an alert without a name")


def _named(firing: Sequence[Alert]) -> str:
    """The alerts' names, those that several share told once: `HighErrors (api-1, api-2), ChatDown`."""
    by_name: dict[str, list[str]] = {}
    for name, told in sorted(firing):
        by_name.setdefault(name, []).append(told)
    shown = [f"{name} ({', '.join(filter(None, told))})" if any(told) else name for name, told in by_name.items()]
    more = f" +{len(shown) - NAMED}" if len(shown) > NAMED else ""
    return excerpt(", ".join(shown[:NAMED]), length=150) + more if shown else ""


def _checked(question: Question) -> Ask:
    return question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump())


def _now_only(ask: Ask) -> timedelta:
    return timedelta(0)


KIND: Kind[Alerts] = Kind(options=Options, build=Alerts, ask=Ask, unit=Unit.COUNT, reach=_now_only)
