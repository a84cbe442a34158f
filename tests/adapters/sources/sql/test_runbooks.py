"""M3: the runbooks' queries on a SQLite file and on a real PostgreSQL, with names, and of another time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.sources.sql.asks import Ask, escaped, names_in
from adapters.sources.sql.source import KIND
from bot.domain.measurements import Missing, NoData
from bot.domain.units import parse_duration
from bot.ports import Question
from tests.adapters.sources.answers import why
from tests.adapters.sources.sql.asking import asked, number, sql
from tests.adapters.sources.sql.rows import NOW

pytestmark = pytest.mark.anyio

QUANTILE = """
    SELECT seconds FROM (
      SELECT updated_at - created_at AS seconds,
             row_number() OVER (ORDER BY updated_at - created_at) AS place, count(*) OVER () AS whole
      FROM artifact_jobs WHERE state = 'FINALIZED') AS timed
    WHERE place >= {share} * whole ORDER BY place LIMIT 1"""
DONE = "SELECT 100.0 * sum(CASE WHEN state = 'FINALIZED' THEN 1 ELSE 0 END) / count(*) FROM artifact_jobs"
YIELD = "SELECT 100.0*SUM(CASE WHEN sha256 IS NOT NULL THEN 1 ELSE 0 END)/COUNT(*) as yield_pct FROM downloads"
STALE = "SELECT count(*) FROM artifact_jobs WHERE lease_until < :at AND lease_owner IS NOT NULL"
SLOS = {
    "job completion": (DONE, 99.5),
    "time to complete, p50": (QUANTILE.format(share="0.5"), 100.0),
    "time to complete, p95": (QUANTILE.format(share="0.95"), 190.0),
    "crash recovery": ("SELECT 100.0 * sum(recovered) / nullif(sum(crashed), 0) FROM artifact_jobs", 100.0),
    "lease acquisition, p99": (QUANTILE.replace("updated_at - created_at", "lease_ms").format(share="0.99"), 198.0),
    "operation replay": ("SELECT 100.0 * sum(replayed) / count(*) FROM artifact_ops", 1.2),
    "stale leases": (STALE, 1.0),
    "yield": (YIELD, 87.0),
}


@pytest.mark.parametrize("name", SLOS)
async def test_the_runbooks_slos_are_numbers_on_either_database(url: str, name: str) -> None:
    """M3: the six SLOs of the idempotency runbook, its stale leases, and the yield of the telemetry one."""
    query, wanted = SLOS[name]
    assert number(await asked(sql(url), query)) == pytest.approx(wanted)


async def test_the_runbooks_own_words_work_on_its_own_database(sqlite_url: str) -> None:
    """M3: as 000 writes them, `datetime('now')` and all."""
    stale = "SELECT COUNT(*) FROM artifact_jobs\nWHERE lease_until < datetime('now') AND lease_owner IS NOT NULL;"
    assert number(await asked(sql(sqlite_url), stale)) == 1
    assert number(await asked(sql(sqlite_url), "SELECT COUNT(*) FROM artifact_jobs WHERE state='FINALIZED';")) == 199


@pytest.mark.parametrize("window", ["30d", "1h30m", "1m30s", "1d12h"])
async def test_an_slos_window_is_an_interval_of_postgresql(postgres_url: str, window: str) -> None:
    """R13: `interval '$window'` in `good` and `total`; SQLite takes `$window_s` seconds."""
    query = f"SELECT extract(epoch FROM interval '{window}')"
    assert number(await asked(sql(postgres_url), query)) == parse_duration(window).total_seconds()


async def test_a_query_names_values_of_its_rollout_and_its_source(url: str) -> None:
    """M3: `:run` from the source's `values`, else the rollout's version; `:stage_start` is a time that compares."""
    query = "SELECT count(*) FROM downloads WHERE run_id = :run"
    assert number(await asked(sql(url), query, values={"run": "run_7"})) == 50
    assert number(await asked(sql(url, values={"run": "run_6"}), query, values={"run": "run_7"})) == 50
    since = "SELECT count(*) FROM downloads WHERE fetched_at >= :stage_start"
    assert number(await asked(sql(url), since, values={"stage_start": NOW - timedelta(days=2)})) == 30


async def test_a_value_is_never_part_of_the_text(url: str) -> None:
    """Whatever a version is called, it's data."""
    query = "SELECT count(*) FROM downloads WHERE run_id = :version"
    answer = await asked(sql(url), query, values={"version": "x' OR '1'='1"})
    assert number(answer) == 0


def test_names_are_found_outside_texts_comments_and_casts() -> None:
    query = """SELECT ':no', "a:no" -- :no
        /* :no */ , x::int, 12:30 FROM t WHERE y = :yes AND z > :at"""
    assert names_in(query) == {"yes", "at"}
    assert r"'\:no'" in escaped(query)
    assert "x::int" in escaped(query)
    assert KIND.names is not None
    assert KIND.names(Ask(query="SELECT :stage_start, :mine, :at")) == {"stage_start"}


async def test_a_text_with_a_colon_is_left_alone(url: str) -> None:
    assert number(await asked(sql(url), "SELECT CASE WHEN 'a:b' = 'a' || ':b' THEN 7 END")) == 7


async def test_a_side_is_a_condition_of_the_query(url: str) -> None:
    """R5: `stable ± N%` asks the same query of the other side."""
    source = sql(url)
    question = Question(
        Ask(query="SELECT count(*) FROM downloads WHERE $side AND fetched_at <= :at"), "run_id = 'run_7'"
    )
    assert number(await source.ask(question, NOW)) == 50
    await source.aclose()


async def test_an_unknown_name_is_no_data_and_asks_nobody(url: str) -> None:
    assert why(await asked(sql(url), "SELECT :pilot")) == (Missing.NOT_ASKED, "nothing is known of :pilot here")


async def test_a_query_with_at_has_a_past_and_others_do_not(url: str) -> None:
    """R5: `7d ago` and baselines need `:at`; without it the answer would be today's, so the engine doesn't ask."""
    week_ago = NOW - timedelta(days=7)
    query = "SELECT count(*) FROM downloads WHERE fetched_at <= :at"
    assert number(await asked(sql(url), query, at=week_ago)) == 30
    source = sql(url)
    missing, said = why(await source.history(Question(Ask(query="SELECT 1")), week_ago, NOW))
    assert (missing, ":at" in said) == (Missing.NO_BASELINE, True)
    await source.aclose()
    assert KIND.reach is not None
    assert KIND.reach(Ask(query=query)) == timedelta.max
    assert KIND.reach(Ask(query="SELECT 1")) == timedelta(0)


async def test_a_history_is_asked_at_twelve_times(url: str) -> None:
    source = sql(url)
    question = Question(Ask(query="SELECT count(*) FROM downloads WHERE fetched_at <= :at"))
    answer = await source.history(question, NOW - timedelta(days=9), NOW)
    await source.aclose()
    assert not isinstance(answer, NoData)
    assert [sample.value for sample in answer] == [10, 10, 20, 30, 40, 50, 50, 60, 70, 80, 90, 100]
