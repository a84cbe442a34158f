"""Many equal processes over one PostgreSQL: they share the work, and one that falls out does no harm (laws 5 to 7)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.engine.telling import MANNERS
from bot.ports import Lane
from tests.process.audit import findings
from tests.process.cable import Cable
from tests.process.plans import plan
from tests.process.points import Fault
from tests.process.processes import Process
from tests.process.town import Town, new_town
from tests.process.witness import Witness
from tests.scenarios.story import eventually
from tests.waiting import STORY_HANGS_S

pytestmark = pytest.mark.anyio

PLAN, CHANNEL = "materializers", "#canary-live"
ON_THE_WAY = (State.PREFLIGHT, State.SHIFTING, State.BAKING, State.GATE, State.ROLLING_BACK)
LEASE_S = 30.0
"""On the town's clock, like every lease: it is moved on as soon as somebody has fallen out."""


@asynccontextmanager
async def street(folder: Path, address: str, *names: str) -> AsyncIterator[Town]:
    """A town whose Perches stand on one PostgreSQL. Its raises are witnessed, and all is audited at the end."""
    plans = [plan(name, every={"check": "2s", "snapshot": "5m"}) for name in names or (PLAN,)]
    async with new_town(folder, database_url=address, rate=1.0, plans=plans) as town:
        witness = Witness(town)
        yield town
        await comes_to_rest(town)
        assert witness.wrong == []


async def comes_to_rest(town: Town) -> None:
    """All is said, and nothing is wrong with what stands then; what a process has just done is still to be told."""

    async def sound() -> bool:
        return await _said(town) and await findings(town) == []

    try:
        assert await eventually(sound, "all is well", STORY_HANGS_S)
    except AssertionError:
        assert await findings(town) == []
        raise


async def _said(town: Town) -> bool:
    return await town.eyes.unsaid() == 0


def replica(town: Town, name: str, *faults: Fault, **settings: str) -> Process:
    """A Perch on a machine of its own: with its own folder of kill cards."""
    return town.new_perch(*faults, settings={"PERCH_STATE": str(town.folder / f"state-{name}"), **settings})


async def replicas(town: Town, *names: str) -> list[Process]:
    begun = [replica(town, name) for name in names]
    for process in begun:
        await process.ready()
    return begun


async def stands(town: Town, name: str, *states: State, within: float = STORY_HANGS_S) -> Rollout:
    """The plan's newest rollout, once it is in one of these states.

    The clock is moved on meanwhile, but never while a raise is to begin: on a busy machine it would come too late.
    """

    async def there() -> Rollout | None:
        found = next(iter(await town.eyes.latest(name, 1)), None)
        if found is None or found.state in states:
            return found
        assert found.state in ON_THE_WAY, f"{found.state}: {found.hold}"
        if found.intent is None and found.state in (State.BAKING, State.GATE):
            town.clock.forward(0.3)
        return None

    return await eventually(there, f"{name} is {' or '.join(states)}", within)


async def approved(town: Town, name: str) -> None:
    """Ben approves the plan's open gate by typing."""
    await stands(town, name, State.GATE)
    answer = await town.types("ben", f"approve {name}")
    assert "approval counts" in answer, answer


def looks(process: Process) -> int:
    """How many checks this process has committed."""
    return sum(line.startswith("after commit Rollouts.save") for line in process.passed)


async def test_three_that_start_together_over_an_empty_database_share_the_rollouts(
    tmp_path: Path, empty_postgres_database: str
) -> None:
    """Law 6. The schema is made once; each transition, record and message is there once, whoever made it."""
    names = ("apples", "beans", "cress", "dates")
    async with street(tmp_path, empty_postgres_database, *names) as town:
        perches = await replicas(town, "a", "b", "c")
        for name in names:
            await town.types("ana", f"start {name} 1%")
        for name in names:
            await approved(town, name)
        for name in names:
            await stands(town, name, State.COMPLETED)
            assert town.far.raised(name) == [1.0, 50.0]
        assert sum(looks(perch) > 0 for perch in perches) >= 2


async def test_when_one_is_killed_another_takes_over_when_its_lease_has_lapsed(
    tmp_path: Path, postgres_database: str
) -> None:
    """Law 5. The one that dies was sending messages, and in a raise: after the call, before its record."""
    async with street(tmp_path, postgres_database) as town:
        first = replica(town, "a", Fault("after traffic.apply 1%"))
        await first.ready()
        await town.types("ana", f"start {PLAN} 1%")
        assert await first.ends() is None
        await replicas(town, "b", "c")
        town.clock.forward(LEASE_S)
        await stands(town, PLAN, State.BAKING, State.GATE)
        await approved(town, PLAN)
        await stands(town, PLAN, State.COMPLETED)


async def test_one_that_sleeps_in_a_raise_and_wakes_after_a_rollback_ends_at_nothing(
    tmp_path: Path, postgres_database: str
) -> None:
    """Law 7. Stopped right before the outside call: whatever it still does when it wakes, nothing stays on."""
    async with street(tmp_path, postgres_database) as town:
        sleeper = replica(town, "a", Fault("before traffic.apply 1%", do="pause"))
        await sleeper.ready()
        await town.types("ana", f"start {PLAN} 1%")
        await sleeper.passes("pause at before traffic.apply 1%")
        await replicas(town, "b")
        town.clock.forward(LEASE_S)
        await stands(town, PLAN, State.BAKING, State.GATE)
        shell = town.shell("rollback", PLAN, "--reason", "smoke", settings={"PERCH_STATE": f"{tmp_path}/state-b"})
        assert await shell.ends() == 0, shell.last_words()
        await stands(town, PLAN, State.ROLLED_BACK)
        await awake(sleeper)

        async def off() -> bool:
            return town.far.parts[PLAN].weight == 0

        assert await eventually(off, "nothing is on", STORY_HANGS_S)
        assert "taken over" in str([record.body for record in await town.eyes.records(await town.rollout())])


async def awake(sleeper: Process) -> None:
    """Wake it, and wait until it has asked some times for what is due: what it had in hand is over by then."""

    async def asks_again() -> bool:
        return sleeper.passed.count("after commit Rollouts.claim") > before + 5

    before = sleeper.passed.count("after commit Rollouts.claim")
    sleeper.wake()
    assert await eventually(asks_again, "it works again", STORY_HANGS_S)


@pytest.mark.parametrize("where", ["before commit Rollouts.save *stage_confirmed*", "after commit Outbox* sending"])
async def test_one_that_sleeps_in_a_deed_s_record_or_a_message_does_nothing_old_when_it_wakes(
    tmp_path: Path, postgres_database: str, where: str
) -> None:
    """Law 6. Another process carried its raise to the end, or said what it was about to say."""
    async with street(tmp_path, postgres_database) as town:
        sleeper = replica(town, "a", Fault(where, do="pause"))
        await sleeper.ready()
        starting = asyncio.create_task(town.types("ana", f"start {PLAN} 1%"))
        await sleeper.shows(lambda line: line.startswith("pause at"))
        await replicas(town, "b")
        town.clock.forward(LEASE_S)
        await stands(town, PLAN, State.GATE)
        await awake(sleeper)
        await starting
        await approved(town, PLAN)
        await stands(town, PLAN, State.COMPLETED)
        assert town.far.raised(PLAN)[-1] == 50.0


async def test_one_that_sleeps_in_a_look_does_nothing_old_when_it_wakes(tmp_path: Path, postgres_database: str) -> None:
    """Law 1. It stopped at the gate; the other one promoted meanwhile, on what it measured itself."""
    async with street(tmp_path, postgres_database) as town:
        await replicas(town, "b")
        await town.types("ana", f"start {PLAN} 1%")
        await stands(town, PLAN, State.GATE)
        asks = Fault("before source.ask", do="pause")
        sleeper = town.new_perch(asks, only="engine", settings={"PERCH_STATE": f"{tmp_path}/state-a"})
        await sleeper.ready()

        async def asleep() -> bool:
            town.clock.forward(0.3)
            return any(line.startswith("pause at") for line in sleeper.passed)

        assert await eventually(asleep, "it sleeps in a look", STORY_HANGS_S)
        town.clock.forward(LEASE_S)
        await approved(town, PLAN)
        await stands(town, PLAN, State.COMPLETED)
        await awake(sleeper)


async def test_one_that_is_cut_off_leaves_the_work_to_another_and_joins_again(
    tmp_path: Path, postgres_database: str
) -> None:
    """Its connection hangs without a word, as when a cable is pulled; it is the one that people talk to."""
    async with Cable(postgres_database) as cable, street(tmp_path, postgres_database) as town:
        cut = replica(town, "a", DATABASE_URL=cable.address)
        await cut.ready()
        await town.types("ana", f"start {PLAN} 1%")
        await stands(town, PLAN, State.BAKING, State.GATE)
        cable.hang()
        await replicas(town, "b")
        town.clock.forward(LEASE_S)
        before = (await stands(town, PLAN, State.BAKING, State.GATE)).revision

        async def goes_on() -> bool:
            return (await town.eyes.latest(PLAN, 1))[0].revision > before

        assert await eventually(goes_on, "another process checks it", STORY_HANGS_S)
        cable.mend()
        await approved(town, PLAN)
        await stands(town, PLAN, State.COMPLETED)


async def test_messages_go_on_in_order_and_none_twice_when_the_sender_dies(
    tmp_path: Path, postgres_database: str
) -> None:
    """Laws 5 and 6. Killed after Slack has the message and before that is on record."""
    async with street(tmp_path, postgres_database) as town:
        sender = replica(town, "a", Fault("after slack chat.postMessage *started*"))
        await sender.ready()
        asking = asyncio.create_task(town.workspace.command("ana", CHANNEL, f"/canary start {PLAN} 1%"))
        assert await sender.ends() is None
        await replicas(town, "b", "c")
        town.clock.forward(LEASE_S)
        await asking
        await approved(town, PLAN)
        await stands(town, PLAN, State.COMPLETED)
        assert await eventually(lambda: _said(town), "all is said", STORY_HANGS_S)
        told = [(int(revision), int(place), kind) for _, revision, place, kind in _in_thread(town)]
        assert len(told) > 3
        # What is routine, as a verdict that everybody expects may be, stands in a line of its own.
        urgent = [each for each in told if MANNERS[each[2]].lane is Lane.URGENT and each[2] != "verdict_changed"]
        assert urgent == sorted(urgent)
        assert len(set(told)) == len(told)


def _in_thread(town: Town) -> Sequence[Sequence[str]]:
    """The marks of what stands in the thread, in the order in which Slack got it: rollout, revision, place, kind."""
    posts = [call for call in town.workspace.calls("chat.postMessage") if call.ok and call.args.get("thread_ts")]
    marks = [((call.args.get("metadata") or {}).get("event_payload") or {}).get("mark", "") for call in posts]
    return [parts for mark in marks if len(parts := str(mark).split(":")) == 4 and parts[3] != "preflight"]


async def test_a_request_whose_process_died_after_its_effect_is_answered_and_not_done_again(
    tmp_path: Path, postgres_database: str
) -> None:
    """Laws 5 and 6. An approval typed without a gate: done again, it would count for the next one."""
    async with street(tmp_path, postgres_database) as town:
        dying = replica(town, "a", Fault("after commit Rollouts.save approved*"))
        await dying.ready()
        await town.types("ana", f"start {PLAN} 1%")
        await stands(town, PLAN, State.GATE)
        asking = asyncio.create_task(town.workspace.command("ben", CHANNEL, f"/canary approve {PLAN}"))
        assert await dying.ends() is None
        await replicas(town, "b")
        town.clock.forward(LEASE_S)
        await asking
        assert "wasn't done again" in await town.whispered("ben", 0)
        await stands(town, PLAN, State.COMPLETED)
        assert (await town.record()).count("approved") == 1


async def test_the_same_request_to_two_processes_at_once_is_one_transition_one_record_and_one_answer(
    tmp_path: Path, postgres_database: str
) -> None:
    """Law 6. Both doors are knocked at together with the very same bytes, as a balancer that repeats does."""
    async with street(tmp_path, postgres_database) as town:
        perches = [replica(town, name, SLACK_APP_TOKEN="") for name in ("a", "b")]
        doors = [f"{await perch.ready()}/slack/events" for perch in perches]
        await knock(town, doors, "ana", f"start {PLAN} 1%")
        await stands(town, PLAN, State.GATE)
        await knock(town, doors, "ben", f"approve {PLAN}")
        await stands(town, PLAN, State.COMPLETED)
        assert len(await town.eyes.latest(PLAN)) == 1
        assert (await town.record()).count("approved") == 1
        assert await eventually(lambda: _said(town), "all is said", STORY_HANGS_S)
        assert [len(town.workspace.ephemerals(who, CHANNEL)) for who in ("ana", "ben")] == [1, 1]


async def knock(town: Town, doors: Sequence[str], who: str, words: str) -> None:
    """Send one signed command to every door at the same time."""
    fields = {
        "command": "/canary",
        "text": words,
        "user_id": town.workspace.person(who).id,
        "channel_id": town.workspace.channel(CHANNEL).id,
        "team_id": "T01SANDBOX1",
        "trigger_id": f"1.2.{words.split()[0]}",
        "response_url": "http://127.0.0.1:9/response",
    }
    body, at = urlencode(fields), int(town.clock.seconds())
    proof = hmac.new(town.workspace.signing_secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": f"v0={proof}",
    }
    async with httpx.AsyncClient(verify=False) as client:
        answers = await asyncio.gather(*(client.post(door, content=body, headers=headers) for door in doors))
    assert [answer.status_code for answer in answers] == [200] * len(doors)
