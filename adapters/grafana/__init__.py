"""Dashboards for Grafana, made from plans (O1).

Read `panels` (what is drawn), `bands` (in which colours), `drawing` (as Grafana's own foundation SDK writes it) and
`api` (how it gets there), in this order.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from bot.domain.kinds import Environment
from bot.domain.plan import Plan
from bot.ports import Denied

INSTALL = "pip install 'perch[grafana]'"


def dashboard_of(plan: Plan, environment: Environment, datasource: str = "") -> str:
    """The plan's dashboard as JSON. `datasource` is the uid of the Prometheus in Grafana; without it a reader chooses.

    Raises MissingEnvironment; Denied where the library that draws isn't installed.
    """
    drawn: str = _library().dashboard_of(plan, environment, datasource)
    return drawn


def look_for_library() -> None:
    """Raises Denied where the library that draws isn't installed."""
    _library()


def _library() -> ModuleType:
    """Only who wants dashboards has it, so nothing imports it before one is asked for."""
    try:
        return import_module("adapters.grafana.drawing")
    except ImportError as missing:
        raise Denied(f"drawing dashboards needs a library: {INSTALL} where Perch runs") from missing
