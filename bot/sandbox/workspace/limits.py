"""The limits of messages, blocks and views, in one place.

Source: Slack's Block Kit reference, except where a line says otherwise. Text limits are in characters.
"""

POSTED_TEXT = 40_000
"""`chat.postMessage` cuts longer text off without a word."""
UPDATED_TEXT = 4_000
"""`chat.update` refuses longer text with `msg_too_long`."""
TEXT_OF_ALL_BLOCKS = 13_200
"""Above it `msg_blocks_too_long`: not documented, measured by others (slackapi/bolt-js #2509)."""
METADATA_BYTES = 16_000

BLOCKS = {"message": 50, "modal": 100, "home": 100}
IDS = 255
MARKDOWN_TOGETHER = 12_000

TEXT = {
    "section.text": 3_000,
    "section.field": 2_000,
    "header.text": 150,
    "context.text": 3_000,
    "button.text": 75,
    "confirm.title": 100,
    "confirm.text": 300,
    "confirm.button": 30,
    "option.text": 75,
    "option.description": 75,
    "placeholder": 150,
    "input.label": 2_000,
    "input.hint": 2_000,
    "image.title": 2_000,
    "view.title": 24,
    "view.button": 24,
    "card.title": 150,
    "card.subtitle": 150,
    "card.body": 200,
    "container.title": 150,
    "alert.text": 200,
}

STRING = {
    "button.value": 2_000,
    "button.url": 3_000,
    "button.accessibility_label": 75,
    "option.value": 150,
    "image.image_url": 3_000,
    "image.alt_text": 2_000,
    "markdown.text": 12_000,
    "chart.title": 50,
    "chart.label": 20,
    "chart.axis_label": 50,
    "view.private_metadata": 3_000,
    "view.callback_id": 255,
    "view.external_id": 255,
}

COUNT = {
    "section.fields": (1, 10),
    "context.elements": (1, 10),
    "actions.elements": (1, 25),
    "context_actions.elements": (1, 5),
    "overflow.options": (1, 5),
    "static_select.options": (1, 100),
    "multi_static_select.options": (1, 100),
    "checkboxes.options": (1, 10),
    "radio_buttons.options": (1, 10),
    "table.rows": (1, 100),
    "table.columns": (1, 20),
    "data_table.rows": (2, 201),
    "data_table.columns": (1, 20),
    "container.child_blocks": (1, 10),
    "carousel.elements": (1, 10),
    "card.actions": (1, 3),
    "plan.tasks": (0, 50),
    "chart.series": (1, 12),
    "chart.points": (1, 20),
    "chart.segments": (1, 12),
    "option_groups": (1, 100),
}
"""Fewest and most. The older reference says two to five options in an overflow menu, up to six series in a chart."""

TABLES_IN_MESSAGE = 1
CHARTS_IN_MESSAGE = 2
TABLE_TEXT = 10_000
DATA_TABLE_TEXT = 20_000
VIEW_BYTES = 250_000
UPLOAD_BYTES = 1_000_000_000
FILE_ALT_TEXT = 1_000
EMOJI_ON_MESSAGE = 23
"""Different reactions that one person may leave; Slack answers `too_many_emoji` beyond."""
