"""Kind `git` (E9): pushed on top of whatever others pushed, never forced, and no credential where anybody sees it."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.archives.git import Git, GitOptions
from bot.ports import Denied, OutOfReach
from tests.adapters.archives.far_sides import InGit, a_parcel, git, git_daemon, smart_http
from tests.far_side import Wire, serving
from tests.waiting import until

pytestmark = pytest.mark.anyio

FILES = {"materializers-1.perch.zip": b"a bundle"}
TOKEN = "git-secret-never-shown"
GIT = "/usr/bin/git"


def around_git(folder: Path, before: str) -> str:
    """A PATH whose git logs its arguments and runs `before` before it does what it's asked."""
    folder.mkdir()
    script = folder / "git"
    script.write_text(f'#!/bin/sh\necho "$*" >>{folder}/said\n{before}\nexec {GIT} "$@"\n')
    script.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


async def test_another_pusher_at_the_same_moment_is_built_upon(tmp_path: Path) -> None:
    """The push loses the race, is made anew on top of theirs, and theirs stays."""
    there = InGit(tmp_path)
    await there.archive.put(a_parcel({"first.zip": b"1"}, id="r-0"))
    other = tmp_path / "other"
    git("clone", "--quiet", "--branch", "main", there.url, str(other))
    (other / "theirs").write_text("theirs")
    git("-C", str(other), "add", "theirs")
    git("-C", str(other), "commit", "--quiet", "-m", "somebody else's")
    race = f'case "$*" in *" push "*) [ -e {tmp_path}/raced ] || {{ touch {tmp_path}/raced; '
    race += f"env -i PATH=/usr/bin:/bin {GIT} -C {other} push --quiet origin HEAD:main; }};; esac"
    path = around_git(tmp_path / "bin", race)
    options = GitOptions(url=there.url)
    place = await Git(options, {"PATH": path, "PERCH_STATE": str(tmp_path / "state")}).put(a_parcel(FILES))
    assert len(there.log()) == 3
    assert set((await there.lying()).values()) == {b"1", b"theirs", b"a bundle"}
    assert place.split()[-1] == there.log()[0][:12]


async def test_what_others_keep_there_is_neither_fetched_twice_nor_touched(tmp_path: Path) -> None:
    there = InGit(tmp_path)
    for number in range(3):
        await there.archive.put(a_parcel({f"{number}.zip": b"x"}, id=f"r-{number}"))
    assert len(there.log()) == 3
    assert len(await there.lying()) == 3


async def test_a_commit_says_what_how_and_by_whom(tmp_path: Path) -> None:
    there = InGit(tmp_path)
    archive = there.again(author="Release Bot <bot@x.org>", folder="{year}/{outcome}/{rollout}")
    await archive.put(a_parcel(FILES))
    assert [line.split(" ", 1)[1] for line in there.log()] == ["Release Bot: materializers v2: completed"]
    assert list(await there.lying()) == ["2026/completed/materializers-1/materializers-1.perch.zip"]
    assert git("--git-dir", str(there.bare), "log", "-1", "--format=%b", "main") == (
        "Rollout materializers-1 in production, 7 records."
    )


async def test_a_hooks_own_words_reach_the_reader(tmp_path: Path) -> None:
    there = InGit(tmp_path)
    there.refuse()
    with pytest.raises(Denied, match="records are read-only today"):
        await there.archive.put(a_parcel(FILES))
    assert there.log() == []


async def test_pushed_by_git_daemon(tmp_path: Path) -> None:
    home = tmp_path / "served"
    home.mkdir()
    there = InGit(home)
    async with git_daemon(home) as address:
        archive = Git(GitOptions(url=f"{address}/records.git"), {"PERCH_STATE": str(tmp_path / "state")})
        await archive.put(a_parcel(FILES))
        assert "answers; main is at" in await archive.rehearse()
    assert set((await there.lying()).values()) == {b"a bundle"}


async def test_pushed_over_http_with_a_token(tmp_path: Path) -> None:
    """The way of most hosts: git's own server behind a web server that wants the token at each request."""
    home = tmp_path / "served"
    home.mkdir()
    there = InGit(home)
    pair = base64.b64encode(f"perch:{TOKEN}".encode()).decode()
    async with serving(smart_http(home, f"Basic {pair}")) as address:
        options = GitOptions(url=f"{address}/records.git", username="perch", token_env="T")
        archive = Git(options, {"PERCH_STATE": str(tmp_path / "state"), "PATH": os.environ["PATH"], "T": TOKEN})
        for number in range(2):
            await archive.put(a_parcel({f"{number}.zip": b"x" * 2_000_000}, id=f"r-{number}"))
        stranger = Git(options, {"PERCH_STATE": str(tmp_path / "other"), "PATH": os.environ["PATH"], "T": "wrong"})
        with pytest.raises(Denied):
            await stranger.put(a_parcel(FILES))
    assert len(there.log()) == 2


async def test_a_remote_that_hangs_is_given_up_in_time_and_leaves_no_process(tmp_path: Path) -> None:
    home = tmp_path / "served"
    home.mkdir()
    InGit(home)
    async with git_daemon(home) as address, Wire(int(address.rpartition(":")[2])).laid() as wire:
        wire.hang()
        url = wire.url.replace("http", "git")
        hangs = Git(GitOptions(url=f"{url}/records.git", timeout="1s"), {"PERCH_STATE": str(tmp_path / "state")})
        for asked in (hangs.put(a_parcel(FILES)), hangs.rehearse()):
            with pytest.raises(OutOfReach, match="1 s"):
                await asked
        await until(lambda: wire.open == 0)


@pytest.fixture
async def asked() -> AsyncIterator[tuple[str, list[str]]]:
    """A web server that wants a token, and what it was given."""
    given: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        given.append(request.headers.get("Authorization", ""))
        wants = {"WWW-Authenticate": 'Basic realm="records"'}
        return web.Response(status=404) if given[-1] else web.Response(status=401, headers=wants)

    async with serving(answer) as address:
        yield address, given


async def test_a_token_goes_to_the_server_and_shows_nowhere_else(tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    """Law 8: not in arguments, which every user of the machine can list, and not in what is told."""
    address, given = asked
    environment = {"PATH": around_git(tmp_path / "bin", ""), "PERCH_STATE": str(tmp_path / "state"), "T": TOKEN}
    with pytest.raises(Denied) as refused:
        await Git(GitOptions(url=f"{address}/records.git", token_env="T"), environment).put(a_parcel(FILES))
    assert given
    assert all(each.startswith("Basic ") for each in given)
    told = (tmp_path / "bin" / "said").read_text() + str(refused.value)
    assert TOKEN not in told
    assert given[0].split()[1] not in told
    assert all(TOKEN.encode() not in file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())


async def test_without_a_token_nobody_is_asked_for_a_password(tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    """No prompt: on a server there's nobody to answer it."""
    with pytest.raises(Denied):
        await Git(GitOptions(url=f"{asked[0]}/x.git"), {"PERCH_STATE": str(tmp_path)}).rehearse()


async def test_a_token_that_isnt_set_is_named(tmp_path: Path) -> None:
    options = GitOptions(url="https://git.x.org/records.git", token_env="RECORDS_TOKEN")
    for call in (Git(options, {}).rehearse(), Git(options, {}).put(a_parcel(FILES))):
        with pytest.raises(Denied, match="RECORDS_TOKEN is not set"):
            await call


async def test_without_git_it_says_so(tmp_path: Path) -> None:
    there = InGit(tmp_path)
    with pytest.raises(Denied, match="no git program"):
        await Git(GitOptions(url=there.url), {"PATH": "/nonexistent"}).rehearse()


async def test_a_clone_that_a_crash_damaged_is_made_anew(tmp_path: Path) -> None:
    there = InGit(tmp_path)
    await there.archive.put(a_parcel({"first.zip": b"1"}, id="r-0"))
    [clone] = [path for path in (tmp_path / "state" / "git").iterdir() if path.is_dir()]
    (clone / "shallow.lock").touch()
    await there.archive.put(a_parcel({"second.zip": b"2"}, id="r-1"))
    for file in (clone / "objects").rglob("*"):
        if file.is_file():
            file.chmod(0o600)
            file.write_bytes(b"not an object")
    with pytest.raises(OutOfReach):
        await there.archive.put(a_parcel({"third.zip": b"3"}, id="r-2"))
    await there.archive.put(a_parcel({"third.zip": b"3"}, id="r-2"))
    assert set((await there.lying()).values()) == {b"1", b"2", b"3"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"url": "ext::sh -c touch% /tmp/x"}, "no repository's address"),
        ({"url": "--upload-pack=/tmp/x"}, "no repository's address"),
        ({"url": "ftp://x.org/r"}, "begins with"),
        ({"url": "https://me:word@x.org/r"}, "no user or password"),
        ({"branch": "main:other"}, "no branch's name"),
        ({"branch": "--force"}, "no branch's name"),
        ({"branch": "a..b"}, "no branch's name"),
        ({"folder": "../{rollout}"}, "begins with a dot"),
        ({"folder": "{plan}"}, "tell rollouts apart"),
        ({"folder": "{plan.__class__}/{rollout}"}, "knows no"),
        ({"author": "Perch"}, "name and a mail address"),
        ({"key_file": "id_ed25519"}, "whole path"),
        ({"url": "http://x.org/r", "token_env": "T"}, "https only"),
        ({"timeout": "1h"}, "between 0 and 2m"),
    ],
)
def test_options_that_lead_elsewhere_are_mistakes(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as mistake:
        GitOptions.model_validate({"url": "https://x.org/r.git", **wrong})
    assert "word@" not in str(mistake.value)
