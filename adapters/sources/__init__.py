"""Where numbers come from: a file or folder per kind of source, and the table that plans' `sources:` are read with."""

from collections.abc import Mapping

from adapters.sources.metrics_page.source import KIND as METRICS_PAGE
from adapters.sources.probe import KIND as PROBE
from adapters.sources.prometheus.source import KIND as PROMETHEUS
from bot.domain.kinds import Kind
from bot.ports import Source

KINDS: Mapping[str, Kind[Source]] = {
    "prometheus": PROMETHEUS,
    "metrics_page": METRICS_PAGE,
    "probe": PROBE,
}
