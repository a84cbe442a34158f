"""Law 6: what is delivered twice acts once."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain import kills, steps
from bot.domain.machine import State
from bot.domain.rollout import MethodOutcome, Person, Rollout, Way
from tests.builders import BEN, CLEO, MINUTE, START, Story, a_plan, a_rollout, a_stage
from tests.laws.driven import QUICK, Driven, drive


class TwiceIsOnce(Driven):
    """Each gate is used once, each raise lands once, one person is one approval, one kill is one kill."""

    law = 6

    def __init__(self) -> None:
        super().__init__()
        self.used: list[str] = []

    def judge(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        assert after.stage <= before.stage + 1, "two clicks skipped a stage"
        if "promoted" in kinds and before.gate is not None:
            assert before.gate.id not in self.used, "a gate was used twice"
            self.used.append(before.gate.id)
            need = self.plan.stages[before.stage].approvals.need
            people = {approval.person.id for approval in before.gate.approvals}
            assert len(people) >= need, "one person's yes counted twice"
        if "stage_confirmed" in kinds:
            assert self.landed.count(self.landed[-1]) == 1, "a raise landed twice"
        self._killed_once(before, after, kinds)

    def _killed_once(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        if "killing" not in kinds or before.kill is None or before.state not in (State.KILLING, State.STUCK):
            return
        assert after.kill is not None
        assert after.kill.tier > before.kill.tier, "the same kill was begun twice"
        assert (after.kill.by, after.kill.asked_at) == (before.kill.by, before.kill.asked_at), "it forgot who asked"


def test_twice_is_once() -> None:
    """Law 6, over whole rollouts."""
    drive(TwiceIsOnce)


@QUICK
@given(st.lists(st.sampled_from([BEN, CLEO]), min_size=1, max_size=6))
def test_a_gate_that_needs_two_is_used_by_two_people_and_not_by_two_clicks(clicks: list[Person]) -> None:
    story = Story.at_gate(a_plan(a_stage("1%", approvals={"need": 2}), a_stage("10%")))
    for person in clicks:
        if story.rollout.state is State.GATE:
            story.approve(person)
    assert (story.rollout.state is State.SHIFTING) is (len({person.id for person in clicks}) == 2)


@QUICK
@given(st.integers(1, 5), st.lists(st.booleans(), max_size=5))
def test_the_same_kill_delivered_again_changes_nothing(again: int, stands: list[bool]) -> None:
    """Redelivered by Slack, by a second process, or from the spool after a crash."""
    story = Story.baking()
    step = kills.begin(story.rollout, START, BEN, "errors", START, 1)
    rollout, plan = step.rollout, story.plan
    for place, stood in enumerate(stands):
        now = START + place * MINUTE
        outcome = MethodOutcome(name="switch", tier=1, read_back_at=now if stood else None)
        rollout = kills.watch(kills.note_outcomes(rollout, [outcome]), plan, now, 1, (), ()).rollout
    for _ in range(again):
        repeated = kills.begin(rollout, START + MINUTE, BEN, "errors", START, 1)
        assert repeated == steps.Step(rollout)


def test_a_rearm_delivered_twice_is_one() -> None:
    killed = a_rollout(state=State.KILLED)
    once = kills.rearm(killed, START, BEN, ["switch"])
    assert kills.rearm(once.rollout, START + MINUTE, CLEO, ["switch"]) == steps.Step(once.rollout)


def test_a_raise_that_is_repeated_after_a_crash_is_the_same_intent() -> None:
    story = Story.at_gate().approve(BEN)
    again = Rollout.model_validate_json(story.rollout.model_dump_json())
    assert again.intent == story.intent()
    assert story.intent().way is Way.RAISE
