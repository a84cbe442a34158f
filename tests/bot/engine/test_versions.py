"""The version is read at preflight, bound to the rollout, and read again at each check (U1, laws 1 and 3)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.diagnosis import KINDS
from bot.domain import looks, versions
from bot.domain.kinds import Kind
from bot.domain.machine import State
from bot.domain.rollout import Rollout, Verdict
from bot.domain.units import Weight
from bot.engine import checking, preflight
from bot.ports import Sample
from tests.bot.domain import test_versions as domain
from tests.rig import Rig, rig, sick, tree

pytestmark = pytest.mark.anyio


def by_metric() -> dict[str, Any]:
    plan = tree(version={"metric": "build"})
    plan["metrics"]["build"] = {"source": "numbers", "unit": "count", "number": "build"}
    return plan


def runs(story: Rig, *found: str) -> None:
    """What is deployed, as an info metric tells it."""
    story.numbers.values["build"] = tuple(Sample(1.0, story.now, f'{{version="{each}"}}') for each in found)


async def passing(story: Rig, minutes: int) -> None:
    """Time passes, and the version's series stays fresh."""
    for _ in range(minutes):
        answer = story.numbers.values["build"]
        if isinstance(answer, tuple):
            found = [each.labels for each in answer]
            story.numbers.values["build"] = tuple(Sample(1.0, story.now, labels) for labels in found)
        await story.minutes(1)


async def bodies(story: Rig, rollout: Rollout, kind: str) -> list[dict[str, Any]]:
    return [dict(each.body) for each in await story.engine.rollouts.records(rollout.id) if each.kind == kind]


async def test_what_runs_is_bound_before_anything_moves(tmp_path: Path) -> None:
    async with rig(tmp_path, by_metric()) as story:
        runs(story, "2.4.1")
        rollout = await story.start(version="")
        assert (rollout.version, rollout.state) == ("2.4.1", State.BAKING)
        assert [body["version"] for body in await bodies(story, rollout, "preflight")] == ["2.4.1"]


@pytest.mark.parametrize(
    ("found", "named", "why"),
    [
        (("2.4.1",), "2.4.0", "the version: is 2.4.1, and 2.4.0 was to be rolled out"),
        ((), "", "the version: empty: the source has no such series"),
        (("2.4.1", "2.4.2"), "", "the version: several series: 2 series where one is meant"),
    ],
)
async def test_a_version_that_is_unread_or_another_one_stops_the_start(
    tmp_path: Path, found: tuple[str, ...], named: str, why: str
) -> None:
    async with rig(tmp_path, by_metric()) as story:
        runs(story, *found)
        rollout = await story.start(version=named)
        assert rollout.state is State.ABORTED
        [body] = await bodies(story, rollout, "aborted")
        assert body["red"][0].startswith(why)
        assert story.traffic[0].weight == Weight(0)


async def test_a_new_deploy_in_mid_bake_is_noticed_within_one_check_and_holds(tmp_path: Path) -> None:
    """U1, law 1: an approval for the one is none for the other."""
    async with rig(tmp_path, by_metric()) as story:
        runs(story, "2.4.1")
        rollout = await story.start(version="")
        await passing(story, 2)
        runs(story, "2.4.2")
        await passing(story, 1)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.version, story.traffic[0].weight) == (State.HELD, "2.4.1", Weight(1))
        told = await bodies(story, rollout, "version_changed")
        assert [(body["before"], body["after"]) for body in told] == [("2.4.1", "2.4.2")]
        assert "version_changed" in [message.say for message in await story.said()]
        await passing(story, 10)
        assert story.traffic[0].weight == Weight(1), "nothing rises"


async def test_nothing_rises_while_the_version_cannot_be_read(tmp_path: Path) -> None:
    """Law 3."""
    async with rig(tmp_path, by_metric()) as story:
        runs(story, "2.4.1")
        rollout = await story.start(version="")
        await passing(story, 3)
        story.numbers.values["build"] = sick()
        await story.minutes(6)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.gate, story.traffic[0].weight) == (State.HELD, None, Weight(1))
        assert rollout.check is not None
        assert rollout.check.verdict is Verdict.NO_DATA


async def test_a_program_may_tell_the_version(tmp_path: Path) -> None:
    deployed = tmp_path / "deployed"
    deployed.write_text("release-7\n", encoding="utf-8")
    command = {"command": ["cat", str(deployed)]}
    kinds = {"command": _allowing(KINDS["command"])}
    async with rig(tmp_path, tree(version=command), diagnosis=kinds) as story:
        rollout = await story.start(version="")
        assert (rollout.version, rollout.state) == ("release-7", State.BAKING)
        deployed.write_text("release-8\n", encoding="utf-8")
        await story.minutes(1)
        assert (await story.load(rollout)).state is State.HELD
        [body] = await bodies(story, rollout, "version_changed")
        assert (body["before"], body["after"]) == ("release-7", "release-8")


async def test_a_program_that_may_not_run_stops_the_start(tmp_path: Path) -> None:
    async with rig(tmp_path, tree(version={"command": [sys.executable, "-V"]}), diagnosis=KINDS) as story:
        rollout = await story.start(version="")
        [body] = await bodies(story, rollout, "aborted")
        assert "PERCH_ALLOWED_COMMANDS" in body["red"][0]


def _allowing(kind: Kind[Any]) -> Kind[Any]:
    """The kind, in an environment that lets `cat` run."""
    return Kind(kind.options, lambda options, environment: kind.build(options, {"PERCH_ALLOWED_COMMANDS": "cat"}))


# ---- planted bugs ---------------------------------------------------------------------------------------------------


def _nobody_holds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(versions, "held_for_another", lambda rollout, look: None)


def _silence_is_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checking, "bound", lambda check, rollout, read: check)


def _read_only_at_the_start(patch: pytest.MonkeyPatch) -> None:
    async def never(*anything: object) -> None:
        return None

    patch.setattr(checking, "read_version", never)


def _bound_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(looks, "_other", lambda rollout, read: "")


def _nobody_tells(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(versions, "changes", lambda before, after: ())


def _any_start_will_do(patch: pytest.MonkeyPatch) -> None:
    async def bind(rollout: Rollout, *others: Any) -> Rollout:
        others[-1].note("the version", "ok")
        return rollout.but(version="2.4.1")

    patch.setattr(preflight, "bind_version", bind)


async def _refused(folder: Path) -> None:
    await test_a_version_that_is_unread_or_another_one_stops_the_start(folder, ("2.4.1",), "2.4.0", "the version: is")


@pytest.mark.parametrize(
    ("story", "plant"),
    [
        (test_a_new_deploy_in_mid_bake_is_noticed_within_one_check_and_holds, _nobody_holds),
        (test_a_new_deploy_in_mid_bake_is_noticed_within_one_check_and_holds, _read_only_at_the_start),
        (test_a_new_deploy_in_mid_bake_is_noticed_within_one_check_and_holds, _bound_anew),
        (test_a_new_deploy_in_mid_bake_is_noticed_within_one_check_and_holds, _nobody_tells),
        (test_nothing_rises_while_the_version_cannot_be_read, _silence_is_the_same),
        (_refused, _any_start_will_do),
    ],
    ids=lambda each: each.__name__.lstrip("_"),
)
async def test_a_planted_bug_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, story: Any, plant: Any) -> None:
    with monkeypatch.context() as patch:
        plant(patch)
        with pytest.raises(AssertionError):
            await story(tmp_path)


def test_a_planted_bug_in_the_domain_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """That silence is taken for an all-clear."""
    monkeypatch.setattr(looks, "_other", lambda rollout, read: read if isinstance(read, str) else "")
    with pytest.raises(AssertionError):
        domain.test_an_unread_version_is_no_all_clear()
