"""What all tests share: the async backend, a PostgreSQL, and how they're spread. Fakes are in tests/fakes, real servers
in tests/servers.py."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Cluster, put_address
from tests.servers import postgres

MOST_WORKERS = 6


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: the long tests wait for processes and servers most of the time."""
    return min((os.cpu_count() or 1) + 1, MOST_WORKERS)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    with postgres() as server:
        yield Cluster(server)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind in turn, as DATABASE_URL names it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'perch.db'}"
    address: str = request.getfixturevalue("postgres_database")
    return address


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Runs a test twice: what opens a database in `tmp_path` (the rig does) gets one of each kind."""
    if request.param == "postgresql":
        put_address(tmp_path, request.getfixturevalue("postgres_database"))


@pytest.fixture
def empty_postgres_database(postgres_cluster: Cluster) -> str:
    """The address of a fresh database without a table."""
    return postgres_cluster.empty()


@pytest.fixture
def postgres_database(postgres_cluster: Cluster) -> str:
    """The address of a fresh database with this version's schema."""
    return postgres_cluster.migrated()
