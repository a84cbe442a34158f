"""What is asked back in a dialog: a reason to reject, a confirmation to kill."""

from __future__ import annotations

from typing import Any

from bot.wording.blocks import Block
from bot.wording.sentences import cut

TITLE = 24
METADATA = 3000


def reject_modal(name: str, metadata: str) -> dict[str, Any]:
    """Asks for the reason; `metadata` comes back with the answer."""
    return _modal("reject", f"Reject {name}", "Reject", metadata, _reason("Why not?", optional=False))


def kill_modal(name: str, metadata: str) -> dict[str, Any]:
    """The confirmation of a kill; the reason may be left out, because seconds count."""
    warning: Block = {
        "type": "section",
        "text": {
            "type": "mrkdwn",
            "text": "This throws the kill switch of the whole thing and sets its traffic to 0%, at once. "
            "It can't start again until it's rearmed.",
        },
    }
    return _modal("kill", f"Kill {name}?", "Kill", metadata, warning, _reason("Why? (may stay empty)", optional=True))


def _modal(kind: str, title: str, submit: str, metadata: str, *blocks: Block) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": kind,
        "title": _text(cut(title, TITLE)),
        "submit": _text(submit),
        "close": _text("Back"),
        "private_metadata": metadata[:METADATA],
        "blocks": list(blocks),
    }


def _reason(label: str, *, optional: bool) -> Block:
    return {
        "type": "input",
        "block_id": "reason",
        "optional": optional,
        "label": _text(label),
        "element": {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": 500},
    }


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": text}
