"""The tables that the runbooks' queries ask, and what is in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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
