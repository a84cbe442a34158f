"""Checks of `data_visualization`: a title, and lines, bars, areas or a pie with their numbers."""

from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.problems import Problems

_OVER_AXES = ("line", "bar", "area")


def chart(block: Json, place: str, problems: Problems) -> None:
    """The block as a whole: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block."""
    problems.string(block.get("title"), "chart.title", f"{place}/title", required=True)
    spot = f"{place}/chart"
    if (drawn := problems.thing(block.get("chart"), spot)) is None:
        return
    if drawn.get("type") == "pie":
        _points(drawn.get("segments"), "chart.segments", f"{spot}/segments", problems, least=0)
    elif drawn.get("type") in _OVER_AXES:
        _over_axes(drawn, spot, problems)
    else:
        problems.add(f"unsupported type: {drawn.get('type')}", f"{spot}/type")


def _over_axes(drawn: Json, place: str, problems: Problems) -> None:
    categories = _categories(drawn, f"{place}/axis_config", problems)
    names = set()
    series = problems.things(drawn.get("series"), "chart.series", f"{place}/series")
    for index, value in enumerate(series):
        spot = f"{place}/series/{index}"
        if (line := problems.thing(value, spot)) is None:
            continue
        problems.string(line.get("name"), "chart.label", f"{spot}/name", required=True)
        names.add(line.get("name"))
        labels = _points(line.get("data"), "chart.points", f"{spot}/data", problems)
        if sorted(labels) != sorted(categories):
            problems.add("must have one value for each category", f"{spot}/data")
    if len(names) < len(series):
        problems.add("series must have unique names", f"{place}/series")


def _categories(drawn: Json, place: str, problems: Problems) -> list[str]:
    if (axes := problems.thing(drawn.get("axis_config"), place)) is None:
        return []
    for name in ("x_label", "y_label"):
        problems.string(axes.get(name), "chart.axis_label", f"{place}/{name}")
    found = problems.things(axes.get("categories"), "chart.points", f"{place}/categories")
    for index, label in enumerate(found):
        problems.string(label, "chart.label", f"{place}/categories/{index}", required=True)
    return [str(label) for label in found]


def _points(value: object, count: str, place: str, problems: Problems, least: float | None = None) -> list[str]:
    labels = []
    for index, item in enumerate(problems.things(value, count, place)):
        spot = f"{place}/{index}"
        if (point := problems.thing(item, spot)) is None:
            continue
        problems.string(point.get("label"), "chart.label", f"{spot}/label", required=True)
        labels.append(str(point.get("label")))
        number = point.get("value")
        if isinstance(number, bool) or not isinstance(number, int | float):
            problems.add("must be a number", f"{spot}/value")
        elif least is not None and number <= least:
            problems.add(f"must be more than {least:g}", f"{spot}/value")
    return labels
