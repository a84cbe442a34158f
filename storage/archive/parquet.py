"""One Parquet file of measurements, written and read. The only module that knows DuckDB, and only when it is needed:
it comes with `perch[archive]`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.ports import ShelfAway

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "256MB"
"""What is above this is spilled to the archive's own folder."""

PORTION = 2000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TABLE = 'CREATE TABLE measured (metric VARCHAR, "at" TIMESTAMPTZ, value DOUBLE, missing VARCHAR, detail VARCHAR)'
_ABOUT = (
    "CREATE TABLE about AS SELECT $1::VARCHAR rollout, $2::VARCHAR plan, $3::VARCHAR version, $4::VARCHAR environment"
)
_SORTED = """
SELECT rollout, plan, version, environment, metric, "at", value, missing, detail FROM measured, about
ORDER BY metric, "at"
"""
_WHOSE = "SELECT rollout, plan, version, environment FROM read_parquet($1) LIMIT 1"
_ALL = """
SELECT metric, epoch_us("at"), value, missing, detail FROM read_parquet($1) ORDER BY metric, "at"
"""
_SOME = """
SELECT metric, epoch_us("at"), value, missing, detail FROM read_parquet($1)
WHERE metric IN (SELECT unnest($2::VARCHAR[])) ORDER BY metric, "at"
"""
_INTO = (
    "INSERT INTO measured SELECT metric, make_timestamp(us)::TIMESTAMPTZ, value, missing, detail FROM (SELECT "
    "unnest($1::VARCHAR[]) metric, unnest($2::BIGINT[]) us, unnest($3::DOUBLE[]) value, "
    "unnest($4::VARCHAR[]) missing, unnest($5::VARCHAR[]) detail)"
)


class Row(NamedTuple):
    """One measurement as it is kept: a value, or why there is none."""

    metric: str
    at: datetime
    value: float | None
    missing: str | None
    detail: str


class NotInstalled(ShelfAway):
    """What writes and reads Parquet isn't there."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; install it with pip install 'perch[archive]'")


class NewFile:
    """A Parquet file in the making: rows go in page by page, and `finish` writes them sorted by metric and time."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._opened = _open(folder, "measurements stay in the database: Perch needs DuckDB to write Parquet")
        self._opened.execute(_TABLE)

    def __enter__(self) -> NewFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._opened.close()

    def add(self, rows: Sequence[Row]) -> None:
        """Take in more rows. Raises ShelfAway for a text that can't be kept."""
        columns = [[row[place] for row in rows] for place in range(len(Row._fields))]
        columns[1] = [microseconds(row.at) for row in rows]
        with _told("the measurements can't be written as Parquet"):
            self._opened.execute(_INTO, columns)
        self.rows += len(rows)

    def finish(self, file: Path, about: Mapping[str, str]) -> None:
        """Write `file`, flushed to the disk. `about` says which rollout, plan, version and environment: a column each,
        so that a query over many files needs nothing else. Raises ShelfAway."""
        self._opened.execute(_ABOUT, [about["rollout"], about["plan"], about["version"], about["environment"]])
        with _told(f"{file.parent} can't be written"):
            self._opened.sql(_SORTED).write_parquet(str(file), compression="zstd")
            with file.open("rb") as written:
                os.fsync(written.fileno())


def read(file: Path, metrics: Collection[str] | None = None) -> list[Row]:
    """The rows of a file, by metric and time; of some metrics, or of all. Raises ShelfAway."""
    opened = _open(file.parent, f"the measurements lie in {file}, and Perch needs DuckDB to read Parquet")
    with closing(opened), _told(f"{file} can't be read as Parquet"):
        asked = (_ALL, [str(file)]) if metrics is None else (_SOME, [str(file), sorted(metrics)])
        answer, found = opened.execute(*asked), []
        # In portions: while one is made into Python's values nothing else in this process runs.
        while some := answer.fetchmany(PORTION):
            found += [Row(metric, _EPOCH + us * _MICROSECOND, *rest) for metric, us, *rest in some]
    return found


def about(file: Path) -> Mapping[str, str]:
    """Which rollout, plan, version and environment a file is about. Raises ShelfAway."""
    opened = _open(file.parent, f"the measurements lie in {file}, and Perch needs DuckDB to read Parquet")
    with closing(opened), _told(f"{file} can't be read as Parquet"):
        rollout, plan, version, environment = opened.execute(_WHOSE, [str(file)]).fetchall()[0]
    return {"rollout": rollout, "plan": plan, "version": version, "environment": environment}


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, as Parquet keeps a time."""
    return (at - _EPOCH) // _MICROSECOND


def _open(folder: Path, without: str) -> DuckDBPyConnection:
    """DuckDB in memory, kept small, and asking no network for extensions. Raises NotInstalled."""
    try:
        import duckdb
    except ImportError as gone:
        raise NotInstalled(without) from gone
    settings: dict[str, Any] = {
        "threads": "1",
        "memory_limit": MEMORY,
        "temp_directory": str(folder / ".spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    opened = duckdb.connect(":memory:", config=settings)
    # Or times would be read in the zone of whoever runs Perch.
    opened.execute("SET TimeZone = 'UTC'")
    return opened


@contextmanager
def _told(what: str) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (duckdb.Error, OSError, UnicodeError) as fault:
        why = (str(fault).splitlines() or [type(fault).__name__])[0]
        raise ShelfAway(f"{what}: {why[:200]}") from fault
