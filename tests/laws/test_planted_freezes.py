"""Freezes and the webhook under laws 1, 2, 6, 7 and 8; and each check is shown to fail against planted bugs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.laws import frozen
from tests.laws.frozen import Check
from tests.laws.mutants import freezes
from tests.laws.mutants.planted import FOUND
from tests.postgres import put_address

pytestmark = pytest.mark.anyio

CAUGHT_BY: dict[Check, tuple[Callable[[pytest.MonkeyPatch], None], ...]] = {
    frozen.what_is_frozen_stays_down_until_a_person_resumes_it: (
        freezes.a_freeze_holds_nothing,
        freezes.what_is_frozen_can_be_resumed,
        freezes.everything_goes_on_by_itself_when_the_freeze_ends,
        freezes.a_freeze_never_ends,
    ),
    frozen.the_fence_of_a_raise_reads_freezes_before_its_call: (freezes.the_fence_reads_no_freezes,),
    frozen.the_fence_of_a_raise_reads_freezes_after_its_call: (freezes.the_fence_reads_freezes_only_before_the_call,),
    frozen.down_is_open_under_a_freeze: (freezes.a_freeze_closes_the_way_down,),
    frozen.lifting_is_for_the_owner_and_the_override_role: (freezes.anybody_lifts_a_freeze,),
    frozen.a_freeze_delivered_twice_is_one: (freezes.each_delivery_is_a_freeze_of_its_own,),
    frozen.an_alert_acts_once_for_each_time_it_fires: (
        freezes.each_notification_is_a_new_alert,
        freezes.an_alert_acts_once_for_ever,
        freezes.a_resolved_alert_acts,
    ),
    frozen.only_who_has_the_token_is_heard_and_only_down_is_done: (
        freezes.any_verb_is_open_to_a_webhook,
        freezes.anybody_may_knock,
    ),
    frozen.a_webhook_may_stop_and_nothing_else: (freezes.a_webhook_may_do_what_a_shell_may,),
}


@pytest.mark.parametrize("check", CAUGHT_BY, ids=lambda check: check.__name__)
async def test_it_holds(check: Check, tmp_path: Path) -> None:
    await check(tmp_path)


@pytest.mark.parametrize(
    "check",
    [
        frozen.the_fence_of_a_raise_reads_freezes_after_its_call,
        frozen.a_freeze_delivered_twice_is_one,
        frozen.an_alert_acts_once_for_each_time_it_fires,
    ],
    ids=lambda check: check.__name__,
)
async def test_it_holds_on_postgresql(check: Check, tmp_path: Path, postgres_database: str) -> None:
    put_address(tmp_path, postgres_database)
    await check(tmp_path)


@pytest.mark.parametrize(
    ("check", "plant"),
    [pytest.param(check, plant, id=plant.__name__) for check, plants in CAUGHT_BY.items() for plant in plants],
)
async def test_a_planted_bug_is_caught(
    check: Check, plant: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(FOUND):
        await check(tmp_path)
