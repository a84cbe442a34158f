"""A cable between a Perch and its database: it can be pulled without either side hearing of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class Cable:
    """Passes bytes on, on a port of its own, until it is made to hang."""

    def __init__(self, address: str) -> None:
        self._url = urlsplit(address)
        self._whole = asyncio.Event()
        self._whole.set()
        self._ends: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for end in self._ends:
            end.close()
        self._whole.set()

    @property
    def address(self) -> str:
        """The database's address at this end of the cable."""
        port = self._server.sockets[0].getsockname()[1]
        return self._url._replace(netloc=f"{self._url.username}@127.0.0.1:{port}").geturl()

    def hang(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        self._whole.clear()

    def resume(self) -> None:
        """What hung comes through after all."""
        self._whole.set()

    def mend(self) -> None:
        """What hung is broken off; new connections come through."""
        for end in self._ends:
            end.transport.abort()
        self._whole.set()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        with suppress(OSError):
            await self._whole.wait()
            far_reader, far_writer = await asyncio.open_connection(self._url.hostname, self._url.port)
            self._ends.add(far_writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, far_writer))
                group.create_task(self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
