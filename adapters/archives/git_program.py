"""Calling the `git` program: no shell, no prompt, no configuration but ours, a deadline, its faults in our words."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from adapters.subprocesses import Finished, run
from bot.domain.kinds import Environment
from bot.ports import Denied, OutOfReach

_PASSED_ON = (
    *("PATH", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
)
_ALWAYS = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    # `ext::` would run any program that an address names.
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_OPTIONAL_LOCKS": "0",
}
_CONFIG = {
    "core.hooksPath": os.devnull,
    "gc.auto": "0",
    "credential.helper": "",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "30",
    "commit.gpgSign": "false",
}
_RACE = re.compile(
    r"\(fetch first\)|\(non-fast-forward\)|cannot lock ref|failed to update ref|reference already exists|"
    r"stale info|incorrect old value"
)
_REFUSED = re.compile(
    r"authentication failed|could not read (username|password)|permission denied|access denied|forbidden|"
    r"returned error: (401|403|404)|repository .*not found|not found$|does not appear to be a git repository|"
    r"hook declined|protected branch|remote rejected|not allowed|unauthorized|dubious ownership|"
    r"host key verification failed|service not enabled|does not exist|no such file|not exported",
    re.I,
)
_GONE = re.compile(
    r"could not resolve|connection (refused|timed out|reset)|hung up|early eof|unable to connect|couldn't connect|"
    r"failed to connect|returned error: 5\d\d|no route to host|network is unreachable|index\.lock|operation timed out",
    re.I,
)


class Odd(OutOfReach):
    """Git failed for neither the network nor a refusal: its clone may be damaged."""


class GitProgram:
    """Runs git in one bare repository, for one address. `begin` starts the clock of one whole try."""

    def __init__(self, folder: Path, url: str, environment: Environment, credentials: Mapping[str, str]) -> None:
        self._folder, self._url = folder, url
        self._missing = credentials.get("missing", "")
        passed = {name: environment[name] for name in _PASSED_ON if name in environment}
        passed.setdefault("PATH", os.defpath)
        self._environment = {
            **passed,
            **_ALWAYS,
            **_ssh(credentials),
            **_config({**_CONFIG, **_token(url, credentials)}),
        }
        self._until = 0.0
        self._within_s = 0.0

    def begin(self, within_s: float) -> None:
        """All that follows has so many seconds together. Raises Denied where what it needs isn't set."""
        if self._missing:
            raise Denied(f"the environment variable {self._missing} is not set where Perch runs")
        self._within_s = within_s
        self._until = asyncio.get_running_loop().time() + within_s

    async def run(self, *words: str, more: Mapping[str, str] | None = None) -> str:
        """What git says on its output. Raises OutOfReach or Denied."""
        ended = await self._ended(words, more or {})
        if ended.code:
            raise self._fault(ended.err)
        return ended.out.strip()

    async def pushed(self, commit: str, branch: str) -> bool:
        """Whether the branch over there is at this commit now; False where another pusher was faster."""
        words = ("push", "--quiet", "--porcelain", "--", self._url, f"{commit}:refs/heads/{branch}")
        ended = await self._ended(words, {})
        if not ended.code:
            return True
        if _RACE.search(ended.out + ended.err):
            return False
        raise self._fault(f"{ended.out}\n{ended.err}")

    async def _ended(self, words: tuple[str, ...], more: Mapping[str, str]) -> Finished:
        program = shutil.which("git", path=self._environment["PATH"])
        if program is None:
            raise Denied("there is no git program where Perch runs; install it")
        left = self._until - asyncio.get_running_loop().time()
        argv = [program, "--git-dir", str(self._folder), *words]
        try:
            if left <= 0:
                raise TimeoutError
            return await run(argv, {**self._environment, **more}, left)
        except TimeoutError:
            raise OutOfReach(f"{shown(self._url)} didn't answer within {self._within_s:g} s") from None
        except OSError as fault:
            raise OutOfReach(f"git can't be run: {fault.strerror}") from fault

    def _fault(self, said: str) -> OutOfReach | Denied:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        gone = bool(_GONE.search(said))
        kind = OutOfReach if gone else Denied if _REFUSED.search(said) else Odd
        return kind(f"{shown(self._url)}: {_telling(lines)}")


def shown(url: str) -> str:
    """An address without user, password and query."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _telling(lines: list[str]) -> str:
    """The line that says most: a hook's own words, a rejection, what was fatal, or the last."""
    for begins in ("remote:", "!", "fatal:", "error:"):
        for line in lines:
            if line.startswith(begins) and len(line) > len(begins) + 1:
                return line.replace("\t", " ")[:200]
    return lines[-1][:200] if lines else "git failed and didn't say why"


def _config(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Configuration by environment (git 2.31): arguments would show in the list of processes."""
    found = {"GIT_CONFIG_COUNT": str(len(settings))}
    for place, (name, value) in enumerate(settings.items()):
        found |= {f"GIT_CONFIG_KEY_{place}": name, f"GIT_CONFIG_VALUE_{place}": value}
    return found


def _token(url: str, credentials: Mapping[str, str]) -> Mapping[str, str]:
    """Sent to this one address, and nowhere that it may point to."""
    if "password" not in credentials:
        return {}
    pair = f"{credentials['username']}:{credentials['password']}".encode()
    return {f"http.{url}.extraHeader": f"Authorization: Basic {base64.b64encode(pair).decode()}"}


def _ssh(credentials: Mapping[str, str]) -> Mapping[str, str]:
    """Never a question: an unknown host is refused until somebody has made it known."""
    key = credentials.get("key_file")
    own = f" -i {shlex.quote(key)} -o IdentitiesOnly=yes" if key else ""
    return {"GIT_SSH_COMMAND": f"ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15{own}"}
