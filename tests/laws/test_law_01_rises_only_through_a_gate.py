"""Law 1: traffic rises only through a gate."""

from bot.domain.machine import State
from bot.domain.rollout import Rollout, Verdict
from bot.domain.units import ZERO
from tests.builders import MINUTE
from tests.laws.driven import Driven, drive


class RisesOnlyThroughAGate(Driven):
    """A fresh promotable verdict, this gate's approvals, a confirmed weight; and never above what was approved."""

    law = 1

    def judge(self, before: Rollout, after: Rollout, kinds: list[str]) -> None:
        assert after.target <= self.allowed, "the weight wanted is above what was approved"
        assert after.approved <= self.allowed, "more is approved than anybody approved"
        if after.intent is not None:
            assert after.intent.weight <= self.allowed, "the weight asked for is above what was approved"
        if self.raised is None or before.state is State.PREFLIGHT:
            return
        assert before.state is State.GATE, f"it rose from {before.state}"
        self._passed_freshly(before)
        self._approved(before)
        self._one_stage(before, after)
        assert before.intent is None, "it rose while another weight was on its way"
        assert self.read == before.confirmed, "the weight in force isn't confirmed"

    def _passed_freshly(self, before: Rollout) -> None:
        known = before.gate.id if before.gate else ""
        overruled = self.truth is Verdict.FAIL and known in self.glass
        assert self.truth in (Verdict.PASS, Verdict.WARN) or overruled, f"it rose on {self.truth}"
        assert self.checked_at is not None, "it rose without a check"
        assert self.story.now - self.checked_at <= 2 * MINUTE, "it rose on a stale verdict"
        resumed = before.resumed_at
        assert resumed is None or self.checked_at > resumed, "its check is older than the resume"

    def _approved(self, before: Rollout) -> None:
        assert before.gate is not None, "it rose without a gate"
        given = self.yes.get(before.gate.id, set()) - self.involved
        need = self.plan.stages[before.stage].approvals.need
        assert len(given) >= need, f"{len(given)} of {need} different people who didn't ask have approved"
        assert self.story.now < before.gate.expires_at, "the gate had expired"
        self._ticked(before, before.gate.id)

    def _ticked(self, before: Rollout, gate: str) -> None:
        """R19: people ticked it at this very gate; the newest check saw the rest."""
        for item in self.plan.stages[before.stage].checklist:
            done = self.short if item.auto is not None else item.text in self.seen.get(gate, set())
            assert done, f"it rose without '{item.text}'"

    def _one_stage(self, before: Rollout, after: Rollout) -> None:
        assert after.stage == before.stage + 1, "it skipped a stage"
        assert after.target == self.plan.stage_weight(after.stage), "it asks for another weight than the stage's"
        assert after.target > ZERO


def test_traffic_rises_only_through_a_gate() -> None:
    """Law 1."""
    drive(RisesOnlyThroughAGate)
