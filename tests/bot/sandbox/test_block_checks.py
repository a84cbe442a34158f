"""Blocks: each limit of Slack's is kept here, one past it is refused."""

import pytest

from bot.sandbox.workspace.block_checks import check_blocks
from tests.bot.sandbox.demo import Json, button, plain, section

OPTION: Json = {"text": plain("o"), "value": "v"}
CELL: Json = {"type": "raw_text", "text": "x"}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def menu(kind: str, count: int) -> Json:
    return {"type": kind, "action_id": "m", "options": [OPTION] * count}


def table(rows: int, columns: int) -> Json:
    return {"type": "table", "rows": [[CELL] * columns] * rows}


def confirm(**changed: Json) -> Json:
    return {"title": plain("t"), "text": plain("t"), "confirm": plain("y"), "deny": plain("n")} | changed


def context(count: int) -> Json:
    return {"type": "context", "elements": [plain("x")] * count}


def data_table(rows: int, **changed: object) -> Json:
    return {"type": "data_table", "caption": "c", "rows": [[CELL]] * rows} | changed


def plan(count: int) -> Json:
    task = {"task_id": "t", "title": "t", "status": "pending"}
    return {"type": "plan", "title": "p", "tasks": [task] * count}


def container(count: int) -> Json:
    return {"type": "container", "title": plain("t"), "child_blocks": [{"type": "divider"}] * count}


def image(**changed: object) -> Json:
    return {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"} | changed


def chart(kind: str = "line", lines: int = 1, points: int = 1, **changed: object) -> Json:
    labels = [f"{n}".rjust(20) for n in range(points)]
    data = [{"label": label, "value": -1.5} for label in labels]
    series = [{"name": f"{n}".rjust(20), "data": data} for n in range(lines)]
    axes = {"categories": labels, "x_label": "x" * 50, "y_label": "y" * 50}
    drawn = {"type": kind, "series": series, "axis_config": axes} | changed
    return {"type": "data_visualization", "title": "t" * 50, "chart": drawn}


def pie(count: int, value: float = 1) -> Json:
    return chart("pie", segments=[{"label": f"{n}", "value": value} for n in range(count)])


def groups(count: int) -> Json:
    return {"type": "static_select", "option_groups": [{"label": plain("g"), "options": [OPTION]}] * count}


FITS: list[tuple[str, list[Json]]] = [
    ("section", [section("x" * 3000)]),
    ("fields", [{"type": "section", "fields": [plain("x" * 2000)] * 10}]),
    ("header", [{"type": "header", "text": plain("x" * 150)}]),
    ("blocks", [{"type": "divider"}] * 50),
    ("context", [context(10)]),
    ("actions", [actions(*(button(f"b{n}") for n in range(25)))]),
    ("button", [actions(button("b" * 255, "x" * 75, "v" * 2000))]),
    ("confirm", [actions(button("b") | {"confirm": confirm(title=plain("x" * 100), text=plain("x" * 300))})]),
    ("overflow", [actions(menu("overflow", 5))]),
    ("select", [actions(menu("static_select", 100))]),
    ("checkboxes", [actions(menu("checkboxes", 10))]),
    ("radio", [actions(menu("radio_buttons", 10))]),
    ("table", [table(100, 20)]),
    ("data_table", [data_table(201)]),
    ("plan", [plan(50)]),
    ("container", [container(10)]),
    ("markdown", [{"type": "markdown", "text": "x" * 12_000}]),
    ("image", [image(alt_text="x" * 2000)]),
    ("card", [{"type": "card", "title": plain("x" * 150), "body": plain("x" * 200)}]),
    ("rich_text", [{"type": "rich_text", "elements": []}]),
    ("task_card", [{"type": "task_card", "task_id": "t", "title": "t", "status": "complete"}]),
    ("carousel", [{"type": "carousel", "elements": [{"type": "card", "title": plain("x")}] * 10}]),
    ("accessory", [section("x") | {"accessory": button("b")}]),
    ("lines", [chart(lines=12, points=20)]),
    ("bars", [chart("bar"), chart("area")]),
    ("pie", [pie(12)]),
    ("option groups", [actions(groups(100))]),
    ("the same action_id in two blocks", [actions(button("b")), section("x") | {"accessory": button("b")}]),
    ("unnamed", [actions({"type": "button", "text": plain("x")})]),
]

BREAKS: list[tuple[str, list[Json]]] = [
    ("section", [section("x" * 3001)]),
    ("empty text", [section("")]),
    ("no text", [{"type": "section"}]),
    ("text kind", [{"type": "section", "text": {"type": "html", "text": "x"}}]),
    ("text shape", [{"type": "section", "text": "x"}]),
    ("eleven fields", [{"type": "section", "fields": [plain("x")] * 11}]),
    ("no fields", [{"type": "section", "fields": []}]),
    ("field", [{"type": "section", "fields": [plain("x" * 2001)]}]),
    ("header", [{"type": "header", "text": plain("x" * 151)}]),
    ("header mrkdwn", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]),
    ("51 blocks", [{"type": "divider"}] * 51),
    ("context", [context(11)]),
    ("no context", [context(0)]),
    ("26 actions", [actions(*(button(f"b{n}") for n in range(26)))]),
    ("no actions", [actions()]),
    ("actions shape", [{"type": "actions", "elements": "x"}]),
    ("button text", [actions(button("b", "x" * 76))]),
    ("button value", [actions(button("b", value="x" * 2001))]),
    ("button url", [actions(button("b") | {"url": "x" * 3001})]),
    ("button label", [actions(button("b") | {"accessibility_label": "x" * 76})]),
    ("button style", [actions(button("b") | {"style": "loud"})]),
    ("action_id", [actions(button("b" * 256))]),
    ("block_id", [section("x") | {"block_id": "b" * 256}]),
    ("confirm title", [actions(button("b") | {"confirm": confirm(title=plain("x" * 101))})]),
    ("confirm text", [actions(button("b") | {"confirm": confirm(text=plain("x" * 301))})]),
    ("confirm button", [actions(button("b") | {"confirm": confirm(deny=plain("x" * 31))})]),
    ("overflow", [actions(menu("overflow", 6))]),
    ("select", [actions(menu("static_select", 101))]),
    ("no options", [actions(menu("static_select", 0))]),
    ("checkboxes", [actions(menu("checkboxes", 11))]),
    ("radio", [actions(menu("radio_buttons", 11))]),
    ("option text", [actions({"type": "overflow", "options": [{"text": plain("x" * 76), "value": "v"}]})]),
    ("option value", [actions({"type": "overflow", "options": [{"text": plain("x"), "value": "v" * 151}]})]),
    ("option without value", [actions({"type": "overflow", "options": [{"text": plain("x")}]})]),
    ("placeholder", [actions(menu("static_select", 1) | {"placeholder": plain("x" * 151)})]),
    ("element kind", [actions({"type": "odd"})]),
    ("text input in actions", [actions({"type": "plain_text_input"})]),
    ("block kind", [{"type": "odd"}]),
    ("input in a message", [{"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}}]),
    ("alert in a message", [{"type": "alert", "text": plain("x")}]),
    ("double action_id", [actions(button("b"), button("b"))]),
    ("double block_id", [section("x") | {"block_id": "b"}] * 2),
    ("101 rows", [table(101, 1)]),
    ("21 columns", [table(1, 21)]),
    ("two tables", [table(1, 1), table(1, 1)]),
    ("ragged table", [{"type": "table", "rows": [[CELL], [CELL, CELL]]}]),
    ("empty cell", [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}]),
    ("cell kind", [{"type": "table", "rows": [[plain("x")]]}]),
    ("number cell", [{"type": "table", "rows": [[{"type": "raw_number", "value": "1"}]]}]),
    ("table text", [{"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 10_001}]]}]),
    ("data table of one row", [data_table(1)]),
    ("data table of 202 rows", [data_table(202)]),
    ("data table page", [data_table(2, page_size=101)]),
    ("data table without caption", [data_table(2, caption="")]),
    ("51 tasks", [plan(51)]),
    ("lone pending task", [{"type": "task_card", "task_id": "t", "title": "t", "status": "pending"}]),
    ("task status", [{"type": "task_card", "task_id": "t", "title": "t", "status": "odd"}]),
    ("11 children", [container(11)]),
    ("container without title", [{"type": "container", "child_blocks": [{"type": "divider"}]}]),
    ("markdown", [{"type": "markdown", "text": "x" * 12_001}]),
    ("markdown together", [{"type": "markdown", "text": "x" * 7_000}] * 2),
    ("image without alt", [{"type": "image", "image_url": "https://example.com/x.png"}]),
    ("image alt", [image(alt_text="x" * 2001)]),
    ("image url", [image(image_url="x" * 3001)]),
    ("empty card", [{"type": "card"}]),
    ("card title", [{"type": "card", "title": plain("x" * 151)}]),
    ("card body", [{"type": "card", "body": plain("x" * 201)}]),
    ("4 card buttons", [{"type": "card", "actions": [button(f"b{n}") for n in range(4)]}]),
    ("6 context actions", [{"type": "context_actions", "elements": [{}] * 6}]),
    ("11 cards", [{"type": "carousel", "elements": [{"type": "card", "title": plain("x")}] * 11}]),
    ("rich text shape", [{"type": "rich_text"}]),
    ("101 option groups", [actions(groups(101))]),
    ("group without label", [actions({"type": "static_select", "option_groups": [{"options": [OPTION]}]})]),
    ("group of nothing", [actions({"type": "static_select", "option_groups": [{"label": plain("g"), "options": []}]})]),
    ("13 lines", [chart(lines=13)]),
    ("21 points", [chart(points=21)]),
    ("no lines", [chart(lines=0)]),
    ("13 slices", [pie(13)]),
    ("empty slice", [pie(2, 0)]),
    ("three charts", [chart(), chart(), chart()]),
    ("chart kind", [chart("radar")]),
    ("chart title", [chart() | {"title": "t" * 51}]),
    ("chart without title", [{name: value for name, value in chart().items() if name != "title"}]),
    ("chart without chart", [{"type": "data_visualization", "title": "t"}]),
    ("chart axis", [chart(axis_config={"categories": ["0".rjust(20)], "y_label": "y" * 51})]),
    ("chart without axes", [chart(axis_config=None)]),
    ("chart label", [chart(axis_config={"categories": ["x" * 21]})]),
    ("chart value for nothing", [chart(axis_config={"categories": ["a"]})]),
    ("chart value missing", [chart(axis_config={"categories": ["0".rjust(20), "a"]})]),
    ("chart value", [chart(series=[{"name": "s", "data": [{"label": "0".rjust(20), "value": "1"}]}])]),
    ("series name", [chart(series=[{"name": "s" * 21, "data": [{"label": "0".rjust(20), "value": 1}]}])]),
    ("double series", [chart(series=[{"name": "s", "data": [{"label": "0".rjust(20), "value": 1}]}] * 2)]),
]


@pytest.mark.parametrize("blocks", [blocks for _, blocks in FITS], ids=[name for name, _ in FITS])
def test_blocks_up_to_the_limit_are_taken(blocks: list[Json]) -> None:
    assert check_blocks(blocks, "message") == []


@pytest.mark.parametrize("blocks", [blocks for _, blocks in BREAKS], ids=[name for name, _ in BREAKS])
def test_blocks_past_a_limit_are_refused_with_their_place(blocks: list[Json]) -> None:
    found = check_blocks(blocks, "message")
    assert found
    assert all("[json-pointer:/blocks" in line for line in found)


def test_a_kind_of_block_that_has_not_arrived_yet_is_refused() -> None:
    refused = ["unsupported type: data_visualization [json-pointer:/blocks/1/type]"]
    assert check_blocks([section("x"), chart()], "message", {"data_visualization"}) == refused


def test_a_modal_takes_a_hundred_blocks_and_inputs_but_no_tables() -> None:
    entry: Json = {"type": "input", "label": plain("x"), "element": {"type": "plain_text_input", "max_length": 3000}}
    assert check_blocks([entry] * 100, "modal") == []
    assert check_blocks([entry] * 101, "modal")
    assert check_blocks([table(1, 1)], "modal")
    assert check_blocks([entry | {"element": {"type": "plain_text_input", "max_length": 3001}}], "modal")
