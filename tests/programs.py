"""What became of a program that was started."""

from __future__ import annotations

import psutil


def runs(pid: int) -> bool:
    """Neither ended nor a zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
