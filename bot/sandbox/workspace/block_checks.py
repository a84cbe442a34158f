"""Checks blocks as Slack does when they arrive, on messages, modals and App Homes."""

from collections import Counter
from collections.abc import Collection

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.element_checks import BUTTONS, IMAGES, INPUTS, MENUS, Check, element
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.problems import Problems
from bot.sandbox.workspace.table_checks import WIDE_BLOCKS
from bot.sandbox.workspace.texts import controls


def _section(block: Json, place: str, problems: Problems) -> None:
    if "text" not in block and "fields" not in block:
        problems.add("one of text or fields is required", place)
    problems.text(block.get("text"), "section.text", f"{place}/text", required=False)
    if "fields" in block:
        fields = problems.things(block["fields"], "section.fields", f"{place}/fields")
        for index, value in enumerate(fields):
            problems.text(value, "section.field", f"{place}/fields/{index}")
    if "accessory" in block:
        element(block["accessory"], f"{place}/accessory", problems, BUTTONS | MENUS | IMAGES)


def _header(block: Json, place: str, problems: Problems) -> None:
    problems.text(block.get("text"), "header.text", f"{place}/text", plain=True)


def _divider(block: Json, place: str, problems: Problems) -> None:
    """Nothing can be wrong with a line."""


def _context(block: Json, place: str, problems: Problems) -> None:
    found = problems.things(block.get("elements"), "context.elements", f"{place}/elements")
    for index, value in enumerate(found):
        spot = f"{place}/elements/{index}"
        if isinstance(value, dict) and value.get("type") == "image":
            element(value, spot, problems, IMAGES)
        else:
            problems.text(value, "context.text", spot)


def _actions(block: Json, place: str, problems: Problems) -> None:
    found = problems.things(block.get("elements"), f"{block['type']}.elements", f"{place}/elements")
    for index, value in enumerate(found):
        element(value, f"{place}/elements/{index}", problems, BUTTONS | MENUS)


def _context_actions(block: Json, place: str, problems: Problems) -> None:
    problems.things(block.get("elements"), "context_actions.elements", f"{place}/elements")


def _image(block: Json, place: str, problems: Problems) -> None:
    IMAGES["image"](block, place, problems)
    problems.text(block.get("title"), "image.title", f"{place}/title", plain=True, required=False)


def _input(block: Json, place: str, problems: Problems) -> None:
    problems.text(block.get("label"), "input.label", f"{place}/label", plain=True)
    problems.text(block.get("hint"), "input.hint", f"{place}/hint", plain=True, required=False)
    element(block.get("element"), f"{place}/element", problems, INPUTS)


def _markdown(block: Json, place: str, problems: Problems) -> None:
    problems.string(block.get("text"), "markdown.text", f"{place}/text", required=True)


def _rich_text(block: Json, place: str, problems: Problems) -> None:
    if not isinstance(block.get("elements"), list):
        problems.add("must be an array", f"{place}/elements")


def _alert(block: Json, place: str, problems: Problems) -> None:
    problems.text(block.get("text"), "alert.text", f"{place}/text")


def _container(block: Json, place: str, problems: Problems) -> None:
    plain = "rich_text_title" not in block
    problems.text(block.get("title"), "container.title", f"{place}/title", plain=True, required=plain)
    inner = problems.things(block.get("child_blocks"), "container.child_blocks", f"{place}/child_blocks")
    for index, value in enumerate(inner):
        _block(value, f"{place}/child_blocks/{index}", problems, "message")


def _carousel(block: Json, place: str, problems: Problems) -> None:
    cards = problems.things(block.get("elements"), "carousel.elements", f"{place}/elements")
    for index, value in enumerate(cards):
        element(value, f"{place}/elements/{index}", problems, {"card": WIDE_BLOCKS["card"]})


_EVERYWHERE: dict[str, Check] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "rich_text": _rich_text,
}
_IN_MESSAGES = WIDE_BLOCKS | {
    "context_actions": _context_actions,
    "markdown": _markdown,
    "container": _container,
    "carousel": _carousel,
}
_BY_SURFACE: dict[str, dict[str, Check]] = {
    "message": _EVERYWHERE | _IN_MESSAGES,
    "modal": _EVERYWHERE | {"input": _input, "alert": _alert},
    "home": _EVERYWHERE | {"input": _input},
}


def _block(value: object, place: str, problems: Problems, surface: str) -> None:
    if (block := problems.thing(value, place)) is None:
        return
    check = _BY_SURFACE[surface].get(str(block.get("type")))
    if check is None:
        problems.add(f"unsupported type: {block.get('type')}", f"{place}/type")
        return
    problems.ident(block.get("block_id"), f"{place}/block_id")
    check(block, place, problems)


def check_blocks(blocks: list[Json], surface: str, unknown: Collection[str] = ()) -> list[str]:
    """What Slack would complain about: one line for each mistake, none when all is well.

    `surface` is `message`, `modal` or `home`; `unknown` kinds of block have not reached this workspace yet.
    """
    problems = Problems()
    if len(blocks) > (most := limits.BLOCKS[surface]):
        problems.add(f"no more than {most} items allowed", "/blocks")
    for index, value in enumerate(blocks):
        if isinstance(value, dict) and value.get("type") in unknown:
            problems.add(f"unsupported type: {value['type']}", f"/blocks/{index}/type")
        else:
            _block(value, f"/blocks/{index}", problems, surface)
    if not problems.found:
        _check_together(blocks, problems)
    return problems.found


def _check_together(blocks: list[Json], problems: Problems) -> None:
    _refuse_doubles("block_id", [b["block_id"] for b in blocks if b.get("block_id")], problems)
    for block in blocks:
        _refuse_doubles("action_id", [e["action_id"] for _, e in controls([block]) if e.get("action_id")], problems)
    kinds = Counter(block["type"] for block in blocks)
    if kinds["table"] > limits.TABLES_IN_MESSAGE:
        problems.add("only one table is allowed in a message", "/blocks")
    if kinds["data_visualization"] > (most := limits.CHARTS_IN_MESSAGE):
        problems.add(f"no more than {most} charts are allowed in a message", "/blocks")
    if sum(len(b["text"]) for b in blocks if b["type"] == "markdown") > limits.MARKDOWN_TOGETHER:
        problems.add(f"markdown must be less than {limits.MARKDOWN_TOGETHER + 1} characters", "/blocks")


def _refuse_doubles(name: str, ids: list[str], problems: Problems) -> None:
    for ident, times in Counter(ids).items():
        if times > 1:
            problems.add(f"{name} {ident!r} already exists: it must be unique", "/blocks")
