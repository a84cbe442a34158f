"""Law 3: no data is never a pass, and a sick source is never a sick canary."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.checks import Moment, judge
from bot.domain.machine import State
from bot.domain.plan import Action
from bot.domain.rollout import Rollout, Streak, Verdict
from tests.builders import MINUTE, START, Value, a_plan, a_stage, facts_of
from tests.laws.driven import QUICK, Driven, drive

UP = frozenset({"gate", "promoted", "completed"})
DOWN = frozenset({"rolling_back", "killing"})


class NoDataIsNeverAPass(Driven):
    """Nothing rises, opens or completes without data; nothing goes down for it but by the plan's own words."""

    law = 3

    def judge(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        checked = after.check is not None and after.check is not before.check and after.check.at == self.checked_at
        if self.truth is not Verdict.NO_DATA or not checked:
            return
        assert after.check is not None
        assert after.check.verdict is Verdict.NO_DATA, f"no data reads {after.check.verdict}"
        assert not UP & set(kinds), f"without data: {kinds}"
        assert after.state not in (State.GATE, State.COMPLETED), "a gate stays open without data"
        assert after.clean == before.clean, "no data counted as clean, or restarted it"
        if DOWN & set(kinds) and before.state is not State.HELD:
            self._by_the_plan(after)

    def _by_the_plan(self, after: Rollout) -> None:
        """Deadlines have defaults of their own; a verdict without data has only `no_data`."""
        if after.reason.startswith(("nobody acted", "nobody answered")):
            return
        policy, since = self.plan.no_data, after.no_data_since
        assert policy.then is Action.ROLLBACK, "a sick source rolled a canary back"
        assert since is not None, "it didn't wait at all"
        assert self.story.now - since >= policy.after, "it didn't wait as long as the plan says"


def test_no_data_is_never_a_pass() -> None:
    """Law 3, over whole rollouts."""
    drive(NoDataIsNeverAPass)


values: st.SearchStrategy[Value] = st.one_of(st.none(), st.floats(0, 100))


@QUICK
@given(success=values, errors=values, latency=values)
def test_a_hard_condition_without_data_is_never_promotable(success: Value, errors: Value, latency: Value) -> None:
    """Law 3, over single checks: whatever else was measured."""
    facts = facts_of({"success": success, "errors": errors, "latency": latency})
    check, _ = judge(a_plan(), 0, facts, {}, Moment(START + MINUTE, START, MINUTE * 0, MINUTE))
    if success is None or errors is None:
        assert not check.verdict.promotable
    if check.verdict.promotable:
        assert success is not None
        assert success > 98
    assert (check.verdict is Verdict.PASS) is (not check.warnings and check.verdict.promotable)


@QUICK
@given(st.lists(st.sampled_from([700.0, None]), min_size=1, max_size=12))
def test_no_data_alone_never_fires_a_streak(queue: list[Value]) -> None:
    """No data freezes `for` and `in a row`: as many bad checks are needed as without it."""
    plan = a_plan(a_stage(rollback_when=["queue > 500 3 times in a row"]))
    streaks: dict[str, Streak] = {}
    bad = 0
    for place, value in enumerate(queue):
        now = START + place * MINUTE
        check, streaks = judge(
            plan, 0, facts_of({"queue": value}, now), streaks, Moment(now, START, MINUTE * 0, MINUTE)
        )
        bad += value is not None
        assert (check.verdict is Verdict.BREACH) is (value is not None and bad >= 3)
