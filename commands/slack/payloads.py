"""Slack's payloads, read into Requests; each with the key under which the same delivery acts once (law 6).

Keys: a command's `trigger_id`; an event's `event_id`; for a click the user, the message, the control and the time of
the click; for a dialog its view. Shapes: https://docs.slack.dev/reference/interaction-payloads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.rollout import Person
from bot.engine.requests import Request
from commands.slack.words import split

Payload = Mapping[str, Any]

ACTIONS: Mapping[str, str] = {
    verb: verb for verb in ("approve", "hold", "resume", "rollback", "why", "details", "evidence", "reject", "kill")
}
"""action_id → verb."""

ASKS_BACK = frozenset({"reject", "kill"})
"""Controls that open a dialog first: for the reason, and for being sure."""

UNASKED = "asked for by the menu; Slack couldn't open the question, so nothing was asked back"

REACTION = "reaction"
"""The verb of a reaction before it's known which message of ours it stands on."""

REACTIONS: Mapping[str, str] = {
    "white_check_mark": "approve",
    "raised_hand": "hold",
    "hand": "hold",
    "rewind": "rollback",
}
"""What reactions on a gate mean; Slack knows ✋ under two names."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a button says it is about: `rollout:stage:revision`, and the gate."""

    rollout: str
    stage: int
    revision: int
    gate: str = ""

    @classmethod
    def read(cls, value: str) -> Aim | None:
        """A button's value, or None where it isn't one of ours."""
        parts = value.split(":")
        if len(parts) not in (3, 4) or not parts[0] or not (parts[1].isdigit() and parts[2].isdigit()):
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]), *parts[3:])


@dataclass(frozen=True, slots=True)
class Ask:
    """A dialog to be opened: which, about what, and what has to come back with its answer."""

    verb: str
    about: str
    metadata: str
    trigger: str
    unasked: Request | None = None
    """What to do where a sick Slack can't open the dialog: a kill isn't kept waiting for a question (law 2)."""


def command(payload: Payload, now: datetime) -> Request:
    """A slash command; no words at all are a call for help."""
    verb, *words = split(str(payload.get("text", ""))) or ("help",)
    return Request(
        verb=verb.lower(),
        words=tuple(words),
        actor=Person(id=payload["user_id"], name=payload.get("user_name", "")),
        channel=payload["channel_id"],
        key=f"command:{payload['trigger_id']}",
        at=now,
    )


def click(payload: Payload, now: datetime) -> Request | Ask | None:
    """A button or a menu's choice; None for a control that Perch doesn't know."""
    action = payload["actions"][0]
    name, _, value = _chosen(action)
    verb, aim = ACTIONS.get(name, ""), Aim.read(value)
    if not verb or aim is None:
        return None
    channel = payload.get("channel", {}).get("id", "")
    place = payload.get("container", {}).get("message_ts", "")
    key = ":".join(("click", payload["user"]["id"], place, name, str(action.get("action_ts", ""))))
    aimed = _aimed(verb, aim, payload["user"], channel, key, now, "button")
    if verb not in ASKS_BACK:
        return aimed
    metadata = json.dumps({"value": value, "channel": channel})
    unasked = aimed.model_copy(update={"reason": UNASKED}) if verb == "kill" else None
    return Ask(verb, aim.rollout, metadata, str(payload["trigger_id"]), unasked)


def _chosen(action: Payload) -> tuple[str, str, str]:
    """Name, separator and value of a button, or of a menu's option (`kill|value`)."""
    if action.get("type") == "overflow":
        return str(action["selected_option"]["value"]).partition("|")
    return str(action.get("action_id", "")), "|", str(action.get("value", ""))


def submission(payload: Payload, now: datetime) -> Request | None:
    """A dialog's answer; None for a dialog that Perch doesn't know."""
    view = payload["view"]
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return None
    verb, aim = view.get("callback_id", ""), Aim.read(str(kept.get("value", "")))
    if verb not in ASKS_BACK or aim is None:
        return None
    field = view.get("state", {}).get("values", {}).get("reason", {}).get("reason", {})
    made = _aimed(verb, aim, payload["user"], kept.get("channel", ""), f"view:{view['id']}", now, "modal")
    return made.model_copy(update={"reason": (field.get("value") or "").strip()})


def _aimed(verb: str, aim: Aim, user: Payload, channel: str, key: str, now: datetime, surface: Any) -> Request:
    return Request(
        verb=verb,
        actor=Person(id=user["id"], name=user.get("username") or user.get("name", "")),
        channel=channel,
        key=key,
        at=now,
        surface=surface,
        rollout=aim.rollout,
        stage=aim.stage,
        revision=aim.revision,
        gate=aim.gate,
    )


def reaction(payload: Payload, now: datetime, ours: str = "") -> Request | None:
    """A reaction that means something, on a message of ours; None for all others. Skin tones are one and the same.

    `ours` is our bot user: what stands on other people's messages needs no looking up.
    """
    event = payload["event"]
    name = str(event.get("reaction", "")).partition("::")[0]
    item = event.get("item", {})
    undo = event["type"] == "reaction_removed"
    meaningless = name not in REACTIONS or (undo and REACTIONS[name] != "approve")
    if meaningless or item.get("type") != "message" or event.get("item_user", ours) != ours:
        return None
    return Request(
        verb=REACTION,
        words=(REACTIONS[name], str(item["ts"])),
        actor=Person(id=event["user"]),
        channel=item["channel"],
        key=f"event:{payload['event_id']}",
        at=now,
        surface="reaction",
        undo=undo,
    )
