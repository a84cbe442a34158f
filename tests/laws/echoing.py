"""A far side that says whatever it has heard: every secret comes back, in every place and spelling."""

from __future__ import annotations

import base64
import html
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from aiohttp import web

from tests.far_side import serving, speaking

Secrets = Mapping[str, str]

SECRETS: Secrets = {
    "bearer": "tok-7f3a9b2c4d5e6f708192a3b4c5d6e7f8",
    "url password": "p@ss/w0rd?&#%41+=:x",
    "basic password": 'it\'s "quoted" <b>&amp; back\\slash',
    "hook": "0b9a7c1e1f2d4c3b9a8e7f6d5c4b3a21",
    "query": "q-9d8c7b6a5f4e3d2c1b0a",
    "flag token": "fJhbGciOiJIUzI1NiJ9.fyJzdWIiOiJwIn0.c2lnbmF0dXJl",
    "command's own": "niño-sécret-ключ-42",
    "redis password": "r3dis $ecret with spaces",
    "webhook": "whk.5up3r~s3cret_t0ken-1234567890",
    "beat": "5c0ffee5-dead-4bad-8bad-c0ffee5c0ffe",
    "pasted": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
}
"""By where they are used; each is odd in its own way."""


def spellings(secret: str) -> set[str]:
    """How a secret may be read by somebody who looks for it."""
    raw = secret.encode()
    turned = {base64.b64encode(b"x" * before + raw).decode()[before * 2 : -4] for before in range(3)}
    return _plain(secret) | turned


def _plain(secret: str) -> set[str]:
    escaped = {json.dumps(secret)[1:-1], repr(secret)[1:-1], html.escape(secret)}
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)} | escaped


def leaks(text: str, secrets: Secrets = SECRETS) -> list[str]:
    """Which secrets can be read in a text, with what stands around them."""
    found = []
    for name, secret in secrets.items():
        for spelled in spellings(secret):
            if (at := text.find(spelled)) >= 0:
                found.append(f"{name}: …{text[max(0, at - 80) : at + len(spelled) + 20]}…")
    return found


def everything(known: Secrets) -> str:
    """All of these secrets, each in all spellings, as a talkative error page has them."""
    said = []
    for name, secret in known.items():
        basic = base64.b64encode(f"ana:{secret}".encode()).decode()
        said.append(f"{name}: {' '.join(sorted(_plain(secret)))} {basic}")
    return " ".join(said)


@dataclass
class Echo:
    """A web server whose `mood` is how it answers; in the mood "well" it does what it's asked."""

    mood: str = "well"
    secrets: Secrets = field(default_factory=lambda: SECRETS)
    url: str = ""
    percent: float = 0
    engaged: bool = False
    asked: list[str] = field(default_factory=list)
    elsewhere: str = ""
    """Where all are sent in the mood "elsewhere"."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.mood == "well" or (self.mood.startswith("source ") and not request.path.startswith("/prom")):
            return await self._well(request)
        if self.mood == "elsewhere":
            return web.Response(status=302, headers={"Location": self.elsewhere})
        heard = f"{request.method} {request.raw_path if hasattr(request, 'raw_path') else request.path_qs}"
        said = [f"{heard} {dict(request.headers)} {await request.text()}", everything(self.secrets)]
        # An answer is cut after a few words: now its beginning is what this caller sent, now what others did.
        said = said[:: 1 if len(self.asked) % 2 else -1]
        answered: web.StreamResponse = await MOODS[self.mood](self.secrets, request, " ".join(said))
        return answered

    async def _well(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith("/prom"):
            result = [{"metric": {}, "value": [float(request.query.get("time", 0)) or 1.0, "99.5"]}]
            return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})
        if request.path.startswith("/page"):
            return web.Response(text="rate 99.5\n")
        if request.path == "/flag" and request.method == "PUT":
            self.percent = (await request.json())["percent"]
        if request.path == "/switch" and request.method != "GET":
            self.engaged = request.method == "POST"
        return web.json_response({"percent": self.percent, "engaged": self.engaged})


def _first(known: Secrets) -> str:
    return next(iter(known.values()))


async def _status(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.Response(status=500, text=said)


async def _denied(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.Response(status=403, text=said[-4000:])


async def _redirect(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": f"http://else/?{quote(' '.join(known.values()))}"}, text=said)


async def _reason(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.Response(status=503, reason=f"no {quote(' '.join(known.values()))[:200]}", text="")


async def _page(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.Response(text=f"<html>{html.escape(said)}</html>", content_type="text/html")


async def _half(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.Response(text='{"status": "success", "data": ' + json.dumps(said))


async def _error(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.json_response({"status": "error", "errorType": "bad_data", "error": said}, status=400)


async def _warning(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    data = {"resultType": "vector", "result": []}
    return web.json_response({"status": "success", "warnings": [said, everything(known)], "data": data})


async def _labels(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    labels = {f"l{number}": secret for number, secret in enumerate(known.values())}
    result = [{"metric": labels | {"n": str(n)}, "value": [1.0, "50"]} for n in range(2)]
    return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})


async def _value(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    if request.path.startswith("/page"):
        return web.Response(text=f"rate{{token={json.dumps(_first(known))}}} {_first(known)}\n")
    return web.json_response({"percent": _first(known), "engaged": _first(known)})


MARKUP = (
    "<!channel> <!here> <!subteam^S0VICTIM> <@U0VICTIM> <#C0VICTIM> <https://evil.example|click me> <mailto:a@b|m> "
    '`code` *bold* &lt;!channel&gt; "}], "elements": [{"type": "button"}] \u202e\u2066\u200b\x07\x1b[31m\x9b2J'
    "\n2026-03-02T10:00:00.000+00:00 ERROR perch: all is lost"
)
"""What would be a mention, a link, a button, another log line or another terminal if it weren't taken as text."""


async def _markup(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    return web.Response(status=500, text=MARKUP)


async def _markup_in_labels(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    result = [{"metric": {"a": MARKUP, "n": str(n)}, "value": [1.0, "50"]} for n in range(2)]
    return web.json_response(
        {"status": "success", "data": {"resultType": "vector", "result": result}, "percent": MARKUP}
    )


async def _break_off(known: Secrets, request: web.BaseRequest, said: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100000", "X-Said": quote(_first(known))})
    await response.prepare(request)
    await response.write(said.encode())
    assert request.transport is not None
    request.transport.abort()
    return response


MOODS: Mapping[str, Callable[[Secrets, web.BaseRequest, str], Any]] = {
    "500": _status,
    "403": _denied,
    "redirect": _redirect,
    "reason phrase": _reason,
    "a web page": _page,
    "half of it": _half,
    "an error in JSON": _error,
    "warnings": _warning,
    "labels": _labels,
    "the secret as a value": _value,
    "breaks off": _break_off,
    "markup": _markup,
    "markup in labels": _markup_in_labels,
}


@asynccontextmanager
async def echoing() -> AsyncIterator[Echo]:
    """The server, running."""
    echo = Echo()
    async with serving(echo.answer) as url:
        echo.url = url
        yield echo


PROGRAM = '''#!{python}
"""Says all that it has heard on both streams, and fails while there is a file called `sick` beside it."""
import json, os, sys
from pathlib import Path
folder = Path(__file__).parent
with (folder / "heard").open("a") as heard:
    heard.write(json.dumps([sys.argv, dict(os.environ)]) + chr(10))
value = folder / "value"
if (folder / "sick").exists():
    print("refused", os.environ.get("CLI_OWN"), sys.argv, file=sys.stderr)
    sys.exit("denied for " + os.environ.get("CLI_OWN", ""))
if sys.argv[1] == "set":
    value.write_text(sys.argv[2])
print("PCT=" + (value.read_text() if value.exists() else "0"))
'''


def program(folder: Path) -> Path:
    """A provider's command line in `folder`; what it was given stands in `folder/heard`."""
    folder.mkdir()
    file = folder / "setpct"
    file.write_text(PROGRAM.format(python=sys.executable))
    file.chmod(0o755)
    return file


@asynccontextmanager
async def babbling_redis() -> AsyncIterator[str]:
    """A Redis that answers each line with an error that repeats all it knows; yields `host:port`."""
    async with AsyncExitStack() as stack:
        said = f"-WRONGPASS {SECRETS['redis password']} {everything(SECRETS)}\r\n" * 4
        url = await stack.enter_async_context(speaking(said.encode()))
        yield url.removeprefix("http://")
