"""What people do: type, click, react. Each act reaches the app in Slack's own shape."""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.answers import post_answer
from bot.sandbox.workspace.cast import Channel, Person
from bot.sandbox.workspace.controls import action, find_control, states
from bot.sandbox.workspace.delivery import Delivery, Kind, Outcome
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.reacting import react, unreact
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused

_MENTION = re.compile(r"(?<![\w<])([@#])([\w-]+)")


class Acts:
    """People and channels are named by id, handle (`ana`) or `#name`; an unknown name raises LookupError."""

    def __init__(self, records: Records, delivery: Delivery, *, escape_mentions: bool) -> None:
        self._records = records
        self._delivery = delivery
        self._escape_mentions = escape_mentions

    async def command(self, user: str, channel: str, line: str) -> Outcome:
        """Type a slash command. What the acknowledgement says is shown. Raises LookupError if unknown."""
        person, place = self._present(user, channel)
        name, _, text = line.strip().partition(" ")
        if name not in self._records.app.commands:
            known = ", ".join(self._records.app.commands)
            raise LookupError(f"{name} is not a valid command; there is {known}")
        text = self._escaped(text.strip()) if self._escape_mentions else text.strip()
        payload = payloads.command(self._records, person, place, name, text)
        outcome = await self._delivery.ask(Kind.COMMAND, payload)
        try:
            post_answer(self._records, person.id, place.id, outcome.body)
        except Refused as refused:
            return Outcome(refused.error, outcome.body, outcome.after_s)
        return outcome

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        chosen: Any,
        seen: Json | None,
        typed: Mapping[str, Any],
        within: str | None,
    ) -> Outcome:
        """Use a control (`within` a block) of a message, as it is or as it was `seen`; `typed` is in the others."""
        person, place = self._present(user, channel)
        message = self._message(place, ts, person)
        shown = seen or self._records.messages.as_json(message)
        block_id, element = find_control(shown.get("blocks", []), action_id, within)
        chose = action(block_id, element, chosen, self._records.ids)
        values = states(shown["blocks"], {}, {**typed, f"{block_id}/{action_id}": chosen})
        payload = payloads.message_click(self._records, person, message, shown, chose, values)
        return await self._delivery.ask(Kind.INTERACTION, payload)

    def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Add a reaction; one that is there already stays as it is."""
        person, place = self._present(user, channel)
        message = self._message(place, ts, person)
        if person.id not in message.reactions.get(name, []):
            react(self._records, message, person.id, name)

    def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take one's reaction back. Raises LookupError when it isn't there."""
        person, place = self._present(user, channel)
        message = self._message(place, ts, person)
        if person.id not in message.reactions.get(name, []):
            raise LookupError(f"{person.handle} has not reacted with :{name}:")
        unreact(self._records, message, person.id, name)

    def post(self, user: str, channel: str, text: str, thread_ts: str | None) -> str:
        """Say something; the new message's `ts`."""
        person, place = self._present(user, channel)
        message = Message(place.id, self._records.ids.stamp(), person.id, text, thread_ts=thread_ts)
        self._records.say(message)
        event: Json = {"type": "message", "channel": place.id, "user": person.id, "text": text, "ts": message.ts}
        event |= {"event_ts": message.ts, "channel_type": "im" if place.with_user else "channel"}
        self._records.emit(event | ({"thread_ts": thread_ts} if thread_ts else {}))
        if f"<@{self._records.app.user_id}>" in text:
            self._records.emit(event | {"type": "app_mention"})
        return message.ts

    def open_app_home(self, user: str, tab: str = "home") -> None:
        """Look at the app's `home` tab, or at its `messages`."""
        person = self._records.person(user)
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": self._records.direct(person.id).id,
            "event_ts": self._records.ids.stamp(),
            "tab": tab,
        }
        home = self._records.views.home(person.id)
        self._records.emit(event | ({"view": home.as_json()} if home and tab == "home" else {}))

    def _present(self, user: str, channel: str) -> tuple[Person, Channel]:
        person, place = self._records.person(user), self._records.channel(channel)
        if person.id not in place.members:
            raise LookupError(f"{person.handle} is not in #{place.name}")
        return person, place

    def _message(self, channel: Channel, ts: str, person: Person) -> Message:
        message = self._records.messages.find(channel.id, ts)
        if message is None or message.only_for not in (None, person.id):
            raise LookupError(f"{person.handle} sees no message {ts} in #{channel.name}")
        return message

    def _escaped(self, text: str) -> str:
        return _MENTION.sub(self._escaped_name, text)

    def _escaped_name(self, found: re.Match[str]) -> str:
        sign, name = found.groups()
        if sign == "#":
            named = [channel for channel in self._records.channels.values() if channel.name == name]
            return f"<#{named[0].id}|{name}>" if named else found[0]
        for person in self._records.people.values():
            if person.handle == name:
                return f"<@{person.id}|{name}>"
        for group in self._records.groups.values():
            if group.handle == name:
                return f"<!subteam^{group.id}|@{name}>"
        return found[0]
