"""Law 3, the end: nothing that is missing ever reads "successful", unless a person answers for it (E5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import moments, moves, overruling, progress
from bot.domain.machine import State
from bot.domain.overrides import Override
from bot.domain.plan import Plan
from bot.domain.record import noting, wanted
from bot.domain.record.noting import noted
from bot.domain.record.unfinished import to_overrule
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from tests.builders import BEN, CLEO, Story, a_plan, a_stage

ASKED = ("lb_diff", "load_burst", "snapshot_2m", "snapshot_4m")
HAS = {"snapshot_2m": (0, 1), "snapshot_4m": (1,)}
"""By hand: the stages that have each checkpoint."""
ACTS = ("good", "good", "good", "bad", "away", "load", "override", "early", "yes", "yes", "hold", "resume", "unmet")


def the_plan() -> Plan:
    first = a_stage("1%", bake="3m", checkpoints=["2m"], approvals={"need": 1})
    last = a_stage("100%", bake="4m", checkpoints=["2m", "4m"])
    return a_plan(first, last, artifacts=list(ASKED))


@dataclass
class Tale(Story):
    """A story whose every step goes through what the engine adds: what is due, and what it puts on record."""

    plan: Plan = field(default_factory=the_plan)
    on_record: set[tuple[str, int]] = field(default_factory=set)
    """What the happenings themselves say is on record: judged here, never by the code under test."""

    def take(self, step: Step) -> Tale:
        kept = noted(step)
        for each in kept.happenings:
            if each.kind == "checkpoint":
                self.on_record.add((f"snapshot_{each.facts['name'].removeprefix('T+')}", each.facts["check"]["stage"]))
            elif each.kind in ("applied", "load"):
                self.on_record.add(({"applied": "lb_diff", "load": "load_burst"}[each.kind], 0))
        super().take(kept)
        return self

    def looks(self, *, unmet: Sequence[str] = (), **found: Any) -> None:
        look = self.look(complete_fails=tuple(unmet), **found)
        self.take(moments.scheduled(progress.progress(self.rollout, self.plan, look), self.plan, self.now))
        if self.rollout.intent is not None:
            self.lands()
            self.take(Step(self.rollout, (Happening("applied", {}),)))

    def missing(self) -> set[str]:
        """By the happenings."""
        there = {name for name, _ in self.on_record}
        lacks = {name for name in ("lb_diff", "load_burst") if name not in there}
        for name, stages in HAS.items():
            lacks |= {f"{name} of {stage}" for stage in stages if (name, stage) not in self.on_record}
        return lacks

    def answered(self) -> set[str]:
        """What a person said that it may end without."""
        said = set()
        for override in self.rollout.overrides:
            for each in override.overruled if override.what == "artifacts" else ():
                name, _, at = each.condition.partition(" at ")
                stages = HAS.get(name, ())
                stage = {"1%": 0, "100%": 1}[at] if at else (stages[0] if stages else 0)
                said.add(f"{name} of {stage}" if stages else name)
        return said


def told(tale: Tale, act: str, minutes: int) -> None:
    rollout, now = tale.rollout, tale.now
    match act:
        case "good" | "bad" | "unmet":
            tale.now += timedelta(minutes=1)
            found = {"success": 97.0} if act == "bad" else {}
            tale.looks(unmet=["budget(x) > 25% (12%)"] if act == "unmet" else (), **found)
        case "away":
            tale.now += timedelta(minutes=minutes)
        case "load":
            tale.take(Step(rollout, (Happening("load", {"requests": 100}),)))
        case "cooldown":
            other = Override(what="cooldown", by=CLEO.id, at=now, stage=0, weight=0.0, reason="mended", used_at=now)
            tale.take(Step(rollout.but(overrides=(*rollout.overrides, other))))
        case "override" if not overruling.why_not(rollout, tale.plan, now):
            end = bool(to_overrule(rollout, tale.plan))
            overrule = overruling.end_without if end else _overrule(tale)
            tale.take(overrule(rollout, tale.plan, now, "I answer for it", CLEO))
        case "yes" if rollout.state is State.GATE:
            tale.approve(BEN)
        case "early" if rollout.state is State.BAKING and rollout.stage == 0 and rollout.check is not None:
            tale.take(Step(rollout.but(baked=timedelta(minutes=3))))
        case "hold" if rollout.state in (State.BAKING, State.GATE):
            tale.hold()
        case "resume" if rollout.state is State.HELD and rollout.intent is None:
            tale.resume()
    if tale.rollout.intent is not None:
        tale.lands()
        tale.take(Step(tale.rollout, (Happening("applied", {}),)))


def _overrule(tale: Tale) -> Callable[..., Step]:
    return lambda rollout, plan, now, reason, by: overruling.overrule(rollout, plan, now, tale.new_id(), reason, by)


def check_the_law(acts: Sequence[tuple[str, int]]) -> bool:
    """Whether it came to a completion; raises where one lacks something."""
    tale = Tale.baking(the_plan())
    tale.take(Step(tale.rollout, (Happening("applied", {}),)))
    for act, minutes in acts:
        if not tale.rollout.live or tale.rollout.state.going_down:
            break
        told(tale, act, minutes)
    if tale.rollout.state is State.COMPLETED:
        assert tale.missing() <= tale.answered(), f"complete without {tale.missing() - tale.answered()}"
        assert not tale.rollout.unmet_ends, "complete with an end that isn't met"
        used = [each for each in tale.rollout.overrides if each.what == "artifacts"]
        assert all(each.used_at for each in used)
    return tale.rollout.state is State.COMPLETED


some = st.tuples(st.sampled_from(ACTS), st.integers(2, 6))
QUIET = settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
GOOD = [("good", 0)] * 4 + [("yes", 0)] + [("good", 0)] * 4


@given(st.sampled_from([0, 5, 7, 9]), st.lists(some, min_size=4, max_size=30), st.booleans())
@QUIET
def test_no_rollout_completes_without_what_was_asked_for_unless_a_person_answers(
    well: int, acts: list[tuple[str, int]], load: bool
) -> None:
    """It goes well for a while, often enough to come to the end."""
    check_the_law([*([("load", 0)] if load else []), *GOOD[:well], *acts])


def test_it_completes_with_everything_on_record_the_last_checkpoint_included() -> None:
    """E3: the checkpoint that is due with the very look that completes is on record with it."""
    assert check_the_law([("load", 0), *GOOD])


def test_it_never_completes_without_the_load_burst() -> None:
    assert not check_the_law([*GOOD, *[("good", 0)] * 10])
    assert check_the_law([*GOOD, ("override", 0), ("good", 0)])


BLIND = [("load", 0), ("good", 0), ("good", 0), ("good", 0), ("yes", 0), ("away", 5), *[("good", 0)] * 8]
"""Nobody looked when the first checkpoint of the last stage was due."""
UNMET = [("load", 0), *GOOD[:-1], *[("unmet", 0)] * 3]


def nothing_is_missing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(progress, "lacking", lambda *rest: ())


def one_stage_speaks_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wanted, "snapshot", lambda checkpoint, stage: f"snapshot_{checkpoint.removeprefix('T+')}:0")
    patch.setattr(noting, "snapshot", lambda checkpoint, stage: f"snapshot_{checkpoint.removeprefix('T+')}:0")


def what_passed_by_counts_as_seen(patch: pytest.MonkeyPatch) -> None:
    lacking = wanted.lacking

    def lenient(rollout: Rollout, plan: Plan, coming: Any = ()) -> Any:
        return tuple(lack for lack in lacking(rollout, plan, coming) if not lack.gone)

    patch.setattr(progress, "lacking", lenient)


def any_override_answers_for_all(patch: pytest.MonkeyPatch) -> None:
    lacking = wanted.lacking
    patch.setattr(progress, "lacking", lambda rollout, *rest: () if rollout.overrides else lacking(rollout, *rest))


def unmet_ends_are_only_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(progress, "_complete", lambda rollout, plan, look: moves.complete(rollout, look.now))


ANOTHER = [("cooldown", 0), *GOOD]
BUGS = [
    (nothing_is_missing, GOOD),
    (one_stage_speaks_for_all, BLIND),
    (what_passed_by_counts_as_seen, BLIND),
    (any_override_answers_for_all, ANOTHER),
    (unmet_ends_are_only_told, UNMET),
]


@pytest.mark.parametrize(("plant", "acts"), BUGS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], acts: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 3: each of these mistakes calls something successful that isn't."""
    plant(monkeypatch)
    with pytest.raises(AssertionError, match="complete with"):
        check_the_law(acts)


def test_another_override_is_no_answer_for_what_is_missing() -> None:
    assert not check_the_law(ANOTHER)


def test_what_it_lacks_is_told_once_and_what_comes_by_itself_is_not() -> None:
    tale = Tale.baking(the_plan())
    tale.take(Step(tale.rollout, (Happening("applied", {}),)))
    for act, minutes in [*GOOD, *[("good", 0)] * 5]:
        told(tale, act, minutes)
    [unfinished] = [each for each in tale.told if each.kind == "unfinished"]
    assert unfinished.facts == {"complete_when": [], "artifacts": ["load_burst"], "gone": []}
