"""`World`: the workspace and the service together, as a visitor finds them."""

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from bot.sandbox.service import Service
from bot.sandbox.workspace import Workspace


class World:
    """Starts both, and stops both: `async with World(port=8000) as world:`.

    `port` is the workspace's (and so the page's), `service_port` the service's; 0 takes a free one. Raises OSError
    when a port is taken.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        service_port: int = 0,
        clock: Callable[[], float] = time.time,
        seed: int = 1,
        completions: Sequence[str] = (),
        enforce_rate_limits: bool = True,
    ) -> None:
        self._host = host
        self._port = port
        self._service_port = service_port
        self._running = AsyncExitStack()
        self.service = Service(clock=clock, seed=seed)
        self.workspace = Workspace(
            clock=clock,
            completions=completions,
            enforce_rate_limits=enforce_rate_limits,
        )

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            await self.service.start(self._host, self._service_port)
            starting.push_async_callback(self.service.stop)
            self.workspace.show_service(self.service.url)
            await self.workspace.start(self._host, self._port)
            starting.push_async_callback(self.workspace.stop)
            self._running = starting.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.aclose()
