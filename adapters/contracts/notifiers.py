"""What `bot.ports.Notifier` promises."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from adapters.contracts.worlds import Lack, Place, Trouble, assert_safe, cut_short, lacks, trouble
from bot.domain.urgencies import Act, Urgency
from bot.ports import Denied, Nonsense, Notice, Notifier, OutOfReach, OutsideFault, Uncertain

PATIENT = timedelta(seconds=5)
SOON = timedelta(milliseconds=300)
"""How long a notifier waits whose far side is in trouble."""
AGAIN = (OutOfReach, Nonsense, Uncertain)
"""What the engine tries again by itself."""


class NotifierWorld(Place, Protocol):
    """A far side that people look at, and how a process makes a notifier for it."""

    def notifier(self, within: timedelta = PATIENT) -> Notifier:
        """A new one, as another process would have it; each of its calls takes no longer than `within`."""
        ...

    def heard(self) -> Mapping[str, int]:
        """How often each event (`rolling_back`, `rolled_back`) has been told there, as far as people see it."""
        ...


def a_notice(event: str = "rolling_back", act: Act = Act.OPENS, **changes: Any) -> Notice:
    """One notice about materializers; `changes` are of its fields."""
    given = Notice(
        key=f"{event}-0123456789abcdef",
        rollout="materializers-1a2b3c",
        event=event,
        act=act,
        urgency=Urgency.PAGE,
        subject=f"[Perch] materializers v2 in production: {event.replace('_', ' ')}",
        text="errors is 7.5 %, and must stay at or below 5 %.\nDetails: #canary-live.",
        at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        plan="materializers",
        service="denis",
        environment="production",
        version="v2",
        reason="errors > 5%",
        links={"Grafana": "https://grafana.example/d/1"},
    )
    return replace(given, **changes)


OPENS = a_notice("rolling_back", Act.OPENS)


class NotifierContract:
    """Subclass it as `Test…` and give it a fixture `there`."""

    pytestmark = pytest.mark.anyio

    async def test_what_happened_is_told_in_its_order_and_it_says_what_came_of_it(self, there: NotifierWorld) -> None:
        notifier = there.notifier()
        place = await notifier.tell(OPENS)
        after = await notifier.tell(a_notice("rolled_back", Act.OVER, earlier=(place,)))
        assert dict(there.heard()) == {"rolling_back": 1, "rolled_back": 1}
        for said in (place, after, notifier.target):
            assert_safe(said, there)

    async def test_the_same_notice_told_again_by_another_process_is_told_once(self, there: NotifierWorld) -> None:
        """Law 6, where the far side has names for what it is told."""
        for _ in range(3):
            await there.notifier().tell(OPENS)
        assert dict(there.heard()) == {"rolling_back": 3 if lacks(there, Lack.NAMES) else 1}

    async def test_what_was_told_when_the_connection_broke_is_told_once_in_the_end(self, there: NotifierWorld) -> None:
        """Law 5: the process may as well have died there, before the record."""
        await trouble(there, Trouble.HALF)
        with suppress(OutsideFault):
            await there.notifier(SOON).tell(OPENS)
        await there.get_into(None)
        await there.notifier().tell(OPENS)
        assert dict(there.heard()) == {"rolling_back": 1} or lacks(there, Lack.NAMES)

    @pytest.mark.parametrize("kind", [Trouble.FAIL, Trouble.HANG])
    async def test_what_may_pass_is_tried_again(self, there: NotifierWorld, kind: Trouble) -> None:
        await trouble(there, kind)
        raised = await fault(there)
        assert isinstance(raised, AGAIN)
        assert_safe(raised, there)
        await there.get_into(None)
        await there.notifier().tell(OPENS)
        assert dict(there.heard()) == {"rolling_back": 1}

    async def test_a_refusal_waits_for_a_person_and_quotes_no_secret(self, there: NotifierWorld) -> None:
        """Law 8: the far side's page may have our own headers and body in it."""
        await trouble(there, Trouble.DENY)
        raised = await fault(there)
        assert isinstance(raised, Denied) or lacks(there, Lack.REASONS)
        assert_safe(raised, there)

    async def test_garbage_is_never_taken_for_a_yes(self, there: NotifierWorld) -> None:
        """A 200 with a page of some proxy, say. Whose answers can't be read has no such trouble."""
        await trouble(there, Trouble.GARBAGE)
        assert_safe(await fault(there), there)

    async def test_cut_short_it_leaves_nothing_half_open(self, there: NotifierWorld) -> None:
        await trouble(there, Trouble.HANG)
        await cut_short(there.notifier().tell(OPENS), there, PATIENT.total_seconds())
        await there.get_into(None)
        await there.notifier().tell(OPENS)
        assert dict(there.heard()) == {"rolling_back": 1}

    async def test_a_rehearsal_tells_nothing(self, there: NotifierWorld) -> None:
        assert_safe(await there.notifier().rehearse(), there)
        assert not there.heard()


async def fault(there: NotifierWorld, within: timedelta = SOON) -> OutsideFault:
    """What comes of telling a far side that is in trouble."""
    with pytest.raises(OutsideFault) as raised:
        await there.notifier(within).tell(OPENS)
    return raised.value
