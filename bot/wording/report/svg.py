"""A figure as inline SVG: no script, no address, colours by class. It stretches to any width; its texts don't.

Lines are drawn in a box of WIDE × HIGH that is stretched without keeping its shape (strokes keep their width); texts
stand outside that box at percentages, so that a phone shows them as large as a desk does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from bot.wording.numbers import number
from bot.wording.report.axes import Scale, moments, scale_of, ticks
from bot.wording.report.elements import Markup, element
from bot.wording.report.pieces import Band, Figure, Limit, Mark, Run

WIDE, HIGH = 1000, 150
TOP, BOTTOM = 18, 20
"""In pixels: the rows for the weights above and for the times below."""
LINE = 13
"""The height of a line of text."""
APART = 9.0
"""In percent of the width: nearer names would cover each other on a phone."""


def drawn(figure: Figure, zone: tzinfo | None) -> Markup:
    """The figure, with its numbers as an alternative text."""
    scale = scale_of(figure)
    stretched = element(
        "svg",
        *_bands(figure),
        *_beyond(figure, scale),
        *(_rule(_up(scale, value), "grid") for value in ticks(scale, figure.unit)),
        *(_upright(_across(figure, mark.at), "step") for mark in figure.marks),
        *_limits(figure, scale),
        *_runs(figure, scale),
        attributes=(
            ("y", TOP),
            ("width", "100%"),
            ("height", HIGH),
            ("viewBox", f"0 0 {WIDE} {HIGH}"),
            ("preserveAspectRatio", "none"),
        ),
    )
    told = (("role", "img"), ("width", "100%"), ("height", TOP + HIGH + BOTTOM), ("aria-label", figure.alt))
    texts = (*_values(figure, scale), *_weights(figure), *_times(figure, zone), *_names(figure, scale))
    return element("svg", element("title", figure.alt), stretched, *texts, attributes=told, of="chart")


def _across(figure: Figure, at: datetime) -> float:
    """From 0 to WIDE."""
    whole = (figure.end - figure.begin).total_seconds()
    share = (at - figure.begin).total_seconds() / whole if whole > 0 else 0.0
    return round(min(max(share, 0.0), 1.0) * WIDE, 1)


def _up(scale: Scale, value: float) -> float:
    """From HIGH at the bottom to 0 at the top."""
    return round((1 - scale.share(value)) * HIGH, 1)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _rule(up: float, of: str, begin: float = 0, end: float = WIDE) -> Markup:
    return element("path", attributes=(("d", f"M{_short(begin)} {_short(up)}H{_short(end)}"),), of=of)


def _upright(across: float, of: str) -> Markup:
    return element("path", attributes=(("d", f"M{_short(across)} 0V{HIGH}"),), of=of)


def _box(begin: float, end: float, top: float, bottom: float, of: str) -> Markup:
    where = (("x", _short(begin)), ("y", _short(top)), ("width", _short(max(end - begin, 1))))
    return element("rect", attributes=(*where, ("height", _short(max(bottom - top, 0)))), of=of)


def _bands(figure: Figure) -> Iterator[Markup]:
    for band in figure.bands:
        begin, end = (_across(figure, at) for at in (band.begin, band.end))
        yield _box(begin, end, 0, HIGH, f"band-{_known(band)}")


def _known(band: Band) -> str:
    """A class name of ours, whatever the kind is called."""
    return band.kind if band.kind.replace("_", "").isalpha() else "gap"


def _beyond(figure: Figure, scale: Scale) -> Iterator[Markup]:
    """The side on which a trigger fires; where there is none, that on which a hard limit isn't met."""
    triggers = [limit for limit in figure.limits if limit.role == "trigger"]
    for limit in triggers or [limit for limit in figure.limits if limit.role == "hard"]:
        up = min(max(_up(scale, limit.value), 0.0), float(HIGH))
        begin, end = (_across(figure, at) for at in (limit.begin, limit.end))
        if limit.bad == "above":
            yield _box(begin, end, 0, up, "beyond")
        elif limit.bad == "below":
            yield _box(begin, end, up, HIGH, "beyond")


def _limits(figure: Figure, scale: Scale) -> Iterator[Markup]:
    for limit in figure.limits:
        if scale.holds(limit.value):
            begin, end = (_across(figure, at) for at in (limit.begin, limit.end))
            yield _rule(_up(scale, limit.value), f"limit-{limit.role}", begin, end)


def _runs(figure: Figure, scale: Scale) -> Iterator[Markup]:
    drawn_runs = [_path(figure, scale, run) for run in figure.runs if run]
    if figure.steps and drawn_runs:
        first, last = (_short(_across(figure, figure.runs[0][end][0])) for end in (0, -1))
        yield element("path", attributes=(("d", f"{drawn_runs[0]}L{last} {HIGH}L{first} {HIGH}Z"),), of="area")
    if drawn_runs:
        yield element("path", attributes=(("d", "".join(drawn_runs)),), of="line")


def _path(figure: Figure, scale: Scale, run: Run) -> str:
    """One piece; a single value is a dot, which a line of no length is with round ends."""
    points = [(_short(_across(figure, at)), _short(_up(scale, value))) for at, value in run]
    (x, y), *rest = points
    if not rest:
        return f"M{x} {y}h0"
    steps = (f"H{across}V{up}" for across, up in rest) if figure.steps else (f"L{across} {up}" for across, up in rest)
    return f"M{x} {y}" + "".join(steps)


def _text(words: str, x: float, y: float, anchor: str, of: str) -> Markup:
    place = (("x", f"{x:.1f}%"), ("y", _short(y)), ("text-anchor", anchor))
    return element("text", words, attributes=place, of=of)


def _values(figure: Figure, scale: Scale) -> Iterator[Markup]:
    """Inside, above their lines, at the left: no margin is lost on a phone."""
    for value in ticks(scale, figure.unit):
        shown = number(value, figure.unit)
        yield _text(shown, 0.4, max(TOP + _up(scale, value) - 3, TOP + 9), "start", "tick")


def _times(figure: Figure, zone: tzinfo | None) -> Iterator[Markup]:
    for at, shown in moments(figure.begin, figure.end, zone):
        x = _across(figure, at) / WIDE * 100
        anchor = "start" if x < APART / 2 else "end" if x > 100 - APART / 2 else "middle"
        yield _text(shown, x, TOP + HIGH + 15, anchor, "tick")


def _weights(figure: Figure) -> Iterator[Markup]:
    """Above, where they don't cover each other; of several at once the last is what counts."""
    for mark, x in _with_room(figure):
        anchor = "start" if x < APART / 2 else "end" if x > 100 - APART / 2 else "middle"
        yield _text(mark.label, x, 12, anchor, "weight")


def _with_room(figure: Figure) -> list[tuple[Mark, float]]:
    kept: list[tuple[Mark, float]] = []
    for mark in reversed(figure.marks):
        x = _across(figure, mark.at) / WIDE * 100
        if not kept or kept[-1][1] - x >= APART:
            kept.append((mark, x))
    return kept


def _names(figure: Figure, scale: Scale) -> Iterator[Markup]:
    """What each limit is, at the right end of the box and apart from each other; one beyond the scale at its edge."""
    wanted = sorted(_last_of_each(figure.limits), key=lambda limit: -limit.value)
    lowest = float(TOP + 10)
    for place, limit in enumerate(wanted):
        arrow = "" if scale.holds(limit.value) else "↑ " if limit.value > scale.high else "↓ "
        line = TOP + min(max(_up(scale, limit.value), 0.0), float(HIGH))
        # Above its line; below it, where the name of the line above stands there already.
        ideal = line - 4 if line - 4 >= lowest or not place else line + LINE - 2
        room_below = TOP + HIGH - 3 - LINE * (len(wanted) - 1 - place)
        y = min(max(ideal, lowest), room_below)
        lowest = y + LINE
        yield _text(f"{arrow}{limit.label}", 99.6, y, "end", f"name-{limit.role}")


def _last_of_each(limits: Sequence[Limit]) -> list[Limit]:
    """Of each role's limits the newest: an earlier stage's are in the caption."""
    found: dict[tuple[str, str], Limit] = {}
    for limit in sorted(limits, key=lambda each: each.end):
        found[limit.role, limit.bad] = limit
    return list(found.values())


def hatch() -> Markup:
    """The pattern that gaps are filled with; once for all figures."""
    line = element("path", attributes=(("d", "M0 6L6 0"),), of="hatching")
    size = (("id", "hatch"), ("width", 6), ("height", 6), ("patternUnits", "userSpaceOnUse"))
    pattern = element("pattern", line, attributes=size)
    return element("svg", element("defs", pattern), attributes=(("width", 0), ("height", 0), ("aria-hidden", "true")))
