"""All that the workspace knows: one mutable place, used by the Web API and by the people who act."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.workspace import cast
from bot.sandbox.workspace.cast import Channel, Person, UserGroup
from bot.sandbox.workspace.changes import Changes
from bot.sandbox.workspace.identity import Identity
from bot.sandbox.workspace.ids import Ids
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message, Messages
from bot.sandbox.workspace.response_urls import ResponseUrls
from bot.sandbox.workspace.tickets import Tickets
from bot.sandbox.workspace.triggers import Triggers
from bot.sandbox.workspace.views import Views


@dataclass
class StoredFile:
    """An upload: announced, then received, then shared."""

    id: str
    name: str
    length: int
    upload_key: str
    title: str = ""
    alt_text: str = ""
    content: bytes | None = None
    shared: bool = False


@dataclass
class Records:
    """State of one workspace.

    `emit` hands an event to whatever delivers it to the app; `unknown_blocks` are kinds not taken here.
    """

    app: Identity
    clock: Callable[[], float]
    ids: Ids
    url: str = ""
    emit: Callable[[Json], None] = lambda _event: None
    changes: Changes = field(default_factory=Changes)
    messages: Messages = field(default_factory=Messages)
    views: Views = field(default_factory=Views)
    files: dict[str, StoredFile] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, UserGroup] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    unknown_blocks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.triggers = Triggers(self.clock, self.ids)
        self.response_urls = ResponseUrls(self.clock, self.ids)
        self.tickets = Tickets(self.ids)
        self.people = {person.id: person for person in [*cast.people(), self.app.as_person()]}
        self.groups = {group.id: group for group in cast.groups()}
        self.channels = {channel.id: channel for channel in cast.channels(self.app.user_id)}

    def person(self, name: str) -> Person:
        """The person with this id or handle. Raises LookupError."""
        wanted = name.removeprefix("@")
        for person in self.people.values():
            if wanted in (person.id, person.handle):
                return person
        raise LookupError(f"nobody called {name!r} here; there are {', '.join(self._handles())}")

    def channel(self, name: str) -> Channel:
        """The channel with this id or `#name`. Raises LookupError."""
        wanted = name.removeprefix("#")
        for channel in self.channels.values():
            if wanted in (channel.id, channel.name):
                return channel
        raise LookupError(f"no channel called {name!r} here")

    def direct(self, user: str) -> Channel:
        """The conversation between this person and the app; opened when there is none."""
        for channel in self.channels.values():
            if channel.with_user == user:
                return channel
        channel = Channel(self.ids.new("D"), "", [user, self.app.user_id], with_user=user)
        self.channels[channel.id] = channel
        return channel

    def say(self, message: Message) -> Message:
        """Put a new message into its channel."""
        self.messages.add(message)
        self.changes.note("message", channel=message.channel, ts=message.ts)
        return message

    def redraw(self, message: Message) -> None:
        """Tell that a message has changed."""
        self.changes.note("message_changed", channel=message.channel, ts=message.ts)

    def app_message(self, channel: str, text: str, blocks: list[Json]) -> Message:
        """A new message of the app's, not yet said."""
        profile = self.app.profile()
        ts = self.ids.stamp()
        return Message(channel, ts, self.app.user_id, text, blocks, bot_profile=profile)

    def _handles(self) -> list[str]:
        return [person.handle for person in self.people.values()]
