"""What the query API answers, as samples: https://prometheus.io/docs/prometheus/latest/querying/api/"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.http import excerpt
from bot.ports import Nonsense, Sample


class SeveralSeries(Nonsense):
    """Many series where one is meant; its text names the first."""


def instant(result: Any) -> tuple[Sample, ...]:
    """The samples of an instant query's `data.result`, a vector: one per series. Raises Nonsense for all else."""
    match result:
        case list():
            return tuple(_of_series(series) for series in result)
        case _:
            raise Nonsense("the answer has no list of series")


def _of_series(series: Any) -> Sample:
    match series:
        case {"metric": dict(labels), "value": pair}:
            return _sample(pair, shown(labels))
        case {"histogram": _}:
            raise Nonsense(
                "the query answers a whole histogram; take a quantile of it, as in histogram_quantile(0.99, …)"
            )
        case _:
            raise Nonsense("the answer holds a series without a value")


def ranged(result: Any) -> tuple[Sample, ...]:
    """The samples of a range query's only series, oldest first; none for no series. Raises Nonsense, SeveralSeries."""
    match result:
        case []:
            return ()
        case [{"metric": dict(labels), "values": list(pairs)}]:
            return tuple(_sample(pair, shown(labels)) for pair in pairs)
        case [{"metric": dict(first)}, _, *_]:
            raise SeveralSeries(f"{len(result)} series, the first of them {shown(first) or 'without labels'}")
        case _:
            raise Nonsense("the answer holds no range of samples")


def _sample(pair: Any, labels: str) -> Sample:
    match pair:
        case [int() | float() as at, str(value)]:
            try:
                return Sample(float(value), datetime.fromtimestamp(at, UTC), labels)
            except (ValueError, OverflowError, OSError) as error:
                raise Nonsense(f"the answer holds a sample that isn't a number: {excerpt(value, length=40)}") from error
        case _:
            raise Nonsense("the answer holds a sample without a time and a value")


def shown(labels: Mapping[str, Any]) -> str:
    """A series' labels for people, as `{component="api"}`, its metric's name left out; "" for none."""
    pairs = [f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "__name__"]
    return excerpt("{" + ", ".join(pairs) + "}") if pairs else ""
