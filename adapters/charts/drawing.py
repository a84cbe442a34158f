"""The child process: a chart's JSON comes in, a PNG goes out. Imports nothing of Perch's."""

from __future__ import annotations

import json
import sys
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT, LOWER, DOTS = 8.0, 4.5, 3.4, 120
"""In inches: two rows are 16:9; Slack shrinks what is taller until nobody can read it."""
PAPER, INK, FAINT, VALUE, LIMIT, BASELINE = "#ffffff", "#1d1c1d", "#8a8a8a", "#1264a3", "#c01343", "#5b6b1f"
NAME, SMALL = 14, 12.5
"""In points: a phone shows the picture at a third of its size."""
HEADROOM, FOOTROOM, NAMEROOM = 0.42, 0.14, 0.36
"""What is kept free above and below the lines, as a part of their span; the last one where a name stands below."""
ROOM_FOR_A_NAME = 0.12
WHOLE = 100
"""Percent: the room for names above it is no measure."""
HUGE = 1e300
"""Beyond it there is no room to make: sums would have no number."""
ONE_COLUMN = 2
"""Up to so many panels stand above each other."""
STYLES = {"limit": (LIMIT, (0, (6, 3))), "baseline": (BASELINE, (0, (1, 2)))}
"""Dashes and dots tell them apart without colours. The paper is opaque: dark backgrounds don't shine through."""


def picture(chart: dict[str, Any]) -> Figure:
    """All panels over the same time: one or two above each other, more in two columns."""
    panels = chart["panels"]
    columns = 1 if len(panels) <= ONE_COLUMN else 2
    rows = -(-len(panels) // columns)
    height = LOWER if len(panels) == 1 else max(HEIGHT, LOWER * rows / 2)
    figure = Figure(figsize=(WIDTH, height), dpi=DOTS, facecolor=PAPER, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False, sharex=True).flat)
    ends = _ends(panels, chart["changes"])
    for place, panel in zip(axes, panels, strict=False):
        _draw(place, panel)
        place.set_xlim(*ends)
        _changes(place, chart["changes"], ends)
    for empty in axes[len(panels) :]:
        empty.set_visible(False)
        axes[len(panels) - columns].tick_params(labelbottom=True)
    figure.supxlabel(_literal(f"{chart['title']} · {chart['time']}"), color=INK, fontsize=SMALL)
    return figure


def _ends(panels: list[dict[str, Any]], changes: list[tuple[float, str]]) -> tuple[float, float]:
    moments = [each for panel in panels for each in panel["across"]] + [moment for moment, _ in changes]
    first, last = min(moments), max(moments)
    edge = (last - first) * 0.02 or 0.5
    return first - edge, last + edge


def _changes(place: Axes, changes: list[tuple[float, str]], ends: tuple[float, float]) -> None:
    """A line for each; beside it, at the top, as many names as there is room for."""
    named = -float("inf")
    for moment, name in changes:
        place.axvline(moment, color=FAINT, linewidth=1, zorder=1)
        if moment - named >= (ends[1] - ends[0]) * ROOM_FOR_A_NAME:
            late = moment > ends[1] - (ends[1] - ends[0]) * ROOM_FOR_A_NAME
            _name(place, name, (moment, 0.97), ("data", "axes fraction"), FAINT, (-3 if late else 3, 0), "top", late)
            named = moment


def _draw(place: Axes, panel: dict[str, Any]) -> None:
    across = panel["across"]
    up = [float("nan") if value is None else value for value in panel["up"]]
    place.plot(across, up, color=VALUE, linewidth=2.4, marker=".", markersize=6, zorder=3)
    for level in panel["levels"]:
        color, dashes = STYLES[level["mark"]]
        place.axhline(level["value"], color=color, linestyle=dashes, linewidth=2, zorder=2)
        first = level["mark"] == "baseline"
        at, off = (0.01 if first else 0.99, level["value"]), (0, -3 if first else 3)
        _name(place, level["label"], at, ("axes fraction", "data"), color, off, "top" if first else "bottom", not first)
    _gaps(place, across, panel["up"])
    named_below = any(level["mark"] == "baseline" for level in panel["levels"])
    _make_room(place, NAMEROOM if named_below else FOOTROOM)
    unit = f" ({panel['unit']})" if panel["unit"] else ""
    place.set_title(_literal(panel["title"] + unit), loc="left", color=INK, fontsize=NAME, fontweight="bold", pad=5)
    place.tick_params(colors=INK, labelsize=SMALL)
    place.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    place.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    place.ticklabel_format(axis="both", useOffset=False, style="plain")
    if panel["unit"] == "%":
        place.set_yticks([tick for tick in place.get_yticks() if tick <= WHOLE and place.get_ylim()[0] <= tick])
    place.set_facecolor(PAPER)
    place.grid(axis="y", color="#e6e6e6", linewidth=0.7)
    place.spines[["top", "right"]].set_visible(False)


def _name(
    place: Axes,
    text: str,
    at: tuple[float, float],
    counted: tuple[str, str],
    color: str,
    off: tuple[float, float],
    below_or_above: str,
    ends_here: bool,
) -> None:
    """A word at its line, on paper of its own, that hides other lines but never what was measured."""
    place.annotate(
        _literal(text),
        at,
        xycoords=counted,
        xytext=off,
        textcoords="offset points",
        color=color,
        fontsize=SMALL,
        va=below_or_above,
        ha="right" if ends_here else "left",
        bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 1},
        zorder=2.5,
    )


def _make_room(place: Axes, below: float) -> None:
    """For names above the highest line, and `below` the lowest."""
    low, high = place.get_ylim()
    reach = high / 2 - low / 2
    if reach > 0 and abs(high) < HUGE and abs(low) < HUGE:
        place.set_ylim(low - 2 * reach * below, high + 2 * reach * HEADROOM)


def _gaps(place: Axes, across: list[float], up: list[float | None]) -> None:
    """Hatched where there was no data, up to the next measurement."""
    begin = None
    for moment, value in zip(across, up, strict=True):
        if value is None and begin is None:
            begin = moment
        elif value is not None and begin is not None:
            place.axvspan(begin, moment, facecolor="none", edgecolor=FAINT, hatch="///", linewidth=0, zorder=0)
            begin = None
    if begin is not None and across[-1] > begin:
        place.axvspan(begin, across[-1], facecolor="none", edgecolor=FAINT, hatch="///", linewidth=0, zorder=0)


def _literal(text: str) -> str:
    """A dollar begins a formula; names are no formulas."""
    return text.replace("\\", "/").replace("$", r"\$")


if __name__ == "__main__":
    picture(json.load(sys.stdin)).savefig(sys.stdout.buffer, format="png")
