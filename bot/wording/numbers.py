"""Numbers with their units, in as many digits as people need and no fewer than tell the truth."""

from __future__ import annotations

import math

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
        return "no data"
    if not math.isfinite(value):
        return "not a number"
    if unit == "seconds" and 0 < abs(value) < 1:
        return number(value * 1000, "milliseconds", None if beside is None else beside * 1000)
    if unit == "bytes":
        return _size(value)
    if unit == "count" and _tells(value, f"{value:.0f}", (beside, 0.0)):
        return f"{value:,.0f}"
    return _digits(value, beside, never=100.0 if unit == "percent" else None) + _UNITS.get(unit, "")


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
    of = f"the limit of {number(limit, unit)}"
    if value == limit:
        return f"at {of}"
    side = "over" if value > limit else "under"
    if unit == "percent":
        return f"{_digits(abs(value - limit), 0.0, None)} pp {side} {of}"
    if limit <= 0 or value < 0:
        return f"{side} {of}"
    if value / limit >= SOMETIMES_OVER:
        return f"{_rounded(value / limit, 2)}× {of}"
    percent = round(abs(value / limit - 1) * 100)
    return f"{percent}% {side} {of}" if percent else f"just {side} {of}"


def percent(value: float) -> str:
    """A weight given in percent: `12.5%`."""
    return f"{value:g}%"
