"""The real far sides of archives: a folder, bare git repositories behind the git daemon, and moto's S3 server."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from aiohttp import web

from adapters.archives.folder import Folder, FolderOptions
from adapters.archives.git import Git, GitOptions
from adapters.archives.s3 import S3, S3Options
from adapters.contracts import a_parcel
from bot.ports import Denied, OutOfReach
from bot.ports.archives import Archive
from tests.fakes.archives import FakeArchive
from tests.far_side import Handler
from tests.waiting import HANGS_S

__all__ = ["KEYS", "InFolder", "InGit", "InMemory", "InS3", "a_parcel", "git_daemon"]

KEYS = {"S3_KEY": "an-access-key", "S3_SECRET": "s3-secret-never-shown"}


@dataclass
class InMemory:
    archive: FakeArchive = field(default_factory=FakeArchive)
    secrets = frozenset[str]()

    def again(self) -> Archive:
        return self.archive

    async def lying(self) -> Mapping[str, bytes]:
        return dict(self.archive.kept)

    async def ever(self) -> set[bytes]:
        return set(self.archive.kept.values())

    async def marks(self) -> object:
        return dict(self.archive.kept)

    def refuse(self) -> None:
        self.archive.fault = Denied("no right to do that")

    def go_away(self) -> None:
        self.archive.fault = OutOfReach("no answer")

    def come_back(self) -> None:
        self.archive.fault = None


@dataclass
class InFolder:
    root: Path
    secrets = frozenset[str]()

    def __post_init__(self) -> None:
        self.root.mkdir()
        self.archive = self.again()

    def again(self) -> Folder:
        return Folder(FolderOptions(path=str(self.root)), {})

    async def lying(self) -> Mapping[str, bytes]:
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}

    async def ever(self) -> set[bytes]:
        return set((await self.lying()).values())

    async def marks(self) -> object:
        return sorted((str(path), path.stat().st_mtime_ns) for path in self.root.rglob("*"))

    def refuse(self) -> None:
        """Rights don't stop root, who tests run as in a container: a file in a folder's place stops everybody."""
        (self.root / "materializers").write_bytes(b"in the way")

    def go_away(self) -> None:
        self.root.rename(self.root.with_name("unmounted"))

    def come_back(self) -> None:
        self.root.with_name("unmounted").rename(self.root)


def git(*words: str, **more: str) -> str:
    """Git as somebody else uses it."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{what}": "other@x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        **more,
    }
    return subprocess.run(["git", *words], env=environment, check=True, capture_output=True, text=True).stdout.strip()


@dataclass
class InGit:
    """A bare repository, pushed to by its address. `url` may be a daemon's."""

    home: Path
    url: str = ""
    secrets = frozenset[str]()

    def __post_init__(self) -> None:
        self.bare = self.home / "records.git"
        if not self.bare.exists():
            git("init", "--quiet", "--bare", str(self.bare))
        self.url = self.url or f"file://{self.bare}"
        self.archive = self.again()

    def again(self, state: str = "state", **options: object) -> Git:
        environment = {"PATH": os.environ["PATH"], "PERCH_STATE": str(self.home / state)}
        return Git(GitOptions.model_validate({"url": self.url, **options}), environment)

    def log(self) -> list[str]:
        try:
            return git("--git-dir", str(self.bare), "log", "--format=%H %an: %s", "main").splitlines()
        except subprocess.CalledProcessError:
            return []

    async def lying(self) -> Mapping[str, bytes]:
        return self._at("main") if self.log() else {}

    def _at(self, commit: str) -> Mapping[str, bytes]:
        there = ("--git-dir", str(self.bare))
        names = git(*there, "ls-tree", "-r", "--name-only", commit).splitlines()
        read = ["git", *there, "show"]
        return {
            name: subprocess.run([*read, f"{commit}:{name}"], check=True, capture_output=True).stdout for name in names
        }

    async def ever(self) -> set[bytes]:
        return {content for line in self.log() for content in self._at(line.split()[0]).values()}

    async def marks(self) -> object:
        return self.log(), git("--git-dir", str(self.bare), "for-each-ref")

    def refuse(self) -> None:
        hook = self.bare / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho 'records are read-only today' >&2\nexit 1\n")
        hook.chmod(0o755)

    def go_away(self) -> None:
        self.bare.rename(self.home / "gone.git")

    def come_back(self) -> None:
        (self.home / "gone.git").rename(self.bare)


@dataclass
class InS3:
    """A bucket of moto's server."""

    server: str
    bucket: str

    secrets = frozenset(KEYS.values())

    def __post_init__(self) -> None:
        self.environment = dict(KEYS)
        httpx.put(f"{self.server}/{self.bucket}", headers=_AS_ANYBODY).raise_for_status()
        self.archive = self.again()

    def again(self, **options: object) -> S3:
        told = {
            "bucket": self.bucket,
            "endpoint": self.server,
            "access_key_env": "S3_KEY",
            "secret_key_env": "S3_SECRET",
        }
        return S3(S3Options.model_validate({**told, **options}), self.environment)

    async def lying(self) -> Mapping[str, bytes]:
        page = httpx.get(verify=False, url=f"{self.server}/{self.bucket}?list-type=2", headers=_AS_ANYBODY).text
        keys = [each.partition("</Key>")[0] for each in page.split("<Key>")[1:]]
        return {
            key: httpx.get(verify=False, url=f"{self.server}/{self.bucket}/{key}", headers=_AS_ANYBODY).content
            for key in keys
        }

    async def ever(self) -> set[bytes]:
        return set((await self.lying()).values())

    async def marks(self) -> object:
        return httpx.get(verify=False, url=f"{self.server}/{self.bucket}?list-type=2", headers=_AS_ANYBODY).text

    def refuse(self) -> None:
        del self.environment["S3_SECRET"]

    def go_away(self) -> None:
        self.archive = self.again(endpoint="http://127.0.0.1:9")

    def come_back(self) -> None:
        self.archive = self.again()


_AS_ANYBODY = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260302/us-east-1/s3/aws4_request"}


@asynccontextmanager
async def git_daemon(home: Path) -> AsyncIterator[str]:
    """`git://` with pushes allowed; its address."""
    from tests.servers import free_port

    port = free_port()
    words = ("daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", f"--base-path={home}")
    daemon = await asyncio.create_subprocess_exec(
        "git", *words, "--listen=127.0.0.1", f"--port={port}", str(home), start_new_session=True
    )
    try:
        async with asyncio.timeout(HANGS_S):
            while not await _listens(port):
                await asyncio.sleep(0.02)
        yield f"git://127.0.0.1:{port}"
    finally:
        os.killpg(daemon.pid, 9)
        await daemon.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def smart_http(home: Path, authorization: str) -> Handler:
    """Git's own `http-backend` behind a web server that wants this Authorization."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.headers.get("Authorization") != authorization:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="records"'})
        body = await request.read()
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(home),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_USER": "perch",
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        pipe = asyncio.subprocess.PIPE
        backend = await asyncio.create_subprocess_exec("git", "http-backend", stdin=pipe, stdout=pipe, env=environment)
        told, _ = await backend.communicate(body)
        head, _, content = told.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200 OK").split()[0])
        return web.Response(status=status, body=content, headers=headers)

    return answer
