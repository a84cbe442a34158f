"""Law 8, S6, E7: who may not act is refused at every door, told, and put on record; and nothing has changed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from bot.domain.machine import State
from bot.sandbox.workspace import Person
from tests.laws.leaky_story import Leaky, leaky_story, plan
from tests.scenarios.story import CHANNEL, Story

pytestmark = pytest.mark.anyio

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Ultra(Person):
    """A guest of one channel."""

    def as_json(self) -> dict[str, Any]:
        return super().as_json() | {"is_ultra_restricted": True}


OUTSIDERS: Mapping[str, Person] = {
    "a guest": Person("U0GUEST", "gina", "Gina", guest=True),
    "a guest of one channel": Ultra("U0ULTRA", "ulla", "Ulla"),
    "a bot": Person("U0ROBOT", "robot", "Robot", is_bot=True),
    "a deactivated account": Person("U0GONE0", "gone", "Gone", deleted=True),
    "somebody of another organisation": Person("U0FAR00", "far", "Far", stranger=True, team_id="T0OTHER"),
    "somebody of another workspace": Person("U0NEAR0", "near", "Near", team_id="T0OTHER"),
}
"""All of them stand in the user groups that the plan names."""


def watched(**changes: Any) -> dict[str, Any]:
    """The plan with short bakes, so that a gate comes after a few checks."""
    stages = [stage | {"bake": "2s"} for stage in plan("web")["stages"]]
    return plan("web", stages=stages, gate={"expires": "4h"}, **changes)


@asynccontextmanager
async def at_the_gate(folder: Path) -> AsyncIterator[Leaky]:
    """A rollout that waits for an approval, and outsiders who may look."""
    async with leaky_story(folder, [watched(), plan("other")]) as leaky:
        workspace = leaky.story.workspace
        for person in OUTSIDERS.values():
            workspace.add_person(person, CHANNEL)
            for group in ("@sre", "@sre-leads"):
                workspace.group(group).members.append(person.id)
        await leaky.started("web")
        await leaky.until(State.GATE)
        yield leaky


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Leaky]:
    async with at_the_gate(tmp_path) as leaky:
        yield leaky


# ---- the doors --------------------------------------------------------------------------------------------------

Door = Callable[[Story, str], Awaitable[str]]


def typed(words: str) -> Door:
    """A command; returns what only this person is told."""

    async def act(story: Story, who: str) -> str:
        return await story.types(who, words)

    return act


def clicked(action: str) -> Door:
    async def act(story: Story, who: str) -> str:
        message = await (story.gate() if action in ("approve", "reject") else story.status())
        return await story.clicks_and_reads(who, message, action)

    return act


def reacted(name: str) -> Door:
    async def act(story: Story, who: str) -> str:
        before = len(story.workspace.ephemerals(who, CHANNEL))
        await story.reacts(who, await story.gate(), name)
        return await story.whispered(who, before)

    return act


def answered(opens: Callable[[Story, str], Awaitable[None]], reason: str) -> Door:
    """A dialog, opened and submitted."""

    async def act(story: Story, who: str) -> str:
        before = len(story.workspace.ephemerals(who, CHANNEL))
        await opens(story, who)
        dialog = await story.dialog(who)
        await story.workspace.submit_view(who, dialog["id"], {"reason": reason})
        return await story.whispered(who, before)

    return act


async def _kill_menu(story: Story, who: str) -> None:
    await story.chooses(who, "kill")


async def _reject_button(story: Story, who: str) -> None:
    await story.clicks(who, await story.gate(), "reject")


UP: Mapping[str, Door] = {
    "verb approve": typed("approve web"),
    "verb promote": typed("promote web because I say so"),
    "verb start": typed("start other 1%"),
    "verb resume": typed("resume web"),
    "verb reject": typed("reject web no"),
    "verb rearm": typed("rearm web"),
    "button approve": clicked("approve"),
    "reaction approves": reacted("white_check_mark"),
    "dialog reject": answered(_reject_button, "no"),
}
DOWN: Mapping[str, Door] = {
    "verb hold": typed("hold web"),
    "verb rollback": typed("rollback web"),
    "verb kill": typed("kill web now"),
    "verb kill all": typed("kill all now"),
    "verb freeze": typed("freeze web for 1h because"),
    "button rollback": clicked("rollback"),
    "button hold": clicked("hold"),
    "reaction holds": reacted("raised_hand"),
    "reaction rolls back": reacted("rewind"),
    "dialog kill": answered(_kill_menu, ""),
}


async def standing(leaky: Leaky) -> tuple[Any, ...]:
    """What must not change: the rollout's revision, its approvals, the real weight and the switch."""
    rollout = await leaky.rollout()
    approvals = rollout.gate.approvals if rollout.gate else None
    return rollout.state, rollout.revision, approvals, leaky.echo.percent, leaky.echo.engaged


async def refused_by(leaky: Leaky, person: str) -> int:
    """How many refusals of this person are on record, in the rollout's chain and the workspace's."""
    engine = leaky.perch.engine
    chains = [(await leaky.rollout()).id, "workspace"]
    records = [record for chain in chains for record in await engine.rollouts.records(chain)]
    return sum(record.kind == "refused" and record.actor == person for record in records)


async def nobody_gets_in(leaky: Leaky, who: str, doors: Mapping[str, Door]) -> None:
    """Each door: told who could, nothing changed, on record."""
    story = leaky.story
    id = story.workspace.person(who).id
    for door, act in doors.items():
        before, known = await standing(leaky), await refused_by(leaky, id)
        said = await act(story, who)
        assert "may not" in said, f"{door}: {said}"
        assert "@sre" in said, f"{door} doesn't say who may: {said}"
        assert await refused_by(leaky, id) > known, f"{door} of {who} isn't on record"
        assert await standing(leaky) == before, f"{door} of {who} changed something"


EACH_KIND = ("verb approve", "button approve", "reaction rolls back", "dialog kill")


@pytest.mark.parametrize("kind", OUTSIDERS)
async def test_outsiders_get_in_by_no_kind_of_door_though_they_are_in_the_group(gate: Leaky, kind: str) -> None:
    """Law 8, S6: not even downward, while Slack can say who they are."""
    doors = {**UP, **DOWN}
    await nobody_gets_in(gate, OUTSIDERS[kind].handle, {door: doors[door] for door in EACH_KIND})


async def test_a_member_without_a_role_gets_in_by_no_door(gate: Leaky) -> None:
    """S6: every verb, button, reaction and dialog that changes something."""
    await nobody_gets_in(gate, "dev", {**UP, **DOWN})


async def test_an_operator_may_start_and_stop_and_not_approve(gate: Leaky) -> None:
    """S6: roles differ."""
    for door in ("verb approve", "button approve", "reaction approves"):
        assert "may not approve" in await UP[door](gate.story, "ana")
    assert (await gate.rollout()).state is State.GATE


async def test_who_was_taken_out_of_the_group_a_minute_ago_is_out(gate: Leaky) -> None:
    """S6: Perch remembers who is in a group for less than that."""
    workspace = gate.story.workspace
    assert await gate.perch.engine.desk._rights._directory.groups_of(workspace.person("ben").id, ("@sre-leads",))
    for group in ("@sre", "@sre-leads"):
        workspace.group(group).members.remove(workspace.person("ben").id)
    gate.clock.by += timedelta(minutes=1)
    await nobody_gets_in(gate, "ben", {door: {**UP, **DOWN}[door] for door in EACH_KIND})


# ---- Slack can't say who somebody is ----------------------------------------------------------------------------

TROUBLES: Mapping[str, tuple[str, str, int]] = {
    "the group's members fail": ("usergroups.users.list", "internal_error", 200),
    "the groups are rate-limited": ("usergroups.list", "ratelimited", 429),
    "profiles fail": ("users.info", "fatal_error", 500),
    "the token lacks the scope": ("usergroups.users.list", "missing_scope", 200),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_while_slack_cant_say_who_is_who_nothing_goes_up_and_operators_still_stop(
    gate: Leaky, trouble: str
) -> None:
    """Law 8 and law 2: closed for up; for down, the operators that the kill card names."""
    gate.clock.by += timedelta(seconds=31)
    method, code, status = TROUBLES[trouble]
    gate.story.workspace.refuse(method, code, times=1000, status=status)
    for door, act in UP.items():
        before = await standing(gate)
        assert "can't say" in await act(gate.story, "ben"), door
        assert await standing(gate) == before, door
    assert "can't say" in await typed("rollback web")(gate.story, "dev")
    assert (await gate.rollout()).state is State.GATE
    await DOWN["verb hold"](gate.story, "ana")
    assert (await gate.rollout()).state is State.HELD
    await gate.story.types("ana", "rollback web")
    await gate.until(State.ROLLED_BACK)
    assert gate.echo.percent == 0


async def test_a_directory_that_hangs_holds_no_rollback_up(gate: Leaky) -> None:
    """Law 2: half a second, then the kill card decides."""
    gate.clock.by += timedelta(seconds=31)
    gate.story.workspace.hang("users.info")
    await gate.story.types("ana", "rollback web")
    await gate.until(State.ROLLED_BACK)
    assert gate.echo.percent == 0
    gate.story.workspace.release("users.info")


# ---- requests of other workspaces -------------------------------------------------------------------------------


async def test_an_id_of_another_workspace_is_nobody_here(gate: Leaky) -> None:
    """E7: whatever a payload calls itself, it's our own workspace that is asked who that is."""
    before = await standing(gate)
    workspace = gate.story.workspace
    unknown = Person("U0FORGED", "ben", "Ben", team_id="T0EVIL")
    workspace.add_person(unknown, CHANNEL)
    workspace.refuse("users.info", "user_not_found", times=1000)
    said = await gate.story.clicks_and_reads("U0FORGED", await gate.story.gate(), "approve")
    assert "unknown here" in said
    assert await standing(gate) == before


# ---- signed HTTP ------------------------------------------------------------------------------------------------


def _command(story: Story, trigger: str) -> str:
    """What Slack would send when an operator types `/canary start web 1%`."""
    fields = {
        "command": "/canary",
        "text": "start web 1%",
        "user_id": story.workspace.person("ana").id,
        "channel_id": story.workspace.channel(CHANNEL).id,
        "trigger_id": trigger,
    }
    return urlencode(fields)


def _signed(body: str, at: int, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}


async def forged_requests_are_refused(folder: Path) -> None:
    """Another secret, another body, none at all, too old, from the future, or for another moment: nothing happens."""
    async with leaky_story(folder, [plan("web")], signed_http=True) as leaky, httpx.AsyncClient(verify=False) as client:
        story, secret, now = leaky.story, leaky.story.workspace.signing_secret, int(time.time())
        body = _command(story, "1.1.forged")
        right = _signed(body, now, secret)
        forged = {
            "another secret": (body, _signed(body, now, "guessed")),
            "another body": (body + "&x=1", right),
            "another moment": (body, right | {"X-Slack-Request-Timestamp": str(now - 1)}),
            "too old": (body, _signed(body, now - 301, secret)),
            "from the future": (body, _signed(body, now + 330, secret)),
            "no signature": (body, {"X-Slack-Request-Timestamp": str(now)}),
            "an empty one": (body, right | {"X-Slack-Signature": "v0="}),
            "nothing": (body, {}),
        }
        for why, (sent, headers) in forged.items():
            answer = await client.post(f"{leaky.perch.address}/slack/events", content=sent, headers={**FORM, **headers})
            assert answer.status_code == 401, why
        await leaky.tick()
        assert await leaky.perch.engine.desk.latest() == []


async def test_forged_requests_are_refused(tmp_path: Path) -> None:
    """Law 8, S7."""
    await forged_requests_are_refused(tmp_path)


async def test_a_request_that_is_played_again_acts_once(tmp_path: Path) -> None:
    """Law 8 and law 6: within five minutes its signature is still good, and its delivery key is known."""
    async with (
        leaky_story(tmp_path, [plan("web")], signed_http=True) as leaky,
        httpx.AsyncClient(verify=False) as client,
    ):
        body = _command(leaky.story, "1.2.recorded")
        headers = FORM | _signed(body, int(time.time()), leaky.story.workspace.signing_secret)
        for _ in range(3):
            answer = await client.post(f"{leaky.perch.address}/slack/events", content=body, headers=headers)
            assert answer.status_code == 200
        await leaky.story.seen(lambda: leaky.story.workspace.ephemerals("ana", CHANNEL) or None)
        await leaky.until(State.BAKING)
        assert len(await leaky.perch.engine.desk.latest()) == 1
        assert len(leaky.story.workspace.ephemerals("ana", CHANNEL)) == 1
