"""Papers of ended rollouts get where their plan says, whatever happens on the way (E9)."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.evidence import WORKSPACE, Entry
from bot.domain.machine import State
from bot.domain.plan import Part
from bot.domain.rollout import Rollout
from bot.engine.keeping import AT_ONCE, LEASE_S, TELL_AFTER
from bot.ports import Denied, OutOfReach, StoreAway
from bot.ports.archives import Ended
from storage.keepings import DONE, WAITING
from tests.fakes.archives import FakeArchive
from tests.rig import Rig, again, beside, rig, tree
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.usefixtures("both_databases")

KEEP = [{"kind": "safe"}]


@pytest.fixture
async def safe() -> FakeArchive:
    return FakeArchive("safe")


@pytest.fixture
async def attic() -> FakeArchive:
    return FakeArchive("attic")


@pytest.fixture
async def story(tmp_path: Path, safe: FakeArchive, attic: FakeArchive) -> AsyncIterator[Rig]:
    async with rig(tmp_path, tree(keep=KEEP), archives={"safe": safe, "attic": attic}) as opened:
        yield opened


async def ended(story: Rig) -> Rollout:
    """A rollout that was rolled back by its starter."""
    rollout = await story.start()
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "no good")
    await story.engine.ticker.idle()
    await story.settle()
    rollout = await story.load(rollout)
    assert rollout.state is State.ROLLED_BACK
    return rollout


async def kept(story: Rig) -> None:
    """One look of the keeper's, and all that it began."""
    await story.engine.keeping.sweep()
    await story.engine.keeping.begin()
    await story.engine.keeping.idle()


def bundles(safe: FakeArchive) -> dict[str, bytes]:
    """The bundles among all that lies there."""
    return {name: content for name, content in safe.kept.items() if name.endswith(".zip")}


def reports(rollout: Rollout) -> list[str]:
    return [f"report-{rollout.id}.{form}" for form in ("html", "md")]


async def said(story: Rig, *kinds: str) -> list[str]:
    return [message.say for message in await story.said() if message.say in (kinds or ("kept", "not_kept"))]


@both_databases
async def test_what_has_ended_is_kept_on_record_and_told_once(story: Rig, safe: FakeArchive) -> None:
    rollout = await ended(story)
    before = await story.engine.rollouts.head(rollout.id)
    await kept(story)
    await kept(story)
    names = (f"{rollout.id}.perch.zip", f"{rollout.id}.decision.json", *reports(rollout))
    assert set(safe.kept) == {f"materializers/{rollout.id}/{name}" for name in names}
    assert safe.puts == 1
    assert await said(story) == ["kept"]
    assert await story.engine.rollouts.head(rollout.id) == before, "its own record, and so its bundle, stays as it is"
    [record] = [each for each in await story.engine.rollouts.records(WORKSPACE) if each.kind == "kept"]
    assert record.body["rollout"] == rollout.id
    assert str(record.body["place"]).startswith("memory materializers/")


async def test_the_bundle_that_is_kept_is_the_one_that_is_exported_later(story: Rig, safe: FakeArchive) -> None:
    rollout = await ended(story)
    await kept(story)
    story.now += timedelta(days=3)
    parcel = await story.engine.keeping.papers.parcel(rollout.id)
    assert set(safe.kept.values()) == set(parcel.files.values())
    with zipfile.ZipFile(io.BytesIO(next(iter(bundles(safe).values())))) as bundle:
        assert "records.jsonl" in bundle.namelist()


async def test_a_live_rollout_isnt_kept(story: Rig, safe: FakeArchive) -> None:
    await story.start()
    await kept(story)
    assert safe.puts == 0


async def test_what_still_has_to_be_verified_isnt_kept(tmp_path: Path, safe: FakeArchive) -> None:
    """The bundle would lack how it ended."""
    plan = tree(keep=KEEP, verify_after={"rollback": ["success > 99% within 5m"]})
    async with rig(tmp_path, plan, archives={"safe": safe}) as story:
        story.numbers.values["success"] = 95.0
        rollout = await ended(story)
        assert rollout.watched
        await kept(story)
        assert safe.puts == 0
        story.numbers.values["success"] = 99.5
        await story.minutes(2)
        assert not (await story.load(rollout)).watched
        await kept(story)
        assert safe.puts == 1


async def test_a_destination_that_hangs_holds_up_neither_the_others_nor_a_rollout(
    tmp_path: Path, safe: FakeArchive, attic: FakeArchive
) -> None:
    attic.hanging = asyncio.Event()
    plan = tree(keep=[{"kind": "attic"}, {"kind": "safe"}])
    async with rig(tmp_path, plan, archives={"safe": safe, "attic": attic}) as story:
        await ended(story)
        await story.engine.keeping.sweep()
        await story.engine.keeping.begin()
        await attic.begun.wait()
        while not safe.kept:
            await asyncio.sleep(0)
        story.now += timedelta(days=2)
        assert (await story.start()).state is State.BAKING
        attic.hanging.set()
        await story.engine.keeping.idle()
        assert attic.kept == safe.kept
        assert await said(story) == ["kept"]


async def test_more_than_there_is_room_for_waits_its_turn(tmp_path: Path) -> None:
    archives = {f"a{number}": FakeArchive(hanging=asyncio.Event()) for number in range(AT_ONCE + 2)}
    async with rig(tmp_path, tree(keep=[{"kind": kind} for kind in archives]), archives=archives) as story:
        await ended(story)
        await story.engine.keeping.sweep()
        await story.engine.keeping.begin()
        await story.engine.keeping.begin()
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert sum(archive.begun.is_set() for archive in archives.values()) <= AT_ONCE
        for archive in archives.values():
            assert archive.hanging is not None
            archive.hanging.set()
        await story.engine.keeping.idle()
        await kept(story)
        assert all(archive.kept for archive in archives.values())


async def test_an_answer_that_is_lost_after_the_upload_means_one_copy(story: Rig, safe: FakeArchive) -> None:
    rollout = await ended(story)
    safe.late = OutOfReach("the connection broke before the answer")
    await kept(story)
    [waits] = await story.engine.keepings.of(rollout.id)
    assert (waits.state, waits.why) == (WAITING, "the connection broke before the answer")
    safe.late = None
    story.now += timedelta(minutes=1)
    await kept(story)
    assert (safe.puts, len(bundles(safe))) == (2, 1)
    assert [each.state for each in await story.engine.keepings.of(rollout.id)] == [DONE]


async def test_a_crash_between_the_end_and_the_sweep_loses_nothing(
    story: Rig, safe: FakeArchive, tmp_path: Path
) -> None:
    """Law 5."""
    await ended(story)
    async with again(story, tmp_path) as later:
        await kept(later)
    assert len(bundles(safe)) == 1


@both_databases
async def test_a_crash_in_the_middle_of_a_put_is_made_good_after_the_lease(
    story: Rig, safe: FakeArchive, tmp_path: Path
) -> None:
    """Law 5: killed with the upload under way. One that was only paused wakes up, and what it says counts no more."""
    await ended(story)
    paused = safe.hanging = asyncio.Event()
    await story.engine.keeping.sweep()
    await story.engine.keeping.begin()
    await safe.begun.wait()
    safe.hanging = None
    async with beside(story, tmp_path) as other:
        await kept(other)
        assert not safe.kept, "it's the first one's as long as its lease holds"
        other.now += timedelta(seconds=LEASE_S + 1)
        await kept(other)
        assert len(bundles(safe)) == 1
        paused.set()
        await story.engine.keeping.idle()
        assert (len(bundles(safe)), safe.puts) == (1, 2)
        assert await said(other) == ["kept"]
        records = await other.engine.rollouts.records(WORKSPACE)
        assert [record.kind for record in records if record.kind == "kept"] == ["kept"]


@both_databases
async def test_of_two_processes_one_puts_it(story: Rig, safe: FakeArchive, tmp_path: Path) -> None:
    await ended(story)
    async with beside(story, tmp_path) as other:
        await asyncio.gather(story.engine.keeping.sweep(), other.engine.keeping.sweep())
        await asyncio.gather(story.engine.keeping.begin(), other.engine.keeping.begin())
        await asyncio.gather(story.engine.keeping.idle(), other.engine.keeping.idle())
        assert safe.puts == 1
        assert await said(story) == ["kept"]


@both_databases
async def test_the_last_of_several_tells_of_all(tmp_path: Path, safe: FakeArchive, attic: FakeArchive) -> None:
    """Also when both are done by two processes at the same moment."""
    plan = tree(keep=[{"kind": "attic"}, {"kind": "safe"}])
    async with rig(tmp_path, plan, archives={"safe": safe, "attic": attic}) as story:
        await ended(story)
        attic.fault = OutOfReach("away")
        await kept(story)
        assert await said(story) == []
        attic.fault = None
        story.now += timedelta(minutes=1)
        await kept(story)
        [told] = [message for message in await story.said() if message.say == "kept"]
        assert len(told.facts["places"]) == 1, "the fake says the same of both"
        assert told.thread


async def test_what_may_pass_is_tried_in_silence_for_an_hour_then_told_once(story: Rig, safe: FakeArchive) -> None:
    await ended(story)
    safe.fault = OutOfReach("no route to host")
    told: list[str] = []
    began = story.now
    for minutes in (0, 1, 2, 5, 10, 30, 45, 66, 67, 90, 180):
        story.now = began + timedelta(minutes=minutes)
        await kept(story)
        told += await said(story)
        assert bool(told) == (story.now - began >= TELL_AFTER)
    assert told == ["not_kept"]
    assert safe.puts < 11, "pauses grow"
    safe.fault = None
    story.now += timedelta(minutes=15)
    await kept(story)
    assert await said(story) == ["kept"]


async def test_what_a_person_must_mend_is_told_at_once_and_tried_on(story: Rig, safe: FakeArchive) -> None:
    rollout = await ended(story)
    safe.fault = Denied("safe refuses us (AccessDenied)")
    await kept(story)
    [told] = [message for message in await story.said() if message.say == "not_kept"]
    assert told.broadcast
    assert told.facts["why"] == "safe refuses us (AccessDenied)"
    safe.fault = None
    story.now += timedelta(minutes=1)
    await kept(story)
    assert [each.state for each in await story.engine.keepings.of(rollout.id)] == [DONE]


async def test_a_database_that_is_away_when_it_is_done_means_another_try_and_one_copy(
    story: Rig, safe: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = await ended(story)
    await story.engine.keeping.sweep()

    async def away(*_: object, **__: object) -> None:
        raise StoreAway("the database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(story.engine.keepings, "done", away)
        await story.engine.keeping.begin()
        await story.engine.keeping.idle()
    assert len(bundles(safe)) == 1
    story.now += timedelta(seconds=LEASE_S + 1)
    await kept(story)
    assert (safe.puts, len(bundles(safe))) == (2, 1)
    assert [each.state for each in await story.engine.keepings.of(rollout.id)] == [DONE]


async def test_a_record_that_grows_after_the_end_is_kept_again_beside_the_first(story: Rig, safe: FakeArchive) -> None:
    """Somebody marks a false alarm, or rearms: the later bundle holds that, and the first one stays."""
    rollout = await ended(story)
    await kept(story)
    await story.engine.rollouts.note(rollout.id, [Entry("false_alarm", story.now, "U0ANA", {"reason": "a bad probe"})])
    await kept(story)
    assert len(bundles(safe)) == 2
    assert await said(story) == ["kept"]
    assert len(await story.engine.keepings.of(rollout.id)) == 2


async def test_a_stop_waits_for_nothing_that_hangs(story: Rig, safe: FakeArchive) -> None:
    await ended(story)
    safe.hanging = asyncio.Event()
    running = asyncio.create_task(story.engine.keeping.run())
    await safe.begun.wait()
    running.cancel()
    async with asyncio.timeout(HANGS_S):
        await asyncio.gather(running, return_exceptions=True)


async def test_a_plan_that_says_nowhere_is_kept_nowhere(tmp_path: Path, safe: FakeArchive) -> None:
    async with rig(tmp_path, tree(keep=[]), archives={"safe": safe}) as story:
        rollout = await ended(story)
        await kept(story)
        assert await story.engine.keepings.of(rollout.id) == []
        assert await story.engine.keepings.ended(9) == []


async def test_a_destination_that_this_perch_doesnt_know_waits_and_is_told(tmp_path: Path) -> None:
    """A plan frozen by a newer Perch: nothing breaks, and a person hears of it."""
    async with rig(tmp_path, tree(), archives={}) as story:
        rollout = await ended(story)
        swept = Ended(rollout, 99)
        await story.engine.keepings.ask(story.engine.keeping.jobs(swept, [Part(kind="vault")]), swept)
        await kept(story)
        assert await said(story) == ["not_kept"]


async def test_a_preflight_tries_each_destination_and_is_never_red_for_it(tmp_path: Path, safe: FakeArchive) -> None:
    """X5: noted, changed nothing there, and the start goes on."""
    safe.fault = Denied("safe refuses us")
    async with rig(tmp_path, tree(keep=KEEP), archives={"safe": safe}) as story:
        rollout = await story.start()
        assert rollout.state is State.BAKING
        [record] = [each for each in await story.engine.rollouts.records(rollout.id) if each.kind == "preflight"]
        [tried] = [each for each in record.body["tried"] if each["kind"] == "archive"]
        assert (tried["outcome"], tried["said"]) == ("note", "safe refuses us")
        assert safe.puts == 0


async def test_while_preflight_waits_for_a_baseline_a_destination_is_tried_once(
    tmp_path: Path, safe: FakeArchive
) -> None:
    """It looks every second: that would be a thousand connections to somebody's git server."""
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "10m", "samples": 50}}
    stages = [{**tree()["stages"][0], "warn_unless": ["latency <= baseline + 10%"]}]
    async with rig(tmp_path, tree(keep=KEEP, metrics=metrics, stages=stages), archives={"safe": safe}) as story:
        rollout = await story.start()
        for _ in range(5):
            await story.minutes(0.1, step_s=6)
        assert (await story.load(rollout)).state is State.PREFLIGHT
        assert safe.rehearsed == 1


async def test_the_decision_on_record_lies_beside_the_bundle(story: Rig, safe: FakeArchive) -> None:
    """E4: the newest, where there are several."""
    rollout = await ended(story)
    made = [Entry("decision", story.now, "perch", {"decision": word}) for word in ("PROMOTE", "ROLLBACK")]
    await story.engine.rollouts.note(rollout.id, made)
    await kept(story)
    place = f"materializers/{rollout.id}/{rollout.id}"
    assert f"{place}.decision.json" in safe.kept
    assert safe.kept[f"{place}.decision.json"] == b'{"decision":"ROLLBACK"}\n'
