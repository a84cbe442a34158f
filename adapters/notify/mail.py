"""Mail by SMTP (S8): one connection for each letter, nothing kept open, by aiosmtplib.

Credentials go over TLS only. A letter keeps its Message-ID when it's sent again, so that mail systems that know it
already show it once.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from adapters.http import trust
from bot.ports import Clock, Denied, OutOfReach
from bot.ports.archives import Letter

PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
"""Schemes: `smtp` turns to TLS before anything else is said, `smtps` begins with it, `smtp+plain` has none."""
DEADLINE_S = 60.0
LONGEST_SUBJECT = 160


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in. `password` is never shown."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def read(cls, url: str, password: str) -> Server:
        """From PERCH_SMTP_URL, checked by the settings, and PERCH_SMTP_PASSWORD."""
        parts = urlsplit(url)
        own = unquote(parts.password or "")
        port = parts.port or PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname or "", port, unquote(parts.username or ""), own or password)


class Mail:
    """The `Mailer` port."""

    def __init__(
        self, server: Server, sender: str, clock: Clock, redact: Callable[[str], str], within_s: float = DEADLINE_S
    ) -> None:
        self._server, self._sender, self._clock, self._redact = server, sender, clock, redact
        self._within_s = within_s

    @property
    def target(self) -> str:
        return f"mail by {self._server.host}:{self._server.port}"

    async def send(self, letter: Letter) -> str:
        message = self._message(letter)
        async with self._connected() as connection:
            _, said = await connection.send_message(message)
        return " ".join(self._redact(f"{letter.to}, taken by {self._server.host} ({said})").split())[:200]

    async def rehearse(self) -> str:
        async with self._connected() as connection:
            await connection.noop()
        return f"{self._server.host} takes us"

    async def aclose(self) -> None: ...

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[SMTP]:
        connection = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            timeout=self._within_s,
            use_tls=self._server.scheme == "smtps",
            start_tls=self._server.scheme == "smtp",
            tls_context=trust() if self._server.scheme != "smtp+plain" else None,
        )
        try:
            async with asyncio.timeout(self._within_s):
                await connection.connect()
                if self._server.user:
                    await connection.login(self._server.user, self._server.password)
                yield connection
                await self._quit(connection)
        except TimeoutError:
            raise OutOfReach(f"{self.target} didn't answer within {self._within_s:g} s") from None
        except (SMTPException, OSError, ValueError) as fault:
            raise self._in_our_words(fault) from fault
        finally:
            connection.close()

    async def _quit(self, connection: SMTP) -> None:
        """Politeness: what was taken is taken, whatever the answer to a goodbye is."""
        try:
            await connection.quit()
        except (SMTPException, OSError):
            return

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self._sender, letter.to
        message["Subject"] = _one_line(self._redact(letter.subject))[:LONGEST_SUBJECT]
        message["Date"] = format_datetime(self._clock())
        host = parseaddr(self._sender)[1].rpartition("@")[2] or "perch"
        message["Message-ID"] = f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:32]}@{host}>"
        # Out-of-office answers to a robot are of use to nobody.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self._redact(letter.text))
        for name, content in letter.files.items():
            kind = ("text", "html") if name.endswith(".html") else ("application", "octet-stream")
            message.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=name)
        return message

    def _in_our_words(self, fault: Exception) -> OutOfReach | Denied:
        """A server's 5xx is its last word; 4xx, and all that has to do with the way there, may pass."""
        if isinstance(fault, SMTPTimeoutError | SMTPConnectError | SMTPServerDisconnected | OSError):
            return OutOfReach(f"{self.target}: {_plainly(fault) or _one_line(self._redact(str(fault)))[:200]}")
        if isinstance(fault, SMTPRecipientsRefused):
            refused = fault.recipients[0] if fault.recipients else None
            return self._answered(refused.code, refused.message) if refused else self._answered(550, "")
        if isinstance(fault, SMTPResponseException):
            return self._answered(fault.code, fault.message)
        said = _one_line(self._redact(str(fault)))[:200]
        if "STARTTLS" in said:
            said += " A server without TLS is written smtp+plain://, without credentials"
        return Denied(f"{self.target}: {said}")

    def _answered(self, code: int, said: str) -> OutOfReach | Denied:
        kind = Denied if code >= 500 else OutOfReach
        return kind(f"{self.target}: {code} {_one_line(self._redact(said))[:200]}".strip())


def _plainly(fault: Exception) -> str:
    """`Connection refused` and its like, where the operating system says so; the library's words name sockets."""
    cause = fault.__cause__ or fault
    if isinstance(cause, socket.gaierror):
        return str(cause.strerror)
    return os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
