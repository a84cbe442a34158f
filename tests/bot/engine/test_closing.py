"""Every end brings its decision in its own commit, and every save says which Perch made it (E4, law 4)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.errors import NotOverruled
from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.record.decision import FinalDecision, decision_of
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from bot.engine.requests import Start
from bot.ports import Change, StoreAway
from tests.fakes.outage import no_database
from tests.rig import ANA, BEN, CLEO, Rig, rig, tree

pytestmark = pytest.mark.anyio


async def decision(story: Rig, rollout: Rollout) -> tuple[Record, FinalDecision]:
    found = decision_of(await story.engine.rollouts.records(rollout.id))
    assert found is not None
    return found


def commits(story: Rig, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The kinds of records that each save brings."""
    seen: list[list[str]] = []
    save = story.engine.rollouts.save

    async def watched(rollout: Rollout, change: Change) -> Rollout:
        saved = await save(rollout, change)
        seen.append([entry.kind for entry in change.evidence])
        return saved

    monkeypatch.setattr(story.engine.rollouts, "save", watched)
    return seen


async def test_a_completed_rollout_is_promoted_by_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig(tmp_path) as story:
        seen = commits(story, monkeypatch)
        rollout = await story.start()
        for _ in range(2):
            rollout = await story.approve(await story.until_gate(rollout))
        await story.minutes(6)
        record, made = await decision(story, rollout)
        assert [kinds[-2:] for kinds in seen if "completed" in kinds] == [["completed", "decision"]]
        assert (made.decision, made.rule.rule, made.weight) == ("PROMOTE", "stages", 100.0)
        assert made.covers == record.number - 1
        assert made.covers_hash == record.previous
        assert {each.result for each in made.guardrails} == {"PASS"}
        assert [(each.before, each.after) for each in made.raises] == [(1.0, 10.0), (10.0, 100.0)]
        assert [yes.role for each in made.raises for yes in each.approvals] == [("@leads",), ("@leads",)]


async def test_a_breach_is_rolled_back_by_the_plans_rule_and_the_guardrail_says_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rig(tmp_path) as story:
        seen = commits(story, monkeypatch)
        rollout = await story.start()
        await story.minutes(1)
        story.numbers.values["errors"] = 6.2
        await story.minutes(2)
        _, made = await decision(story, rollout)
        [ending] = [kinds for kinds in seen if "decision" in kinds]
        assert "rolled_back" in ending
        assert ending[-1] == "decision"
        assert (made.decision, made.rule.rule, made.rule.reason) == ("ROLLBACK", "on_breach", "errors > 5%")
        assert [(each.condition, each.value) for each in made.guardrails if each.result == "FAIL"] == [
            ("errors > 5%", 6.2)
        ]


async def test_a_persons_word_is_named(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.engine.desk.rollback(story.request("rollback", CLEO), rollout.id, "customers call")
        await story.engine.ticker.idle()
        _, made = await decision(story, rollout)
        assert (made.decision, made.rule.rule, made.rule.by, made.rule.reason) == (
            "ROLLBACK",
            "person",
            CLEO,
            "customers call",
        )


async def test_what_ended_before_any_traffic_moved_is_decided_too(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        asked = Start(plan="materializers", weight=Weight(1), version="v3")
        rollout = await story.engine.desk.start(story.request("start"), asked)
        await story.engine.desk.rollback(story.request("rollback", CLEO), rollout.id, "not today")
        _, made = await decision(story, rollout)
        assert (made.decision, made.rule.rule, made.guardrails) == ("ABORT", "person", ())


async def test_a_kill_that_the_spool_held_is_decided_when_it_is_merged(tmp_path: Path) -> None:
    """Law 2: without a database nothing waits; the decision comes with the end that the tick records."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        with no_database():
            await story.engine.desk.kill(story.request("kill", BEN), rollout.id, "fire")
        await story.minutes(0.1, step_s=2)
        _, made = await decision(story, rollout)
        assert (made.decision, made.rule.rule, made.rule.by, made.rule.reason) == ("KILL", "person", BEN, "fire")


async def test_a_kill_after_the_end_makes_a_decision_that_takes_the_place_of_the_first(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        rollout = await story.start()
        for _ in range(2):
            rollout = await story.approve(await story.until_gate(rollout))
        await story.minutes(6)
        first, _ = await decision(story, rollout)
        await story.engine.desk.kill(story.request("kill"), rollout.id, "late trouble")
        await story.minutes(1)
        second, made = await decision(story, rollout)
        assert (made.decision, made.supersedes) == ("KILL", first.number)
        assert second.number > first.number


async def test_a_record_that_cannot_be_read_keeps_no_rollout_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2 outranks it: the decision says what it didn't see."""
    async with rig(tmp_path) as story:
        rollout = await story.start()

        async def damaged(chain: str) -> Sequence[Record]:
            raise StoreAway("the evidence of it is damaged")

        with monkeypatch.context() as broken:
            broken.setattr(story.engine.rollouts, "records", damaged)
            await story.engine.desk.rollback(story.request("rollback", CLEO), rollout.id, "bad")
            await story.engine.ticker.idle()
        assert (await story.load(rollout)).state is State.ROLLED_BACK
        _, made = await decision(story, rollout)
        assert (made.gaps, made.covers) == (("the evidence of it is damaged",), 0)


async def test_another_version_of_perch_is_on_record_with_its_first_save(tmp_path: Path) -> None:
    """E5: who wrote the record."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.engine.ledger.version = "9.9.9"
        await story.minutes(2)
        kinds = await story.kinds_on_record(rollout)
        assert kinds.count("perch_changed") == 1
        await story.engine.desk.rollback(story.request("rollback", CLEO), rollout.id, "bad")
        await story.engine.ticker.idle()
        _, made = await decision(story, rollout)
        assert made.perch[0].since == 1
        assert made.perch[-1].perch == "9.9.9"


async def test_a_missing_artifact_keeps_it_open_until_a_person_answers_for_it(tmp_path: Path) -> None:
    """E5: told once, with what to do; not for the operator to overrule; the decision names it."""
    plan = tree(artifacts=["lb_diff", "dashboards"])
    async with rig(tmp_path, {**plan, "stages": plan["stages"][2:]}) as story:
        rollout = await story.start(weight="100%")
        await story.minutes(3)
        with pytest.raises(NotOverruled):
            await story.engine.desk.override(story.request("override", BEN), rollout.id, "too early")
        await story.minutes(5)
        rollout = await story.load(rollout)
        assert rollout.state is State.BAKING
        assert (await story.kinds_on_record(rollout)).count("unfinished") == 1
        [said] = [each for each in await story.said() if each.say == "unfinished"]
        assert said.facts["artifacts"] == ["dashboards"]
        with pytest.raises(Exception, match="override"):
            await story.engine.desk.override(story.request("override", ANA), rollout.id, "no role")
        await story.engine.desk.override(story.request("override", BEN), rollout.id, "seen by hand")
        await story.minutes(1)
        rollout = await story.load(rollout)
        assert rollout.state is State.COMPLETED
        _, made = await decision(story, rollout)
        assert made.unmet_artifacts == ("dashboards",)
        assert [(each.what, each.by, each.reason) for each in made.overrides] == [("artifacts", BEN, "seen by hand")]
