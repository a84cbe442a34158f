"""A git repository behind real `git http-backend`, that takes pushes from who has the token."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.far_side import serving
from tests.servers import require


@dataclass
class Repository:
    """`url` is what Perch pushes to."""

    bare: Path
    token: str
    url: str = ""

    def files(self) -> list[str]:
        """What lies in `main`; nothing before the first push."""
        ran = subprocess.run(
            [require("git"), "--git-dir", str(self.bare), "ls-tree", "-r", "--name-only", "main"],
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.stdout.splitlines()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        wanted = base64.b64encode(f"git:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="records"'})
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.bare.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "git",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        backend = await asyncio.create_subprocess_exec(
            *(require("git"), "http-backend"),
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await backend.communicate(await request.read())
        head, _, body = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=body)


@asynccontextmanager
async def repository(folder: Path, token: str) -> AsyncIterator[Repository]:
    bare = folder / "records.git"
    for command in (["init", "--quiet", "--bare", str(bare)], ["-C", str(bare), "config", "http.receivepack", "true"]):
        subprocess.run([require("git"), *command], check=True)
    far = Repository(bare, token)
    async with serving(far.answer) as url:
        far.url = f"{url}/records.git"
        yield far
