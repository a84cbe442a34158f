"""When a line was written: by the time that stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

WITHIN = 200
"""A time stands among the first so many characters of a line."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_EPOCH = re.compile(r"(?<![\d.])(1\d{9})(?:(\d{3})|(\.\d+))?(?![\d.])")
"""Seconds since 1970, as zap writes them, or milliseconds, as pino does: the years 2001 to 2033."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """How to find a line's time: ISO 8601 or seconds since 1970 unless `pattern` (one group) and `form` say otherwise.

    `form` is as for `strptime`; times without a zone are in `zone`.
    """

    pattern: re.Pattern[str] | None
    form: str
    zone: tzinfo

    def of(self, line: str) -> datetime | None:
        """The time of a line; None for a line without one, such as a traceback's."""
        if self.pattern is not None:
            found = self.pattern.search(line[:WITHIN])
            return self._read(found[1]) if found else None
        found = _ISO.search(line, 0, WITHIN)
        return self._read(found[0]) if found else _epoch(line)

    def _read(self, text: str) -> datetime | None:
        try:
            moment = self._parsed(text)
        except ValueError:
            return _epoch(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _parsed(self, text: str) -> datetime:
        if not self.form:
            return datetime.fromisoformat(text.replace(",", "."))
        return datetime.strptime(text, self.form)  # noqa: DTZ007 - the zone is added where there is none


def _epoch(text: str) -> datetime | None:
    found = _EPOCH.search(text, 0, WITHIN)
    if found is None:
        return None
    return datetime.fromtimestamp(int(found[1]) + int(found[2] or 0) / 1000 + float(found[3] or 0), UTC)
