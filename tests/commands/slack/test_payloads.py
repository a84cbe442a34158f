"""Slack's payloads become Requests with the right key, and what Perch doesn't know becomes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.engine.requests import Request
from commands.slack import payloads
from commands.slack.payloads import Aim, Ask

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
    assert (request.verb, request.words, request.key) == ("start", ("materializers", "1%"), "command:T1")


def test_an_empty_command_is_a_call_for_help() -> None:
    given = {"text": "  ", "user_id": "U1", "channel_id": "C1", "trigger_id": "T1"}
    assert payloads.command(given, NOW).verb == "help"


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


@pytest.mark.parametrize("verb", ["kill", "reject"])
def test_kill_and_reject_ask_back_first_and_then_carry_the_reason(verb: str) -> None:
    asked = payloads.click(click({"action_id": verb, "value": "r-7:1:12:g1"}), NOW)
    assert isinstance(asked, Ask)
    view = {
        "id": "V1",
        "callback_id": verb,
        "private_metadata": asked.metadata,
        "state": {"values": {"reason": {"reason": {"value": " it burns "}}}},
    }
    request = payloads.submission({"user": {"id": "U1"}, "view": view}, NOW)
    assert request is not None
    assert (request.verb, request.rollout, request.gate, request.reason) == (verb, "r-7", "g1", "it burns")
    assert (request.channel, request.key, request.surface) == ("C1", "view:V1", "modal")


def test_a_reason_may_stay_empty() -> None:
    metadata = json.dumps({"value": "r-7:1:12", "channel": "C1"})
    view = {"id": "V1", "callback_id": "kill", "private_metadata": metadata, "state": {"values": {}}}
    request = payloads.submission({"user": {"id": "U1"}, "view": view}, NOW)
    assert request is not None
    assert request.reason == ""


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


@pytest.mark.parametrize("metadata", ["", "{", "{}", '{"value": 3}'])
def test_a_dialog_with_strange_metadata_is_nothing(metadata: str) -> None:
    view = {"id": "V1", "callback_id": "kill", "private_metadata": metadata}
    assert payloads.submission({"user": {"id": "U1"}, "view": view}, NOW) is None


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
