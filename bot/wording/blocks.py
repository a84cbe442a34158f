"""Block Kit pieces that can't break Slack's limits, whatever a plan's names or a person's words are.

Numbers from Slack's Block Kit reference. All blocks of a message together stay under `TOTAL` characters: Slack refuses
from about 13,200 on (`msg_blocks_too_long`, undocumented).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.ports import Said
from bot.wording.language import t
from bot.wording.sentences import cut, prose, spoken

Block = dict[str, Any]

MESSAGE_BLOCKS = 50
SECTION_TEXT = 3000
HEADER_TEXT = 150
BUTTON_TEXT = 75
VALUE = 2000
OPTION_VALUE = 150
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
TEXT = 3000
"""`chat.update` refuses a `text` above 4,000 characters."""
TOTAL = 10_000


def header(text: str) -> Block:
    """`text` is shown as it is: no markup, no escaping."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER_TEXT), "emoji": True}}


def section(lines: Iterable[str]) -> Block:
    """Lines that fit into one section; the rest is counted, not cut in the middle of markup."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": _fitting(list(lines), SECTION_TEXT)}}


def context(*lines: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _fitting(list(lines), 2000)}]}


def _fitting(lines: Sequence[str], limit: int) -> str:
    kept: list[str] = []
    room = limit - 40
    for index, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            kept.append(cut(line, limit - 40) if not kept else t("… and {count} more", count=len(lines) - index))
            break
        kept.append(line)
    return "\n".join(kept) or " "


def button(action: str, text: str, value: str, *, says: str, style: str = "", confirm: Block | None = None) -> Block:
    """A button; `says` is what a screen reader reads, `style` is `primary`, `danger` or nothing."""
    element: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": cut(text, BUTTON_TEXT), "emoji": True},
        "value": cut(value, VALUE),
        "accessibility_label": cut(says, BUTTON_TEXT),
    }
    if style:
        element["style"] = style
    if confirm is not None:
        element["confirm"] = confirm
    return element


def confirmation(title: str, text: str, *, yes: str, no: str) -> Block:
    return {
        "title": {"type": "plain_text", "text": cut(title, CONFIRM_TITLE)},
        "text": {"type": "plain_text", "text": cut(text, CONFIRM_TEXT)},
        "confirm": {"type": "plain_text", "text": cut(yes, CONFIRM_BUTTON)},
        "deny": {"type": "plain_text", "text": cut(no, CONFIRM_BUTTON)},
        "style": "danger",
    }


def overflow(options: Mapping[str, str]) -> Block:
    """The `more` menu; keys are what comes back (2 to 5 of them), values what is read."""
    return {
        "type": "overflow",
        "action_id": "more",
        "options": [
            {"text": {"type": "plain_text", "text": cut(text, BUTTON_TEXT), "emoji": True}, "value": value}
            for value, text in options.items()
        ],
    }


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def said(text: str, *blocks: Block) -> Said:
    """A message within all limits; whole blocks are left out from the end, buttons last of all.

    `text` may have the marks of the blocks' lines; notifications and screen readers get it without.
    """
    kept = list(blocks[:MESSAGE_BLOCKS])
    while len(kept) > 1 and sum(map(_weight, kept)) > TOTAL:
        bulky = [index for index, block in enumerate(kept) if block["type"] != "actions"]
        del kept[bulky[-1]]
    return Said(text=cut(spoken(text), TEXT), blocks=tuple(kept))


def told(sentence: str, *lines: str) -> Said:
    """A message of one leading sentence in bold, and lines below it."""
    return said(prose((sentence, *lines)), section((f"*{sentence}*", *lines)))


def _weight(value: Any) -> int:
    match value:
        case str():
            return len(value)
        case dict():
            return sum(map(_weight, value.values()))
        case list() | tuple():
            return sum(map(_weight, value))
        case _:
            return 0
