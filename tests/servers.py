"""Real servers that tests start: on loopback, on free ports, with their data in `tmp_path`, stopped by pid."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

READY_WITHIN_S = 20.0


def require(binary: str) -> str:
    """The path of a program. Where it's missing, the test is skipped on a laptop and fails where CI is set."""
    found = shutil.which(binary, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/bin")
    if found:
        return found
    why = f"{binary} is not installed; on Debian: apt-get install {_PACKAGES.get(binary, binary)}"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


_PACKAGES = {"prometheus": "prometheus", "redis-server": "redis-server", "chromium": "chromium"}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its address, and the process, for tests that pause or stop it."""

    url: str
    port: int
    process: subprocess.Popen[bytes]


@contextmanager
def running(command: Sequence[str], url: str, port: int, ready: Callable[[], bool], log: Path) -> Iterator[Server]:
    """Run a program until the block ends; fails with its log when it isn't `ready` in time."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _await(ready, process, log)
        yield Server(url, port, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"{process.args!r} did not become ready:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


@contextmanager
def prometheus(
    tmp_path: Path,
    targets: Sequence[str] = (),
    rules: Mapping[str, object] | None = None,
    scrape_interval: str = "200ms",
) -> Iterator[Server]:
    """A Prometheus that scrapes `targets` (`host:port`, `/metrics`), with `rules` as a rule file has them."""
    binary, port = require("prometheus"), free_port()
    home = tmp_path / f"prometheus-{port}"
    home.mkdir()
    config: dict[str, object] = {
        "global": {"scrape_interval": scrape_interval, "evaluation_interval": scrape_interval},
        "scrape_configs": [{"job_name": "tested", "static_configs": [{"targets": list(targets)}]}],
    }
    if rules is not None:
        (home / "rules.yml").write_text(yaml.safe_dump(dict(rules)))
        config["rule_files"] = ["rules.yml"]
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        binary,
        f"--config.file={home}/prometheus.yml",
        f"--storage.tsdb.path={home}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, url, port, lambda: _answers(f"{url}/-/ready"), home / "log") as server:
        yield server


def _answers(url: str) -> bool:
    with suppress(URLError, OSError), urlopen(url, timeout=1) as response:
        return bool(response.status == 200)
    return False


@contextmanager
def redis(tmp_path: Path, *arguments: str) -> Iterator[Server]:
    """A Redis without persistence; further `arguments` go on its command line."""
    binary, port = require("redis-server"), free_port()
    home = tmp_path / f"redis-{port}"
    home.mkdir()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command += ["--dir", str(home), *arguments]
    with running(command, f"redis://127.0.0.1:{port}/0", port, lambda: _pongs(port), home / "log") as server:
        yield server


def _pongs(port: int) -> bool:
    """Redis answers PING also before AUTH, with an error then: both mean that it's there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64)[:1] in (b"+", b"-")
    return False
