"""Messages of one workspace: by channel, in threads, and those that only one person sees."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.sandbox.workspace.cast import TEAM_ID
from bot.sandbox.workspace.json_value import Json


@dataclass
class Message:
    """One message. `ts` is its id within the channel; `only_for` makes it an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    bot_profile: Json | None = None
    metadata: Json | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    files: list[Json] = field(default_factory=list)
    only_for: str | None = None
    subtype: str | None = None

    @property
    def is_reply(self) -> bool:
        """Whether it sits in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def in_channel(self) -> bool:
        """Whether the channel itself shows it, and not only a thread."""
        return not self.is_reply or self.broadcast

    def as_json(self, replies: list["Message"] | None = None, *, with_metadata: bool = True) -> Json:
        """The message as `conversations.history` gives it; with its replies counted when it has any."""
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": TEAM_ID}
        if self.bot_profile is not None:
            app = {"bot_id": self.bot_profile["id"], "app_id": self.bot_profile["app_id"]}
            shown |= app | {"bot_profile": self.bot_profile}
        for name in ("blocks", "attachments", "edited", "files", "subtype"):
            if value := getattr(self, name):
                shown[name] = copy.deepcopy(value)
        if self.metadata and with_metadata:
            shown["metadata"] = copy.deepcopy(self.metadata)
        if self.reactions:
            shown["reactions"] = self.reactions_as_json()
        if self.only_for is not None:
            shown["is_ephemeral"] = True
        return shown | self._thread_as_json(replies or [])

    def reactions_as_json(self) -> list[Json]:
        """Each reaction with who gave it, in the order of the first."""
        return [{"name": n, "users": list(u), "count": len(u)} for n, u in self.reactions.items()]

    def _thread_as_json(self, replies: list["Message"]) -> Json:
        if not replies:
            return {"thread_ts": self.thread_ts} if self.thread_ts else {}
        people = list(dict.fromkeys(reply.user for reply in replies))
        return {
            "thread_ts": self.ts,
            "reply_count": len(replies),
            "reply_users": people,
            "reply_users_count": len(people),
            "latest_reply": replies[-1].ts,
            "subscribed": False,
        }


class Messages:
    """The messages of all channels, oldest first."""

    def __init__(self) -> None:
        self._by_channel: dict[str, dict[str, Message]] = {}

    def add(self, message: Message) -> None:
        """Keep a message; its `ts` is later than all before it."""
        self._by_channel.setdefault(message.channel, {})[message.ts] = message

    def remove(self, message: Message) -> None:
        """Forget a message."""
        self._by_channel.get(message.channel, {}).pop(message.ts, None)

    def find(self, channel: str, ts: str) -> Message | None:
        """The message with this stamp, ephemerals included."""
        return self._by_channel.get(channel, {}).get(ts)

    def lasting(self, channel: str) -> Iterator[Message]:
        """All of a channel but the ephemerals."""
        return (m for m in self._by_channel.get(channel, {}).values() if m.only_for is None)

    def ephemerals(self, channel: str, user: str) -> Iterator[Message]:
        """Those that only this person sees."""
        return (m for m in self._by_channel.get(channel, {}).values() if m.only_for == user)

    def replies(self, channel: str, ts: str) -> list[Message]:
        """What was answered in this message's thread."""
        return [m for m in self.lasting(channel) if m.thread_ts == ts and m.is_reply]

    def as_json(self, message: Message, *, with_metadata: bool = True) -> Json:
        """The message with its replies counted."""
        replies = [] if message.is_reply else self.replies(message.channel, message.ts)
        return message.as_json(replies, with_metadata=with_metadata)
