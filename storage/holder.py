"""Who holds a lease: one opening of the store by one process, by a name that's never given twice."""

from __future__ import annotations

import os
from socket import gethostname
from uuid import uuid4


def a_name() -> str:
    """`HOST:PID:RANDOM`: readable for people, and another one after each start."""
    return f"{gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


def is_gone(name: str) -> bool:
    """Whether its process on this machine has ended: another number may be asked for, our own was given anew."""
    host, _, number = name.rpartition(":")[0].rpartition(":")
    if host != gethostname() or not number.isdigit():
        return False
    return int(number) == os.getpid() or not _lives(int(number))


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
