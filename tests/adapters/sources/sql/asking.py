"""Ask a database as a source does, and take its answer apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapters.sources.sql.asks import Ask
from adapters.sources.sql.source import KIND, Sql, SqlOptions
from bot.domain.measurements import NoData
from bot.ports import Answer, Question
from tests.adapters.sources.sql.rows import NOW


def sql(url: str, **options: Any) -> Sql:
    return KIND.build(SqlOptions.model_validate({"url": url, **options}), {})


async def asked(
    source: Sql, query: str, at: datetime = NOW, values: dict[str, Any] | None = None, **ask: Any
) -> Answer:
    try:
        question = Question(Ask.model_validate({"query": query, **ask}), values=tuple((values or {}).items()))
        return await source.ask(question, at)
    finally:
        await source.aclose()


def number(answer: Answer) -> float:
    assert not isinstance(answer, NoData), answer
    (sample,) = answer
    return sample.value
