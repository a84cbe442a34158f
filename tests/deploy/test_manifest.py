"""The app manifest: valid for Slack, and asking for exactly what the calls that Perch makes need."""

from __future__ import annotations

import ast
import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from commands.slack.payloads import REACTIONS
from commands.slack.signed import PATH

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "slack"
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "manifest.yaml").read_text())
SIGNED: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "manifest-http.yaml").read_text())
METHODS: dict[str, dict[str, list[str]]] = json.loads((DATA / "methods.json").read_text())
ROOMS = ("adapters/notify", "commands/slack", "commands/terminal")

OTHER_CONVERSATIONS = ("im:", "mpim:")
"""Rollouts are talked about in channels; a direct message needs no more than chat:write."""
EVENT_SCOPES = {"reaction_added": {"reactions:read"}, "reaction_removed": {"reactions:read"}, "app_home_opened": set()}


def methods_in_use() -> set[str]:
    """The Web API methods that the code calls, as Slack spells them."""
    named = {name for name in vars(AsyncWebClient) if not name.startswith("_")}
    called: set[str] = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in named:
                    called.add(node.func.attr.replace("_", "."))
    return called & {name.replace("_", ".") for name in named if "_" in name} - {"api.call"}


@pytest.mark.parametrize("manifest", [MANIFEST, SIGNED], ids=["Socket Mode", "HTTP"])
def test_the_manifest_is_valid_against_slacks_own_schema(manifest: dict[str, Any]) -> None:
    schema = json.loads((DATA / "manifest.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(manifest)] == []


def test_the_two_modes_are_the_same_app_but_for_the_way_in() -> None:
    """Slack wants all three addresses in HTTP mode; its schema doesn't."""
    signed = copy.deepcopy(SIGNED)
    settings = signed["settings"]
    asked = [each.pop("url") for each in signed["features"]["slash_commands"]]
    asked += [settings[name].pop("request_url") for name in ("event_subscriptions", "interactivity")]
    assert set(asked) == {f"https://perch.example.com{PATH}"}
    assert not settings["socket_mode_enabled"]
    settings["socket_mode_enabled"] = True
    assert signed == MANIFEST


def test_the_table_of_methods_is_that_of_the_methods_in_use() -> None:
    assert methods_in_use() == set(METHODS)


def test_the_manifest_asks_for_exactly_the_scopes_that_the_methods_in_use_need() -> None:
    needed = {"commands"}
    for method in METHODS.values():
        needed |= {scope for scope in method["bot_scopes"] if not scope.startswith(OTHER_CONVERSATIONS)}
    for event in MANIFEST["settings"]["event_subscriptions"]["bot_events"]:
        needed |= EVENT_SCOPES[event]
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed


def test_the_manifest_subscribes_to_the_reactions_that_mean_something() -> None:
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    assert REACTIONS
    assert {"reaction_added", "reaction_removed"} <= set(events)


def test_the_command_of_the_manifest_is_the_one_that_perch_answers_to() -> None:
    assert [each["command"] for each in MANIFEST["features"]["slash_commands"]] == ["/canary"]
