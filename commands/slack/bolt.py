"""The only file that knows Bolt's app: what comes is read, kept, acknowledged; the work is the worker's.

Bolt answers commands, clicks and dialogs only when `ack` is called, but events before their listener runs; so events
are kept in listener middleware, which runs earlier: an event that couldn't be kept isn't acknowledged, and comes again.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientError
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import PerchError
from bot.domain.rollout import Person
from bot.engine.requests import Request
from bot.ports import Clock, Said, StoreAway
from bot.wording import refusals
from commands.slack import payloads
from commands.slack.dialogs import DIALOGS, Ask, Dialog, Filled, Mistaken
from commands.slack.intake import Intake, Kept
from commands.slack.introduction import Identity
from commands.slack.worker import Worker

log = logging.getLogger(__name__)

_ANY = re.compile(r".*")
BROKEN = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable"})
"""What Slack says with status 200 when it can't (https://docs.slack.dev/reference/methods/views.open)."""
OPEN_S = 2.5
"""How long building and opening a dialog may take: its trigger lives three seconds."""
_BOLT_LOGS = "slack_bolt.AsyncApp"


class Door:
    """Slack's requests on their way to the worker. `app` is what the two transports serve."""

    def __init__(
        self,
        intake: Intake,
        worker: Worker,
        client: AsyncWebClient,
        identity: Identity,
        clock: Clock,
        opened_home: Callable[[str], None],
        *,
        signing_secret: str = "",
        command: str = refusals.COMMAND,
    ) -> None:
        self._intake, self._worker, self._client, self._clock = intake, worker, client, clock
        self._bot_user = identity.bot_user
        self._opened_home = opened_home
        self.app = _bolt(client, identity, signing_secret)
        self.app.command(command)(self._command)
        self.app.action(_ANY)(self._click)
        self.app.view(_ANY)(self._submitted)
        self.app.event("reaction_added", middleware=[self._keep_reaction])(_nothing)
        self.app.event("reaction_removed", middleware=[self._keep_reaction])(_nothing)
        self.app.event("app_home_opened")(self._home)
        self.app.event(_ANY)(_nothing)
        self.app.error(_broken)

    async def _command(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        request = payloads.command(command, self._clock())
        if isinstance(request, Ask):
            await ack()
            await self._open(request)
            return
        match await self._intake.take(request):
            case Kept.REFUSED:
                await _say(ack, refusals.memory_away(downward=False))
            case Kept.DOWN:
                await _say(ack, refusals.memory_away(downward=True))
            case _:
                await ack()

    async def _click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        asked = payloads.click(body, self._clock())
        match asked:
            case Ask():
                await ack()
                await self._open(asked)
            case Filled():
                await ack()
                await self._change(asked, body["view"])
            case Request():
                await self._take(ack, asked)
            case None:
                await ack()
                await self._tell(body, refusals.no_longer_active())

    async def _submitted(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        filled = payloads.filled(body, self._clock())
        if filled is None:
            await ack()
            return
        try:
            request = await DIALOGS[filled.request.verb].read(filled, self._worker.desk)
        except Mistaken as mistaken:
            errors = {filled.blocks.get(name, name): text for name, text in mistaken.errors.items()}
            await ack(response_action="errors", errors=errors)
        else:
            await self._take(ack, request)

    async def _take(self, ack: AsyncAck, request: Request) -> None:
        """Keep and acknowledge; with the database away, say so in an ephemeral message."""
        kept = await self._intake.take(request)
        await ack()
        if kept in (Kept.REFUSED, Kept.DOWN):
            await self._worker.whisper(request, refusals.memory_away(downward=kept is Kept.DOWN))

    async def _open(self, ask: Ask) -> None:
        """Open the dialog at once: a trigger lives three seconds."""
        request = ask.request
        dialog = DIALOGS[request.verb]
        try:
            async with asyncio.timeout(OPEN_S):
                view = await dialog.build(request, self._worker.desk)
                view = {**view, "private_metadata": payloads.metadata(request)}
                await self._client.views_open(trigger_id=ask.trigger, view=view)
        except (SlackClientError, ClientError, TimeoutError) as fault:
            log.warning("couldn't open the %s dialog: %s", request.verb, type(fault).__name__)
            if ask.unasked is not None and _sick(fault):
                await self._intake.take(ask.unasked)
            elif not _opened_already(fault):
                await self._type_instead(dialog, request)
        except (PerchError, StoreAway) as fault:
            log.warning("couldn't build the %s dialog: %s", request.verb, fault)
            await self._type_instead(dialog, request)

    async def _type_instead(self, dialog: Dialog, request: Request) -> None:
        await self._worker.whisper(request, refusals.modal_failed(dialog.instead(request, self._worker.desk)))

    async def _change(self, filled: Filled, view: dict[str, Any]) -> None:
        """Show what fits a choice. Slack refuses it where the view has changed since; the newer change has its own."""
        change = DIALOGS[filled.request.verb].change
        try:
            async with asyncio.timeout(OPEN_S):
                changed = await change(filled, self._worker.desk) if change else None
                if changed is not None:
                    changed = {**changed, "private_metadata": view["private_metadata"]}
                    await self._client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
        except (SlackClientError, ClientError, TimeoutError, PerchError, StoreAway) as fault:
            log.warning("the %s dialog stays as it was: %s", filled.request.verb, type(fault).__name__)

    async def _tell(self, body: dict[str, Any], said: Said) -> None:
        """An ephemeral word to whoever clicked."""
        channel, user = body.get("channel", {}).get("id", ""), body["user"]["id"]
        clicked = Request(verb="click", actor=Person(id=user), channel=channel, key="", at=self._clock())
        await self._worker.whisper(clicked, said)

    async def _home(self, event: dict[str, Any]) -> None:
        """Shown by whoever keeps pages; nothing is asked for, so nothing has to be kept."""
        if event.get("tab") == "home":
            self._opened_home(str(event["user"]))

    async def _keep_reaction(
        self, body: dict[str, Any], next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        request = payloads.reaction(body, self._clock(), self._bot_user)
        if request is not None and await self._intake.take(request) is Kept.REFUSED:
            return BoltResponse(status=503, body="")
        await next()
        return None


def _bolt(client: AsyncWebClient, identity: Identity, signing_secret: str) -> AsyncApp:
    """Bolt's app with a fixed identity: `auth.test` is asked once, at the start, and not by each first request."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team,
            bot_user_id=identity.bot_user,
            bot_id=identity.bot,
            bot_token=client.token,
        )

    # With a token in its client Bolt would ask auth.test itself; it also warns of SLACK_BOT_TOKEN being set.
    nameless = AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[])
    quiet = logging.getLogger(_BOLT_LOGS)
    quiet.setLevel(logging.ERROR)
    app = AsyncApp(
        name="perch", logger=quiet, client=nameless, authorize=authorize, signing_secret=signing_secret or "-"
    )
    quiet.setLevel(logging.WARNING)
    return app


def _opened_already(fault: Exception) -> bool:
    """The same click, delivered twice: its trigger has opened the dialog."""
    if not isinstance(fault, SlackApiError) or not isinstance(fault.response, AsyncSlackResponse):
        return False
    return bool(fault.response.get("error") == "exchanged_trigger_id")


def _sick(fault: Exception) -> bool:
    """Slack is overloaded or broken, and says so: no dialog stands. A refusal, or no answer at all, isn't that."""
    if not isinstance(fault, SlackApiError):
        return isinstance(fault, ClientError)
    if not isinstance(fault.response, AsyncSlackResponse):
        # A gateway's page instead of an answer: the library hands over whatever it couldn't read.
        return True
    code = fault.response.status_code
    return code == 429 or code >= 500 or fault.response.get("error") in BROKEN


async def _say(ack: AsyncAck, said: Said) -> None:
    await ack(text=said.text, blocks=[dict(block) for block in said.blocks], response_type="ephemeral")


async def _nothing() -> None:
    """Acknowledged, and that's all."""


async def _broken(error: Exception) -> None:
    """A listener broke: logged by kind and place, never with the payload."""
    log.error("a Slack listener broke: %s", type(error).__name__, exc_info=error)
