"""`reactions.*`: the app's own reactions, and everybody's."""

import re

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.methods import places
from bot.sandbox.workspace.reacting import react, unreact
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused

_STAMP = re.compile(r"\d{10}\.\d{6}")
_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def add(records: Records, args: Arguments) -> Json:
    """`reactions.add`."""
    message, name = _named(records, args)
    given = message.reactions.get(name, [])
    if records.app.user_id in given:
        raise Refused("already_reacted")
    mine = sum(records.app.user_id in users for users in message.reactions.values())
    if mine >= limits.EMOJI_ON_MESSAGE:
        raise Refused("too_many_emoji")
    react(records, message, records.app.user_id, name)
    return {}


def remove(records: Records, args: Arguments) -> Json:
    """`reactions.remove`."""
    message, name = _named(records, args)
    if records.app.user_id not in message.reactions.get(name, []):
        raise Refused("no_reaction")
    unreact(records, message, records.app.user_id, name)
    return {}


def get(records: Records, args: Arguments) -> Json:
    """`reactions.get`: a message with all its reactions and who gave them."""
    message = _message(records, args)
    return {"type": "message", "channel": message.channel, "message": records.messages.as_json(message)}


def _named(records: Records, args: Arguments) -> tuple[Message, str]:
    name = args.needed("name").strip(":")
    if not _NAME.fullmatch(name):
        raise Refused("invalid_name")
    message = _message(records, args)
    if records.channels[message.channel].archived:
        raise Refused("is_archived")
    return message, name


def _message(records: Records, args: Arguments) -> Message:
    if not args.text("channel") or not args.text("timestamp"):
        raise Refused("no_item_specified")
    if not _STAMP.fullmatch(args.text("timestamp")):
        raise Refused("bad_timestamp")
    return places.message(records, places.visible_channel(records, args), args.text("timestamp"))
