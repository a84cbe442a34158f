"""A wire between an adapter and its far side, for tests of what is left open, and of far sides that hang."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """A wire between an adapter and its far side: counts open connections, and can swallow all that is sent."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._clear = asyncio.Event()
        self._clear.set()
        self._carried: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        self.open = 0
        self.most = 0
        self.swallowed = 0
        """Pieces that were sent and led nowhere."""
        self.url = ""

    def hang(self) -> None:
        """From now on nothing gets through, and nothing is refused."""
        self._clear.clear()

    def recover(self) -> None:
        self._clear.set()

    def _count(self, by: int) -> None:
        self.open += by
        self.most = max(self.most, self.open)

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[Wire]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for end in self._ends:
                end.transport.abort()
            await asyncio.gather(*self._carried)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried = asyncio.create_task(self._carry(reader, writer))
        self._carried.add(carried)
        carried.add_done_callback(self._carried.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count(+1)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._ends |= {writer, far_writer}
        there = asyncio.create_task(self._pump(reader, far_writer))
        back = asyncio.create_task(self._pump(far_reader, writer))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        self._count(-1)
        for end in (writer, far_writer):
            end.transport.abort()
            with suppress(ConnectionError):
                await end.wait_closed()
            self._ends.discard(end)
        await asyncio.wait({there, back})

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                if not self._clear.is_set():
                    self.swallowed += 1
                    continue
                writer.write(piece)
                await writer.drain()
