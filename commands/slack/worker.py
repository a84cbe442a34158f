"""Works on what was taken in: in order for each rollout, side by side for different ones, down before all.

What a crash leaves in the inbox is taken up again. An upward request that lay there too long isn't acted on any more:
nobody expects it by then.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from pydantic import ValidationError

from bot.domain.errors import PerchError
from bot.engine.acting import acting_for
from bot.engine.requests import Desk, Reply, Request
from bot.ports import Clock, Delivery, Inbox, Lane, Messenger, NotOurs, Outbox, Outgoing, OutsideFault, Said, StoreAway
from bot.wording import refusals
from bot.wording.language import ENGLISH, speaking
from commands.slack import DOWNWARD, perform
from commands.slack.naming import shown
from commands.slack.reactions import meant

log = logging.getLogger(__name__)

TOO_LATE = timedelta(minutes=5)
NEVER_WAIT = frozenset({"rollback", "kill"})
"""What acts at once by its own key, whoever has its delivery: twice down is down (law 2)."""
LOOK_EVERY_S = 1.0
AT_ONCE_MOST = 16
REMEMBERED = 1000
QUIET = frozenset({"approve", "reject", "tick", "untick", "acknowledge", "hold", "resume", "rollback", "kill"})
"""Clicks whose effect everybody sees in the channel; a receipt beside it would be noise."""


class Worker:
    """Supervised: nothing that a request does ends it."""

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox,
        desk: Desk,
        messenger: Messenger,
        clock: Clock,
        *,
        wake_sender: Callable[[], None],
        command: str = refusals.COMMAND,
    ) -> None:
        self._inbox, self._outbox, self.desk, self._messenger = inbox, outbox, desk, messenger
        self._clock = clock
        self._wake_sender = wake_sender
        self._command = command
        self._woken = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._lanes: dict[str, str] = {}
        self._served: OrderedDict[str, None] = OrderedDict()
        """Keys that were worked on or refused here, whatever the inbox says."""
        self._listeners: dict[str, list[asyncio.Future[Reply]]] = {}

    def wake(self) -> None:
        """There is something new in the inbox."""
        self._woken.set()

    def at_once(self, request: Request) -> None:
        """Work on a downward request now, whether or not it is kept yet. The same key again does nothing."""
        if request.key not in self._running and request.key not in self._served:
            self._begin(request)

    @contextmanager
    def listening(self, key: str) -> Iterator[asyncio.Future[Reply]]:
        """Hear what is answered to a webhook's request: there is nobody in Slack to be answered."""
        heard: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._listeners.setdefault(key, []).append(heard)
        try:
            yield heard
        finally:
            self._listeners[key].remove(heard)
            if not self._listeners[key]:
                del self._listeners[key]

    def forget(self, request: Request) -> None:
        """The asker was told that nothing happens, so nothing may, even if the inbox got it late."""
        self._remember(request.key)

    async def run(self) -> None:
        """Work until cancelled; then give what is under way three seconds."""
        try:
            while True:
                await self._look()
                await self._wait()
        finally:
            await self._wind_up()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    async def _wind_up(self) -> None:
        if not self._running:
            return
        _, late = await asyncio.wait(self._running.values(), timeout=3)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _look(self) -> None:
        try:
            for delivery in await self._inbox.waiting():
                await self._consider(delivery)
        except StoreAway:
            log.warning("the inbox can't be read; trying again")

    async def _consider(self, delivery: Delivery) -> None:
        if delivery.key in self._running:
            return
        if delivery.key in self._served:
            await self._inbox.done(delivery.key)
            return
        try:
            request = Request.model_validate(delivery.request)
        except ValidationError:
            log.exception("a request in the inbox can't be read (%s); it is left out", delivery.key)
            await self._inbox.done(delivery.key)
            return
        if request.verb in DOWNWARD or self._free(_lane(request)):
            self._begin(request, fenced=request.verb not in NEVER_WAIT, acted=delivery.acted)

    def _free(self, lane: str) -> bool:
        return lane not in self._lanes.values() and len(self._running) < AT_ONCE_MOST

    def _begin(self, request: Request, *, fenced: bool = False, acted: bool = False) -> None:
        self._lanes[request.key] = _lane(request)
        doing = self._serve_fenced(request, acted) if fenced else self._serve(request)
        task = asyncio.create_task(doing, name=f"request {request.key}")
        self._running[request.key] = task
        task.add_done_callback(lambda _: self._end(request.key))

    def _end(self, key: str) -> None:
        del self._running[key], self._lanes[key]
        self.wake()

    def _remember(self, key: str) -> None:
        self._served[key] = None
        while len(self._served) > REMEMBERED:
            self._served.popitem(last=False)

    async def _serve_fenced(self, request: Request, acted: bool) -> None:
        """Work on a request whose effect may be committed once, and only while this process has its delivery."""
        acting_for.set(request.key)
        try:
            if acted:
                await self._answer(request, shown(refusals.done_already(request.verb)))
                await self._inbox.done(request.key)
            else:
                await self._serve(request)
        except NotOurs as taken:
            log.info("'%s' is left to whoever has it now: %s", request.verb, taken)
        except StoreAway:
            log.warning("the database is away during '%s'; it stays in the inbox", request.verb)

    async def _serve(self, request: Request) -> None:
        """Work on one request to its end. With the database away it stays in the inbox; down is tried on and on."""
        while True:
            try:
                asked = await meant(request, self._outbox)
                if asked is not None:
                    await self._answer(asked, await self._worded(asked))
                self._remember(request.key)
                await self._inbox.done(request.key)
                return
            except StoreAway:
                log.warning("the database is away during '%s'; trying again", request.verb)
                await asyncio.sleep(LOOK_EVERY_S)
            if request.key in self._served or request.verb not in DOWNWARD:
                return

    async def _worded(self, request: Request) -> Reply | None:
        """In English, until it's known which plan a request is about: then in the plan's language, to its end."""
        with speaking(ENGLISH):
            return await self._reply(request)

    async def _reply(self, request: Request) -> Reply | None:
        if request.verb not in DOWNWARD and request.heard is None and self._clock() - request.at > TOO_LATE:
            return shown(refusals.too_late(request.verb, int(TOO_LATE.total_seconds() // 60)))
        try:
            reply = await perform(request, self.desk)
        except PerchError as refused:
            await self.desk.refused(request, refused)
            return shown(refusals.refusal(refused, self._command)).model_copy(update={"refused": True})
        except (StoreAway, NotOurs):
            raise
        except Exception:
            correlation = uuid4().hex[:8]
            log.exception("request %s (%s) broke, correlation %s", request.key, request.verb, correlation)
            return shown(refusals.fault(correlation))
        seen_anyway = request.verb in QUIET and request.surface in ("button", "reaction", "modal")
        return None if seen_anyway else reply

    async def _answer(self, request: Request, reply: Reply | None) -> None:
        """Through the outbox; straight to the person when the database is away."""
        if reply is None:
            return
        if request.surface == "webhook":
            for heard in self._listeners.get(request.key, ()):
                if not heard.done():
                    heard.set_result(reply)
            return
        message = Outgoing(
            say="answer",
            key=_answer_key(request),
            facts={"text": reply.text, "blocks": list(reply.blocks)},
            lane=Lane.URGENT,
            to=request.channel,
            only_for="" if reply.in_channel else request.actor.id,
        )
        try:
            await self._outbox.add([message], self._clock())
            self._wake_sender()
        except StoreAway:
            await self.whisper(request, Said(reply.text, reply.blocks))

    async def whisper(self, request: Request, said: Said) -> None:
        """Tell the asker without the outbox; a failure is only logged, for there is no other way left."""
        try:
            async with asyncio.timeout(3):
                await self._messenger.whisper(request.channel, request.actor.id, said)
        except (OutsideFault, TimeoutError) as fault:
            log.warning("couldn't answer '%s': %s", request.verb, fault)


def _lane(request: Request) -> str:
    """Requests about the same thing keep their order."""
    return request.rollout or " ".join(request.words[:1]) or request.key


def _answer_key(request: Request) -> str:
    """One answer per request; what a reaction's author may not is said once per gate and person."""
    if request.surface == "reaction":
        return f"answer:{request.gate}:{request.actor.id}:{request.verb}"
    return f"answer:{request.key}"
