"""Numbers with their units, in as many digits as people need and no fewer than tell the truth.

Digits are the same in every language, `1,234.5`: plans, consoles and dashboards write them so, and a comma that is a
point for one reader and a thousand for the next is a trap at three in the morning.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

from bot.wording.language import t

_UNITS = {
    "percent": "%",
    "ratio": "",
    "seconds": " s",
    "milliseconds": " ms",
    "count": "",
    "per_second": "/s",
    "per_minute": "/min",
    "per_hour": "/h",
}
_SIZES = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
SOMETIMES_OVER = 2.0
"""From this many times its limit on, a value is told in times, not in percent."""


def number(value: float | None, unit: str = "", beside: float | None = None) -> str:
    """A value in its unit: counts whole, all else with three significant digits.

    There are more digits where `beside` (a threshold) would look the same.
    """
    if value is None:
        return t("no data")
    if not math.isfinite(value):
        return t("not a number")
    if unit == "seconds" and 0 < abs(value) < 1:
        return number(value * 1000, "milliseconds", None if beside is None else beside * 1000)
    if unit == "bytes":
        return _size(value)
    if unit == "timestamp":
        return _time(value)
    if unit == "count" and _tells(value, f"{value:.0f}", (beside, 0.0)):
        return f"{value:,.0f}"
    return _digits(value, beside, never=100.0 if unit == "percent" else None) + _UNITS.get(unit, "")


def _time(value: float) -> str:
    """A time in UTC; a number that is none stays one."""
    try:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return _digits(value, None, None)


def _size(value: float) -> str:
    for name, size in _SIZES:
        if abs(value) >= size:
            return f"{_digits(value / size, None, None)} {name}"
    return f"{value:.0f} B"


def _digits(value: float, beside: float | None, never: float | None) -> str:
    """Enough digits that rounding neither reaches nor crosses `beside` or `never`."""
    text = ""
    for significant in (3, 4, 5, 6, 7):
        text = _rounded(value, significant)
        if _tells(value, text, (beside, never)):
            break
    return text


def _rounded(value: float, significant: int) -> str:
    if value == 0:
        return "0"
    decimals = max(0, significant - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(decimals, 9)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tells(value: float, text: str, limits: tuple[float | None, ...]) -> bool:
    """Whether the text is on the same side of each limit as the value."""
    shown = float(text.replace(",", ""))
    return all(
        (value > limit) == (shown > limit) and (value < limit) == (shown < limit)
        for limit in limits
        if limit is not None
    )


def against(value: float, limit: float, unit: str) -> str:
    """How far a value is from its limit: `5.7× the limit of 5 s`, `1.2 pp over the limit of 5%`, `17% under …`."""
    of, over = number(limit, unit), value > limit
    if value == limit:
        return t("at the limit of {limit}", limit=of)
    if unit == "percent":
        points = _digits(abs(value - limit), 0.0, None)
        if over:
            return t("{points} pp over the limit of {limit}", points=points, limit=of)
        return t("{points} pp under the limit of {limit}", points=points, limit=of)
    if limit <= 0 or value < 0:
        return t("over the limit of {limit}", limit=of) if over else t("under the limit of {limit}", limit=of)
    if value / limit >= SOMETIMES_OVER:
        return t("{times}× the limit of {limit}", times=_rounded(value / limit, 2), limit=of)
    return _a_little(round(abs(value / limit - 1) * 100), of, over=over)


def room_left(value: float, limit: float, unit: str) -> str:
    """How far what is good is from its limit, short: `17% under 5 s`, `4.2 pp over 95%`, `3× 20/min`."""
    of, over = number(limit, unit), value > limit
    if value == limit:
        return t("at {limit}", limit=of)
    if unit == "percent":
        points = _digits(abs(value - limit), 0.0, None)
        return (
            t("{points} pp over {limit}", points=points, limit=of)
            if over
            else t("{points} pp under {limit}", points=points, limit=of)
        )
    percent = round(abs(value / limit - 1) * 100) if limit > 0 and value >= 0 else 0
    if limit > 0 and value / limit >= SOMETIMES_OVER:
        return t("{times}× {limit}", times=_rounded(value / limit, 2), limit=of)
    if not percent:
        return t("over {limit}", limit=of) if over else t("under {limit}", limit=of)
    if over:
        return t("{percent}% over {limit}", percent=percent, limit=of)
    return t("{percent}% under {limit}", percent=percent, limit=of)


def _a_little(percent: int, limit: str, *, over: bool) -> str:
    if not percent:
        return (
            t("just over the limit of {limit}", limit=limit)
            if over
            else t("just under the limit of {limit}", limit=limit)
        )
    if over:
        return t("{percent}% over the limit of {limit}", percent=percent, limit=limit)
    return t("{percent}% under the limit of {limit}", percent=percent, limit=limit)


def percent(value: float) -> str:
    """A weight given in percent: `12.5%`."""
    return f"{value:g}%"
