"""The two messages that are edited in place, and the one that goes to the boss."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Approval, Verdict
from bot.domain.units import Weight
from bot.ports import Outgoing, Said
from bot.wording import say
from tests.bot.wording.stories import ANA, BEN, NOW, a_check, a_gate, a_plan, a_rollout


def told(name: str, state: State, facts: dict[str, Any] | None = None, **changes: Any) -> Said:
    return say(Outgoing(name, key="k", facts=facts or {}), a_rollout(state, **changes), a_plan(), NOW)


def shown(said: Said) -> str:
    return "\n".join(block["text"]["text"] for block in said.blocks if "text" in block)


def actions(said: Said) -> list[str]:
    return [
        element["action_id"] for block in said.blocks if block["type"] == "actions" for element in block["elements"]
    ]


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (State.PREFLIGHT, ["more"]),
        (State.SHIFTING, ["hold", "rollback", "more"]),
        (State.BAKING, ["hold", "rollback", "more"]),
        (State.GATE, ["approve", "hold", "rollback", "more"]),
        (State.HELD, ["resume", "rollback", "more"]),
        (State.ROLLING_BACK, ["more"]),
        (State.KILLING, ["more"]),
        (State.STUCK, ["more"]),
        (State.COMPLETED, ["more"]),
        (State.ROLLED_BACK, ["more"]),
        (State.KILLED, ["more"]),
        (State.ABORTED, ["more"]),
    ],
)
def test_the_status_message_has_the_buttons_that_work_now_and_no_dead_ones(state: State, buttons: list[str]) -> None:
    """S2: at most three, and the menu."""
    assert actions(told("status", state)) == buttons


def test_the_status_message_answers_in_one_glance() -> None:
    said = told("status", State.BAKING)
    text = shown(said)
    assert text.startswith("materializers 2.4.1 · 10% · baking")
    assert "✓ 1% → *▶ 10%* → 50% → 100%" in text
    assert "pass with warnings" in text
    assert "Waits for" in text
    assert "`chat_p99` 1.42 s, 17% over the limit of 1.21 s (baseline 1.1 s)" in text


def test_buttons_carry_what_the_clicker_saw() -> None:
    blocks = told("status", State.GATE).blocks
    elements = {
        element["action_id"]: element
        for block in blocks
        for element in block.get("elements", ())
        if "action_id" in element
    }
    assert elements["approve"]["value"] == "materializers-7:1:12:g1"
    assert elements["rollback"]["value"] == "materializers-7:1:12"
    assert elements["rollback"]["confirm"]["style"] == "danger"


def test_an_observed_rollout_says_so_wherever_it_shows() -> None:
    """U2: nobody must think that Perch moves traffic."""
    assert "observe only" in told("status", State.BAKING, mode="observe").text
    assert "observe only" in shown(told("status", State.BAKING, mode="observe"))


def test_no_data_is_told_apart_from_a_failing_canary() -> None:
    """Law 3."""
    text = told("status", State.BAKING, check=a_check(Verdict.NO_DATA)).text
    assert "no data" in text
    assert "fail" not in text


def test_a_rollout_that_was_never_checked_isnt_called_good() -> None:
    """Law 3: nothing unmeasured reads successful."""
    text = told("completed", State.COMPLETED, {"weight": 100, "took_s": 60}, check=None).text
    assert "no check yet" in text
    assert "success" not in text


def test_stuck_never_pretends() -> None:
    text = shown(told("status", State.STUCK, target=Weight(0)))
    assert "Traffic did NOT come down" in text


def test_an_open_gate_shows_who_has_approved_what_is_warned_of_and_what_happens_otherwise() -> None:
    gate = a_gate(warnings=("latency_p99 < 10s",), approvals=(Approval(person=BEN, at=NOW, how="reaction"),))
    said = told("gate", State.GATE, {"gate": "g1", "state": "open"}, gate=gate)
    text = shown(said)
    assert "Approvals: 1 of 1 (<@U0BEN> by reaction)" in text
    assert "You approve with this warning: `latency_p99 &lt; 10s`" in text
    assert "it goes on hold" in text
    assert actions(said) == ["approve", "reject", "why"]


@pytest.mark.parametrize("end", ["used", "expired", "rejected", "rolled_back", "killed", "held", "closed"])
def test_a_gate_that_is_over_has_no_buttons_and_says_what_became_of_it(end: str) -> None:
    """PLATFORM §0.3: dead buttons go."""
    facts = {
        "gate": "g1",
        "state": end,
        "why": "because",
        "from": 10,
        "to": 50,
        "card": a_gate().model_dump(mode="json"),
    }
    said = told("gate", State.BAKING, facts)
    assert actions(said) == []
    assert "10% → 50%" in said.text
    assert "because" in said.text


def test_an_edit_for_an_older_gate_never_revives_its_buttons() -> None:
    """The message is worded when it's sent; by then another gate may be open."""
    assert actions(told("gate", State.GATE, {"gate": "g0", "state": "open"})) == []


def test_the_rollback_message_is_fit_to_forward() -> None:
    """What happened, why with numbers, what Perch did, what customers got, what comes next."""
    facts = {"reason": "error_rate > 5% fired at 6.2%", "from": 10, "to": 0, "took_s": 3.21}
    said = told("rolled_back", State.ROLLED_BACK, {**facts, "cooldown_until": NOW.timestamp() + 86400})
    for part in ("10% → 0% in 3.2 s", "6.2%", "read it back", "at most 10% of the traffic", "42 min", "/canary start"):
        assert part in said.text


def test_a_kill_tells_three_times_and_says_what_was_not_measured() -> None:
    facts = {"applied_s": 0.4, "read_back_s": 1.2, "measured_s": None, "not_measured": "no metric says so"}
    text = told("killed", State.KILLED, {**facts, "by": ANA.id}).text
    assert "Applied: 0.4 s. Read back: 1.2 s. Measured at 0: not measured (no metric says so)." in text


def test_a_ladder_of_many_stages_shows_what_is_near() -> None:
    plan = a_plan(tuple(range(1, 41)))
    said = say(Outgoing("status", key="k"), a_rollout(stage=20, confirmed=Weight(21)), plan, NOW)
    assert "(18 before) → ✓ 19%" in shown(said)
    assert "(14 more)" in shown(said)


def test_a_breach_is_told_at_the_weight_where_it_was_found() -> None:
    """It is worded when it's sent, and by then the weight may be 0."""
    facts = {"verdict": "breach", "before": "pass"}
    gone = a_check(Verdict.BREACH)
    said = told("verdict_changed", State.ROLLED_BACK, facts, check=gone, confirmed=Weight(0))
    assert said.text.startswith("🛑 breach at 10%")


def test_a_persons_reason_for_a_rollback_is_not_mixed_with_what_perch_saw() -> None:
    said = told("rolled_back", State.ROLLED_BACK, {"reason": "customers complain", "from": 10, "to": 0})
    assert "Why: customers complain. What Perch did" in said.text


def test_a_settling_stage_is_never_called_good() -> None:
    """Law 3: what isn't judged yet doesn't read successful."""
    early = tuple(line.model_copy(update={"counts": False}) for line in a_check().lines)
    said = told("status", State.BAKING, check=a_check(Verdict.PASS, lines=early, settling=True))
    assert "settling: not judged yet" in said.text
    assert "pass" not in shown(said)


def test_an_approval_that_used_the_gate_at_once_doesnt_leave_it_with_none() -> None:
    facts = {"gate": "g1", "state": "used", "card": a_gate().model_dump(mode="json")}
    assert "0 of 1" not in told("gate", State.SHIFTING, facts).text


def test_warnings_of_the_gate_that_the_check_shows_are_listed_once() -> None:
    gate = a_gate(warnings=("chat_p99 <= baseline + 10%",))
    text = shown(told("gate", State.GATE, {"gate": "g1", "state": "open"}, gate=gate))
    assert text.count("chat_p99") == 1
    assert "You approve with" not in text
