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
from commands.slack.dialogs import DIALOGS, Ask, Filled
from commands.slack.words import split

Payload = Mapping[str, Any]

ACTIONS: Mapping[str, str] = {
    verb: verb for verb in ("approve", "hold", "resume", "rollback", "why", "details", "evidence", "reject", "kill")
}
"""action_id → verb."""

OF_AN_ITEM = frozenset({"tick", "untick", "acknowledge"})
"""Controls whose action_id says which item they are for, after a dot: `tick.2`."""

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


def command(payload: Payload, now: datetime) -> Request | Ask:
    """A slash command; no words at all are a call for help, and some verbs alone open their dialog."""
    verb, *words = split(str(payload.get("text", ""))) or ("help",)
    typed = Request(
        verb=verb.lower(),
        words=tuple(words),
        actor=Person(id=payload["user_id"], name=payload.get("user_name", "")),
        channel=payload["channel_id"],
        key=f"command:{payload['trigger_id']}",
        at=now,
    )
    alone = not words and typed.verb in DIALOGS and DIALOGS[typed.verb].alone
    return Ask(typed, str(payload["trigger_id"])) if alone else typed


def click(payload: Payload, now: datetime) -> Request | Ask | Filled | None:
    """A button or a menu's choice, or a control inside a dialog; None for a control that Perch doesn't know."""
    if payload.get("view", {}).get("type") == "modal":
        return filled(payload, now)
    action = payload["actions"][0]
    name, _, value = _chosen(action)
    control, _, item = name.partition(".")
    verb, aim = control if item and control in OF_AN_ITEM else ACTIONS.get(name, ""), Aim.read(value)
    if not verb or aim is None:
        return None
    channel = payload.get("channel", {}).get("id", "")
    place = payload.get("container", {}).get("message_ts", "")
    key = ":".join(("click", payload["user"]["id"], place, name, str(action.get("action_ts", ""))))
    aimed = _aimed(verb, aim, payload["user"], channel, key, now, "button")
    if verb not in DIALOGS:
        return aimed.model_copy(update={"words": (item,)}) if item else aimed
    unasked = DIALOGS[verb].unasked
    return Ask(aimed, str(payload["trigger_id"]), aimed.model_copy(update={"reason": unasked}) if unasked else None)


def _chosen(action: Payload) -> tuple[str, str, str]:
    """Name, separator and value of a button, or of a menu's option (`kill|value`)."""
    if action.get("type") == "overflow":
        return str(action["selected_option"]["value"]).partition("|")
    return str(action.get("action_id", "")), "|", str(action.get("value", ""))


KEPT = ("verb", "channel", "words", "rollout", "stage", "revision", "gate")


def metadata(request: Request) -> str:
    """What has to come back with a dialog's answer: what it is about, and where it was asked for."""
    return json.dumps(request.model_dump(mode="json", include={*KEPT}, exclude_defaults=True))


def filled(payload: Payload, now: datetime) -> Filled | None:
    """A dialog as it stands: submitted, or with a control of it used; None for one that Perch doesn't know."""
    view, user = payload["view"], payload["user"]
    asker = {"id": user["id"], "name": user.get("username") or user.get("name", "")}
    try:
        about = {name: value for name, value in json.loads(view["private_metadata"]).items() if name in KEPT}
        own = {"actor": asker, "key": f"view:{view['id']}", "at": now, "surface": "modal"}
        request = Request.model_validate({**about, **own})
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    if request.verb not in DIALOGS or request.verb != view.get("callback_id"):
        return None
    standing = {
        action: (block, value)
        for block, actions in (view.get("state") or {}).get("values", {}).items()
        for action, value in actions.items()
    }
    found = {action: _value(value) for action, (_, value) in standing.items()}
    fields = {action: value for action, value in found.items() if value}
    return Filled(request, fields, {action: block for action, (block, _) in standing.items()})


def _value(state: Payload) -> str | tuple[str, ...]:
    """What stands in one field, whatever its kind: a text, an option's value, a person's id, several of them."""
    if options := state.get("selected_options"):
        return tuple(str(option["value"]) for option in options)
    if option := state.get("selected_option"):
        return str(option["value"])
    chosen = next((state[name] for name in ("value", "selected_user", "selected_users") if state.get(name)), "")
    return tuple(map(str, chosen)) if isinstance(chosen, list) else str(chosen)


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
