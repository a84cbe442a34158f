"""`conversations.*`: channels, who is in them, and what was said there."""

import math
import re
from dataclasses import dataclass

from bot.sandbox.workspace.access import check_one_scope
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.cast import Channel
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.methods import places
from bot.sandbox.workspace.methods.pages import page
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused

_SCOPE_PREFIX = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
_STAMP = re.compile(r"\d+(\.\d+)?")


def info(records: Records, args: Arguments) -> Json:
    """`conversations.info`."""
    channel = _readable(records, args, "read")
    shown = channel.as_json(records.app.user_id)
    if args.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def list_(records: Records, args: Arguments) -> Json:
    """`conversations.list`: those of the asked types that the app can see."""
    kinds = (args.text("types") or "public_channel").replace(" ", "").split(",")
    if not set(kinds) <= set(_SCOPE_PREFIX):
        raise Refused("invalid_types")
    for kind in kinds:
        check_one_scope(records.app, f"{_SCOPE_PREFIX[kind]}:read")
    me = records.app.user_id
    found = [c for c in records.channels.values() if c.kind in kinds and (not c.private or me in c.members)]
    if args.flag("exclude_archived"):
        found = [channel for channel in found if not channel.archived]
    shown, metadata = page(found, args)
    return {"channels": [channel.as_json(me) for channel in shown], "response_metadata": metadata}


def members(records: Records, args: Arguments) -> Json:
    """`conversations.members`: user ids."""
    shown, metadata = page(_readable(records, args, "read").members, args)
    return {"members": shown, "response_metadata": metadata}


def history(records: Records, args: Arguments) -> Json:
    """`conversations.history`: newest first, without what was said in threads only."""
    channel = _readable(records, args, "history")
    places.joined_channel(records, args)
    span = _span(args)
    found = [m for m in records.messages.lasting(channel.id) if m.in_channel and span.covers(m)]
    shown, metadata = page(found[::-1], args)
    messages = _as_json(records, shown, args)
    more = bool(metadata["next_cursor"])
    return {"messages": messages, "has_more": more, "pin_count": 0, "response_metadata": metadata}


def replies(records: Records, args: Arguments) -> Json:
    """`conversations.replies`: the thread's first message, then its replies, oldest first."""
    channel = _readable(records, args, "history")
    parent = records.messages.find(channel.id, args.needed("ts"))
    if parent is None or parent.only_for is not None:
        raise Refused("thread_not_found")
    root, span = parent.thread_ts or parent.ts, _span(args)
    thread = [m for m in records.messages.lasting(channel.id) if root in (m.ts, m.thread_ts)]
    shown, metadata = page([m for m in thread if m.ts == root or span.covers(m)], args)
    messages = _as_json(records, shown, args)
    return {"messages": messages, "has_more": bool(metadata["next_cursor"]), "response_metadata": metadata}


def open_(records: Records, args: Arguments) -> Json:
    """`conversations.open`: the direct conversation with one person."""
    users = [name for name in args.text("users").split(",") if name]
    if not users:
        raise Refused("users_list_not_supplied")
    if len(users) > 1:
        raise Refused("too_many_users")
    if places.person(records, users[0]).deleted:
        raise Refused("user_disabled")
    channel = records.direct(users[0])
    shown = channel.as_json(records.app.user_id) if args.flag("return_im") else {"id": channel.id}
    return {"channel": shown}


def _readable(records: Records, args: Arguments, right: str) -> Channel:
    channel = places.visible_channel(records, args)
    check_one_scope(records.app, f"{_SCOPE_PREFIX[channel.kind]}:{right}")
    return channel


@dataclass(frozen=True)
class _Span:
    """From `oldest` to `latest`, both in seconds or open."""

    oldest: float
    latest: float
    inclusive: bool

    def covers(self, message: Message) -> bool:
        at = float(message.ts)
        if self.inclusive:
            return self.oldest <= at <= self.latest
        return self.oldest < at < self.latest


def _span(args: Arguments) -> _Span:
    return _Span(_stamp(args, "oldest", -math.inf), _stamp(args, "latest", math.inf), args.flag("inclusive"))


def _stamp(args: Arguments, name: str, open_end: float) -> float:
    text = args.text(name)
    if text and not _STAMP.fullmatch(text):
        raise Refused(f"invalid_ts_{name}")
    return float(text) if text else open_end


def _as_json(records: Records, messages: list[Message], args: Arguments) -> list[Json]:
    full = args.flag("include_all_metadata")
    return [records.messages.as_json(message, with_metadata=full) for message in messages]
