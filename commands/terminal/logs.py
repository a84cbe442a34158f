"""Where the log goes: to stderr, one line each; who runs Perch decides where that ends up."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime

from bot.redaction import RedactedLog, Redactor, secrets_in

FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
TALKATIVE = ("alembic", "slack_bolt", "slack_sdk", "aiohttp", "httpx", "httpcore", "urllib3", "aiosqlite", "asyncio")
"""Libraries that write payloads and addresses into their finer levels: they never go below WARNING (law 8)."""


class _Utc(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def log_to_stderr(level: str, otherwise: str = "INFO") -> None:
    """Log at this level from now on; at `otherwise` where it names none."""
    levels = logging.getLevelNamesMapping()
    chosen = levels.get(level.upper(), levels[otherwise])
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(_Utc(FORM))
    writer.addFilter(RedactedLog(Redactor(secrets_in(os.environ))))
    root = logging.getLogger()
    root.handlers[:] = [writer]
    root.setLevel(chosen)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, chosen))
