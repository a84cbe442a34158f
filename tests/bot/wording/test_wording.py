"""Every message, in every state, with any text from outside: within Slack's limits, safe, and a whole sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.machine import State
from bot.domain.plan import ChecklistItem
from bot.ports import Outgoing
from bot.wording import SAY, Unsayable, say
from bot.wording.languages import LANGUAGES
from tests.bot.wording.limits import broken_limits
from tests.bot.wording.stories import ANA, NOW, a_check, a_gate, a_plan, a_rollout, lines

NASTY = some.text(max_size=600) | some.sampled_from(
    ["<!channel> & <@U1>", "`*_~>", "x" * 5000, "\n\n", "\u202e", "🚀👩‍🚒🇪🇸"]
)
WEIGHTS = some.lists(some.floats(0.01, 100).map(lambda value: round(value, 2)), min_size=1, max_size=60, unique=True)
BIG: dict[str, Any] = {
    "name": "the-rollout-of-the-new-way-to-write-of-all-materializers-2026",
    "roles": {"operators": ["@sre"], "approvers": [f"@night-shift-{each}" for each in range(20)]},
    "metrics": {f"a_metric_whose_name_is_long_{each}": {"source": "prom", "unit": "seconds"} for each in range(30)},
}
"""A plan of which everything is much, but not more than people write."""


def _facts(text: str) -> dict[str, Any]:
    """All facts that any message may carry, with `text` wherever somebody else's words stand."""
    check = a_check(lines=lines(text or "m > 1%", text)).model_dump(mode="json")
    words = ["reason", "why", "cause", "what", "fault", "still_on", "how", "name", "did", "event", "not_measured"]
    numbers = dict.fromkeys(
        ["weight", "before", "took_s", "from", "to", "wanted", "real", "within_s", "applied_s"], 1.5
    )
    times = dict.fromkeys(["until", "cooldown_until", "at"], (NOW + timedelta(hours=30)).timestamp())
    outcome = {"name": text, "tier": 1, "fault": text, "read_back_at": None}
    lists = {"missing": [text] * 30, "passed": [text] * 30, "failed": [text] * 30, "red": [text] * 40}
    return {
        **dict.fromkeys(words, text),
        **numbers,
        **times,
        **lists,
        "by": {"id": ANA.id, "name": text},
        "lines": check["lines"] * 20,
        "check": check,
        "outcomes": [outcome] * 30,
        "gate": "g1",
        "card": a_gate(warnings=(text or "w",) * 9).model_dump(mode="json") | {"stage": 0},
        "verdict": "breach",
    }


def _outgoing(name: str, facts: dict[str, Any]) -> Outgoing:
    if name == "preflight":
        facts = {**facts, "lines": [str(facts["reason"])] * 50}
    if name == "verdict_changed":
        facts = {**facts, "before": "pass"}
    return Outgoing(say=name, key="k", facts=facts)


@pytest.mark.parametrize("name", sorted(SAY))
@settings(max_examples=12, deadline=None)
@given(
    text=NASTY,
    weights=WEIGHTS,
    state=some.sampled_from(State),
    big=some.sampled_from([{}, BIG]),
    language=some.sampled_from([*LANGUAGES]),
)
def test_every_message_stays_within_slacks_limits(
    name: str, text: str, weights: list[float], state: State, big: dict[str, Any], language: str
) -> None:
    rollout = a_rollout(state, reason=text, version=text, environment=text, stage=min(1, len(weights) - 1))
    if rollout.gate is not None:
        rollout = rollout.but(gate=rollout.gate.model_copy(update={"stage": rollout.stage}))
    rollout = rollout.but(check=a_check(lines=lines(text or "m > 1%", text) * 30))
    plan = a_plan(tuple(weights), links={"board": "https://x.example"}, language=language, **big)
    said = say(_outgoing(name, _facts(text)), rollout.but(plan=plan.name), plan, NOW)
    assert broken_limits(said) == []


@settings(max_examples=25, deadline=None)
@given(text=NASTY)
def test_a_long_checklist_fits_into_its_gate_with_every_button(text: str) -> None:
    """R19: twenty items of any length; none may be lost, for all are needed."""
    items = tuple(ChecklistItem(item=f"{number} {text}", by=("@sre",)) for number in range(20))
    plan = a_plan()
    stages = tuple(stage.model_copy(update={"checklist": items}) for stage in plan.stages)
    rollout = a_rollout(State.GATE, version=text, check=a_check(lines=lines(text or "m > 1%", text) * 30))
    said = say(Outgoing("gate", key="k"), rollout, plan.model_copy(update={"stages": stages}), NOW)
    assert broken_limits(said) == []
    assert sum("accessory" in block for block in said.blocks) == 20
    assert said.blocks[-1]["type"] == "actions"


@pytest.mark.parametrize("name", sorted(SAY))
def test_every_message_can_be_said_in_every_state_with_no_facts_at_all(name: str) -> None:
    for state in State:
        said = say(Outgoing(say=name, key="k"), a_rollout(state), a_plan(), NOW)
        assert said.text.strip(), state
        assert broken_limits(said) == [], state


@pytest.mark.parametrize("name", sorted(SAY))
def test_words_from_outside_cant_call_the_whole_channel(name: str) -> None:
    said = say(_outgoing(name, _facts("<!channel> & <@U9>")), a_rollout(reason="<!here>"), a_plan(), NOW)
    assert "<!channel>" not in str(said)
    assert "<!here>" not in str(said)
    assert "<@U9>" not in str(said)


def test_an_answer_needs_no_rollout() -> None:
    assert say(Outgoing(say="answer", key="k", facts={"text": "Done."}), None, None, NOW).text == "Done."


def test_unknown_words_are_a_mistake_that_names_itself() -> None:
    with pytest.raises(Unsayable, match="sing"):
        say(Outgoing(say="sing", key="k"), a_rollout(), a_plan(), NOW)
