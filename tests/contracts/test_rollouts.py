"""What every store promises about rollouts and their evidence (E1, laws 4, 5, 7 and 9)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.domain.errors import Stale, UnknownPlan, UnknownRollout
from bot.domain.evidence import WORKSPACE, Head, verify
from bot.domain.machine import State
from bot.domain.measurements import Measured, Missing, NoData
from bot.domain.obstacles import AlreadyLive
from bot.domain.rollout import Check, Intent, Line, Rollout, Verdict, Way
from bot.domain.units import Weight
from bot.ports import Change
from tests.contracts.stores import Store
from tests.storage.samples import NOW, TREE, a_post, a_rollout, an_entry, seconds

pytestmark = pytest.mark.anyio


async def started(store: Store, *ids: str, **changes: object) -> list[Rollout]:
    return [await store.rollouts.create(a_rollout(id, **changes), TREE, Change()) for id in ids]


def ids(rollouts: Sequence[Rollout]) -> list[str]:
    return [rollout.id for rollout in rollouts]


async def test_a_new_rollout_gets_revision_1_and_comes_back_as_it_was(store: Store) -> None:
    line = Line(role="hard", condition="error_rate < 2%", met=None, detail="empty", since=NOW)
    rollout = a_rollout(
        state=State.SHIFTING,
        confirmed=Weight(12.5),
        intent=Intent(
            id="i1", way=Way.RAISE, weight=Weight(25), before=Weight(12.5), revision=1, made_at=NOW, reason="gate"
        ),
        check=Check(at=NOW, stage=0, verdict=Verdict.NO_DATA, lines=(line,)),
        baked=seconds(12.25),
    )
    created = await store.rollouts.create(rollout, TREE, Change())
    assert created == rollout.but(revision=1)
    assert await store.rollouts.load("r1") == created
    assert await store.rollouts.revision("r1") == 1


async def test_the_frozen_plan_comes_back_by_its_digest_and_never_changes(store: Store) -> None:
    (first,) = await started(store, "r1")
    await store.rollouts.create(a_rollout("r2"), {"name": "forged under the same digest"}, Change())
    assert await store.rollouts.tree(first.plan_digest) == TREE


async def test_what_is_unknown_is_said_so(store: Store) -> None:
    for ask in (store.rollouts.load, store.rollouts.revision, store.rollouts.head):
        with pytest.raises(UnknownRollout, match="nobody"):
            await ask("nobody")
    with pytest.raises(UnknownRollout):
        await store.rollouts.note("nobody", [an_entry()])
    with pytest.raises(UnknownPlan):
        await store.rollouts.tree("nothing")


async def test_a_save_raises_the_revision_and_keeps_state_evidence_and_messages(store: Store) -> None:
    """Law 4: they commit together."""
    (created,) = await started(store, "r1")
    change = Change(
        evidence=(an_entry("verdict", value=1.5), an_entry("held", why="ñ")),
        messages=(a_post("r1:held", facts={"why": "drift"}),),
        measured={"error_rate": Measured(1.5, NOW), "latency": NoData(Missing.EMPTY, "no series", NOW)},
    )
    saved = await store.rollouts.save(created.but(state=State.HELD), change)
    assert saved == created.but(state=State.HELD, revision=2)
    assert await store.rollouts.load("r1") == saved
    records = await store.rollouts.records("r1")
    assert [(record.kind, record.body) for record in records] == [("verdict", {"value": 1.5}), ("held", {"why": "ñ"})]
    assert verify("r1", records, await store.rollouts.head("r1")) is None
    (queued,) = await store.outbox.due(NOW, 9)
    assert (queued.rollout, queued.outgoing) == ("r1", a_post("r1:held", facts={"why": "drift"}))


async def test_a_save_over_a_newer_revision_is_stale_and_changes_nothing(store: Store) -> None:
    """Law 7's fence: whoever read first and saves last loses."""
    (read,) = await started(store, "r1")
    winner = await store.rollouts.save(read.but(state=State.ROLLING_BACK), Change())
    with pytest.raises(Stale):
        await store.rollouts.save(
            read.but(state=State.SHIFTING), Change(evidence=(an_entry("promoted"),), messages=(a_post("promoted"),))
        )
    assert await store.rollouts.load("r1") == winner
    assert not await store.rollouts.records("r1")
    assert not await store.outbox.due(NOW, 9)


async def test_of_two_writers_at_once_one_wins_and_one_is_stale(store: Store) -> None:
    (read,) = await started(store, "r1")
    other = await store.beside()
    both = await asyncio.gather(
        store.rollouts.save(read.but(reason="first"), Change(evidence=(an_entry("first"),))),
        other.rollouts.save(read.but(reason="second"), Change(evidence=(an_entry("second"),))),
        return_exceptions=True,
    )
    (won,) = (one for one in both if isinstance(one, Rollout))
    assert [type(one) for one in both if one is not won] == [Stale]
    assert [record.kind for record in await store.rollouts.records("r1")] == [won.reason]


async def test_a_plan_lives_once_per_environment(store: Store) -> None:
    (first,) = await started(store, "r1", plan="materializers")
    with pytest.raises(AlreadyLive, match=r"materializers already has a live rollout in production \(preflight\)"):
        await started(store, "r2", plan="materializers")
    with pytest.raises(UnknownRollout):
        await store.rollouts.load("r2")
    await started(store, "lab", plan="materializers", environment="lab")
    await store.rollouts.save(first.but(state=State.COMPLETED, ended_at=NOW), Change())
    await started(store, "r2", plan="materializers")
    assert sorted(ids(await store.rollouts.live())) == ["lab", "r2"]


async def test_a_new_rollout_is_kept_only_beside_those_that_it_was_compared_with(store: Store) -> None:
    """Law 6: of two starts at once, over two processes, one sees the other (two plans may move the same traffic)."""
    (first,) = await started(store, "r1", plan="one")
    other = await store.beside()
    both = [
        each.rollouts.create(a_rollout(id, plan=id), TREE, Change(beside=frozenset({first.id})))
        for id, each in (("r2", store), ("r3", other))
    ]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(result) is Stale for result in results) == [False, True]
    kept = frozenset(ids(await store.rollouts.live()))
    assert len(kept) == 2
    await store.rollouts.create(a_rollout("r4", plan="r4"), TREE, Change(beside=kept))


async def test_an_ended_rollout_cannot_come_back_to_life_beside_a_live_one(store: Store) -> None:
    (first,) = await started(store, "r1", plan="materializers")
    ended = await store.rollouts.save(first.but(state=State.ROLLED_BACK), Change())
    await started(store, "r2", plan="materializers")
    with pytest.raises(AlreadyLive):
        await store.rollouts.save(ended.but(state=State.KILLING), Change())


async def test_latest_gives_the_newest_first_of_one_plan_or_of_all(store: Store) -> None:
    for hour, plan in enumerate(("a", "b", "a")):
        await started(store, f"r{hour}", plan=plan, started_at=NOW + seconds(hour), state=State.COMPLETED)
    assert ids(await store.rollouts.latest()) == ["r2", "r1", "r0"]
    assert ids(await store.rollouts.latest("a")) == ["r2", "r0"]
    assert ids(await store.rollouts.latest("a", limit=1)) == ["r2"]


async def test_other_environments_push_nothing_out(store: Store) -> None:
    """Law 2: what was killed in production is found however often the plan ran in a lab since."""
    await started(store, "here", plan="p", environment="production", state=State.KILLED)
    for number in range(3):
        await started(store, f"lab{number}", plan="p", environment="lab", state=State.ABORTED)
    await started(store, "live", plan="p", environment="lab")
    await started(store, "other", plan="q", environment="production")
    assert ids(await store.rollouts.latest("p", 1, "production")) == ["here"]
    assert ids(await store.rollouts.live("p")) == ["live"]
    assert len(await store.rollouts.live()) == 2


async def test_a_claim_takes_what_is_live_and_due_oldest_first(store: Store) -> None:
    await started(store, "later", due_at=NOW + seconds(1))
    await started(store, "young", due_at=NOW)
    await started(store, "old", due_at=NOW - seconds(60))
    await started(store, "ended", due_at=NOW - seconds(60), state=State.ABORTED)
    assert ids(await store.rollouts.claim(NOW, "me", 30, 9)) == ["old", "young"]


async def test_a_claim_takes_no_more_than_asked(store: Store) -> None:
    await started(store, "a", "b", "c")
    taken = [ids(await store.rollouts.claim(NOW, "me", 30, 2)) for _ in range(3)]
    assert [len(found) for found in taken] == [2, 1, 0]
    assert sorted(id for found in taken for id in found) == ["a", "b", "c"]


async def test_what_one_process_has_claimed_another_cannot_until_the_lease_ends(store: Store) -> None:
    """Law 6, over all processes."""
    await started(store, "r1")
    other = await store.beside()
    assert ids(await store.rollouts.claim(NOW, "me", 30, 9)) == ["r1"]
    assert ids(await other.rollouts.claim(NOW + seconds(29.9), "other", 30, 9)) == []
    assert ids(await other.rollouts.claim(NOW + seconds(30), "other", 30, 9)) == ["r1"]


async def test_after_a_clock_was_set_back_what_is_far_ahead_is_due_now_and_nobodys(store: Store) -> None:
    """Law 10: a claim of before would keep everybody from looking until its old time comes again."""
    old = NOW + seconds(7200)
    await started(store, "claimed", "free", due_at=old)
    await started(store, "soon", due_at=NOW + seconds(60))
    assert len(await store.rollouts.claim(old, "me", 30, 1)) == 1
    await store.rollouts.bring_forward(NOW, timedelta(hours=1))
    assert sorted(ids(await store.rollouts.claim(NOW, "other", 30, 9))) == ["claimed", "free"]
    await store.rollouts.bring_forward(NOW, timedelta(0))
    assert ids(await store.rollouts.claim(NOW, "other", 30, 9)) == ["soon"]


async def test_what_can_wait_is_not_kept_while_somebody_looks(store: Store) -> None:
    """R14: a diagnosis's answer makes no check start afresh."""
    await started(store, "r1")
    (mine,) = await store.rollouts.claim(NOW, "me", 30, 9)
    with pytest.raises(Stale):
        await store.rollouts.save(mine.but(reason="an answer"), Change(patient=True))
    looked = await store.rollouts.save(mine, Change(claim="me"))
    answered = await store.rollouts.save(looked.but(reason="an answer"), Change(patient=True))
    assert await store.rollouts.load("r1") == answered


async def test_claims_at_the_same_time_share_the_work_without_overlap(store: Store) -> None:
    await started(store, *(f"r{number}" for number in range(20)))
    other = await store.beside()
    taken = await asyncio.gather(
        *(one.rollouts.claim(NOW, owner, 30, 3) for one, owner in ((store, "me"), (other, "other")) for _ in range(4))
    )
    everything = [id for claimed in taken for id in ids(claimed)]
    assert len(everything) == len(set(everything)) == 20


async def test_a_save_by_anybody_ends_the_lease(store: Store) -> None:
    """What the lease's holder knows isn't true any more; the next look starts afresh."""
    await started(store, "r1")
    (mine,) = await store.rollouts.claim(NOW, "me", 30, 9)
    saved = await store.rollouts.save(mine.but(due_at=NOW + seconds(5)), Change())
    assert await store.rollouts.claim(NOW, "other", 30, 9) == []
    assert await store.rollouts.claim(NOW + seconds(5), "other", 30, 9) == [saved]


async def test_notes_lengthen_a_chain_and_leave_the_revision(store: Store) -> None:
    (created,) = await started(store, "r1")
    await store.rollouts.note("r1", [an_entry("refused"), an_entry("refused")])
    saved = await store.rollouts.save(created, Change(evidence=(an_entry("held"),)))
    await store.rollouts.note("r1", [an_entry("refused")])
    records = await store.rollouts.records("r1")
    assert (saved.revision, [record.kind for record in records]) == (2, ["refused", "refused", "held", "refused"])
    assert verify("r1", records, await store.rollouts.head("r1")) is None


async def test_the_workspace_has_a_chain_of_its_own_from_the_first_day(store: Store) -> None:
    assert await store.rollouts.head(WORKSPACE) == Head()
    await store.rollouts.note(WORKSPACE, [an_entry("refused")])
    await store.rollouts.note(WORKSPACE, [an_entry("refused")])
    records = await store.rollouts.records(WORKSPACE)
    assert len(records) == 2
    assert verify(WORKSPACE, records, await store.rollouts.head(WORKSPACE)) is None


async def test_a_chain_that_grows_while_it_is_verified_is_whole(store: Store) -> None:
    """Law 9: records and head are looked at as of one moment, or an honest save would read as a cut tail."""
    rollout = await store.rollouts.create(a_rollout(), TREE, Change(evidence=(an_entry(),)))

    async def grow() -> None:
        nonlocal rollout
        for _ in range(15):
            rollout = await store.rollouts.save(rollout, Change(evidence=(an_entry("more"),)))

    growing = asyncio.create_task(grow())
    while not growing.done():
        assert await store.rollouts.verify(rollout.id) is None
        await asyncio.sleep(0)
    await growing
    assert await store.rollouts.verify(rollout.id) is None


async def test_everything_is_there_for_the_next_process(store: Store) -> None:
    """Law 5."""
    (created,) = await started(store, "r1")
    saved = await store.rollouts.save(created, Change(evidence=(an_entry(),), messages=(a_post("k"),)))
    after = await store.beside()
    assert await after.rollouts.load("r1") == saved
    assert await after.rollouts.tree(saved.plan_digest) == TREE
    assert await after.rollouts.records("r1") == await store.rollouts.records("r1")
    assert [queued.outgoing.key for queued in await after.outbox.due(NOW, 9)] == ["k"]
