"""Every message, in every state, with any text from outside: within Slack's limits, safe, and a whole sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.machine import State
from bot.ports import Outgoing
from bot.wording import SAY, Unsayable, say
from tests.bot.wording.limits import broken_limits
from tests.bot.wording.stories import ANA, NOW, a_check, a_gate, a_plan, a_rollout, lines

NASTY = some.text(max_size=600) | some.sampled_from(["<!channel> & <@U1>", "`*_~>", "x" * 5000, "\n\n", "\u202e"])
WEIGHTS = some.lists(some.floats(0.01, 100).map(lambda value: round(value, 2)), min_size=1, max_size=60, unique=True)


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
@settings(max_examples=15, deadline=None)
@given(text=NASTY, weights=WEIGHTS, state=some.sampled_from(State))
def test_every_message_stays_within_slacks_limits(name: str, text: str, weights: list[float], state: State) -> None:
    rollout = a_rollout(state, reason=text, version=text, environment=text, stage=min(1, len(weights) - 1))
    if rollout.gate is not None:
        rollout = rollout.but(gate=rollout.gate.model_copy(update={"stage": rollout.stage}))
    rollout = rollout.but(check=a_check(lines=lines(text or "m > 1%", text) * 30))
    said = say(
        _outgoing(name, _facts(text)), rollout, a_plan(tuple(weights), links={"board": "https://x.example"}), NOW
    )
    assert broken_limits(said) == []


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", sorted(SAY))
def test_every_message_can_be_said_in_every_state_with_no_facts_at_all(name: str, state: State) -> None:
    said = say(Outgoing(say=name, key="k"), a_rollout(state), a_plan(), NOW)
    assert said.text.strip()
    assert broken_limits(said) == []


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
