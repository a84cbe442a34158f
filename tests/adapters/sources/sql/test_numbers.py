"""M3: a row is a number, several are series, and what is neither is no data with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.measurements import Missing, NoData
from tests.adapters.sources.answers import why
from tests.adapters.sources.sql.asking import asked, number, sql
from tests.adapters.sources.sql.rows import NOW

pytestmark = pytest.mark.anyio

AS_TIME: dict[str, Any] = {"as": "timestamp"}


async def test_a_group_is_a_series_when_its_column_is_named(url: str) -> None:
    """M3, M8: a grouped table, each row by its name."""
    query = "SELECT resolver, count(*) AS n FROM downloads GROUP BY resolver ORDER BY resolver"
    answer = await asked(sql(url), query, by=["resolver"])
    assert not isinstance(answer, NoData)
    assert {sample.labels: sample.value for sample in answer} == {"resolver=arxiv": 66, "resolver=core": 34}
    missing, said = why(await asked(sql(url), query))
    assert missing is Missing.GARBAGE
    assert "2 columns (resolver, n); name the others in by" in said


@pytest.mark.parametrize(
    ("query", "missing", "said"),
    [
        ("SELECT id FROM artifact_jobs", Missing.GARBAGE, "200 rows where one is meant"),
        ("SELECT a.id FROM artifact_jobs a, artifact_jobs b", Missing.GARBAGE, "more than 200 rows"),
        ("SELECT id FROM artifact_jobs WHERE id < 0", Missing.EMPTY, "no row"),
        ("SELECT max(id) AS most FROM artifact_jobs WHERE id < 0", Missing.EMPTY, "most is NULL"),
        ("SELECT state FROM artifact_jobs WHERE id = 200", Missing.GARBAGE, "“STREAMING”, not a number"),
        ("SELECT x FROM no_such_table", Missing.REFUSED, "no_such_table"),
        ("SELECT FROM WHERE", Missing.REFUSED, "syntax error"),
        ("SELECT lease_until FROM artifact_jobs WHERE id = 200", Missing.GARBAGE, "say as: timestamp"),
    ],
)
async def test_what_is_no_number_is_no_data_with_its_reason(url: str, query: str, missing: Missing, said: str) -> None:
    found, detail = why(await asked(sql(url), query))
    assert (found, said in detail) == (missing, True), detail


async def test_dividing_by_nothing_is_no_number_and_no_broken_source(postgres_url: str, sqlite_url: str) -> None:
    """Before the first percent there is nothing to take a share of: that mustn't turn preflight red."""
    query = "SELECT 100 * count(*) / count(*) FROM downloads WHERE run_id = 'none'"
    missing, said = why(await asked(sql(postgres_url), query))
    assert (missing, "NULLIF" in said) == (Missing.NOT_A_NUMBER, True)
    assert why(await asked(sql(sqlite_url), query))[0] is Missing.EMPTY


async def test_a_time_is_seconds_since_1970_when_it_is_meant(url: str) -> None:
    """M11: the age of `worker_seen`."""
    answer = await asked(sql(url), "SELECT min(seen) FROM worker", **AS_TIME)
    assert number(answer) == (NOW - timedelta(minutes=9)).timestamp()
