"""What all tests share: the async backend, and how they're spread. Fakes are in tests/fakes, real servers in
tests/servers.py."""

import os

import pytest

MOST_WORKERS = 6


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: the long tests wait for processes and servers most of the time."""
    return min((os.cpu_count() or 1) + 1, MOST_WORKERS)
