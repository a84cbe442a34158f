"""Slack's limits, in one table, under the names that the published registry of limits gives them.

`test_limits.py` holds them equal to the registry (`slackblocks._limits`), to the numbers that the bot keeps
(`bot.wording.blocks`) and to those that the sandbox refuses by.
"""

from __future__ import annotations

from collections.abc import Mapping

PUBLISHED: Mapping[str, int] = {
    "text.max_length": 3000,
    "block_id.max_length": 255,
    "action_id.max_length": 255,
    "message.blocks.max_items": 50,
    "message.data_visualizations.max_items": 2,
    "header.text.max_length": 150,
    "section.text.max_length": 3000,
    "section.fields.max_items": 10,
    "section.fields.item_max_length": 2000,
    "context.elements.max_items": 10,
    "actions.elements.max_items": 25,
    "image.image_url.max_length": 3000,
    "image.alt_text.max_length": 2000,
    "image.title.max_length": 2000,
    "markdown.text.max_length": 12_000,
    "markdown.total_text.max_length": 12_000,
    "input.label.max_length": 2000,
    "input.hint.max_length": 2000,
    "button.text.max_length": 75,
    "button.value.max_length": 2000,
    "button.url.max_length": 3000,
    "button.accessibility_label.max_length": 75,
    "confirmation.title.max_length": 100,
    "confirmation.text.max_length": 300,
    "confirmation.confirm.max_length": 30,
    "confirmation.deny.max_length": 30,
    "option.text.max_length": 75,
    "option.value.max_length": 150,
    "option.description.max_length": 75,
    "overflow.options.max_items": 5,
    "select.options.max_items": 100,
    "select.option_groups.max_items": 100,
    "select.placeholder.max_length": 150,
    "checkboxes.options.max_items": 10,
    "radio_buttons.options.max_items": 10,
    "plain_text_input.max_length.max": 3000,
    "plain_text_input.placeholder.max_length": 150,
    "alert.text.max_length": 200,
    "card.title.max_length": 150,
    "card.subtitle.max_length": 150,
    "card.body.max_length": 200,
    "card.actions.max_items": 3,
    "carousel.elements.max_items": 10,
    "container.title.max_length": 150,
    "container.child_blocks.max_items": 10,
    "context_actions.elements.max_items": 5,
    "plan.tasks.max_items": 50,
    "table.rows.max_items": 100,
    "table.columns.max_items": 20,
    "data_table.rows.min_items": 2,
    "data_table.rows.max_items": 201,
    "data_table.columns.max_items": 20,
    "data_table.page_size.max": 100,
    "data_table.total_content.max_length": 20_000,
    "data_visualization.title.max_length": 50,
    "data_visualization.series.max_items": 12,
    "data_visualization.series_name.max_length": 20,
    "data_visualization.data.max_items": 20,
    "data_visualization.point_label.max_length": 20,
    "data_visualization.categories.max_items": 20,
    "data_visualization.category_label.max_length": 20,
    "data_visualization.segments.max_items": 12,
    "data_visualization.axis_label.max_length": 50,
    "view.blocks.max_items": 100,
    "view.title.max_length": 24,
    "view.submit.max_length": 24,
    "view.close.max_length": 24,
    "view.callback_id.max_length": 255,
    "view.external_id.max_length": 255,
    "view.private_metadata.max_length": 3000,
}

OTHERS: Mapping[str, int] = {
    # chat.update refuses more with msg_too_long (docs.slack.dev/reference/methods/chat.update).
    "message.text.max_length": 4000,
    # Undocumented: msg_blocks_too_long from about 13,200 characters of all blocks on (slackapi/bolt-js 2509).
    "message.all_blocks.max_length": 12_000,
    "message.tables.max_items": 1,
    "table.total_content.max_length": 10_000,
    # An overflow with one option is a button in disguise; the older reference wants two.
    "overflow.options.min_items": 2,
    "view.max_bytes": 250_000,
}
"""What the registry doesn't have, or has laxer than we want it; each with where it comes from."""

LIMITS: Mapping[str, int] = {**PUBLISHED, **OTHERS}

_EVERYWHERE = frozenset({"actions", "card", "context", "divider", "header", "image", "input", "rich_text", "section"})
_WIDE = frozenset({"carousel", "container", "data_table", "data_visualization", "table"})

BLOCKS_ON: Mapping[str, frozenset[str]] = {
    "message": _EVERYWHERE | _WIDE | {"context_actions", "file", "markdown", "plan", "task_card", "video"},
    "modal": _EVERYWHERE | {"alert", "video"},
    "home": _EVERYWHERE | _WIDE | {"video"},
}
"""Which blocks each surface takes; also the registry's (`slackblocks._surfaces`)."""
