"""What all tests share: the async backend, a PostgreSQL, and how they're spread. Fakes are in tests/fakes, real servers
in tests/servers.py."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from tests.postgres import Cluster, put_address
from tests.servers import Server, alertmanager, moto, postgres, redis, scratch
from tests.sqlite import sqlite_in

MOST_WORKERS = 6
LOOK_FOR_GARBAGE_AFTER = 20_000
"""New objects; Python itself looks after 700."""


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: the long tests wait for processes and servers most of the time."""
    return min((os.cpu_count() or 1) + 2, MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that mostly wait come first."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)


def pytest_collection_finish() -> None:
    """What ten thousand tests are made of stays to the end: nobody needs to look for garbage in it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOK_FOR_GARBAGE_AFTER, 20, 20)


def pytest_configure() -> None:
    """`tmp_path` lies where databases are fast, unless somebody says where (or gives `--basetemp`); examples have no
    deadline."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(scratch()))
    # No example fails by how busy the machine is.
    settings.register_profile("perch", deadline=None)
    settings.load_profile("perch")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    with postgres() as server:
        yield Cluster(server)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The address of what answers as Amazon does, and takes any key."""
    with moto() as server:
        yield server.url


@pytest.fixture(scope="session")
def s3_server(moto_server: str) -> str:
    """The address of S3-compatible storage."""
    return moto_server


@pytest.fixture(scope="session")
def alertmanager_url() -> Iterator[str]:
    """The address of an Alertmanager that tells nobody; who sets a silence takes it back."""
    with TemporaryDirectory(dir=scratch()) as folder, alertmanager(Path(folder), "http://127.0.0.1:9", "x") as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """A Redis for tests that leave nothing in it that others would stumble over."""
    with TemporaryDirectory(dir=scratch()) as folder, redis(Path(folder)) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind in turn, as DATABASE_URL names it."""
    if request.param == "sqlite":
        return sqlite_in(tmp_path)
    address: str = request.getfixturevalue("postgres_database")
    return address


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Runs a test twice: what opens a database in `tmp_path` (the rig does) gets one of each kind."""
    if request.param == "postgresql":
        put_address(tmp_path, request.getfixturevalue("postgres_database"))


@pytest.fixture
def empty_postgres_database(postgres_cluster: Cluster) -> Iterator[str]:
    """The address of a fresh database without a table."""
    address = postgres_cluster.empty()
    yield address
    postgres_cluster.drop(address)


@pytest.fixture
def postgres_database(postgres_cluster: Cluster) -> Iterator[str]:
    """The address of a fresh database with this version's schema."""
    address = postgres_cluster.migrated()
    yield address
    postgres_cluster.drop(address)
