"""Whom the outgoing clients trust: the system's authorities, a company's own one included."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters import http
from adapters.http import client, fetch
from adapters.sources.prometheus.source import KIND, Ask, Options
from bot.domain.measurements import Missing, NoData
from bot.ports import Denied, Question
from tests.far_side import always, serving
from tests.servers import require

pytestmark = pytest.mark.anyio

ANSWER = '{"status": "success", "data": {"resultType": "vector", "result": []}}'


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key with a certificate for 127.0.0.1 that no authority knows."""
    made = tmp_path / "own.pem"
    command = [require("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", made, "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    made.write_text(made.read_text() + (tmp_path / "cert.pem").read_text())
    return made


@pytest.fixture(autouse=True)
def fresh_trust() -> Iterator[None]:
    http.trust.cache_clear()
    yield
    http.trust.cache_clear()


def _speaks_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def _asked(certificate: Path) -> tuple[object, object]:
    async with serving(always(ANSWER), tls=_speaks_tls(certificate)) as url, client() as made:
        try:
            fetched: object = (await fetch(made, "GET", url)).status
        except Denied as fault:
            fetched = fault
        source = KIND.build(Options(url=url), {})
        answer = await source.ask(Question(Ask(query="up")), datetime.now(UTC))
        await source.aclose()
    return fetched, answer


async def test_an_authority_that_nobody_knows_is_refused(certificate: Path) -> None:
    fetched, answer = await _asked(certificate)
    assert isinstance(fetched, Denied)
    assert "isn't trusted" in str(fetched)
    assert isinstance(answer, NoData)
    assert answer.missing is Missing.REFUSED


async def test_an_authority_of_the_system_is_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert await _asked(certificate) == (200, ())
