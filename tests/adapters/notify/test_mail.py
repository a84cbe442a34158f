"""Mail reaches a real SMTP server, over TLS where there are credentials, and what goes wrong is in our words (S8)."""

from __future__ import annotations

import asyncio
import email
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from adapters import http
from adapters.notify.mail import Mail, Server
from bot.ports import Denied, OutOfReach
from bot.ports.archives import Letter
from tests.far_side import Wire
from tests.servers import require

pytestmark = pytest.mark.anyio

PASSWORD = "mail-secret-never-shown"
REPORT = {"materializers-1.report.html": b"<h1>Rolled back</h1>"}
LETTER = Letter("lead@x.org", "[Perch] materializers v2: rolled back", "It was rolled back: errors.\n", "k1", REPORT)


@dataclass
class Box:
    """What an SMTP server took, and what it answers instead of taking it."""

    taken: list[EmailMessage] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    answer: str = "250 taken as 4711"
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.answer.startswith("250"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=default))
            self.to.append(envelope.rcpt_tos)
        return self.answer

    async def handle_RCPT(self, server: object, session: object, envelope: Envelope, address: str, _: object) -> str:
        if address.startswith("nobody"):
            return "550 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def login(self, server: object, session: object, envelope: object, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode())


@asynccontextmanager
async def smtp(box: Box, tls: ssl.SSLContext | None = None, *, wrapped: bool = False) -> AsyncIterator[int]:
    """A server on this loop; `wrapped` begins with TLS, otherwise `tls` is for STARTTLS. Its port."""

    spoken: list[SMTP] = []

    def protocol() -> SMTP:
        starttls = None if wrapped else tls
        spoken.append(
            SMTP(
                box,
                hostname="mx",
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=box.login if tls else None,
                auth_require_tls=not wrapped,
            )
        )
        return spoken[-1]

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls if wrapped else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in spoken:
            if isinstance(each.transport, asyncio.WriteTransport):
                each.transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side for 127.0.0.1, and the authority that knows it."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    command = [
        require("openssl"),
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def a_mail(url: str, password: str = "", within_s: float = 5.0) -> Mail:
    def redact(text: str) -> str:
        return text.replace(PASSWORD, "•••")

    now = datetime(2026, 3, 2, tzinfo=UTC)
    return Mail(Server.read(url, password), "Perch <perch@x.org>", lambda: now, redact, within_s)


async def test_a_letter_arrives_with_its_text_and_the_report_beside_it() -> None:
    box = Box()
    async with smtp(box) as port:
        said = await a_mail(f"smtp+plain://127.0.0.1:{port}").send(LETTER)
    [message] = box.taken
    assert box.to == [["lead@x.org"]]
    assert (message["To"], message["From"], message["Subject"]) == (LETTER.to, "Perch <perch@x.org>", LETTER.subject)
    body, attached = message.get_body(("plain",)), list(message.iter_attachments())
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == LETTER.text
    assert [(each.get_filename(), each.get_content_type()) for each in attached] == [(*REPORT, "text/html")]
    assert said == "lead@x.org, taken by 127.0.0.1 (taken as 4711)"


async def test_a_letter_that_is_sent_again_is_the_same_letter() -> None:
    """An answer that was lost: most mail systems show a Message-ID that they know once."""
    box = Box()
    async with smtp(box) as port:
        for _ in range(2):
            await a_mail(f"smtp+plain://127.0.0.1:{port}").send(LETTER)
    assert len({message["Message-ID"] for message in box.taken}) == 1


@pytest.mark.parametrize("secure", ["smtp", "smtps"])
async def test_credentials_go_over_tls_only(secure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 8: STARTTLS before the password, or TLS from the beginning."""
    box, (server_side, authority) = Box(), certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    http.trust.cache_clear()
    try:
        async with smtp(box, server_side, wrapped=secure == "smtps") as port:
            await a_mail(f"{secure}://perch@127.0.0.1:{port}", PASSWORD).send(LETTER)
    finally:
        http.trust.cache_clear()
    assert box.logins == [(b"perch", PASSWORD.encode())]
    assert len(box.taken) == 1


async def test_a_server_without_tls_gets_nothing_unless_that_was_asked_for() -> None:
    """Law 8: a downgraded connection doesn't get the password, and the letter isn't read on the way."""
    box = Box()
    async with smtp(box) as port:
        with pytest.raises(Denied, match=r"smtp\+plain://"):
            await a_mail(f"smtp://perch@127.0.0.1:{port}", PASSWORD).send(LETTER)
    assert (box.taken, box.logins) == ([], [])


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("451 try again later", OutOfReach), ("552 too large", Denied), (f"554 {PASSWORD} is no good", Denied)],
)
async def test_a_servers_4xx_may_pass_and_its_5xx_waits_for_a_person(answer: str, fault: type[Exception]) -> None:
    box = Box(answer=answer)
    async with smtp(box) as port:
        with pytest.raises(fault) as refused:
            await a_mail(f"smtp+plain://127.0.0.1:{port}").send(LETTER)
    assert answer[:3] in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert box.taken == []


async def test_a_mailbox_that_isnt_there_is_named_as_such() -> None:
    async with smtp(Box()) as port:
        with pytest.raises(Denied, match="no such mailbox"):
            await a_mail(f"smtp+plain://127.0.0.1:{port}").send(Letter("nobody@x.org", "s", "t", "k"))


async def test_a_rehearsal_sends_nothing() -> None:
    box = Box()
    async with smtp(box) as port:
        assert await a_mail(f"smtp+plain://127.0.0.1:{port}").rehearse() == "127.0.0.1 takes us"
    assert box.taken == []


async def test_a_server_that_hangs_is_given_up_in_time() -> None:
    async with smtp(Box()) as port, Wire(port).laid() as wire:
        wire.hang()
        with pytest.raises(OutOfReach, match=r"within 0\.2 s"):
            await a_mail(wire.url.replace("http", "smtp+plain"), within_s=0.2).send(LETTER)


async def test_a_server_that_is_gone_or_talks_nonsense_is_out_of_reach() -> None:
    with pytest.raises(OutOfReach, match=r"^mail by 127\.0\.0\.1:9: Connection refused$"):
        await a_mail("smtp+plain://127.0.0.1:9").send(LETTER)
    ended = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        with pytest.raises((OutOfReach, Denied)):
            await a_mail(f"smtp+plain://127.0.0.1:{server.sockets[0].getsockname()[1]}").send(LETTER)
        await ended.wait()


async def test_words_of_people_make_no_headers() -> None:
    """A version is any text: what looks like a header in it stays in the subject."""
    box = Box()
    letter = Letter("lead@x.org", "v2\r\nBcc: thief@x.org\r\n\r\nhello", "t", "k")
    async with smtp(box) as port:
        await a_mail(f"smtp+plain://127.0.0.1:{port}").send(letter)
    [message] = box.taken
    assert message["Bcc"] is None
    assert message["Subject"] == "v2 Bcc: thief@x.org hello"
    assert box.to == [["lead@x.org"]]
