"""The pictures of the page: bars drawn as SVG, each with a text that says the same for who can't see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

WIDTH, HEIGHT, LEFT, HEAD, FOOT = 720, 200, 34, 18, 24
ROOM = HEIGHT - FOOT - HEAD
MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a stack: its label, and how much of each part; parts are named as their colours are."""

    label: str
    parts: Mapping[str, int]
    says: str
    """What a reader hears, and sees when pointing at it."""

    @property
    def height(self) -> int:
        return sum(self.parts.values())


def stacked(bars: Sequence[Bar], says: str) -> str:
    """Bars beside each other, their parts upon each other; `says` is what the whole picture shows."""
    top = _round(max((bar.height for bar in bars), default=1))
    slot = (WIDTH - LEFT) / max(len(bars), 1)
    every = ceil(len(bars) / MOST_LABELS)
    drawn = [_grid(value, top) for value in sorted({0, top // 2, top} if top > 1 else {0, 1})]
    for place, bar in enumerate(bars):
        drawn.append(_stack(bar, LEFT + place * slot, slot, top))
        if place % every == 0:
            x = LEFT + place * slot + slot / 2
            anchor = "start" if place == 0 else "middle"
            at = LEFT if place == 0 else x
            drawn.append(f'<text x="{at:.1f}" y="{HEIGHT - 5}" text-anchor="{anchor}">{escape(bar.label)}</text>')
    return _svg(WIDTH, HEIGHT, says, "".join(drawn))


def _round(value: int) -> int:
    """A height for the scale: even, so that its middle is a whole number too."""
    return 1 if value <= 1 else value + value % 2


def _grid(value: int, top: int) -> str:
    y = _y(value, top)
    line = f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--rule)"/>'
    return f'{line}<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value}</text>'


def _y(value: float, top: int) -> float:
    return HEAD + ROOM * (1 - value / top)


def _stack(bar: Bar, x: float, slot: float, top: int) -> str:
    width, below, drawn = min(slot * 0.7, 60), 0, ""
    for name, count in bar.parts.items():
        if count:
            y = _y(below + count, top)
            size = f'x="{x + (slot - width) / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{ROOM * count / top:.1f}"'
            drawn += f'<rect {size} fill="var(--{name})"/>'
            below += count
    return f"<g><title>{escape(bar.says)}</title>{drawn}</g>"


def lying(parts: Mapping[str, float], says: str) -> str:
    """One bar of shares (0 to 1) side by side, over the whole width."""
    x, drawn = 0.0, ""
    for name, share in parts.items():
        width = WIDTH * share
        drawn += f'<rect x="{x:.1f}" y="0" width="{width:.1f}" height="22" fill="var(--{name})"/>'
        x += width
    return _svg(WIDTH, 22, says, drawn)


def share(value: float, says: str, colour: str = "bar") -> str:
    """One thin bar, filled as far as `value` (0 to 1)."""
    width = max(WIDTH * min(value, 1), 2)
    return _svg(WIDTH, 8, says, f'<rect x="0" y="0" width="{width:.1f}" height="8" fill="var(--{colour})"/>')


def _svg(width: int, height: int, says: str, drawn: str) -> str:
    stretched = "" if height > 30 else ' preserveAspectRatio="none"'
    fixed = "" if height > 30 else f' style="height: {height}px"'
    return (
        f'<svg role="img" aria-label="{escape(says)}" viewBox="0 0 {width} {height}"{stretched}{fixed}>'
        f"<title>{escape(says)}</title>{drawn}</svg>"
    )
