"""Law 8's own checks fail with each of its bugs planted; without that they would prove nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.laws import test_law_08_doors as doors
from tests.laws import test_law_08_injection as injection
from tests.laws import test_law_08_no_secret_leaves as leaving
from tests.laws.leaky_story import Leaky
from tests.laws.mutants import law_08
from tests.laws.mutants.planted import FOUND, Plant
from tests.scenarios.story import CHANNEL, eventually

pytestmark = pytest.mark.anyio

LEAKS: tuple[Plant, ...] = (
    law_08.far_sides_are_heard_as_they_are,
    law_08.only_one_spelling_is_known,
    law_08.what_a_plan_names_isnt_learned,
    law_08.logs_are_written_as_they_come,
    law_08.what_people_paste_is_kept,
    law_08.a_command_gets_its_secret_as_an_argument,
    law_08.tracebacks_are_logged_whole,
)


async def test_the_short_story_leaks_nothing_either(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a bug planted; otherwise what the next test finds might be something else."""
    assert await leaving.searched(tmp_path, caplog, leaving.tell_shortly) == []


@pytest.mark.parametrize("plant", LEAKS, ids=lambda plant: plant.__name__)
async def test_a_planted_leak_is_found(
    plant: Plant, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert await leaving.searched(tmp_path, caplog, leaving.tell_shortly) != []


async def _a_guest(leaky: Leaky) -> None:
    await doors.nobody_gets_in(leaky, "gina", {"verb approve": doors.UP["verb approve"]})


async def _a_stranger(leaky: Leaky) -> None:
    await doors.nobody_gets_in(leaky, "far", {"verb rollback": doors.DOWN["verb rollback"]})


async def _somebody_taken_out(leaky: Leaky) -> None:
    workspace = leaky.story.workspace
    await leaky.story.types("ben", "hold web")
    for group in ("@sre", "@sre-leads"):
        workspace.group(group).members.remove(workspace.person("ben").id)
    leaky.clock.by += timedelta(minutes=1)
    await doors.nobody_gets_in(leaky, "ben", {"verb rollback": doors.DOWN["verb rollback"]})


async def _an_approver_while_slack_cant_say(leaky: Leaky) -> None:
    leaky.clock.by += timedelta(seconds=31)
    leaky.story.workspace.refuse("usergroups.users.list", "internal_error", times=1000)
    await leaky.story.types("ben", "approve web")
    await leaky.tick(3)
    assert (await leaky.rollout()).stage == 0


async def _a_member_who_reacts(leaky: Leaky) -> None:
    story = leaky.story
    before = len(story.workspace.ephemerals("dev", CHANNEL))
    await story.reacts("dev", await story.gate(), "rewind")

    async def came_to_something() -> bool:
        told = len(story.workspace.ephemerals("dev", CHANNEL)) > before
        return told or (await leaky.rollout()).state is not State.GATE

    await eventually(came_to_something, "the reaction is refused or obeyed")
    assert (await leaky.rollout()).state is State.GATE


async def _a_member_who_types(leaky: Leaky) -> None:
    await doors.nobody_gets_in(leaky, "dev", {"verb hold": doors.DOWN["verb hold"]})


OPEN_DOORS: dict[Plant, Callable[[Leaky], Awaitable[None]]] = {
    law_08.guests_count: _a_guest,
    law_08.strangers_count: _a_stranger,
    law_08.groups_are_remembered_for_an_hour: _somebody_taken_out,
    law_08.approvals_count_while_the_directory_is_down: _an_approver_while_slack_cant_say,
    law_08.reactions_need_no_right: _a_member_who_reacts,
    law_08.refusals_leave_no_trace: _a_member_who_types,
}


async def test_these_doors_are_shut(tmp_path: Path) -> None:
    """The same checks without a bug: all in one story, the one that takes a person out last."""
    async with doors.at_the_gate(tmp_path) as leaky:
        for check in (_a_guest, _a_stranger, _a_member_who_reacts, _a_member_who_types, _somebody_taken_out):
            await check(leaky)
    (tmp_path / "other").mkdir()
    async with doors.at_the_gate(tmp_path / "other") as leaky:
        await _an_approver_while_slack_cant_say(leaky)


@pytest.mark.parametrize("plant", OPEN_DOORS, ids=lambda plant: plant.__name__)
async def test_a_door_left_open_is_found(plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with doors.at_the_gate(tmp_path) as leaky:
        plant(monkeypatch)
        with pytest.raises(FOUND):
            await OPEN_DOORS[plant](leaky)


@pytest.mark.parametrize(
    "plant",
    [law_08.any_signature_is_good, law_08.old_requests_are_as_good_as_new],
    ids=lambda plant: plant.__name__,
)
async def test_a_signature_that_isnt_looked_at_is_found(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(FOUND):
        await doors.forged_requests_are_refused(tmp_path)


@pytest.mark.parametrize(
    "plant", [law_08.markup_isnt_escaped, law_08.silent_characters_pass], ids=lambda plant: plant.__name__
)
async def test_markup_that_gets_through_is_found(plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert await injection.broken_out(tmp_path, injection.tell_shortly) != []


async def test_the_short_hostile_story_stays_text(tmp_path: Path) -> None:
    """Without a bug planted."""
    assert await injection.broken_out(tmp_path, injection.tell_shortly) == []


async def test_a_redirect_that_is_followed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    law_08.redirects_are_followed(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await injection.redirects_lead_nowhere()
