"""Kind `git` (E9): a commit on a branch of a repository, pushed by the `git` program.

There is no working copy: the tree is made in a bare clone of Perch's own, on top of what the branch holds at that
moment, and only what is new is fetched. A push that another pusher was faster than is made anew on top of theirs;
nothing is ever forced. The same files on top of the same files are no commit.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, model_validator

from adapters.archives.git_clone import alone_in, thrown_away
from adapters.archives.git_program import GitProgram, Odd, shown
from adapters.archives.names import below, checked
from adapters.archives.options import DEFAULT, Deadline, Template
from adapters.options import Options, VariableName
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.ports import OutOfReach
from bot.ports.archives import Parcel

SCHEMES = ("https", "http", "ssh", "git", "file")
BASE = "refs/perch/base"
"""Where the clone keeps what the branch held when it was last looked at."""
PUSHES = 6
"""How often a push is tried that others are faster than; after that the whole try comes again later."""


def _address(value: str) -> str:
    scheme, found, rest = value.partition("://")
    if value.startswith("-") or "::" in value or not value.strip():
        raise misread("that is no repository's address", "write https://host/path, ssh://git@host/path or /a/path")
    if found and "${" not in scheme and scheme not in SCHEMES:
        raise misread(f"a repository's address begins with {', '.join(SCHEMES)}", "write https://host/path")
    if found and scheme.startswith("http") and "@" in rest.partition("/")[0]:
        raise misread("an address holds no user or password", "name them by username and token_env")
    return value


def _branch(value: str) -> str:
    """What git takes as a branch's name, and nothing that reads as an option or as a refspec."""
    odd = ".." in value or "//" in value or value.endswith(("/", ".", ".lock"))
    if "${" not in value and (odd or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", value)):
        raise misread("that is no branch's name", "write it as main")
    return value


def _author(value: str) -> str:
    if not re.fullmatch(r"[^<>\n]+ <[^<>\s]+@[^<>\s]+>", value):
        raise misread("an author has a name and a mail address", "write it as Perch <perch@example.com>")
    return value


def _whole_path(value: str) -> str:
    if not value.startswith(("/", "${")):
        raise misread("a key file is named by its whole path", "write it as /etc/perch/records_key")
    return value


class GitOptions(Options):
    """`keep: [{kind: git, url: …}]`. Over https the credentials are `username` and what `token_env` names; over ssh
    the key is in `key_file`, or in an agent."""

    url: Annotated[str, AfterValidator(_address)]
    branch: Annotated[str, AfterValidator(_branch)] = "main"
    folder: Template = DEFAULT
    author: Annotated[str, AfterValidator(_author)] = "Perch <perch@localhost>"
    username: str = "git"
    token_env: VariableName | None = None
    key_file: Annotated[str, AfterValidator(_whole_path)] | None = None
    timeout: Deadline = timedelta(seconds=60)

    @model_validator(mode="after")
    def _token_over_https(self) -> GitOptions:
        if self.token_env and not self.url.startswith(("https://", "http://127.0.0.1", "http://localhost", "${")):
            raise misread("a token goes over https only", "write https://host/path, or take the token out")
        return self


class Git:
    """The `Archive` port over a repository."""

    def __init__(self, options: GitOptions, environment: Environment) -> None:
        self._options = options
        place = f"{options.url}\n{options.branch}".encode()
        state = Path(environment.get("PERCH_STATE") or ".perch").absolute()
        self._clone = state / "git" / hashlib.sha256(place).hexdigest()[:16]
        self._program = GitProgram(self._clone, options.url, environment, _credentials(options, environment))
        self._deadline_s = options.timeout.total_seconds()

    @property
    def target(self) -> str:
        return f"git {shown(self._options.url)} {self._options.branch}"

    async def put(self, parcel: Parcel) -> str:
        files = checked(parcel.files)
        folder = below(self._options.folder, parcel)
        async with self._alone():
            with tempfile.TemporaryDirectory(prefix="perch-git-") as scratch:
                blobs = await self._blobs(files, Path(scratch))
                commit = await self._committed(folder, blobs, parcel, Path(scratch))
        return f"{self.target}: {folder} in {commit[:12]}"

    async def rehearse(self) -> str:
        """Reads only: whether a push would be taken is known when one is made."""
        self._program.begin(self._deadline_s)
        head = await self._head()
        return f"answers; {self._options.branch} " + (f"is at {head[:12]}" if head else "isn't there yet")

    async def aclose(self) -> None: ...

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """One try, with the clone for itself."""
        self._program.begin(self._deadline_s)
        try:
            async with asyncio.timeout(self._deadline_s), alone_in(self._clone):
                try:
                    yield
                except Odd:
                    await asyncio.to_thread(thrown_away, self._clone)
                    raise
        except TimeoutError:
            raise OutOfReach(f"{self.target} wasn't done within {self._deadline_s:g} s") from None
        except OSError as fault:
            raise OutOfReach(f"{self._clone.parent}: {fault.strerror}") from fault

    async def _blobs(self, files: Mapping[str, bytes], scratch: Path) -> Mapping[str, str]:
        """The contents as objects of the clone, by file name."""
        if not (self._clone / "HEAD").exists():
            await self._program.run("init", "--quiet", "--bare", str(self._clone))
        found = {}
        for name, content in files.items():
            file = scratch / "content"
            await asyncio.to_thread(file.write_bytes, content)
            found[name] = await self._program.run("hash-object", "-w", "--no-filters", str(file))
        return found

    async def _committed(self, folder: str, blobs: Mapping[str, str], parcel: Parcel, scratch: Path) -> str:
        """The branch's commit that holds the files; pushed unless it held them already."""
        for attempt in range(PUSHES):
            base = await self._fetched()
            tree = await self._tree(base, folder, blobs, scratch / f"index-{attempt}")
            if base and tree == await self._program.run("rev-parse", f"{base}^{{tree}}"):
                return base
            commit = await self._commit(tree, base, parcel)
            if await self._program.pushed(commit, self._options.branch):
                return commit
        raise OutOfReach(f"{shown(self._options.url)}: others pushed to {self._options.branch} faster, {PUSHES} times")

    async def _head(self) -> str:
        """What the branch is at over there; "" where it isn't yet."""
        ref = f"refs/heads/{self._options.branch}"
        said = await self._program.run("ls-remote", "--quiet", "--", self._options.url, ref)
        return said.split()[0] if said else ""

    async def _fetched(self) -> str:
        head = await self._head()
        if head:
            # By the branch's name: not every server gives a commit by its id. Whoever pushes in between is seen below.
            ref = f"+refs/heads/{self._options.branch}:{BASE}"
            await self._program.run("fetch", "--quiet", "--no-tags", "--depth=1", "--", self._options.url, ref)
            head = await self._program.run("rev-parse", BASE)
        return head

    async def _tree(self, base: str, folder: str, blobs: Mapping[str, str], index: Path) -> str:
        """What the branch holds, with our files in it."""
        own = {"GIT_INDEX_FILE": str(index)}
        await self._program.run("read-tree", *([base] if base else ["--empty"]), more=own)
        entries = [f"100644,{blob},{folder}/{name}" for name, blob in sorted(blobs.items())]
        cached = [word for entry in entries for word in ("--cacheinfo", entry)]
        await self._program.run("update-index", "--add", *cached, more=own)
        return await self._program.run("write-tree", more=own)

    async def _commit(self, tree: str, base: str, parcel: Parcel) -> str:
        rollout = parcel.rollout
        name, _, mail = self._options.author.rstrip(">").partition(" <")
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", mail))
        }
        version = " ".join(f"{rollout.plan} {rollout.version}".split())[:120]
        subject = f"{version}: {rollout.state.value.replace('_', ' ')}"
        told = f"Rollout {rollout.id} in {rollout.environment}, {parcel.number} records."
        parents = ["-p", base] if base else []
        return await self._program.run("commit-tree", tree, *parents, "-m", subject, "-m", told, more=who)


def _credentials(options: GitOptions, environment: Environment) -> Mapping[str, str]:
    """How git gets the token, and ssh its key: by its environment, where no list of processes shows them."""
    found: dict[str, str] = {}
    if options.token_env:
        secret = environment.get(options.token_env, "")
        if not secret:
            return {"missing": options.token_env}
        found |= {"username": options.username, "password": secret}
    if options.key_file:
        found |= {"key_file": options.key_file}
    return found
