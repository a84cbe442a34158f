"""The running bot: the only file that knows every room. Everything is made here, once, and handed over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.heartbeat import Heartbeat
from adapters.notify.slack.directory import SlackDirectory
from bot.assembly import Engine, all_plugins, build_archiving, build_engine, keep_of, utc_now
from bot.domain.evidence import WORKSPACE
from bot.engine.archiving import Archiving
from bot.engine.restored import hold_what_was_restored, older_than_its_cards
from bot.parts import REAL, Parts
from bot.ports import Clock, StoreAway
from bot.redaction import Redactor, redacted_logs, secrets_in
from bot.schedule import WAKE_S
from bot.settings import Settings, require_slack
from bot.speech import build_speech
from bot.standing import Look
from commands.slack.bolt import Door
from commands.slack.intake import Intake
from commands.slack.introduction import Identity, SlackAway, StartRefused, introduce
from commands.slack.missed import Missed
from commands.slack.signed import signed_requests
from commands.slack.sockets import Sockets
from commands.slack.worker import Worker
from commands.web import web_app
from commands.web.alertmanager import AlertDoor
from commands.web.flags import FlagDoor
from commands.web.metrics import Metrics
from commands.web.pagerduty import PagerDutyDoor
from storage.database import Database
from storage.leases import SqlLeases

log = logging.getLogger(__name__)

HEARTBEAT_S = 30.0
TEND_S = 1.0
"""How often freezes are looked at: what ran out ends, what another process froze is held."""
PULSE_S = 30.0
"""An engine that hasn't found out for so long what is due doesn't count as alive."""
CONNECTED_WITHIN_S = 15.0
KNOCK_EVERY_S = 10.0
"""How often Slack is tried again when it couldn't be reached at the start."""
Part = Literal["web", "engine"]
"""`web` is the doors and what is said; `engine` is the checks and deeds."""

__all__ = ["Perch", "StartRefused", "open_perch"]


class Perch:
    """The bot over an open database and an open Slack client. `start` lets it act, `stop` ends it cleanly."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        client: AsyncWebClient,
        directory: SlackDirectory,
        clock: Clock,
        closing: AsyncExitStack,
        parts: Parts,
        redact: Redactor,
        archiving: Archiving,
    ) -> None:
        self.engine, self._archiving = engine, archiving
        self.address = ""
        self._settings = settings
        self._client = client
        self._directory = directory
        self._clock = clock
        self._closing = closing
        self._parts, self._redact, self._metrics = parts, redact, Metrics(clock, engine.flags)
        self._tasks: list[asyncio.Task[None]] = []
        self._broken: list[str] = []
        self._sockets: Sockets | None = None
        self._only: Part | None = None
        self._signed: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
        self._shut = ""
        """Why the doors aren't open, on one line."""
        self._catch_up: Callable[[], Awaitable[int]] | None = None
        self.speech = build_speech(settings, engine, client, directory, clock, parts.pace, redact)
        self._sender, self._messenger = self.speech.sender, self.speech.messenger
        self._worker = Worker(
            engine.inbox,
            engine.outbox,
            engine.desk,
            self._messenger,
            clock,
            wake_sender=self._sender.wake,
            command=settings.slack_command,
        )
        self._intake = Intake(engine.inbox, self._worker, redact)

    async def start(self, only: Part | None = None) -> None:
        """Begin. Raises StartRefused when Slack refuses the tokens; nothing has been changed then.

        Where Slack can't be reached at all, checks and deeds begin all the same, and the doors open when it is back.
        """
        self._only = only
        identity = await self._identity()
        self.engine.ledger.on_saved += [self._metrics.saw, self.speech.homes.saw, lambda _: self._sender.wake()]
        self.engine.ledger.on_saved += [self.engine.diagnoses.saw, self.engine.tasks.saw, self.engine.effects.saw]
        await self._hold_what_was_restored()
        if only != "web":
            await self._start_engine()
        self._supervise("upkeep", self.engine.upkeep.run())
        self._supervise("archiving", self._archiving.run())
        self._supervise("sender", self._sender.run())
        self._closing.push_async_callback(self.speech.aclose)
        if self.speech.fallback is not None:
            self._supervise("second way", self.speech.fallback.run())
        if only != "engine":
            await self.engine.flags.look()
            self._supervise("flags", self.engine.flags.run())
        await self._serve()
        if only == "engine":
            return
        self._supervise("worker", self._worker.run())
        self._supervise("homes", self.speech.homes.run())
        if identity is None:
            self._supervise("doors", self._open_later())
        else:
            await self._open(identity)

    async def stop(self) -> None:
        """Stop taking requests, let what is under way come to rest, and close everything."""
        for task in reversed(self._tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._closing.aclose()

    async def _identity(self) -> Identity | None:
        """Who we are in Slack; None while it can't be reached."""
        try:
            return await introduce(self._client)
        except SlackAway as away:
            self._note(str(away))
            return None

    def _note(self, shut: str) -> None:
        if shut != self._shut:
            log.error("%s Live rollouts are guarded meanwhile.", shut)
        self._shut = shut

    async def _open_later(self) -> None:
        identity = None
        try:
            while identity is None:
                await asyncio.sleep(KNOCK_EVERY_S)
                identity = await self._identity()
            await self._open(identity)
        except StartRefused as refused:
            self._note(str(refused))

    async def _open(self, identity: Identity) -> None:
        """Let people in: over sockets, or over signed requests to the web door."""
        self._directory.belong_to(identity.team)
        door = Door(
            self._intake,
            self._worker,
            self._client,
            identity,
            self._clock,
            self.speech.homes.opened,
            signing_secret=self._settings.slack_signing_secret.get_secret_value(),
            command=self._settings.slack_command,
        )
        if self._settings.socket_mode:
            await self._connect(door)
        else:
            self._signed = signed_requests(door.app, self._clock)
        engine = self.engine
        missed = Missed(engine.rollouts, engine.inbox, engine.outbox, self._messenger, self._clock, identity.bot_user)
        self._catch_up = missed.catch_up
        await self._take_in_missed()

    async def _take_in_missed(self) -> None:
        """Reactions given while no connection heard them: before the doors opened, or while one was dead."""
        if self._catch_up is not None and await self._catch_up():
            self._worker.wake()

    async def _start_engine(self) -> None:
        await self.engine.rollouts.free_leases()
        schedule = self._parts.schedule()
        schedule.every(WAKE_S, self._tick)
        schedule.every(TEND_S, self.engine.freezing.tend)
        if self._settings.heartbeat_url:
            heart = Heartbeat(self._settings.heartbeat_url, self._standstill)
            self._closing.push_async_callback(heart.aclose)
            schedule.every(HEARTBEAT_S, heart.beat)
        schedule.start()
        self._closing.callback(schedule.close)
        self._supervise("keeping", self.engine.keeping.run())

    def _standstill(self) -> str:
        """Why nothing is checked; "" while what is due is looked for."""
        looked = self.engine.ticker.looked_at
        if looked is None:
            return "nothing was checked since the start"
        age_s = (self._clock() - looked).total_seconds()
        return f"nothing was checked for {age_s:.0f} s" if abs(age_s) > PULSE_S else ""

    async def _hold_what_was_restored(self) -> None:
        """By one process; others that start meanwhile wait for it, or they'd check what isn't held yet.

        Doors alone wait too: a click on an old gate must find it closed.
        """
        engine, rollouts = self.engine, self.engine.rollouts
        if await older_than_its_cards(engine.ledger, engine.files):
            await rollouts.mark_restored()
        while await rollouts.restored():
            if not await rollouts.may_hold_restored(self._clock()):
                await asyncio.sleep(1.0)
                continue
            found = await hold_what_was_restored(engine.ledger, engine.files, engine.equipment)
            log.warning(
                "this database was restored from a backup: %s rollouts are held until somebody resumes them, "
                "%s are killed again",
                len(found.held),
                len(found.killed),
            )
            await rollouts.acknowledge_restored()

    async def _tick(self) -> None:
        self._metrics.ticked(await self.engine.ticker.tick())

    async def _from_slack(self, request: web.Request) -> web.StreamResponse:
        if self._signed is None:
            raise web.HTTPServiceUnavailable(text="Perch is still waiting for Slack; try again")
        return await self._signed(request)

    async def _serve(self) -> None:
        """The web door: health and metrics always, alerts where there are doors, Slack's requests in HTTP mode."""
        signed = None if self._settings.socket_mode else self._from_slack
        wake = None if self._only == "web" else timedelta(seconds=WAKE_S)
        look = Look(self.engine, self._clock, self._redact, self._slack_trouble)
        made = partial(web_app, look, self._metrics, self._clock, wake=wake, broken=self._broken, slack_handler=signed)
        if self._only != "engine":
            made = partial(made, alerts=self._alerts(), pagerduty=self._pagerduty(), flags=self._flags())
        runner = web.AppRunner(made())
        await runner.setup()
        self._closing.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, self._settings.host, self._settings.port)
        try:
            await site.start()
        except OSError as taken:
            raise StartRefused(
                f"port {self._settings.port} on {self._settings.host} can't be opened ({taken.strerror}); "
                "set PORT to a free one, then start again."
            ) from taken
        host, port = runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"

    def _flags(self) -> FlagDoor:
        settings = self._settings
        return FlagDoor(self.engine.flags, settings.ofrep_token.get_secret_value(), settings.ofrep_per_second)

    def _alerts(self) -> AlertDoor:
        return AlertDoor(
            self._settings.webhook_token.get_secret_value(),
            self._intake,
            self._worker,
            self.engine.desk,
            self.engine.switch.cards,
            lambda entries: self.engine.rollouts.note(WORKSPACE, entries),
            self._clock,
            self._redact,
            self._metrics.answered,
        )

    def _pagerduty(self) -> PagerDutyDoor:
        return PagerDutyDoor(
            self._settings.pagerduty_secrets,
            self._intake,
            self._worker,
            self.engine.desk,
            lambda entries: self.engine.rollouts.note(WORKSPACE, entries),
            self._clock,
            self._redact,
        )

    async def _connect(self, door: Door) -> None:
        if not self._settings.socket_mode:
            return
        token = self._settings.slack_app_token.get_secret_value()
        self._sockets = Sockets(door.app, self._client, token, self._clock, renewed=self._take_in_missed)
        running = self._supervise("sockets", self._sockets.run())
        ready = asyncio.create_task(self._sockets.ready.wait())
        await asyncio.wait({running, ready}, timeout=CONNECTED_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if running.done():
            await running

    def _supervise(self, name: str, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(doing, name=name)
        task.add_done_callback(partial(_log_end, self._broken))
        self._tasks.append(task)
        return task

    def _slack_fault(self) -> str:
        """Why people can't get in, or ""."""
        if self._only == "engine":
            return ""
        if self._settings.socket_mode and self._sockets is not None and not self._sockets.connected:
            return self._sockets.fault or "no connection stands"
        opened = self._sockets is not None if self._settings.socket_mode else self._signed is not None
        return "" if opened else self._shut or "no connection stands"

    def _slack_trouble(self) -> str:
        return "; ".join(fault for fault in (self._slack_fault(), self._messenger.trouble) if fault)


def _log_end(broken: list[str], task: asyncio.Task[None]) -> None:
    fault = None if task.cancelled() else task.exception()
    if fault is not None and not isinstance(fault, StartRefused):
        log.error("%s ended: %s", task.get_name(), fault)
        broken.append(task.get_name())


async def _let_go(database: Database) -> None:
    """After a stop another process needn't wait for leases to lapse."""
    try:
        await SqlLeases(database).let_go()
    except StoreAway as away:
        log.warning("leases stay until they lapse: %s", away)


def _tell_of_plugins() -> None:
    """A broken one stops nothing: plans that don't name it need their way down."""
    for plugin in all_plugins():
        if plugin.trouble:
            log.error("the %s kind '%s' can't be used: %s", plugin.role, plugin.kind, plugin.trouble)
        else:
            log.info("the %s kind '%s' comes from %s", plugin.role, plugin.kind, plugin.package)


async def open_perch(
    settings: Settings, environment: Mapping[str, str], clock: Clock = utc_now, parts: Parts = REAL
) -> Perch:
    """Open what the bot stands on. Raises BadSetting or StoreAway, each one line for people."""
    require_slack(settings)
    async with AsyncExitStack() as opening:
        keep_of(settings, parts.kinds())
        redact = Redactor(secrets_in(environment))
        opening.enter_context(redacted_logs(redact))
        _tell_of_plugins()
        database = await parts.database(settings.database_url)
        opening.push_async_callback(database.aclose)
        opening.push_async_callback(_let_go, database)
        token = settings.slack_bot_token.get_secret_value()
        client = await opening.enter_async_context(parts.slack(token, settings.slack_api_url))
        directory = SlackDirectory(client, clock)
        engine = build_engine(settings, environment, database, directory, clock, parts.kinds(), parts.files, redact)
        opening.push_async_callback(engine.aclose)
        archiving = build_archiving(settings, database, clock)
        return Perch(settings, engine, client, directory, clock, opening.pop_all(), parts, redact, archiving)
    raise AssertionError("unreachable")
