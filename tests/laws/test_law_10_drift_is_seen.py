"""Law 10: drift is seen within one check, told with before and after, and never repaired upward."""

from bot.domain.looks import STEADY
from bot.domain.machine import State
from bot.domain.plan import Action
from bot.domain.rollout import Rollout, Verdict, Way
from tests.laws.driven import Driven, drive


class DriftIsSeen(Driven):
    """Whatever the real weight becomes, the next check that can read it tells, and stops the way up."""

    law = 10
    blind = 0
    """How many checks in a row couldn't read the weight."""

    def judge(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        if after.check is None or after.check.at != self.checked_at or after.check is before.check:
            return
        self._blindness_is_told(before, after, kinds)
        read = after.seen_weight if before.state in STEADY and before.intent is None else None
        if read is None:
            return
        self._never_upward(before, after, read.percent)
        if read == before.confirmed:
            return
        assert after.state is State.HELD or after.state.going_down or self._emergency(after), "drift went unseen"
        assert "drift" in kinds or before.seen_weight == read, "drift wasn't told"
        if self.plan.drift == "lower" and read > before.confirmed and not self._emergency(after):
            assert after.intent is not None, "drift above what was approved wasn't lowered"
            assert after.intent.way is Way.LOWER
            assert after.intent.weight <= before.approved

    def _blindness_is_told(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        """What can't be read is told at the second check, once, and never reads as if nothing had moved."""
        looked = before.state in STEADY and before.intent is None
        self.blind = self.blind + 1 if looked and self.read is None else 0
        assert ("unseen" in kinds) is (self.blind == 2), f"{self.blind} checks were blind, and it said {kinds}"
        if self.blind:
            assert after.baked <= before.baked, "it bakes unseen"
            assert after.state is not State.SHIFTING, "it rises unseen"

    def _emergency(self, after: Rollout) -> bool:
        """A kill is on its own way."""
        return self.truth is Verdict.BREACH and self.plan.stages[after.stage].on_breach is Action.KILL

    def _never_upward(self, before: Rollout, after: Rollout, real: float) -> None:
        asked = after.intent is not None and after.intent != before.intent
        if asked and after.intent is not None and before.confirmed.percent != real:
            assert after.intent.way is Way.LOWER, "it rose from a weight that isn't the recorded one"
        if asked and after.intent is not None and after.intent.way is Way.LOWER:
            assert after.intent.weight.percent <= real, "a way down that raises what is really in force"


def test_drift_is_seen() -> None:
    """Law 10, over whole rollouts."""
    drive(DriftIsSeen)
