"""Socket Mode: up to ten WebSocket connections, each envelope to one of them.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from dataclasses import dataclass

from aiohttp import WSMessage, WSMsgType, web

from bot.sandbox.workspace.delivery import DISPATCH_FAILED, OPERATION_TIMEOUT, Kind, Outcome, Retry
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.records import Records

MOST_CONNECTIONS = 10
_CONNECTION_LIFE_S = 18060


@dataclass(eq=False)
class _Connection:
    socket: web.WebSocketResponse
    muted: bool = False


class SocketMode:
    """The connections that the app has open, and the envelopes that wait for an acknowledgement."""

    def __init__(self, records: Records, ack_within_s: float) -> None:
        self._records = records
        self._ack_within_s = ack_within_s
        self._connections: list[_Connection] = []
        self._acks: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0
        self._duplicates = 0

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """One connection, from hello to its end. Its ticket is good for one use."""
        if not self._records.tickets.spend(request.query.get("ticket", "")):
            return web.Response(status=404, text="no such connection: ask apps.connections.open for a new one")
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if self.connected >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        connection = _Connection(socket)
        try:
            await socket.send_json(self._hello())
            self._connections.append(connection)
            self._records.changes.note("connected")
            async for frame in socket:
                await self._receive(connection, frame)
        finally:
            self._forget(connection)
        return socket

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None) -> Outcome:
        """Send an envelope to the next connection in turn, and wait for its acknowledgement."""
        if not self._connections:
            return Outcome(DISPATCH_FAILED)
        envelope = self._envelope(kind, payload, retry)
        loop = asyncio.get_running_loop()
        ack = self._acks[envelope["envelope_id"]] = loop.create_future()
        started = loop.time()
        try:
            async with asyncio.timeout(self._ack_within_s):
                await self._send(envelope)
                return Outcome(body=await ack, after_s=loop.time() - started)
        except TimeoutError:
            return Outcome(OPERATION_TIMEOUT)
        except ConnectionError:
            return Outcome(DISPATCH_FAILED)
        finally:
            del self._acks[envelope["envelope_id"]]

    async def disconnect(self, reason: str) -> None:
        """Ask every connection to go, as Slack does every few hours; the link then closes from this side."""
        going, self._connections = self._connections, []
        for connection in going:
            notice = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
            await connection.socket.send_json(notice)
            await connection.socket.close()

    def mute(self) -> None:
        """Let the open connections die silently: they stay open, but nothing comes or is heard any more."""
        for connection in self._connections:
            connection.muted = True

    def duplicate(self, times: int) -> None:
        """Send each of the next envelopes twice."""
        self._duplicates += times

    async def stop(self) -> None:
        """Close what is open."""
        for connection in list(self._connections):
            await connection.socket.close()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connected + 1,
            "debug_info": {"host": "sandbox", "approximate_connection_time": _CONNECTION_LIFE_S},
            "connection_info": {"app_id": self._records.app.app_id},
        }

    def _envelope(self, kind: Kind, payload: Json, retry: Retry | None) -> Json:
        envelope: Json = {
            "envelope_id": self._records.ids.secret(32),
            "type": kind.value,
            "payload": payload,
            "accepts_response_payload": kind is not Kind.EVENT,
        }
        if kind is Kind.EVENT:
            envelope["retry_attempt"] = retry.number if retry else 0
            envelope["retry_reason"] = retry.reason if retry else ""
        return envelope

    async def _send(self, envelope: Json) -> None:
        for _ in range(2 if self._duplicates else 1):
            if not self._connections:
                raise ConnectionError("the last connection has gone")
            self._turn += 1
            connection = self._connections[self._turn % len(self._connections)]
            if not connection.muted:
                await connection.socket.send_json(envelope)
        self._duplicates = max(0, self._duplicates - 1)

    async def _receive(self, connection: _Connection, frame: WSMessage) -> None:
        if connection.muted:
            return
        if frame.type is WSMsgType.PING:
            await connection.socket.pong(frame.data)
        elif frame.type is WSMsgType.TEXT:
            answer = json.loads(frame.data)
            ack = self._acks.get(answer.get("envelope_id", ""))
            if ack is not None and not ack.done():
                ack.set_result(answer.get("payload") or {})

    def _forget(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        self._records.changes.note("disconnected")
