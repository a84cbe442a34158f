"""What a metric may ask of a page, and what is reckoned for it from the pages that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.http import excerpt
from adapters.sources.metrics_page.counters import increase, quantile
from adapters.sources.metrics_page.kept import NEARLY, Kept, Window
from adapters.sources.metrics_page.page import Labels
from adapters.sources.metrics_page.selector import Selector, parse
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration
from bot.domain.units import spell_duration
from bot.ports import Answer, Sample


def _selector(text: str) -> str:
    parse(text.replace("$side", ""))
    return text


SelectorText = Annotated[str, AfterValidator(_selector)]


class Share(BaseModel):
    """Two counters: the increase of one divided by that of the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: SelectorText
    to: SelectorText


class Ask(BaseModel):
    """One of `value` (a gauge), `rate` (per second), `increase`, `ratio` (0–1), `percent` (0–100) and `quantile`.

    All but `value` look at a window, `over`; counters that a selector matches are added up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: SelectorText | None = None
    rate: SelectorText | None = None
    increase: SelectorText | None = None
    ratio: Share | None = None
    percent: Share | None = None
    quantile: float | None = Field(default=None, gt=0, lt=1)
    of: SelectorText | None = None
    over: Duration | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Ask:
        forms = ("value", "rate", "increase", "ratio", "percent", "quantile")
        given = [form for form in forms if getattr(self, form) is not None]
        if len(given) != 1:
            raise ValueError(f"say one of {', '.join(forms)}" + (f", not {' and '.join(given)}" if given else ""))
        if (self.of is None) != (self.quantile is None):
            raise ValueError("quantile and of go together: quantile: 0.99, of: latency_seconds_bucket")
        if self.value is None and not self.over:
            raise ValueError(f"{given[0]} needs a window, for instance over: 5m")
        if self.value is not None and self.over:
            raise ValueError("value is read as it stands; it has no window")
        return self

    @property
    def window(self) -> timedelta:
        """How far back the question looks; 0 for a value."""
        return self.over or timedelta(0)

    def selectors(self, side: str) -> tuple[Selector, ...]:
        """The selectors that the question reads, `$side` filled in: one, or for shares `of` and `to`."""
        shares = self.ratio or self.percent
        texts = (shares.of, shares.to) if shares else (self.value or self.rate or self.increase or self.of or "",)
        return tuple(parse(text.replace("$side", side)) for text in texts)


def answer(ask: Ask, kept: Sequence[Kept], at: datetime) -> Answer:
    """The answer as of `at`, from what was kept for each of the question's selectors. Raises Nonsense."""
    if ask.value is not None:
        return _values(kept[0], at)
    windows = [pages.window(ask.window, at) for pages in kept]
    ready = [window for window in windows if isinstance(window, Window)]
    if len(ready) < len(windows):
        return next(window for window in windows if isinstance(window, NoData))
    if not all(window.pages[-1] for window in ready):
        return ()
    value = _reckoned(ask, ready)
    if value is None:
        return NoData(Missing.FEW_SAMPLES, f"nothing was counted in {spell_duration(ask.window)}", at)
    return (Sample(value, ready[0].end),)


def _reckoned(ask: Ask, windows: Sequence[Window]) -> float | None:
    """The number; None where it would be a share of nothing."""
    first = windows[0]
    if ask.quantile is not None:
        return quantile(ask.quantile, first.pages)
    grown = increase(first.pages)
    if len(windows) > 1:
        whole = increase(windows[1].pages)
        return None if whole == 0 else grown / whole * (100 if ask.percent else 1)
    per_second = grown / first.span.total_seconds()
    return per_second * ask.window.total_seconds() if ask.increase else per_second


def _values(kept: Kept, at: datetime) -> Answer:
    found = kept.page(at)
    if found is None:
        return NoData(Missing.NO_BASELINE, "no page was kept from that time", at)
    seen, series = found
    return tuple(
        Sample(point.value, _time(point.stated, seen), shown(labels)) for labels, point in sorted(series.items())
    )


def _time(stated: float | None, seen: datetime) -> datetime:
    """The time that the page states for a sample; a senseless one reads as the beginning of time, and so as stale."""
    if stated is None:
        return seen
    try:
        return datetime.fromtimestamp(stated, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def history(ask: Ask, kept: Sequence[Kept], start: datetime, end: datetime) -> Answer:
    """The one series at each page that was kept between two times. Raises Nonsense."""
    oldest = next(iter(kept[0].times), end)
    if oldest - start > (end - start) * (1 - NEARLY):
        reached = spell_duration(max(end - oldest, timedelta(0)))
        return NoData(Missing.FEW_SAMPLES, f"warming up: {reached} of {spell_duration(end - start)}", end)
    samples: list[Sample] = []
    for at in (at for at in kept[0].times if start <= at <= end):
        now = answer(ask, kept, at)
        if isinstance(now, NoData):
            continue
        if len(now) > 1:
            return NoData(Missing.SEVERAL_SERIES, f"{len(now)} series where one is meant", end)
        samples += now
    return tuple(samples)


def shown(labels: Labels) -> str:
    """A series' labels for people, as `{component="api"}`; "" for none."""
    return excerpt("{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}") if labels else ""
