"""A `/metrics` page as it came: https://prometheus.io/docs/instrumenting/exposition_formats/

Lines are sorted by name at once, and read only where somebody asks for the name: most of a page concerns nobody.
`# TYPE` lines are left out, since prometheus-client renames a counter's samples after them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from adapters.http import excerpt
from adapters.sources.metrics_page.selector import Selector
from bot.ports import Nonsense

ACCEPT = "text/plain;version=0.0.4"
_LINE = re.compile(
    r'[ \t]*(?:([a-zA-Z_:][a-zA-Z0-9_:]*)(?=[ \t]*(?:\{|[ \t][-+.0-9NnIi]))|\{[ \t]*"(?:[^"\\]|\\.)*"[ \t]*[,}])'
)
"""A sample line: a name and labels or the beginning of a number; or a name in quotes, which nobody can ask for."""

Labels = tuple[tuple[str, str], ...]


class CutShort(Nonsense):
    """The page doesn't end with a line's end: its last number may be half of one."""


@dataclass(frozen=True, slots=True)
class Point:
    """A series' value, and the time in Unix seconds that the page itself states for it, if any."""

    value: float
    stated: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The sample lines of a page by metric name."""

    lines: Mapping[str, Sequence[str]]

    def series(self, selector: Selector) -> dict[Labels, Point]:
        """The series that a selector matches. Raises Nonsense where their lines can't be read, or one comes twice."""
        found: dict[Labels, Point] = {}
        for line in self.lines.get(selector.name, ()):
            labels, point = _read(line)
            if not selector.matches(labels):
                continue
            key = tuple(sorted(labels.items()))
            if key in found:
                raise Nonsense(f"the page has the same series twice: {excerpt(line)}")
            found[key] = point
        return found


def read(text: str) -> Page:
    """Sort a page's lines. Raises CutShort, or Nonsense where it isn't such a page, or there is nothing on it.

    An exporter that has just started may answer an empty page: kept, it would make all that was ever counted look like
    the increase since then.
    """
    if text.lstrip()[:1] == "<":
        raise Nonsense("a web page (of a login, perhaps) instead of metrics")
    if "�" in text:
        raise Nonsense("the page isn't UTF-8 text")
    if text and not text.endswith("\n"):
        raise CutShort("the page breaks off in its last line")
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for line in text.split("\n"):
        if not line or line.startswith("#") or line.isspace():
            continue
        found = _LINE.match(line)
        if found is None:
            raise Nonsense(f"the page has a line that isn't a sample: {excerpt(line, length=80)}")
        if found[1] is not None:
            lines[found[1]].append(line)
    if not lines:
        raise Nonsense("the page is empty: no sample on it at all")
    return Page(lines)


def _read(line: str) -> tuple[dict[str, str], Point]:
    try:
        ((sample,),) = (family.samples for family in text_string_to_metric_families(line))
        return dict(sample.labels), Point(float(sample.value), _seconds(sample.timestamp))
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise Nonsense(f"the page has a line that can't be read: {excerpt(line, length=80)}") from error


def _seconds(stated: object) -> float | None:
    return None if stated is None else float(str(stated))
