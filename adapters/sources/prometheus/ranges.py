"""How far a PromQL query looks back: the time until it shows nothing but what happened since a change."""

from __future__ import annotations

import re
from datetime import timedelta

_STRINGS_AND_COMMENTS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|#[^\n]*')
_SPAN = r"(?:\d+(?:\.\d+)?(?:ms|[smhdwy])?)+"
_LOOK_BACK = re.compile(rf"\[\s*({_SPAN})\s*(:[^\]]*)?\]\s*(?:offset\s+({_SPAN}))?|\boffset\s+({_SPAN})")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdwy])?")
_SECONDS = {"ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}

COMPARES_WITH_THE_PAST = timedelta(hours=1)
"""A longer offset asks how it was then, not how it is now: nobody waits for it to pass."""


def looks_back(query: str) -> timedelta:
    """The longest range in a query, its offset added, and that of a subquery around it added to that.

    `rate(x[5m] offset 1m)` is 6 min, `max_over_time(rate(x[5m])[1h:30s])` is 1 h 5 min, `up` is 0.
    Syntax: https://prometheus.io/docs/prometheus/latest/querying/basics/
    """
    plain, around = timedelta(0), timedelta(0)
    for found in _LOOK_BACK.finditer(_STRINGS_AND_COMMENTS.sub('""', query)):
        offset = _length(found[3] or found[4] or "")
        back = _length(found[1] or "") + (offset if offset <= COMPARES_WITH_THE_PAST else timedelta(0))
        if found[2] is None:
            plain = max(plain, back)
        else:
            around = max(around, back)
    return plain + around


def _length(text: str) -> timedelta:
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))
