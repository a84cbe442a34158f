"""What is asked back in a dialog, and what dialogs are made of."""

from __future__ import annotations

from typing import Any

from bot.wording.blocks import Block
from bot.wording.language import t
from bot.wording.sentences import cut

TITLE = 24


def reject_modal(rollout: str) -> dict[str, Any]:
    """Asks for the reason. `rollout` is its id; people know it by its plan."""
    title = _short(t("Reject {name}", name="{name}"), rollout)
    return modal("reject", title, t("Reject"), _reason(t("Why not?"), _shut(), optional=False))


def kill_modal(rollout: str) -> dict[str, Any]:
    """The confirmation of a kill; the reason may be left out, because seconds count."""
    warning = t(
        "This throws every kill switch of the plan and sets its traffic to 0%, at once. It can't start again "
        "until it's rearmed."
    )
    title = _short(t("Kill {name}?", name="{name}"), rollout)
    section: Block = {"type": "section", "text": {"type": "mrkdwn", "text": warning}}
    return modal("kill", title, t("Kill"), section, _reason(t("Why?"), _heard(), optional=True))


def _shut() -> str:
    return t(
        "The gate closes and it goes on hold; rollback triggers stay on. The channel and the record get the reason."
    )


def _heard() -> str:
    return t("Goes on record, and into the channel.")


def _short(title: str, rollout: str) -> str:
    """The plan's name, cut so that the rest of a narrow title stays."""
    plan = rollout.rpartition("-")[0] or rollout
    return title.replace("{name}", cut(plan, TITLE - len(title) + len("{name}")))


def no_plans_modal() -> dict[str, Any]:
    """The start dialog where there is nothing to be started: it has nothing to submit either."""
    text = t("There are no plans yet. Put one into the plans folder; `perch plan check FILE` tells its mistakes.")
    empty = modal("start", t("Start a rollout"), "", {"type": "section", "text": {"type": "mrkdwn", "text": text}})
    return {name: value for name, value in empty.items() if name != "submit"}


def modal(kind: str, title: str, submit: str, *blocks: Block) -> dict[str, Any]:
    """A dialog; `kind` is its verb, which comes back with the answer."""
    return {
        "type": "modal",
        "callback_id": kind,
        "title": words(cut(title, TITLE)),
        "submit": words(cut(submit, TITLE)),
        "close": words(t("Back")),
        "blocks": list(blocks),
    }


def _reason(label: str, hint: str, *, optional: bool) -> Block:
    return {
        "type": "input",
        "block_id": "reason",
        "optional": optional,
        "label": words(label),
        "element": {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": 500},
        "hint": words(hint),
    }


def text_field(name: str, label: str, *, initial: str = "", hint: str = "", block: str = "") -> Block:
    """One line of text that may stay empty. `block` is its block's id where that isn't the field's name."""
    element: Block = {"type": "plain_text_input", "action_id": name, "max_length": 300}
    if initial:
        element["initial_value"] = initial
    field: Block = {"type": "input", "block_id": block or name, "optional": True, "label": words(label)}
    return {**field, "element": element, **({"hint": words(hint)} if hint else {})}


def words(text: str) -> Block:
    """Plain text, as dialogs want it."""
    return {"type": "plain_text", "text": text}
