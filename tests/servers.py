"""Real servers that tests start: on loopback, on free ports, with their data in `tmp_path`, stopped by pid."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

READY_WITHIN_S = 60.0
MEMORY = Path("/dev/shm")
ROOM = 2 << 30
"""Bytes that all of a run's databases need at once, with room to spare."""


def scratch() -> Path:
    """Where a run keeps its files: in memory where there's room, because every commit waits for a disk."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy else Path(gettempdir())


def require(binary: str) -> str:
    """The path of a program. Where it's missing, the test is skipped on a laptop and fails where CI is set."""
    debians = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/bin", *debians]
    found = shutil.which(binary, path=":".join(places))
    if found:
        return found
    why = f"{binary} is not installed; on Debian: apt-get install {_PACKAGES.get(binary, binary)}"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


_PACKAGES = {
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "redis-server": "redis-server",
    "haproxy": "haproxy",
    "chromium": "chromium",
    "initdb": "postgresql",
    "postgres": "postgresql",
}


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


async def stand_still(process: subprocess.Popen[bytes]) -> None:
    """SIGSTOP, and wait until it stands: the signal alone is only asked for."""
    process.send_signal(signal.SIGSTOP)
    state = Path(f"/proc/{process.pid}/stat")
    while state.read_text().rpartition(")")[2].split()[0] != "T":
        await asyncio.sleep(0.005)


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
    alertmanager: str = "",
) -> Iterator[Server]:
    """A Prometheus that scrapes `targets` (`host:port`, `/metrics`), with `rules` as a rule file has them.

    What they say of themselves holds (`honor_labels`); alerts go to `alertmanager` (`host:port`).
    """
    binary, port = require("prometheus"), free_port()
    home = tmp_path / f"prometheus-{port}"
    home.mkdir()
    config: dict[str, object] = {
        "global": {"scrape_interval": scrape_interval, "evaluation_interval": scrape_interval},
        "scrape_configs": [
            {"job_name": "tested", "honor_labels": True, "static_configs": [{"targets": list(targets)}]}
        ],
    }
    if alertmanager:
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
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


@contextmanager
def alertmanager(
    tmp_path: Path, webhook: str, token: str, inhibit: Sequence[Mapping[str, object]] = ()
) -> Iterator[Server]:
    """An Alertmanager without peers that sends every alert to `webhook` at once, and again after a second or two."""
    receiver = {"url": webhook, "http_config": {"authorization": {"credentials": token}}}
    config = {
        "route": {"receiver": "perch", "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1s"},
        "receivers": [{"name": "perch", "webhook_configs": [receiver]}],
        "inhibit_rules": [dict(rule) for rule in inhibit],
    }
    with configured_alertmanager(tmp_path, yaml.safe_dump(config)) as server:
        yield server


@contextmanager
def configured_alertmanager(tmp_path: Path, config: str) -> Iterator[Server]:
    """An Alertmanager without peers that has this configuration."""
    binary, port = require("prometheus-alertmanager"), free_port()
    file = tmp_path / "alertmanager.yml"
    file.write_text(config)
    url = f"http://127.0.0.1:{port}"
    command = [
        binary,
        f"--config.file={file}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    log = tmp_path / "alertmanager.log"
    with running(command, url, port, lambda: _answers(f"{url}/-/ready"), log) as server:
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


@contextmanager
def haproxy(folder: Path, backends: Mapping[str, Sequence[str]]) -> Iterator[Server]:
    """A HAProxy whose frontend is the yielded address, before the first of these backends, given by their lines.

    Its sockets are `admin.sock` and `looks.sock` (level operator) in `folder`, whose path must be short; `port` there
    holds the port of a third one, over TCP.
    """
    binary, port = require("haproxy"), free_port()
    config = [
        "global",
        f"  stats socket {folder}/admin.sock mode 600 level admin",
        f"  stats socket {folder}/looks.sock mode 600 level operator",
        f"  stats socket ipv4@127.0.0.1:{_noted(folder)} level admin",
        "  nbthread 1",
        "defaults",
        "  mode http",
        "  timeout connect 2s",
        "  timeout client 5s",
        "  timeout server 5s",
        "frontend front",
        f"  bind 127.0.0.1:{port}",
        f"  default_backend {next(iter(backends))}",
        *(line for name, lines in backends.items() for line in (f"backend {name}", *(f"  {each}" for each in lines))),
    ]
    file = folder / "haproxy.cfg"
    file.write_text("\n".join(config) + "\n")
    url = f"http://127.0.0.1:{port}"
    with running(
        [binary, "-db", "-f", str(file)], url, port, lambda: _is_there(folder), folder / "haproxy.log"
    ) as server:
        yield server


def _noted(folder: Path) -> int:
    port = free_port()
    (folder / "port").write_text(str(port))
    return port


def _is_there(folder: Path) -> bool:
    """Its ports are bound before its sockets are."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(f"{folder}/looks.sock")
        return True
    return False


@contextmanager
def postgres() -> Iterator[Server]:
    """A PostgreSQL without durability, for as long as the block; its `url` names its superuser, and no database.

    Its data lie in a folder of their own, not in `tmp_path`: it refuses to be root, and only its user may read them.
    """
    initdb, server, port = require("initdb"), require("postgres"), free_port()
    as_its_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    with TemporaryDirectory(prefix="perch-postgres-", dir=scratch()) as folder:
        home = Path(folder)
        if as_its_user:
            shutil.chown(home, "postgres", "postgres")
        made = [*as_its_user, initdb, "-D", f"{home}/data", "-A", "trust", "-U", "perch", "-E", "UTF8", "--no-sync"]
        subprocess.run([*made, "--locale=C"], check=True, capture_output=True, cwd="/")
        started = [*as_its_user, server, "-D", f"{home}/data", "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
        limits = ["-c", "max_connections=200", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB"]
        url = f"postgresql://perch@127.0.0.1:{port}"
        with running([*started, *limits], url, port, lambda: _is_up(home / "log"), home / "log") as running_server:
            yield running_server
            # "Fast": by SIGTERM it would wait for its clients.
            running_server.process.send_signal(signal.SIGINT)


def _is_up(log: Path) -> bool:
    """What answers on the port before this is said answers that it is starting up."""
    return log.exists() and "ready to accept connections" in log.read_text(errors="replace")


@contextmanager
def moto() -> Iterator[Server]:
    """Amazon's S3 and Elastic Load Balancing: moto's server, a process of its own, so that its warnings aren't ours."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with TemporaryDirectory(prefix="perch-moto-", dir=scratch()) as folder:
        log = Path(folder) / "log"
        with running(command, url, port, lambda: _listens(port), log) as server:
            yield server


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
