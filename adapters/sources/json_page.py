"""M4: one number, or one for each member of a list, in the JSON that an address answers."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from adapters.http import Address, Credentials, client, credentials, fetch, no_data, redact
from adapters.json_places import JsonPath, Missing, dotted, everything_at, parsed
from adapters.sources.figures import ReadAs, figure
from bot.domain import measurements
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import NoData
from bot.domain.planning.fields import Duration, misread
from bot.ports import Answer, Nonsense, OutsideFault, Question, Sample

MOST_SERIES = 200


class Options(Credentials):
    """`sources: {denis: {kind: json, url: "${DENIS_URL}"}}`. `at_once` is how many requests go out together."""

    url: Address
    method: Literal["GET", "POST"] = "GET"
    json_body: Any = Field(default=None, alias="json")
    at_once: int = Field(default=4, ge=1, le=64)
    per_minute: int | None = Field(default=None, ge=1)
    deadline: Duration = timedelta(seconds=5)


def _page(text: str) -> str:
    if not text.startswith("/") or "://" in text:
        raise misread("page is what comes after the source's address", "write page: /internal/stats")
    return text


class Ask(BaseModel):
    """`path` is a place in the answer, `*` standing for every member; `name` a place beside it that names each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: JsonPath
    page: Annotated[str, AfterValidator(_page)] = ""
    name: JsonPath | None = None
    read_as: ReadAs = Field(default="number", alias="as")


class JsonPage:
    """One service. Questions about the same page at the same moment share one request."""

    def __init__(self, options: Options, environment: Environment) -> None:
        headers = {"Accept": "application/json"} | credentials(options, environment)
        self._options = options
        self._client = client(deadline_s=options.deadline.total_seconds(), headers=headers)
        self._turn = asyncio.Semaphore(options.at_once)
        self._pages: dict[tuple[str, datetime], asyncio.Task[Any | NoData]] = {}
        self._waiting: dict[tuple[str, datetime], int] = {}

    async def ask(self, question: Question, at: datetime) -> Answer:
        """The samples that stand at the question's place, as of now."""
        ask = _checked(question)
        tree = await self._page_at(ask.page, at)
        return tree if isinstance(tree, NoData) else found(ask, tree, redact(self._options.url + ask.page), at)

    async def _page_at(self, page: str, at: datetime) -> Any | NoData:
        key = (page, at)
        task = self._pages.get(key)
        if task is None:
            task = self._pages[key] = asyncio.create_task(self._fetch(page, at))
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                task.cancel()
                del self._pages[key], self._waiting[key]

    async def _fetch(self, page: str, at: datetime) -> Any | NoData:
        options, url = self._options, self._options.url.rstrip("/") + page if page else self._options.url
        try:
            async with self._turn:
                if self._client.is_closed:
                    return NoData(measurements.Missing.NOT_ASKED, "the source was closed", at)
                fetched = await fetch(self._client, options.method, url, json=options.json_body, expect=(200,))
            if fetched.doubt:
                return NoData(measurements.Missing.STALE, f"{redact(url)} {fetched.doubt}", at)
            return parsed(fetched.text, redact(url))
        except OutsideFault as fault:
            return no_data(fault, at)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """No baseline: a page keeps nothing."""
        return NoData(measurements.Missing.NO_BASELINE, "a JSON page keeps no history", end)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def found(ask: Ask, tree: Any, where: str, at: datetime) -> Answer:
    """The samples at a question's place; no data where nothing stands there, or what stands there is no number."""
    try:
        members = list(everything_at(tree, ask.path, ask.name or ()))
        if len(members) > MOST_SERIES:
            what = f"{len(members)} values at {dotted(ask.path)}, and at most {MOST_SERIES} are read"
            raise Nonsense(f"{where} has {what}")
        return _samples(ask, members, at)
    except Missing as error:
        return NoData(measurements.Missing.EMPTY, f"{where}: {error}", at)
    except Nonsense as fault:
        return no_data(fault, at)


def _samples(ask: Ask, members: list[tuple[str, Any]], at: datetime) -> Answer:
    whole = dotted(ask.path)
    known = [(name, value) for name, value in members if value is not None]
    if members and not known:
        return NoData(measurements.Missing.EMPTY, f"{whole} is null", at)
    return tuple(
        Sample(figure(value, ask.read_as, f"{whole} ({name})" if name else whole), at, name) for name, value in known
    )


def _checked(question: Question) -> Ask:
    return question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump(by_alias=True))


def _now_only(ask: Any) -> timedelta:
    return timedelta(0)


KIND: Kind[JsonPage] = Kind(options=Options, build=JsonPage, ask=Ask, reach=_now_only, joins=True)
