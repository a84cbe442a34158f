"""The console command in a process of its own, forked from one that has imported everything: run to its end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from tests.process.processes import zygote
from tests.waiting import STORY_HANGS_S

_numbers = count(1)


def perch(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """`perch WORDS…` in that folder with this environment, to its end. Fails when it takes longer than a minute."""
    number = next(_numbers)
    output, errors, trace = (folder / f".{what}-{os.getpid()}-{number}" for what in ("output", "errors", "trace"))
    wanted = {
        "console": list(words),
        "environment": {"PATH": os.environ["PATH"], **environment},
        "folder": str(folder),
        "log": str(output),
        "errors": str(errors),
        "trace": str(trace),
    }
    handle = os.pidfd_open(zygote().fork(wanted))
    try:
        _await_end(handle, words)
    finally:
        os.close(handle)
    code = int(trace.read_text().removeprefix("exit "))
    ended = subprocess.CompletedProcess(words, code, output.read_text(), errors.read_text())
    for file in (output, errors, trace):
        file.unlink()
    return ended


def _await_end(handle: int, words: Sequence[str]) -> None:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    if not poll.poll(STORY_HANGS_S * 1000):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        raise AssertionError(f"perch {' '.join(words)} didn't end within {STORY_HANGS_S:g} s")
