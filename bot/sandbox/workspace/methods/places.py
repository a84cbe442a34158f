"""Finds the channel, person or message that a method's arguments name, or refuses as Slack does."""

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.cast import Channel, Person
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused


def visible_channel(records: Records, args: Arguments) -> Channel:
    """The `channel`, by id. A private one without the app in it is `channel_not_found`, as if it weren't there."""
    channel = records.channels.get(args.needed("channel"))
    if channel is None or (channel.private and records.app.user_id not in channel.members):
        raise Refused("channel_not_found")
    return channel


def joined_channel(records: Records, args: Arguments) -> Channel:
    """The `channel`, with the app in it. Raises Refused `channel_not_found` or `not_in_channel`."""
    channel = visible_channel(records, args)
    if records.app.user_id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def open_channel(records: Records, args: Arguments) -> Channel:
    """The `channel`, with the app in it and not archived. Raises Refused `is_archived` too."""
    channel = joined_channel(records, args)
    if channel.archived:
        raise Refused("is_archived")
    return channel


def posting_channel(records: Records, args: Arguments) -> Channel:
    """Where to post: a channel by id or name, or the direct conversation with a user id."""
    name = args.needed("channel")
    if name in records.people:
        return records.direct(name)
    if name.startswith("#"):
        named = [channel for channel in records.channels.values() if channel.name == name[1:]]
        return open_channel(records, Arguments({"channel": named[0].id if named else name}))
    return open_channel(records, args)


def person(records: Records, user_id: str) -> Person:
    """The person with this id. Raises Refused `user_not_found`."""
    found = records.people.get(user_id)
    if found is None:
        raise Refused("user_not_found")
    return found


def message(records: Records, channel: Channel, ts: str) -> Message:
    """A lasting message of this channel. Raises Refused `message_not_found`."""
    found = records.messages.find(channel.id, ts)
    if found is None or found.only_for is not None:
        raise Refused("message_not_found")
    return found
