"""Plan check: the metric that tells the version, where one does (U1)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.plan import VersionFrom
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake
from bot.domain.planning.shape import suggest


def check_version(draft: Draft) -> Iterator[Finding]:
    """The metric exists and can tell one version from another."""
    version = draft.plan.version
    if not isinstance(version, VersionFrom) or version.kind != "metric":
        return
    place = draft.place("version", "metric")
    if version.metric not in draft.names("metrics"):
        yield Mistake(place, f"there is no metric '{version.metric}'", suggest(version.metric, draft.names("metrics")))
    elif (metric := draft.plan.metrics.get(version.metric)) is not None:
        if metric.series != "one":
            hint = "take series: away; several series are several versions, which is no data"
            yield Mistake(place, f"{version.metric} picks one of several series, and so one of several versions", hint)
        if metric.empty_is is not None:
            hint = "take empty_is: away from it"
            yield Mistake(place, f"{version.metric} would read an empty answer as a version", hint)
