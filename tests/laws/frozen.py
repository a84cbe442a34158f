"""What must be true of freezes and of the webhook, as stories that fail when it isn't; each over a whole engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.errors import NotAllowed
from bot.domain.evidence import WORKSPACE
from bot.domain.freezes import Freeze
from bot.domain.machine import State
from bot.domain.obstacles import ServiceFrozen
from bot.domain.rollout import Person, Rollout
from bot.domain.units import ZERO, Weight
from bot.ports import Change
from tests.commands.web.alertmanager.knocking import an_alert, listening
from tests.fakes.traffic import FakeTraffic
from tests.rig import ANA, CLEO, Rig, rig

Check = Callable[[Path], Awaitable[None]]
HOUR = timedelta(hours=1)


class Interrupted(FakeTraffic):
    """Traffic whose raise to 10 % takes its time, and meanwhile something happens."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def apply(self, weight: Weight) -> None:
        await super().apply(weight)
        if weight == Weight(10):
            await self._meanwhile()


async def what_is_frozen_stays_down_until_a_person_resumes_it(folder: Path) -> None:
    """Law 1, X11."""
    async with rig(folder) as here:
        rollout = await here.until_gate(await here.start())
        await _freeze(here)
        assert (await here.load(rollout)).state is State.HELD, "a freeze was kept and held nothing"
        await _refused(here.engine.desk.resume(here.request("resume", CLEO), rollout.id, ""), ServiceFrozen)
        await here.minutes(3)
        assert here.traffic[0].weight == Weight(1), "it rose under a freeze"
        here.now += HOUR
        await here.engine.freezing.tend()
        ended = await here.load(rollout)
        assert (ended.state, ended.frozen) == (State.HELD, None), "the freeze didn't end, or it went on by itself"
        await here.engine.desk.resume(here.request("resume", CLEO), rollout.id, "")


async def the_fence_of_a_raise_reads_freezes_before_its_call(folder: Path) -> None:
    """Law 7: somebody froze, and nobody here has heard of it yet."""
    async with rig(folder) as here:
        rollout = await here.until_gate(await here.start())
        await _kept_and_died(here)
        await here.approve(rollout)
        assert "apply 10%" not in here.traffic[0].far.calls, "the raise's call went out under a freeze"
        assert (await here.load(rollout)).state is State.HELD


async def the_fence_of_a_raise_reads_freezes_after_its_call(folder: Path) -> None:
    """Law 7: the freeze came while the call was under way; what landed is taken back."""
    async with rig(folder) as here:
        slow = here.traffic[0] = Interrupted(lambda: _kept_and_died(here))
        rollout = await here.until_gate(await here.start())
        await here.approve(rollout)
        await here.settle()
        assert "apply 10%" in slow.far.calls
        after = await here.load(rollout)
        assert (after.state, after.confirmed, slow.weight) == (State.HELD, Weight(1), Weight(1)), "the raise stood"


async def down_is_open_under_a_freeze(folder: Path) -> None:
    """Law 2."""
    async with rig(folder) as here:
        rollout = await here.start()
        await _freeze(here)
        try:
            await here.engine.desk.rollback(here.request("rollback", ANA), rollout.id, "down")
        except ServiceFrozen as frozen:
            raise AssertionError("a freeze refused a rollback") from frozen
        await here.settle()
        assert here.traffic[0].weight == ZERO, "a freeze stood in the way of a rollback"


async def lifting_is_for_the_owner_and_the_override_role(folder: Path) -> None:
    """Law 8."""
    async with rig(folder) as here:
        await _freeze(here)
        await _refused(here.engine.desk.unfreeze(here.request("unfreeze", ANA), "denis", "", ()), NotAllowed)
        assert len(await here.engine.desk.standing()) == 1


async def a_freeze_delivered_twice_is_one(folder: Path) -> None:
    """Law 6."""
    async with rig(folder) as here:
        asked = here.request("freeze", CLEO)
        for _ in range(2):
            await here.engine.desk.freeze(asked, "denis", "", HOUR, ())
        assert len(await here.engine.desk.standing()) == 1, "two freezes for one request"
        assert len(await here.engine.rollouts.records(WORKSPACE)) == 1


async def an_alert_acts_once_for_each_time_it_fires(folder: Path) -> None:
    """Law 6."""
    async with rig(folder) as here, listening(here) as door:
        rollout = await here.start()
        for _ in range(3):
            await door.told(an_alert("hold"), an_alert("hold"))
        assert await _count(here, rollout, "held") == 1, "a repeated alert acted again"
        await here.engine.desk.resume(here.request("resume", ANA), rollout.id, "")
        await door.told(an_alert("hold"), an_alert("hold", status="resolved", since="09:30"))
        assert await _count(here, rollout, "held") == 1, "an alert of before the resume, or one that is over, acted"
        await door.told(an_alert("hold", since="09:40"))
        assert await _count(here, rollout, "held") == 2, "an alert that fired anew did nothing"


async def only_who_has_the_token_is_heard_and_only_down_is_done(folder: Path) -> None:
    """Laws 1 and 8."""
    async with rig(folder) as here, listening(here) as door:
        rollout = await here.start()
        assert (await door.posts(an_alert("kill"), token="guessed")).status_code == 401
        await here.engine.desk.hold(here.request("hold", ANA), rollout.id, "", None)
        (answer,) = await door.told(an_alert("resume"))
        assert answer["did"] == "nothing"
        assert (await here.load(rollout)).state is State.HELD


async def a_webhook_may_stop_and_nothing_else(folder: Path) -> None:
    """Law 1: even if the door let something else through."""
    async with rig(folder) as here:
        rollout = await here.start()
        await here.engine.desk.hold(here.request("hold", ANA), rollout.id, "", None)
        asked = here.request("resume", "webhook:alertmanager", surface="webhook")
        await _refused(here.engine.desk.resume(asked, rollout.id, ""), NotAllowed)


async def _freeze(here: Rig) -> None:
    await here.engine.desk.freeze(here.request("freeze", CLEO), "denis", "incident 7", HOUR, ())


async def _kept_and_died(here: Rig) -> None:
    """A process kept a freeze, and died before it held anything."""
    frozen = Freeze(id="freeze-x", service="denis", why="incident 7", owner=Person(id=CLEO), since=here.now)
    assert await here.engine.freezing.store.begin(frozen, Change())


async def _refused(asking: Awaitable[Any], kind: type[Exception]) -> None:
    try:
        await asking
    except kind:
        return
    raise AssertionError(f"it was done, and should have been refused as {kind.__name__}")


async def _count(here: Rig, rollout: Rollout, kind: str) -> int:
    return (await here.kinds_on_record(rollout)).count(kind)
