"""What the numbers were taken on."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime

import psutil


def machine() -> str:
    """One line: when, cores, memory, how busy it is with other things, Python, system."""
    load = os.getloadavg()[0]
    memory = psutil.virtual_memory().total / 1024**3
    parts = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{os.cpu_count()} cores, {memory:.0f} GB, load {load:.1f}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"{platform.system()} {platform.release()}",
    )
    return " · ".join(parts)
