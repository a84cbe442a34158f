"""Checks of the blocks that show many values: table, data table, chart, and the newer composite ones."""

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.chart_checks import chart
from bot.sandbox.workspace.element_checks import BUTTONS, Check, element
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.problems import Problems
from bot.sandbox.workspace.texts import all_text

_CELLS = ("raw_text", "raw_number", "rich_text")
_TASK_STATES = ("pending", "in_progress", "complete", "error")


def _rows(block: Json, place: str, problems: Problems, most_text: int) -> None:
    kind = block["type"]
    widths = set()
    for index, row in enumerate(problems.things(block.get("rows"), f"{kind}.rows", f"{place}/rows")):
        cells = problems.things(row, f"{kind}.columns", f"{place}/rows/{index}")
        widths.add(len(cells))
        for column, cell in enumerate(cells):
            _cell(cell, f"{place}/rows/{index}/{column}", problems)
    if len(widths) > 1:
        problems.add("all rows must have the same number of columns", f"{place}/rows")
    if len(all_text(block.get("rows"))) > most_text:
        problems.add(f"cells must have less than {most_text + 1} characters together", f"{place}/rows")


def _cell(value: object, place: str, problems: Problems) -> None:
    if (cell := problems.thing(value, place)) is None:
        return
    if cell.get("type") not in _CELLS:
        problems.add(f"unsupported type: {cell.get('type')}", f"{place}/type")
    elif cell["type"] == "raw_text" and not cell.get("text"):
        problems.add("must be more than 0 characters", f"{place}/text")
    elif cell["type"] == "raw_number" and not isinstance(cell.get("value"), int | float):
        problems.add("must be a number", f"{place}/value")


def _table(block: Json, place: str, problems: Problems) -> None:
    _rows(block, place, problems, limits.TABLE_TEXT)


def _data_table(block: Json, place: str, problems: Problems) -> None:
    _rows(block, place, problems, limits.DATA_TABLE_TEXT)
    if not block.get("caption"):
        problems.add("missing required field", f"{place}/caption")
    page_size = block.get("page_size", 5)
    if not (isinstance(page_size, int) and 1 <= page_size <= 100):
        problems.add("must be between 1 and 100", f"{place}/page_size")


def _card(block: Json, place: str, problems: Problems) -> None:
    for name in ("title", "subtitle", "body"):
        problems.text(block.get(name), f"card.{name}", f"{place}/{name}", required=False)
    if "actions" in block:
        buttons = problems.things(block["actions"], "card.actions", f"{place}/actions")
        for index, button in enumerate(buttons):
            element(button, f"{place}/actions/{index}", problems, BUTTONS)
    if not any(block.get(name) for name in ("title", "body", "actions", "hero_image")):
        problems.add("one of title, body, actions or hero_image is required", place)


def _task(block: Json, place: str, problems: Problems) -> None:
    for name in ("task_id", "title"):
        if not block.get(name):
            problems.add("missing required field", f"{place}/{name}")
    if block.get("status") not in _TASK_STATES:
        problems.add(f"must be one of {', '.join(_TASK_STATES)}", f"{place}/status")


def _lone_task(block: Json, place: str, problems: Problems) -> None:
    _task(block, place, problems)
    if block.get("status") == "pending":
        problems.add("a task outside a plan may not be pending", f"{place}/status")


def _plan(block: Json, place: str, problems: Problems) -> None:
    if not block.get("title"):
        problems.add("missing required field", f"{place}/title")
    tasks = problems.things(block.get("tasks", []), "plan.tasks", f"{place}/tasks")
    for index, value in enumerate(tasks):
        if (task := problems.thing(value, f"{place}/tasks/{index}")) is not None:
            _task(task, f"{place}/tasks/{index}", problems)


WIDE_BLOCKS: dict[str, Check] = {
    "table": _table,
    "data_table": _data_table,
    "card": _card,
    "task_card": _lone_task,
    "plan": _plan,
    "data_visualization": chart,
}
