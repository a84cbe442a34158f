"""Names that people look for, of systems that another kind serves: the hint that leads them there."""

from __future__ import annotations

from collections.abc import Mapping

INSTEAD: Mapping[str, str] = {
    "railway": "its API has no traffic split; use `kind: command` with the railway program (docs/adapters-traffic.md)",
}
