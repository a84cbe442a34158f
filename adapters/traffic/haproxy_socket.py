"""HAProxy's Runtime API: one connection per question, over its Unix or TCP stats socket.

https://docs.haproxy.org/2.6/management.html#9.3
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Annotated

from pydantic import AfterValidator

from adapters.http import excerpt
from adapters.options import Deadline, Options
from bot.domain.planning.fields import misread
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

MOST_BYTES = 1 << 20


def _name(value: str) -> str:
    if "${" not in value and not re.fullmatch(r"[A-Za-z0-9_.:-]{1,128}", value):
        raise misread("that is no name in HAProxy", "they have letters, digits, - _ . and : only")
    return value


Name = Annotated[str, AfterValidator(_name)]
"""What HAProxy takes as a name; so that no name can be a second command."""


def _socket(value: str) -> str:
    if value.startswith("/") or "${" in value or re.fullmatch(r"[\w.-]+:\d{1,5}", value):
        return value
    raise misread("that is neither a socket's path nor host:port", "write /run/haproxy/admin.sock, or 10.0.0.5:9999")


class SocketOptions(Options):
    """Which HAProxy, and which of its backends."""

    socket: Annotated[str, AfterValidator(_socket)]
    backend: Name
    timeout: Deadline = timedelta(seconds=5)


RUNNING = 2
"""`srv_op_state`; 1 is starting, which takes traffic already: https://docs.haproxy.org/2.6/management.html#show%20servers%20state"""
MAINT, DRAIN = 1, 8
"""What an order over the socket sets in `srv_admin_state`; other bits are set by the configuration or by DNS."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One server as HAProxy has it."""

    name: str
    operating: int
    admin: int
    weight: int

    @property
    def takes_traffic(self) -> bool:
        return self.admin == 0 and self.operating in (1, RUNNING)

    @property
    def spelled(self) -> str:
        """`canary 10`, `stable2 90 DOWN`."""
        if self.takes_traffic:
            return f"{self.name} {self.weight}"
        return f"{self.name} {self.weight} {self.trouble}"

    @property
    def trouble(self) -> str:
        if self.admin & ~(DRAIN | 16):
            return "in maintenance"
        return "draining" if self.admin else "DOWN"


class RuntimeApi:
    """Asks and tells one HAProxy. Methods raise OutOfReach, Denied or Nonsense within the deadline."""

    def __init__(self, options: SocketOptions) -> None:
        self._options = options
        self._seconds = options.timeout.total_seconds()
        self.place = f"haproxy {options.socket} {options.backend}"

    async def servers(self) -> Sequence[Standing]:
        """The servers of the backend, in its order."""
        text = await self._said(f"show servers state {self._options.backend}")
        if not text.startswith("1\n"):
            raise _refusal(self.place, text)
        return [_standing(self.place, fields) for fields in _rows(text)]

    async def tell(self, commands: Sequence[str]) -> None:
        """Do these in order, at once: HAProxy runs a line to its end before it does anything else for us."""
        answer = await self._said("; ".join(commands))
        if answer.strip():
            raise _refusal(self.place, answer)

    async def level(self) -> str:
        """What this socket may do: user, operator or admin."""
        return (await self._said("show cli level")).strip()

    async def algorithm(self) -> str:
        """How the backend balances, or "" where this HAProxy doesn't say."""
        return next((row.get("algo", "") for row in await self._statistics(2)), "")

    async def backups(self) -> Sequence[str]:
        """Servers that take traffic only when no other does: weights don't tell their share."""
        return [row.get("svname", "") for row in await self._statistics(4) if row.get("bck") == "1"]

    async def _statistics(self, of: int) -> list[dict[str, str]]:
        """2: the backend; 4: its servers. https://docs.haproxy.org/2.6/management.html#show%20stat"""
        text = await self._said(f"show stat {self._options.backend} {of} -1")
        rows = [line.split(",") for line in text.removeprefix("# ").splitlines() if "," in line]
        return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]

    async def _said(self, line: str) -> str:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._exchange(line)
        except TimeoutError as error:
            raise OutOfReach(f"{self.place} didn't answer within {self._seconds:g} s") from error
        except (PermissionError, IsADirectoryError) as error:
            raise Denied(f"{self.place}: Perch's user may not use that socket") from error
        except (OSError, UnicodeError) as error:
            raise OutOfReach(f"{self.place} can't be reached") from error
        if not answer:
            raise OutOfReach(f"{self.place} broke off without an answer")
        return answer.decode(errors="replace")

    async def _exchange(self, line: str) -> bytes:
        reader, writer = await self._connect()
        try:
            writer.write(line.encode() + b"\n")
            await writer.drain()
            answer = await reader.read(MOST_BYTES)
            while (more := await reader.read(MOST_BYTES)) and len(answer) < MOST_BYTES:
                answer += more
            return answer
        finally:
            # Not waited for: a cancel mustn't be held up by a far side that hangs.
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = self._options.socket
        if where.startswith("/"):
            return await asyncio.open_unix_connection(PurePath(where))
        host, _, port = where.rpartition(":")
        return await asyncio.open_connection(host, int(port))


def _rows(text: str) -> list[dict[str, str]]:
    """The table below its version line: names after `# `, then a server per line."""
    lines = [line for line in text.splitlines()[1:] if line.strip()]
    if not lines or not lines[0].startswith("# "):
        return []
    names = lines[0].removeprefix("# ").split()
    return [dict(zip(names, line.split(), strict=False)) for line in lines[1:]]


def _standing(place: str, fields: dict[str, str]) -> Standing:
    try:
        return Standing(
            fields["srv_name"], int(fields["srv_op_state"]), int(fields["srv_admin_state"]), int(fields["srv_uweight"])
        )
    except (KeyError, ValueError) as error:
        raise Nonsense(f"{place} told its servers in a way that can't be understood") from error


_REFUSED = (
    ("Permission denied", "lets this socket only look: bind it with `level admin`"),
    ("Can't find backend", "has no such backend"),
    ("No such backend", "has no such backend"),
    ("No such server", "has no such server"),
    ("static LB algorithm", "balances in a way that takes no weights while it runs: use roundrobin or leastconn"),
)


def _refusal(place: str, text: str) -> OutsideFault:
    """Our fault for what HAProxy says in place of "done"; unknown words are nonsense."""
    for said, words in _REFUSED:
        if said in text:
            return Denied(f"{place} {words}")
    return Nonsense(f"{place} answered: {excerpt(text, length=80)}")
