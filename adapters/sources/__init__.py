"""Where numbers come from: a file or folder per kind of source, and the table that plans' `sources:` are read with."""

from collections.abc import Mapping

from adapters.sources.alerts import KIND as ALERTS
from adapters.sources.command import KIND as COMMAND
from adapters.sources.json_page import KIND as JSON
from adapters.sources.kubernetes import KIND as KUBERNETES
from adapters.sources.log.source import KIND as LOG
from adapters.sources.metrics_page.source import KIND as METRICS_PAGE
from adapters.sources.openfeature import KIND as OPENFEATURE
from adapters.sources.probe import KIND as PROBE
from adapters.sources.prometheus.source import KIND as PROMETHEUS
from adapters.sources.sql.source import KIND as SQL
from bot.domain.kinds import Kind
from bot.ports import Source

KINDS: Mapping[str, Kind[Source]] = {
    "prometheus": PROMETHEUS,
    "metrics_page": METRICS_PAGE,
    "probe": PROBE,
    "json": JSON,
    "sql": SQL,
    "command": COMMAND,
    "log": LOG,
    "alerts": ALERTS,
    "kubernetes": KUBERNETES,
    "openfeature": OPENFEATURE,
}
