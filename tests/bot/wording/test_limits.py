"""The linter of messages finds each limit of Slack's, planted one beyond, and takes what is at the limit itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.ports import Said
from bot.sandbox.workspace import limits as sandbox
from bot.wording import blocks as kept
from bot.wording import modals
from tests.bot.wording.limits import UNMODELLED, broken_limits, broken_view, our_look, our_look_at_view
from tests.bot.wording.readable import lone_marks, not_a_sentence
from tests.bot.wording.slack_numbers import BLOCKS_ON, LIMITS, OTHERS, PUBLISHED

Block = dict[str, Any]
Planted = Said | Block
REGISTRY = "install the dev dependencies anew: pip install -e '.[dev]'"


def plain(length: int) -> Block:
    return {"type": "plain_text", "text": "x" * length}


def words(length: int) -> Block:
    return {"type": "mrkdwn", "text": "x" * length}


def message(*blocks: Block) -> Said:
    return Said("Here it is.", blocks)


def button(number: int = 0, **changes: Any) -> Block:
    given = {"type": "button", "action_id": f"b{number}", "text": plain(3), "accessibility_label": "Press it"}
    return {**given, **changes}


def actions(*elements: Block) -> Said:
    return message({"type": "actions", "elements": list(elements)})


def confirmed(**changes: Block) -> Said:
    texts = {name: plain(3) for name in ("title", "text", "confirm", "deny")}
    return actions(button(confirm={**texts, **changes}))


def options(count: int, **changes: Any) -> list[Block]:
    return [{"text": plain(3), "value": f"v{number}", **changes} for number in range(count)]


def menu(kind: str, count: int = 2, **changes: Any) -> Block:
    return {"type": kind, "action_id": "m", "options": options(count), **changes}


def section(**changes: Any) -> Said:
    return message({"type": "section", **(changes or {"text": words(3)})})


def image(**changes: Any) -> Said:
    return message({"type": "image", "image_url": "https://x.example/a.png", "alt_text": "It rises.", **changes})


def cells(rows: int, columns: int, length: int = 1) -> list[list[Block]]:
    return [[{"type": "raw_text", "text": "x" * length}] * columns for _ in range(rows)]


def table(kind: str, rows: int = 2, columns: int = 2, length: int = 1, **changes: Any) -> Said:
    return message({"type": kind, "caption": "All", "rows": cells(rows, columns, length), **changes})


def chart(series: int = 1, points: int = 1, name: int = 3, label: int = 3, **axis: Any) -> Block:
    labels = [f"{number:02}".ljust(label, "x") for number in range(points)]
    data = [{"label": each, "value": 1.0} for each in labels]
    lines = [{"name": f"{number:02}".ljust(name, "x"), "data": data} for number in range(series)]
    drawn = {"type": "line", "series": lines, "axis_config": {"categories": labels, **axis}}
    return {"type": "data_visualization", "title": "Errors", "chart": drawn}


def pie(segments: int) -> Block:
    return chart() | {
        "chart": {"type": "pie", "segments": [{"label": f"s{each}", "value": 1.0} for each in range(segments)]}
    }


def view(*blocks: Block, **changes: Any) -> Block:
    given = {"type": "modal", "title": plain(3), "submit": plain(3), "close": plain(3), "blocks": list(blocks)}
    return {**given, **changes}


def asks(element: Block | None = None, **changes: Any) -> Block:
    element = element or {"type": "plain_text_input", "action_id": "a"}
    return view({"type": "input", "label": plain(3), "element": element, **changes})


def typed(**changes: Any) -> Block:
    return asks({"type": "plain_text_input", "action_id": "a", **changes})


def holds(kind: str, name: str, inner: Callable[[int], Block]) -> Callable[[int], Said]:
    return lambda count: message({"type": kind, "title": plain(3), name: [inner(each) for each in range(count)]})


PLANTED: Mapping[str, Callable[[int], Planted]] = {
    "text.max_length": lambda n: message({"type": "context", "elements": [words(n)]}),
    "block_id.max_length": lambda n: section(text=words(3), block_id="x" * n),
    "action_id.max_length": lambda n: actions(button(action_id="x" * n)),
    "message.blocks.max_items": lambda n: message(*[{"type": "divider"}] * n),
    "message.data_visualizations.max_items": lambda n: message(*[chart()] * n),
    "message.text.max_length": lambda n: Said("x" * n),
    "message.all_blocks.max_length": lambda n: message(
        *[{"type": "section", "text": words(1000)}] * 6, {"type": "markdown", "text": "x" * (n - 6 * 1013 - 8)}
    ),
    "message.tables.max_items": lambda n: message(*[dict(each) for each in table("table").blocks * n]),
    "header.text.max_length": lambda n: message({"type": "header", "text": plain(n)}),
    "section.text.max_length": lambda n: section(text=words(n)),
    "section.fields.max_items": lambda n: section(fields=[words(3)] * n),
    "section.fields.item_max_length": lambda n: section(fields=[words(n)]),
    "context.elements.max_items": lambda n: message({"type": "context", "elements": [words(3)] * n}),
    "actions.elements.max_items": lambda n: actions(*map(button, range(n))),
    "image.image_url.max_length": lambda n: image(image_url="x" * n),
    "image.alt_text.max_length": lambda n: image(alt_text="x" * n),
    "image.title.max_length": lambda n: image(title=plain(n)),
    "input.label.max_length": lambda n: asks(label=plain(n)),
    "input.hint.max_length": lambda n: asks(hint=plain(n)),
    "button.text.max_length": lambda n: actions(button(text=plain(n))),
    "button.value.max_length": lambda n: actions(button(value="x" * n)),
    "button.url.max_length": lambda n: actions(button(url="x" * n)),
    "button.accessibility_label.max_length": lambda n: actions(button(accessibility_label="x" * n)),
    "confirmation.title.max_length": lambda n: confirmed(title=plain(n)),
    "confirmation.text.max_length": lambda n: confirmed(text=plain(n)),
    "confirmation.confirm.max_length": lambda n: confirmed(confirm=plain(n)),
    "confirmation.deny.max_length": lambda n: confirmed(deny=plain(n)),
    "option.text.max_length": lambda n: actions(menu("overflow", options=options(2, text=plain(n)))),
    "option.value.max_length": lambda n: actions(menu("overflow", options=options(2, value="x" * n))),
    "option.description.max_length": lambda n: actions(menu("overflow", options=options(2, description=plain(n)))),
    "overflow.options.max_items": lambda n: actions(menu("overflow", n)),
    "overflow.options.min_items": lambda n: actions(menu("overflow", n)),
    "select.options.max_items": lambda n: asks(menu("static_select", n)),
    "select.option_groups.max_items": lambda n: asks(
        {"type": "static_select", "action_id": "m", "option_groups": [{"label": plain(3), "options": options(1)}] * n}
    ),
    "select.placeholder.max_length": lambda n: asks(menu("static_select", placeholder=plain(n))),
    "checkboxes.options.max_items": lambda n: asks(menu("checkboxes", n)),
    "radio_buttons.options.max_items": lambda n: asks(menu("radio_buttons", n)),
    "plain_text_input.max_length.max": lambda n: typed(max_length=n),
    "plain_text_input.placeholder.max_length": lambda n: typed(placeholder=plain(n)),
    "alert.text.max_length": lambda n: view({"type": "alert", "text": words(n)}),
    "card.title.max_length": lambda n: message({"type": "card", "title": plain(n)}),
    "card.subtitle.max_length": lambda n: message({"type": "card", "title": plain(3), "subtitle": plain(n)}),
    "card.body.max_length": lambda n: message({"type": "card", "body": words(n)}),
    "card.actions.max_items": holds("card", "actions", button),
    "carousel.elements.max_items": holds("carousel", "elements", lambda _: {"type": "card", "title": plain(3)}),
    "container.title.max_length": lambda n: message(
        {"type": "container", "title": plain(n), "child_blocks": [{"type": "divider"}]}
    ),
    "container.child_blocks.max_items": holds("container", "child_blocks", lambda _: {"type": "divider"}),
    "context_actions.elements.max_items": holds("context_actions", "elements", button),
    "plan.tasks.max_items": holds("plan", "tasks", lambda number: {"task_id": f"t{number}", "title": "T"}),
    "table.rows.max_items": lambda n: table("table", n),
    "table.columns.max_items": lambda n: table("table", 2, n),
    "table.total_content.max_length": lambda n: table("table", 1, 1, n),
    "data_table.rows.max_items": lambda n: table("data_table", n),
    "data_table.rows.min_items": lambda n: table("data_table", n),
    "data_table.columns.max_items": lambda n: table("data_table", 2, n),
    "data_table.page_size.max": lambda n: table("data_table", page_size=n),
    "data_visualization.title.max_length": lambda n: message(chart() | {"title": "x" * n}),
    "data_visualization.series.max_items": lambda n: message(chart(series=n)),
    "data_visualization.series_name.max_length": lambda n: message(chart(name=n)),
    "data_visualization.data.max_items": lambda n: message(chart(points=n)),
    "data_visualization.point_label.max_length": lambda n: message(chart(label=n)),
    "data_visualization.categories.max_items": lambda n: message(chart(points=n)),
    "data_visualization.category_label.max_length": lambda n: message(chart(label=n)),
    "data_visualization.segments.max_items": lambda n: message(pie(n)),
    "data_visualization.axis_label.max_length": lambda n: message(chart(x_label="x" * n)),
    "view.blocks.max_items": lambda n: view(*[{"type": "divider"}] * n),
    "view.title.max_length": lambda n: view(title=plain(n)),
    "view.submit.max_length": lambda n: view(submit=plain(n)),
    "view.close.max_length": lambda n: view(close=plain(n)),
    "view.callback_id.max_length": lambda n: view(callback_id="x" * n),
    "view.external_id.max_length": lambda n: view(external_id="x" * n),
    "view.private_metadata.max_length": lambda n: view(private_metadata="x" * n),
}
"""For each limit, something that has exactly `n` of what is limited."""

TOGETHER = {
    "data_table.total_content.max_length",
    "markdown.text.max_length",
    "markdown.total_text.max_length",
    "view.max_bytes",
}
"""Never reached first: the sum of all blocks, and the other limits of a view, are smaller."""


def looked(planted: Planted) -> list[str]:
    return our_look(planted) if isinstance(planted, Said) else our_look_at_view(planted)


@pytest.mark.parametrize("limit", PLANTED)
def test_one_beyond_each_limit_is_found_and_the_limit_itself_is_taken(limit: str) -> None:
    most = LIMITS[limit]
    assert looked(PLANTED[limit](most)) == []
    assert looked(PLANTED[limit](most - 1 if "min_items" in limit else most + 1)) != []


def test_every_limit_is_planted() -> None:
    assert {*PLANTED} | TOGETHER == {*LIMITS}


@pytest.mark.parametrize("surface", BLOCKS_ON)
def test_a_block_that_a_surface_doesnt_take_is_found(surface: str) -> None:
    for kind in {*BLOCKS_ON["message"], "alert"} - BLOCKS_ON[surface]:
        bare: Block = {"type": kind, "rows": [], "elements": [], "text": "Yes."}
        found = looked(message(bare)) if surface == "message" else looked(view(bare, type=surface))
        assert any(f"a {surface} takes no {kind}" in each for each in found)


UNREADABLE: Mapping[str, Said] = {
    "text: 0 characters": Said(""),
    "without alt_text": image(alt_text=" "),
    "without an accessibility_label": actions(button(accessibility_label="")),
    "action_id 'b1' isn't unique": actions(button(1), button(1)),
    "block_id 'same' isn't unique": message(*[{"type": "divider", "block_id": "same"}] * 2),
    "without an action_id": actions(button(action_id="")),
    "not escaped: <!channel>": section(text={"type": "mrkdwn", "text": "<!channel> look"}),
    "not escaped: a < b": Said("a < b"),
    "an empty cell": table("table", 1, 1, 0),
    "and all alike": message({"type": "table", "rows": [*cells(1, 2), *cells(1, 3)]}),
    "doesn't have every category": message(chart(categories=["other"])),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_somebody_couldnt_read_or_press_is_found(what: str) -> None:
    assert any(what in each for each in looked(UNREADABLE[what]))


@pytest.mark.parametrize("text", ["Errors: 🔴", "⚠️", "✅\nAll holds.", "Verdict ❌, checked 10:00."])
def test_a_mark_that_says_all_by_its_colour_is_found(text: str) -> None:
    assert lone_marks([{"type": "section", "text": {"type": "mrkdwn", "text": text}}])
    assert lone_marks({"text": "✅ *All* hold, ⚠️ `errors` don't."}) == []


@pytest.mark.parametrize("text", ["", " x.", "materializers is on hold", ", and more.", "It rises,", "Ready: 5%"])
def test_half_a_sentence_is_told_from_a_whole_one(text: str) -> None:
    assert not_a_sentence(text)


@pytest.mark.parametrize(
    "text", ["✅ It rises.", "materializers is on hold.", "Why not? Next: /canary why x", "5 wait."]
)
def test_a_whole_sentence_may_begin_with_a_mark_or_a_name_and_end_in_a_command(text: str) -> None:
    assert not not_a_sentence(text)


# One table, three places that keep it


def test_our_table_is_the_published_one() -> None:
    """PLATFORM §4: `slackblocks` has Slack's limits as a registry of its own, made from a specification."""
    published = pytest.importorskip("slackblocks._limits", reason=REGISTRY)
    theirs = {name: getattr(published, name.upper().replace(".", "_"), None) for name in PUBLISHED}
    assert theirs == dict(PUBLISHED)
    surfaces = pytest.importorskip("slackblocks._surfaces", reason=REGISTRY)
    assert dict(BLOCKS_ON) == surfaces._BLOCK_TYPES_BY_SURFACE


def test_what_is_ours_alone_is_no_copy_of_what_is_published() -> None:
    assert not {*OTHERS} & {*PUBLISHED}


BOT = {
    "message.blocks.max_items": kept.MESSAGE_BLOCKS,
    "section.text.max_length": kept.SECTION_TEXT,
    "header.text.max_length": kept.HEADER_TEXT,
    "button.text.max_length": kept.BUTTON_TEXT,
    "button.value.max_length": kept.VALUE,
    "option.value.max_length": kept.OPTION_VALUE,
    "confirmation.title.max_length": kept.CONFIRM_TITLE,
    "confirmation.text.max_length": kept.CONFIRM_TEXT,
    "confirmation.confirm.max_length": kept.CONFIRM_BUTTON,
    "view.title.max_length": modals.TITLE,
}


def test_the_bot_keeps_to_the_table() -> None:
    assert {name: LIMITS[name] for name in BOT} == BOT
    assert LIMITS["message.text.max_length"] >= kept.TEXT
    assert LIMITS["message.all_blocks.max_length"] > kept.TOTAL


SAME = {
    "view.button": "view.submit",
    "confirm.title": "confirmation.title",
    "confirm.text": "confirmation.text",
    "confirm.button": "confirmation.confirm",
    "placeholder": "select.placeholder",
    "context.text": "text",
    "section.field": "section.fields.item",
    "table.columns": "table.columns",
    "chart.title": "data_visualization.title",
    "chart.label": "data_visualization.point_label",
    "chart.axis_label": "data_visualization.axis_label",
    "chart.series": "data_visualization.series",
    "chart.points": "data_visualization.data",
    "chart.segments": "data_visualization.segments",
    "option_groups": "select.option_groups",
    "static_select.options": "select.options",
    "multi_static_select.options": "select.options",
}
"""The sandbox's name → the table's, where they differ."""


def test_the_sandbox_refuses_by_the_same_numbers() -> None:
    lengths = {**sandbox.TEXT, **sandbox.STRING}
    for name, most in lengths.items():
        limit = SAME.get(name, name)
        assert most == LIMITS[f"{limit}_max_length" if limit.endswith(".item") else f"{limit}.max_length"], name
    for name, (_, most) in sandbox.COUNT.items():
        assert most == LIMITS[f"{SAME.get(name, name)}.max_items"], name
    assert sandbox.BLOCKS["message"] == LIMITS["message.blocks.max_items"]
    assert sandbox.BLOCKS["modal"] == sandbox.BLOCKS["home"] == LIMITS["view.blocks.max_items"]
    assert (LIMITS["message.text.max_length"], LIMITS["block_id.max_length"]) == (sandbox.UPDATED_TEXT, sandbox.IDS)
    assert LIMITS["table.total_content.max_length"] == sandbox.TABLE_TEXT
    assert LIMITS["message.all_blocks.max_length"] < sandbox.TEXT_OF_ALL_BLOCKS


def test_what_the_models_dont_know_is_listed_and_nothing_else() -> None:
    """A slack_sdk that knows more makes this list shorter."""
    unknown = {kind for kind in BLOCKS_ON["message"] | BLOCKS_ON["modal"] if _parsed(kind) is None}
    assert unknown == UNMODELLED


def _parsed(kind: str) -> object:
    from slack_sdk.models.blocks import Block as Model

    try:
        return Model.parse({"type": kind})
    except TypeError as lacking:
        return lacking


@pytest.mark.parametrize("said", [message(), table("table"), message(chart()), actions(button(), menu("overflow"))])
def test_a_good_message_passes_all_three(said: Said) -> None:
    assert broken_limits(said) == []


def test_a_good_view_passes_all_three() -> None:
    assert broken_view(asks()) == []
