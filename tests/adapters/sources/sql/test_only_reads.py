"""M3: no query writes, whatever it says and whatever it was told before."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.sources.sql.asks import Ask
from bot.domain.measurements import Missing
from bot.ports import Question
from tests.adapters.sources.answers import why
from tests.adapters.sources.sql.asking import asked, number, sql
from tests.adapters.sources.sql.rows import NOW

pytestmark = pytest.mark.anyio

WRITES = [
    "WITH gone AS (DELETE FROM worker RETURNING 1) SELECT count(*) FROM gone",
    "SELECT setval('s', 1), set_config('transaction_read_only', 'off', false)",
]


@pytest.mark.parametrize("query", WRITES)
async def test_postgresql_lets_no_query_write(postgres_url: str, query: str) -> None:
    missing, said = why(await asked(sql(postgres_url), query, by=[]))
    assert missing is Missing.REFUSED, said
    assert number(await asked(sql(postgres_url), "SELECT count(*) FROM worker")) == 2


async def test_a_session_that_was_told_to_write_still_does_not(postgres_url: str) -> None:
    """Each transaction says it itself; a setting that a query left behind on a pooled connection changes nothing."""
    source = sql(postgres_url, at_once=1)
    told = Question(Ask(query="SELECT length(set_config('default_transaction_read_only', 'off', false))"))
    await source.ask(told, NOW)
    assert why(await asked(source, WRITES[0]))[0] is Missing.REFUSED


async def test_what_a_function_wrote_all_the_same_is_rolled_back(postgres_url: str) -> None:
    """PostgreSQL 15 lets large objects be made in a transaction that only reads: nothing is ever committed."""
    await asked(sql(postgres_url), "SELECT lo_create(4711)")
    assert number(await asked(sql(postgres_url), "SELECT count(*) FROM pg_largeobject_metadata")) == 0


async def test_sqlite_is_opened_to_be_read(sqlite_url: str, tmp_path: Path) -> None:
    """No statement gets past the reader, and a file that isn't there isn't made."""
    query = "WITH x AS (SELECT 1) INSERT INTO worker SELECT 'w', 'now'"
    missing, said = why(await asked(sql(sqlite_url), query))
    assert (missing, "would write" in said) == (Missing.REFUSED, True), said
    missing, said = why(await asked(sql(f"sqlite:///{tmp_path}/none.db"), "SELECT 1"))
    assert missing is Missing.UNREACHABLE
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("DELETE FROM worker", "begins with SELECT"),
        ("-- SELECT\nUPDATE worker SET name = ''", "begins with SELECT"),
        ("SELECT 1; DELETE FROM worker", "one statement"),
        ("", "at least 1 character"),
    ],
)
def test_a_plan_is_told_when_a_query_would_write(query: str, hint: str) -> None:
    with pytest.raises(ValidationError, match=hint):
        Ask(query=query)
