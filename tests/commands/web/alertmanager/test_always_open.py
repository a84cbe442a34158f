"""Law 2: a kill by webhook waits for no database, and without one goes by the kill card."""

from __future__ import annotations

import asyncio

import pytest

from commands.web import alertmanager
from tests.commands.slack.shaky import Trouble as StoreTrouble
from tests.commands.web.alertmanager.knocking import Knocker, an_alert, baking
from tests.rig import Rig
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


async def kills_before_it_is_kept(here: Rig, door: Knocker) -> None:
    """A kill by webhook while the inbox hangs: the switch is off before the delivery is kept."""
    posting = asyncio.create_task(door.posts(an_alert("kill")))
    async with asyncio.timeout(HANGS_S):
        await here.kills[0].far.until_called("engage")
    assert not posting.done()
    door.inbox.let_go.set()
    assert (await posting).json()[0]["did"] == "kill"


async def test_a_kill_by_webhook_does_not_wait_for_its_own_delivery_to_be_kept(here: Rig, door: Knocker) -> None:
    """Law 2: while the inbox hangs the switch is off already."""
    await baking(here)
    door.inbox.trouble = StoreTrouble.HANGS
    await kills_before_it_is_kept(here, door)


async def test_while_the_database_is_away_it_goes_by_the_kill_card(here: Rig, door: Knocker) -> None:
    """Law 2."""
    await baking(here)
    door.inbox.trouble, door.desk.away = StoreTrouble.FAILS, True
    missed = await door.posts(an_alert("kill", perch_environment="lab"))
    assert (missed.status_code, here.kills[0].standing) == (503, "on")
    answer = (await door.posts(an_alert("kill"))).json()
    assert answer[0]["did"] == "kill"
    assert here.kills[0].standing == "off"


async def test_while_the_database_hangs_the_switch_is_off_before_the_delivery_is_kept(
    here: Rig, door: Knocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2: neither finding the rollout nor keeping the request may be waited for."""
    monkeypatch.setattr(alertmanager, "FIND_S", 0.05)
    await baking(here)
    door.inbox.trouble, door.desk.hanging = StoreTrouble.HANGS, True
    await kills_before_it_is_kept(here, door)


async def test_while_the_disk_with_the_cards_is_slow_too_the_plans_name_will_do(here: Rig, door: Knocker) -> None:
    """Law 2: a thousand cards may take longer to read than there is time."""
    await baking(here)
    door.inbox.trouble, door.desk.away, door.cards_away = StoreTrouble.FAILS, True, True
    assert (await door.posts(an_alert("kill", perch_plan="", perch_service="denis"))).status_code == 503
    assert (await door.told(an_alert("kill")))[0]["did"] == "kill"
    assert here.kills[0].standing == "off"


async def test_without_a_database_and_without_a_card_alertmanager_is_told_to_try_again(
    here: Rig, door: Knocker
) -> None:
    await baking(here)
    door.desk.away = True
    answer = await door.posts(an_alert("kill", perch_plan="other"))
    assert (answer.status_code, answer.json()[0]["did"]) == (503, "unknown")
