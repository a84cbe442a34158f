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

from bot.domain.rollout import Person
from bot.engine.requests import Request
from bot.ports import Clock, Said
from bot.wording import modals, refusals
from commands.slack import payloads
from commands.slack.intake import Intake, Kept
from commands.slack.introduction import Identity
from commands.slack.worker import Worker

log = logging.getLogger(__name__)

_ANY = re.compile(r".*")
BROKEN = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable"})
"""What Slack says with status 200 when it can't (https://docs.slack.dev/reference/methods/views.open)."""
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
        *,
        signing_secret: str = "",
        command: str = refusals.COMMAND,
    ) -> None:
        self._intake, self._worker, self._client, self._clock = intake, worker, client, clock
        self._bot_user = identity.bot_user
        self.app = _bolt(client, identity, signing_secret)
        self.app.command(command)(self._command)
        self.app.action(_ANY)(self._click)
        self.app.view(_ANY)(self._submitted)
        self.app.event("reaction_added", middleware=[self._keep_reaction])(_nothing)
        self.app.event("reaction_removed", middleware=[self._keep_reaction])(_nothing)
        self.app.event(_ANY)(_nothing)
        self.app.error(_broken)

    async def _command(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        request = payloads.command(command, self._clock())
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
            case payloads.Ask():
                await ack()
                await self._open(asked, body)
            case Request():
                await self._take(ack, asked)
            case None:
                await ack()
                await self._tell(body, refusals.no_longer_active())

    async def _submitted(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        request = payloads.submission(body, self._clock())
        if request is None:
            await ack()
        else:
            await self._take(ack, request)

    async def _take(self, ack: AsyncAck, request: Request) -> None:
        """Keep and acknowledge; with the database away, say so in an ephemeral message."""
        kept = await self._intake.take(request)
        await ack()
        if kept in (Kept.REFUSED, Kept.DOWN):
            await self._worker.whisper(request, refusals.memory_away(downward=kept is Kept.DOWN))

    async def _open(self, ask: payloads.Ask, body: dict[str, Any]) -> None:
        """Open the dialog at once: a trigger lives three seconds."""
        build = {"reject": modals.reject_modal, "kill": modals.kill_modal}[ask.verb]
        try:
            async with asyncio.timeout(2.5):
                await self._client.views_open(trigger_id=ask.trigger, view=build(ask.about, ask.metadata))
        except (SlackClientError, ClientError, TimeoutError) as fault:
            log.warning("couldn't open the %s dialog: %s", ask.verb, type(fault).__name__)
            if ask.unasked is not None and _sick(fault):
                await self._intake.take(ask.unasked)
                return
            await self._tell(body, refusals.modal_failed(ask.verb, ask.about))

    async def _tell(self, body: dict[str, Any], said: Said) -> None:
        """An ephemeral word to whoever clicked."""
        channel, user = body.get("channel", {}).get("id", ""), body["user"]["id"]
        clicked = Request(verb="click", actor=Person(id=user), channel=channel, key="", at=self._clock())
        await self._worker.whisper(clicked, said)

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
