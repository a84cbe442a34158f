"""A reaction comes or goes, and the app is told."""

from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.records import Records


def react(records: Records, message: Message, user: str, name: str) -> None:
    """Add this person's reaction."""
    message.reactions.setdefault(name, []).append(user)
    _tell(records, "reaction_added", message, user, name)


def unreact(records: Records, message: Message, user: str, name: str) -> None:
    """Take this person's reaction away."""
    message.reactions[name].remove(user)
    if not message.reactions[name]:
        del message.reactions[name]
    _tell(records, "reaction_removed", message, user, name)


def _tell(records: Records, kind: str, message: Message, user: str, name: str) -> None:
    event: Json = {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": records.ids.stamp(),
    }
    records.redraw(message)
    if records.app.user_id in records.channels[message.channel].members:
        records.emit(event)
