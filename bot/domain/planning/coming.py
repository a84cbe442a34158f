"""Kinds that a plan may name already, and that this version has no adapter for: "not yet" instead of a mistake.

An adapter that lands takes its name out of here; a test fails while a name stands in both tables.
"""

from __future__ import annotations

from collections.abc import Mapping

_KUBERNETES = frozenset({"kubernetes_env", "kubernetes_restart", "kubernetes_scale", "gateway_api"})
_BALANCERS = frozenset({"haproxy", "aws_alb", "gcp_url_map", "railway"})

COMING: Mapping[str, frozenset[str]] = {
    "sources": frozenset({"sql", "http_json", "command", "kubernetes", "log_lines", "alerts"}),
    "traffic": _KUBERNETES | _BALANCERS | {"openfeature"},
    "kill": _KUBERNETES | _BALANCERS | {"openfeature"},
    "confirm": frozenset(),
}
"""By role, as `Kinds` names the roles."""
