"""M3: SQL on a SQLite file and on a real PostgreSQL: the runbooks' queries, read-only, and what goes wrong."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import ValidationError

from adapters.sources.sql.asks import Ask, escaped, names_in
from adapters.sources.sql.source import KIND, Sql, SqlOptions
from bot.domain.kinds import MissingEnvironment
from bot.domain.measurements import Missing, NoData
from bot.domain.units import parse_duration
from bot.ports import Answer, Question
from tests.postgres import Cluster

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC).replace(microsecond=0)
SCHEMA = """
CREATE TABLE artifact_jobs (
    id INTEGER PRIMARY KEY, state TEXT, created_at DOUBLE PRECISION, updated_at DOUBLE PRECISION,
    lease_until TIMESTAMP, lease_owner TEXT, lease_ms DOUBLE PRECISION,
    run_id TEXT, crashed INTEGER, recovered INTEGER);
CREATE TABLE artifact_ops (op_key TEXT, result_json TEXT, replayed INTEGER);
CREATE TABLE downloads (artifact_id TEXT, sha256 TEXT, run_id TEXT, resolver TEXT, fetched_at TIMESTAMP);
CREATE TABLE worker (name TEXT, seen TIMESTAMP)
"""
JOBS = [
    # 199 of 200 done, in 1 to 199 s; one streams with a lease that ran out.
    *(
        (n, "FINALIZED", 1000.0, 1000.0 + n, None, None, float(n), "r7", int(n <= 10), int(n <= 10))
        for n in range(1, 200)
    ),
    (200, "STREAMING", 1000.0, 1000.0, NOW - timedelta(hours=1), "worker-1", 95.0, "r7", 0, 0),
]
OPS = [(f"op{n}", "{}", int(n < 3)) for n in range(250)]
DOWNLOADS = [
    (
        f"a{n}",
        "f00" if n < 87 else None,
        "run_7" if n % 2 else "run_6",
        "arxiv" if n % 3 else "core",
        NOW - timedelta(days=n % 10),
    )
    for n in range(100)
]
WORKERS = [("worker-1", NOW - timedelta(seconds=30)), ("worker-2", NOW - timedelta(minutes=9))]
TABLES: dict[str, list[Any]] = {
    "artifact_jobs": JOBS,
    "artifact_ops": OPS,
    "downloads": DOWNLOADS,
    "worker": WORKERS,
}


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("sql") / "mani fest.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
        for table, rows in TABLES.items():
            marks = ", ".join("?" * len(rows[0]))
            spelled = [tuple(f"{v:%Y-%m-%d %H:%M:%S}" if isinstance(v, datetime) else v for v in row) for row in rows]
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", spelled)
        connection.commit()
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    address = postgres_cluster.empty()

    async def fill() -> None:
        connection = await asyncpg.connect(address)
        await connection.execute(SCHEMA)
        for table, rows in TABLES.items():
            plain = [tuple(v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row) for row in rows]
            await connection.copy_records_to_table(table, records=plain)
        await connection.close()

    asyncio.run(fill())
    yield address
    postgres_cluster.drop(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param.replace('postgresql', 'postgres')}_url")
    return found


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


def why(answer: Answer) -> tuple[Missing, str]:
    assert isinstance(answer, NoData), answer
    return answer.missing, answer.detail


# ---- the runbooks' queries ------------------------------------------------------------------------------------------

QUANTILE = """
    SELECT seconds FROM (
      SELECT updated_at - created_at AS seconds,
             row_number() OVER (ORDER BY updated_at - created_at) AS place, count(*) OVER () AS whole
      FROM artifact_jobs WHERE state = 'FINALIZED') AS timed
    WHERE place >= {share} * whole ORDER BY place LIMIT 1"""
AS_TIME: dict[str, Any] = {"as": "timestamp"}
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


# ---- names ----------------------------------------------------------------------------------------------------------


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


# ---- another time ---------------------------------------------------------------------------------------------------


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


# ---- several, none, and what is no number ---------------------------------------------------------------------------


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


# ---- only read ------------------------------------------------------------------------------------------------------

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


# ---- trouble --------------------------------------------------------------------------------------------------------

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


async def test_a_query_without_end_is_stopped_in_the_database_itself(url: str) -> None:
    """Nothing goes on burning the database's CPU when Perch has stopped waiting."""
    source = sql(url, deadline="1s")
    missing, said = why(await asked(source, ENDLESS))
    assert missing is Missing.TIMEOUT, said


async def test_a_cancelled_query_of_a_file_stops(sqlite_url: str) -> None:
    """Its one thread is free again at once, for the next question."""
    source = sql(sqlite_url, deadline="30s", at_once=1)
    asking = asyncio.create_task(source.ask(Question(Ask(query=ENDLESS)), NOW))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(10):
        assert number(await asked(source, "SELECT 7")) == 7


async def test_a_locked_file_is_out_of_reach(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "busy.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("BEGIN EXCLUSIVE")
        missing, said = why(await asked(sql(f"sqlite:///{tmp_path}/busy.db", deadline="100ms"), "SELECT x FROM t"))
    assert (missing, "locked" in said) == (Missing.UNREACHABLE, True), said


async def test_a_file_that_is_no_database_is_garbage(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to look at " * 50)
    assert why(await asked(sql(f"sqlite:///{tmp_path}/text.db"), "SELECT 1 FROM t"))[0] is Missing.GARBAGE


async def test_a_file_that_a_new_run_replaces_is_read_anew(tmp_path: Path) -> None:
    source, question = sql(f"sqlite:///{tmp_path}/m.db"), Question(Ask(query="SELECT count(*) FROM t"))
    found = []
    for rows in (1, 5):
        with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
            connection.execute("CREATE TABLE t (x)")
            connection.executemany("INSERT INTO t VALUES (?)", [(1,)] * rows)
            connection.commit()
        (tmp_path / "new.db").replace(tmp_path / "m.db")
        found.append(number(await source.ask(question, NOW)))
    assert found == [1, 5]


async def test_a_server_that_refuses_says_so_without_the_password(postgres_cluster: Cluster) -> None:
    """Law 8."""
    port = postgres_cluster.server.port
    missing, said = why(await asked(sql(f"postgresql://nobody:s3cret-pw@127.0.0.1:{port}/postgres"), "SELECT 1"))
    assert (missing, "s3cret" in said) == (Missing.REFUSED, False), said
    missing, said = why(await asked(sql(f"postgres://perch@127.0.0.1:{port}/no_such"), "SELECT 1"))
    assert (missing, "isn't there" in said) == (Missing.REFUSED, True), said


# ---- options --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "by url or by url_env"),
        ({"url": "sqlite:///x.db", "url_env": "X"}, "by url or by url_env"),
        ({"url": "manifest.db"}, "not a database's address"),
        ({"url": "sqlite://"}, "names a file"),
        ({"url": "postgresql+psycopg2://h/db"}, "reached by asyncpg, not by psycopg2"),
        ({"url": "mysql+aiomysql://h/db"}, "can't keep a query from writing to mysql"),
        ({"url": "sqlite:///x.db", "values": {"at": "now"}}, ":at is the time"),
        ({"url": "sqlite:///x.db", "urll": 1}, "Extra inputs"),
    ],
)
def test_options_are_checked_with_a_hint(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SqlOptions.model_validate(options)


def test_the_address_may_stand_in_the_environment(sqlite_url: str) -> None:
    KIND.build(SqlOptions(url_env="REPORTING"), {"REPORTING": sqlite_url})
    with pytest.raises(MissingEnvironment, match="REPORTING"):
        KIND.build(SqlOptions(url_env="REPORTING"), {})
    with pytest.raises(ValidationError, match="not a database's address"):
        KIND.build(SqlOptions(url_env="REPORTING"), {"REPORTING": "nonsense"})
