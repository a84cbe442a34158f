"""`Workspace`: a small Slack to talk to, with people in it, and with faults on demand."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.acting import Acting
from bot.sandbox.workspace.acts import Acts
from bot.sandbox.workspace.answers import ResponseUrlEndpoint
from bot.sandbox.workspace.cast import Channel, Person, UserGroup
from bot.sandbox.workspace.delivery import Delivery, Outcome
from bot.sandbox.workspace.faults import Faults, Outage
from bot.sandbox.workspace.http_mode import HttpMode
from bot.sandbox.workspace.identity import DEFAULT_EVENTS, DEFAULT_SCOPES, Identity, new_tokens
from bot.sandbox.workspace.ids import Ids
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.modals import Modals
from bot.sandbox.workspace.page_api import PageApi, only_from_here
from bot.sandbox.workspace.rates import Rates
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.server import FileStore, Server
from bot.sandbox.workspace.service_proxy import ServiceProxy
from bot.sandbox.workspace.socket_mode import SocketMode
from bot.sandbox.workspace.web_api import Call, WebApi

T = TypeVar("T")


class Workspace:
    """A Slack-compatible workspace on a local port.

    People are named by id or handle (`ana`), channels by id or `#name`. Acts and readings raise LookupError for
    what isn't there. `clock` gives seconds since 1970 and rules rate limits, trigger ids, response URLs and
    signatures; the wait for an acknowledgement (`ack_within_s`) is in real time.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
        app_name: str = "Perch",
        bot_token: str | None = None,
        app_token: str | None = None,
        signing_secret: str | None = None,
        scopes: Sequence[str] = DEFAULT_SCOPES,
        bot_events: Sequence[str] = DEFAULT_EVENTS,
        commands: Sequence[str] = ("/canary",),
        completions: Sequence[str] = (),
        service_url: str | None = None,
        enforce_rate_limits: bool = True,
        escape_mentions: bool = False,
        ack_within_s: float = 3.0,
        event_retries_s: Sequence[float] = (0, 60, 300),
    ) -> None:
        ids = Ids(clock, seed)
        given = (bot_token, app_token, signing_secret)
        self._app = _identity(app_name, given, new_tokens(ids), scopes, bot_events, commands)
        self._records = Records(self._app, clock, ids, emit=self._emit)
        self._faults = Faults()
        self._web_api = WebApi(self._records, self._faults, Rates(clock) if enforce_rate_limits else None)
        self._ack_within_s = ack_within_s
        self._sockets = SocketMode(self._records, ack_within_s)
        self._http_mode: HttpMode | None = None
        self._delivery = Delivery(self._sockets, event_retries_s, self._records.changes)
        self._acts = Acts(self._records, self._delivery, escape_mentions=escape_mentions)
        self._modals = Modals(self._records, self._delivery)
        self._page = PageApi(self._records, Acting(self._acts, self._modals), completions)
        self._server = Server(only_from_here)
        self._service_url = service_url

    # Starting and stopping

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken."""
        routes = self._server.app.router
        files = FileStore(self._records)
        routes.add_route("*", "/api/{method}", self._web_api.handle)
        routes.add_get("/link/", self._sockets.accept)
        routes.add_post("/response/{key}", ResponseUrlEndpoint(self._records).handle)
        routes.add_post("/upload/{key}", files.upload)
        routes.add_get("/files/{id}", files.download)
        self._page.add_to(routes)
        if self._service_url is not None:
            self._page.has_service = True
            routes.add_route("*", "/service/{path:.*}", ServiceProxy(self._service_url).handle)
        self._records.url = await self._server.start(host, port)

    async def stop(self) -> None:
        """End everything that is open or under way."""
        self._faults.release_all()
        self._records.changes.close()
        await self._delivery.stop()
        await self._sockets.stop()
        if self._http_mode is not None:
            await self._http_mode.close()
        await self._server.stop()

    def show_service(self, service_url: str) -> None:
        """Show this service beside the channel; to be said before `start`."""
        self._service_url = service_url

    async def deliver_over_http(self, request_url: str) -> None:
        """From now on POST signed requests to this URL in place of Socket Mode.

        Raises ConnectionError when the URL doesn't answer Slack's challenge.
        """
        http_mode = HttpMode(self._records, request_url, self._ack_within_s)
        try:
            await http_mode.verify_url()
        except ConnectionError:
            await http_mode.close()
            raise
        if self._http_mode is not None:
            await self._http_mode.close()
        self._http_mode = self._delivery.route = http_mode

    # What an app needs to connect

    @property
    def url(self) -> str:
        """The address of the page, without a trailing slash."""
        return self._records.url

    @property
    def api_url(self) -> str:
        """The base of the Web API, as slack_sdk's `base_url` wants it."""
        return f"{self._records.url}/api/"

    @property
    def bot_token(self) -> str:
        """The `xoxb-` token."""
        return self._app.bot_token

    @property
    def app_token(self) -> str:
        """The `xapp-` token."""
        return self._app.app_token

    @property
    def signing_secret(self) -> str:
        """What signs requests in HTTP mode."""
        return self._app.signing_secret

    # Who is there

    def person(self, name: str) -> Person:
        """A member; changing it changes what the app is told about them."""
        return self._records.person(name)

    def group(self, handle: str) -> UserGroup:
        """A user group; changing its members changes who may do what."""
        return next(g for g in self._records.groups.values() if handle.removeprefix("@") in (g.handle, g.id))

    def channel(self, name: str) -> Channel:
        """A channel; changing it archives it, makes it private, takes members away."""
        return self._records.channel(name)

    def add_person(self, person: Person, *channels: str) -> None:
        """A further member, and the channels to put them in."""
        self._records.people[person.id] = person
        for name in channels:
            self._records.channel(name).members.append(person.id)

    def add_channel(self, channel: Channel) -> None:
        """A further channel."""
        self._records.channels[channel.id] = channel

    # Acting as people

    async def command(self, user: str, channel: str, line: str) -> Outcome:
        """Type a slash command such as `/canary start materializers 1%`."""
        return await self._acts.command(user, channel, line)

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        value: Any = None,
        *,
        seen: Json | None = None,
        block_id: str | None = None,
    ) -> Outcome:
        """Use a control of a message: `value` is the chosen option's value (a button has its own).

        `seen` is the message as it was on the person's screen, when it has changed since; `block_id` says which one
        where blocks share an action id.
        """
        return await self._acts.click(user, channel, ts, action_id, value, seen, {}, block_id)

    async def click_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        value: Any = None,
        *,
        typed: Mapping[str, Any] | None = None,
        block_id: str | None = None,
        seen: list[Json] | None = None,
    ) -> Outcome:
        """Use a control of a modal or of App Home; `typed` is what the others hold by then, by action id.

        `seen` are its blocks as they were on the person's screen, when they have changed since.
        """
        return await self._modals.click(user, view_id, action_id, value, typed or {}, block_id, seen)

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Add a reaction; the app hears of it in the background."""
        self._acts.react(user, channel, ts, name)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take a reaction back."""
        self._acts.unreact(user, channel, ts, name)

    async def submit_view(self, user: str, view_id: str, values: Mapping[str, Any]) -> Outcome:
        """Submit a modal, with a value for each input's action id."""
        return await self._modals.submit(user, view_id, values)

    async def close_view(self, user: str, view_id: str) -> Outcome:
        """Close a modal without submitting it."""
        return await self._modals.close(user, view_id)

    async def post(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Say something; gives the new message's `ts`."""
        return self._acts.post(user, channel, text, thread_ts)

    async def open_app_home(self, user: str, tab: str = "home") -> None:
        """Look at the app's `home` tab, or at its `messages`."""
        self._acts.open_app_home(user, tab)

    # Reading

    def messages(self, channel: str) -> list[Json]:
        """What the channel shows to everybody, oldest first."""
        place = self._records.channel(channel)
        shown = [message for message in self._records.messages.lasting(place.id) if message.in_channel]
        return [self._records.messages.as_json(message) for message in shown]

    def thread(self, channel: str, ts: str) -> list[Json]:
        """A message and its replies, oldest first."""
        place = self._records.channel(channel)
        found = [m for m in self._records.messages.lasting(place.id) if ts in (m.ts, m.thread_ts)]
        return [self._records.messages.as_json(message) for message in found]

    def ephemerals(self, user: str, channel: str) -> list[Json]:
        """What only this person sees there, oldest first."""
        who, place = self._records.person(user).id, self._records.channel(channel)
        return [message.as_json() for message in self._records.messages.ephemerals(place.id, who)]

    def direct_messages(self, user: str) -> list[Json]:
        """The conversation between this person and the app, oldest first."""
        return self.messages(self._records.direct(self._records.person(user).id).id)

    def views(self, user: str) -> list[Json]:
        """The modals that this person has open, the visible one last."""
        return [view.as_json() for view in self._records.views.stack(self._records.person(user).id)]

    def home(self, user: str) -> Json | None:
        """What this person's App Home shows."""
        view = self._records.views.home(self._records.person(user).id)
        return view.as_json() if view else None

    def calls(self, method: str | None = None) -> list[Call]:
        """The Web API calls so far, refused ones too; of one method or of all."""
        return [call for call in self._web_api.calls if method in (None, call.method)]

    @property
    def connected(self) -> int:
        """How many Socket Mode connections are open."""
        return self._sockets.connected

    async def until(self, predicate: Callable[[], T | None], within: float = 30.0) -> T:
        """Wait until the predicate gives something true, and give that.

        It is asked again at each change in the workspace (a Web API call, an acknowledgement, a person's act), and
        never polled: what changes only inside the app isn't noticed. Raises TimeoutError after `within` seconds.
        """
        return await self._records.changes.until(predicate, within)

    # Faults

    def refuse(
        self, method: str, error: str, times: int = 1, status: int = 200, retry_after: int | None = None
    ) -> None:
        """Answer the next calls of this method with this error (and `Retry-After`, in seconds)."""
        self._faults.refuse(method, error, times, status, retry_after)

    def hang(self, method: str) -> None:
        """Leave calls of this method unanswered until `release`."""
        self._faults.hang(method)

    def hanging(self, method: str) -> int:
        """How many calls of this method wait for `release`."""
        return self._faults.left.get(method, 0)

    def release(self, method: str) -> None:
        """Answer them after all."""
        self._faults.release(method)

    def drop_connection_after_processing(self, method: str, times: int = 1) -> None:
        """Carry the next calls out, then cut the connection in place of an answer."""
        self._faults.drop(method, times)

    def refuse_blocks(self, kind: str) -> None:
        """Answer `invalid_blocks` to messages with such a block, as a workspace that a new kind hasn't reached yet."""
        self._records.unknown_blocks.add(kind)

    def accept_blocks(self, kind: str) -> None:
        """The kind has arrived here too."""
        self._records.unknown_blocks.discard(kind)

    async def disconnect_sockets(self, reason: str = "refresh_requested") -> None:
        """Ask every Socket Mode connection to go: `warning`, `refresh_requested` or `link_disabled`."""
        await self._sockets.disconnect(reason)

    def mute_sockets(self) -> None:
        """Let the open connections die silently; a new one works."""
        self._sockets.mute()

    def duplicate_envelopes(self, times: int = 1) -> None:
        """Send each of the next envelopes twice."""
        self._sockets.duplicate(times)

    def lose_acknowledgements(self, times: int = 1) -> None:
        """Deliver each of the next payloads again, as after a lost answer."""
        self._delivery.lose_acknowledgements(times)

    def revoke_token(self) -> None:
        """Answer `token_revoked` to both tokens from now on."""
        self._app.revoked |= {self._app.bot_token, self._app.app_token}

    def give_token_back(self) -> None:
        """Both tokens are good again, as if the app had been installed anew."""
        self._app.revoked.clear()

    def begin_outage(self, outage: Outage) -> None:
        """All of Slack is away: no method answers, open connections are deaf, and no new one is made."""
        self._faults.begin(outage)
        self._sockets.mute()

    def end_outage(self) -> None:
        """It is back; connections that went deaf stay so."""
        self._faults.end()

    def _emit(self, event: Json) -> None:
        name = event["type"]
        if name == "message":
            name = "message.im" if event["channel_type"] == "im" else "message.channels"
        needs = {"reaction_added": "reactions:read", "reaction_removed": "reactions:read"}.get(name)
        if name in self._app.events and (needs is None or needs in self._app.scopes):
            self._delivery.tell(payloads.event(self._records, event))


def _identity(
    name: str,
    given: tuple[str | None, str | None, str | None],
    fresh: tuple[str, str, str],
    scopes: Sequence[str],
    events: Sequence[str],
    commands: Sequence[str],
) -> Identity:
    """The app, with a fresh token wherever none is given."""
    bot_token, app_token, signing_secret = (mine or new for mine, new in zip(given, fresh, strict=True))
    return Identity(
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=signing_secret,
        name=name,
        scopes=tuple(scopes),
        events=tuple(events),
        commands=tuple(commands),
    )
