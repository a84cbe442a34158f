"""What all tests share: the async backend. Fakes are in tests/fakes, real servers in tests/servers.py."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
