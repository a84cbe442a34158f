"""Questions with `${NAME}` filled in from the environment, as options are: what the plan says is what is asked.

A placeholder that reached a source as it is written would match nothing, and nothing may count as 0 (`empty_is`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from pydantic import BaseModel, ValidationError

from bot.domain.kinds import Environment, MissingEnvironment, fill_in
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question, Source
from bot.redaction import secrets_named

_Asked = tuple[BaseModel, str]


class FilledSource:
    """A `Source` that is asked with everything filled in; what isn't set, or doesn't fit, is no data.

    `learn` hears of the secrets that questions name. Frozen questions are filled in once: the environment stays.
    """

    def __init__(self, source: Source, environment: Environment, learn: Callable[[Collection[str]], None]) -> None:
        self._source = source
        self._environment = environment
        self._learn = learn
        self._known: dict[_Asked, _Asked | str] = {}

    async def ask(self, question: Question, at: datetime) -> Answer:
        filled = self._filled(question)
        return NoData(Missing.REFUSED, filled, at) if isinstance(filled, str) else await self._source.ask(filled, at)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        filled = self._filled(question)
        if isinstance(filled, str):
            return NoData(Missing.REFUSED, filled, end)
        return await self._source.history(filled, start, end)

    async def aclose(self) -> None:
        await self._source.aclose()

    def _filled(self, question: Question) -> Question | str:
        """What is asked, or why it can't be."""
        written = (question.ask, question.side)
        if written not in self._known:
            self._known[written] = self._fill(*written)
        found = self._known[written]
        return found if isinstance(found, str) else replace(question, ask=found[0], side=found[1])

    def _fill(self, ask: BaseModel, side: str) -> _Asked | str:
        asked = ask.model_dump(by_alias=True, exclude_unset=True)
        if "${" not in repr((asked, side)):
            return ask, side
        self._learn(secrets_named([asked, side], self._environment))
        try:
            filled, labels = fill_in(asked, self._environment), fill_in(side, self._environment)
            return type(ask).model_validate(filled), labels
        except MissingEnvironment as missing:
            return f"{missing}, and its question names it; set it where Perch runs"
        except ValidationError as wrong:
            return first_mistake(wrong)


def first_mistake(wrong: ValidationError) -> str:
    """The first mistake that the environment's values made of what was good in the plan."""
    first = wrong.errors(include_input=False, include_url=False)[0]
    place, what = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    where = f"{place}: " if place else ""
    return f"{where}{what}; the plan is right, mend the environment variable that is filled in there"
