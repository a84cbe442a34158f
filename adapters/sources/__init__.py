"""Where numbers come from: a file or folder per kind of source, and the table that plans' `sources:` are read with."""

from collections.abc import Mapping

from adapters.sources.prometheus.source import KIND as PROMETHEUS
from bot.domain.kinds import Kind
from bot.ports import Source

KINDS: Mapping[str, Kind[Source]] = {
    "prometheus": PROMETHEUS,
}
