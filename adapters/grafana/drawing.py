"""A dashboard in Grafana's own words, written by its foundation SDK for Grafana 11.6 (newer ones read it as well).

Nothing in it changes from one drawing to the next, so that drawing the same plan twice gives the same text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import common, dashboard, gauge, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as shared
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from adapters.grafana.bands import Band
from adapters.grafana.panels import Ask, Look, Panel, Row, rows
from bot.domain.kinds import Environment
from bot.domain.plan import Plan
from bot.domain.units import Unit

LONGEST_UID = 40
"""Grafana takes no longer one."""
UNITS: Mapping[Unit, str] = {
    Unit.PERCENT: "percent",
    Unit.RATIO: "percentunit",
    Unit.SECONDS: "s",
    Unit.MILLISECONDS: "ms",
    Unit.COUNT: "short",
    Unit.PER_SECOND: "cps",
    Unit.PER_MINUTE: "cpm",
    Unit.PER_HOUR: "suffix:/h",
    Unit.BYTES: "bytes",
    Unit.TIMESTAMP: "s",
}
WIDTH = 24
_SIZES = {Look.GAUGE: (6, 6), Look.COUNT: (6, 6), Look.LINES: (12, 8), Look.TABLE: (12, 8), Look.HEAT: (24, 9)}
"""Width and height, in Grafana's grid."""
_Drawn = timeseries.Panel | gauge.Panel | stat.Panel | table.Panel | heatmap.Panel


def uid_of(plan: Plan) -> str:
    """The dashboard's identity in Grafana: the same for every version of the plan."""
    return f"perch-{plan.name}"[:LONGEST_UID]


def dashboard_of(plan: Plan, environment: Environment, datasource: str = "") -> str:
    """The plan's dashboard as JSON. `datasource` is the uid of the Prometheus in Grafana; without it a reader chooses.

    Raises MissingEnvironment.
    """
    title = f"{plan.name} ({plan.environment})"
    tags = ["perch", f"plan:{plan.name}", f"service:{plan.service}"]
    return drawn(uid_of(plan), title, plan.what, tags, rows(plan, environment), datasource)


def drawn(uid: str, title: str, about: str, tags: Sequence[str], found: Sequence[Row], datasource: str = "") -> str:
    """Rows of panels as JSON; what Perch notes is marked on all of them, by the first two tags."""
    board = dashboard.Dashboard(title).uid(uid).tags([*tags]).description(about)
    board = board.timezone("browser").refresh("30s").time("now-6h", "now").tooltip(model.DashboardCursorSync.CROSSHAIR)
    board = board.annotation(_annotations(tags[:2]))
    source = model.DataSourceRef(type_val="prometheus", uid=datasource or "${datasource}")
    if not datasource:
        choice = dashboard.DatasourceVariable("datasource").type("prometheus").label("Data source")
        board = board.with_variable(choice)
    for row in found:
        board = board.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            board = board.with_panel(_panel(panel, source))
    built = board.build()
    _lay_out(built.panels or ())
    return JSONEncoder(sort_keys=True, indent=2).encode(built) + "\n"


def _lay_out(found: Sequence[model.Panel | model.RowPanel]) -> None:
    """From left to right and on below, each with a number of its own."""
    x = y = tallest = 0
    for number, each in enumerate(found, start=1):
        each.id_val = number
        place = each.grid_pos
        if place is None:
            continue
        if x + place.w > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        place.x, place.y = x, y
        x, tallest = x + place.w, max(tallest, place.h)


def _annotations(tags: Sequence[str]) -> dashboard.AnnotationQuery:
    grafana = model.DataSourceRef(type_val="grafana", uid="-- Grafana --")
    target = dashboard.AnnotationTarget().limit(100).match_any(False).tags([*tags]).type("tags")
    query = dashboard.AnnotationQuery().name("What Perch did").datasource(grafana).target(target)
    return query.enable(True).icon_color("purple")


def _panel(panel: Panel, source: model.DataSourceRef) -> _Drawn:
    width, height = _SIZES[panel.look]
    made = _looks(panel).title(panel.title).description(panel.about).datasource(source).span(width).height(height)
    for letter, ask in zip("ABCDEFGH", panel.asks, strict=False):
        made = made.with_target(_query(ask, panel.look).ref_id(letter))
    return made


def _looks(panel: Panel) -> _Drawn:
    made: timeseries.Panel | gauge.Panel | stat.Panel | table.Panel
    match panel.look:
        case Look.HEAT:
            axis = heatmap.YAxisConfig().unit(UNITS[panel.unit])
            return heatmap.Panel().calculate(False).y_axis(axis)
        case Look.GAUGE:
            made = _within(gauge.Panel(), panel.unit)
        case Look.COUNT:
            made = stat.Panel().color_mode(shared.BigValueColorMode.BACKGROUND)
        case Look.TABLE:
            ordered = common.TableSortByFieldState().display_name("Value").desc(True)
            made = table.Panel().sort_by([ordered])
        case Look.LINES:
            made = timeseries.Panel().thresholds_style(_style(panel.bands)).span_nulls(False)
    return made.unit(UNITS[panel.unit]).thresholds(_steps(panel.bands)).no_value("no data")


def _within(made: gauge.Panel, unit: Unit) -> gauge.Panel:
    return made.min(0).max(1 if unit is Unit.RATIO else 100)


def _style(found: Sequence[Band]) -> common.GraphThresholdsStyleConfig:
    mode = shared.GraphThresholdsStyleMode.AREA if found else shared.GraphThresholdsStyleMode.OFF
    return common.GraphThresholdsStyleConfig().mode(mode)


def _steps(found: Sequence[Band]) -> dashboard.ThresholdsConfig:
    steps = [model.Threshold(value=band.begin, color=band.colour) for band in found]
    plain = [model.Threshold(value=None, color="blue")]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps or plain)


def _query(ask: Ask, look: Look) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(ask.promql).legend_format(ask.name)
    match look:
        case Look.TABLE:
            return query.instant().format(PromQueryFormat.TABLE)
        case Look.HEAT:
            return query.range().format(PromQueryFormat.HEATMAP)
        case Look.GAUGE | Look.COUNT:
            return query.instant()
        case Look.LINES:
            return query.range()
