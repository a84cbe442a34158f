"""Slack's payloads become Requests with the right key, and what Perch doesn't know becomes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.engine.requests import Request
from commands.slack import payloads
from commands.slack.dialogs import DIALOGS, Ask
from commands.slack.payloads import Aim

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def click(action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "user": {"id": "U1", "username": "ana"},
        "channel": {"id": "C1"},
        "container": {"message_ts": "1.2"},
        "trigger_id": "T1",
        "actions": [{"type": "button", "action_ts": "9.9", **action}],
        **more,
    }


def test_a_command_is_verb_and_words_under_its_trigger() -> None:
    given = {"text": "START materializers 1%", "user_id": "U1", "channel_id": "C1", "trigger_id": "T1"}
    request = payloads.command(given, NOW)
    assert isinstance(request, Request)
    assert (request.verb, request.words, request.key) == ("start", ("materializers", "1%"), "command:T1")


def test_an_empty_command_is_a_call_for_help() -> None:
    given = {"text": "  ", "user_id": "U1", "channel_id": "C1", "trigger_id": "T1"}
    request = payloads.command(given, NOW)
    assert isinstance(request, Request)
    assert request.verb == "help"


def test_a_button_says_what_was_seen_and_is_keyed_by_who_where_what_and_when() -> None:
    """Law 6."""
    request = payloads.click(click({"action_id": "approve", "value": "r-7:1:12:g1"}), NOW)
    assert isinstance(request, Request)
    assert (request.rollout, request.stage, request.revision, request.gate) == ("r-7", 1, 12, "g1")
    assert request.key == "click:U1:1.2:approve:9.9"
    assert request.surface == "button"


def test_a_menus_choice_is_the_button_of_that_name() -> None:
    action = {"type": "overflow", "action_id": "more", "selected_option": {"value": "why|r-7:1:12"}}
    request = payloads.click(click(action), NOW)
    assert isinstance(request, Request)
    assert (request.verb, request.rollout) == ("why", "r-7")


def submitted(verb: str, metadata: str, *fields: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """A dialog with these fields: action id, block id, and what stands in it."""
    values = {block: {action: state} for action, block, state in fields}
    view = {"id": "V1", "callback_id": verb, "private_metadata": metadata, "state": {"values": values}}
    return {"user": {"id": "U1"}, "view": view}


@pytest.mark.parametrize("verb", ["kill", "reject"])
async def test_kill_and_reject_ask_back_first_and_then_carry_the_reason(verb: str) -> None:
    asked = payloads.click(click({"action_id": verb, "value": "r-7:1:12:g1"}), NOW)
    assert isinstance(asked, Ask)
    field = ("reason", "reason", {"type": "plain_text_input", "value": " it burns "})
    filled = payloads.filled(submitted(verb, payloads.metadata(asked.request), field), NOW)
    assert filled is not None
    request = await DIALOGS[verb].read(filled, None)  # type: ignore[arg-type]
    assert (request.verb, request.rollout, request.gate, request.reason) == (verb, "r-7", "g1", "it burns")
    assert (request.channel, request.key, request.surface) == ("C1", "view:V1", "modal")


async def test_a_reason_may_stay_empty() -> None:
    asked = payloads.click(click({"action_id": "kill", "value": "r-7:1:12"}), NOW)
    assert isinstance(asked, Ask)
    filled = payloads.filled(submitted("kill", payloads.metadata(asked.request)), NOW)
    assert filled is not None
    assert (await DIALOGS["kill"].read(filled, None)).reason == ""  # type: ignore[arg-type]


def test_a_field_is_read_whatever_its_kind_and_a_mistake_finds_its_block() -> None:
    option = {"selected_option": {"value": "prod"}}
    boxes = {"selected_options": [{"value": "observe"}]}
    filled = payloads.filled(
        submitted(
            "kill",
            '{"verb": "kill"}',
            ("env", "env:a", option),
            ("person", "b", {"selected_user": "U2"}),
            ("boxes", "c", boxes),
            ("blank", "d", {"value": None}),
        ),
        NOW,
    )
    assert filled is not None
    assert (filled.text("env"), filled.text("person"), filled.text("blank")) == ("prod", "U2", "")
    assert filled.ticked("boxes", "observe")
    assert filled.blocks["env"] == "env:a"


@pytest.mark.parametrize(
    "action",
    [
        {"action_id": "promote_v0", "value": "r-7:1:12"},
        {"action_id": "approve", "value": "garbage"},
        {"action_id": "approve", "value": ""},
        {"action_id": "approve"},
        {"type": "overflow", "selected_option": {"value": "explode|r-7:1:12"}},
    ],
)
def test_controls_that_nobody_knows_are_nothing(action: dict[str, Any]) -> None:
    assert payloads.click(click(action), NOW) is None


@pytest.mark.parametrize("metadata", ["", "{", "{}", "[3]", '{"verb": 3}', '{"verb": "kill", "stage": "x"}'])
def test_a_dialog_with_strange_metadata_is_nothing(metadata: str) -> None:
    assert payloads.filled(submitted("kill", metadata), NOW) is None


def test_a_dialog_that_isnt_ours_or_changed_its_verb_is_nothing() -> None:
    assert payloads.filled(submitted("explode", '{"verb": "explode"}'), NOW) is None
    assert payloads.filled(submitted("kill", '{"verb": "reject"}'), NOW) is None


def reacted(name: str, kind: str = "reaction_added", **item: Any) -> dict[str, Any]:
    where = {"type": "message", "channel": "C1", "ts": "1.2", **item}
    return {
        "event_id": "Ev1",
        "event": {"type": kind, "user": "U1", "reaction": name, "item_user": "UB", "item": where},
    }


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("white_check_mark", "approve"),
        ("raised_hand", "hold"),
        ("raised_hand::skin-tone-3", "hold"),
        ("hand::skin-tone-6", "hold"),
        ("rewind", "rollback"),
    ],
)
def test_reactions_mean_verbs_whatever_the_skin_tone(name: str, verb: str) -> None:
    request = payloads.reaction(reacted(name), NOW, "UB")
    assert request is not None
    assert (request.words, request.key, request.undo) == ((verb, "1.2"), "event:Ev1", False)


def test_only_an_approval_can_be_taken_back() -> None:
    taken = payloads.reaction(reacted("white_check_mark", "reaction_removed"), NOW, "UB")
    assert taken is not None
    assert taken.undo
    assert payloads.reaction(reacted("rewind", "reaction_removed"), NOW, "UB") is None


def test_other_reactions_other_things_and_other_peoples_messages_are_nothing() -> None:
    assert payloads.reaction(reacted("tada"), NOW, "UB") is None
    assert payloads.reaction(reacted("rewind", type="file"), NOW, "UB") is None
    assert payloads.reaction(reacted("rewind"), NOW, "USOMEBODY") is None


@given(some.text())
def test_a_buttons_value_is_read_or_refused_but_never_breaks(value: str) -> None:
    aim = Aim.read(value)
    assert aim is None or aim.rollout
