"""When a metric is bad, and its diagnosis due (R14)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.domain.diagnosing import QUIET, SILENT, answered, asked, noted, under_way
from bot.domain.plan import Plan
from bot.domain.rollout import Check, Line, Rollout
from bot.domain.steps import Step
from tests.builders import ANA, MINUTE, START, a_check, a_line, a_plan, a_rollout

BOOK: dict[str, Any] = {"link": "https://wiki", "look_at": ["locks"], "remedies": ["kill it"], "diagnose": ["queue"]}


def the_plan() -> Plan:
    plan = a_plan()
    book = {"source": "numbers", "unit": "seconds", "runbook": BOOK}
    metric = type(plan.metrics["latency"]).model_validate(book)
    return plan.model_copy(update={"metrics": {**plan.metrics, "latency": metric}})


def bad(role: str = "soft") -> Line:
    return a_line(role, role == "trigger", metric="latency", condition=f"latency as {role}")  # type: ignore[arg-type]


def good(role: str = "soft") -> Line:
    return a_line(role, role != "trigger", metric="latency")  # type: ignore[arg-type]


def blind() -> Line:
    return a_line("soft", None, metric="latency")


def after(rollout: Rollout, at: datetime, *lines: Line) -> tuple[Rollout, list[str]]:
    """The rollout after a check, and which metrics' diagnosis began."""
    step = noted(Step(rollout), the_plan(), a_check(at=at, lines=lines), at, f"look-{at:%H%M}")
    return step.rollout, [str(told.facts["metric"]) for told in step.happenings if told.kind == "diagnosing"]


def test_it_begins_when_a_condition_of_the_metric_is_bad_for_the_first_time() -> None:
    rollout, begun = after(a_rollout(), START, good(), good("hard"))
    assert begun == []
    rollout, begun = after(rollout, START + MINUTE, bad(), good("hard"))
    assert begun == ["latency"]
    assert after(rollout, START + 2 * MINUTE, bad())[1] == [], "it is bad still"
    assert after(rollout, START + 5 * QUIET, bad())[1] == [], "for as long as it is the same"


def test_it_is_repeated_after_the_metric_was_good_but_not_at_once() -> None:
    rollout, _ = after(a_rollout(), START, bad())
    rollout, _ = after(rollout, START + MINUTE, good())
    rollout, begun = after(rollout, START + 2 * MINUTE, bad())
    assert begun == [], "one that flickers fills no thread"
    assert after(rollout, START + QUIET, bad())[1] == ["latency"]


def test_it_is_repeated_when_it_got_worse() -> None:
    rollout, _ = after(a_rollout(), START, bad())
    assert after(rollout, START + QUIET, bad("hard"))[1] == ["latency"]
    assert after(rollout, START + QUIET, bad("trigger"))[1] == ["latency"]


def test_no_data_is_neither_good_nor_bad() -> None:
    """Law 3."""
    rollout, begun = after(a_rollout(), START, blind())
    assert begun == []
    rollout, _ = after(rollout, START + MINUTE, bad())
    rollout, _ = after(rollout, START + 2 * MINUTE, blind())
    assert after(rollout, START + 2 * QUIET, bad())[1] == []


def test_what_does_not_count_yet_says_nothing() -> None:
    early = bad("hard").model_copy(update={"counts": False})
    assert after(a_rollout(), START, early)[1] == []


def test_the_intent_and_the_answer_say_why_and_what_to_try() -> None:
    step = noted(Step(a_rollout()), the_plan(), a_check(lines=(bad("trigger"),)), START, "look")
    (begun,) = step.happenings
    assert (begun.facts["why"], begun.facts["steps"]) == ("latency as trigger", ["queue"])
    took = timedelta(seconds=3)
    looks = [{"what": "queue", "ok": True, "answer": "7", "took_s": 0.1}]
    done = answered(step.rollout, the_plan(), begun.facts["id"], looks, START + took, "")
    assert done is not None
    facts = done.happenings[0].facts
    assert (facts["steps"], facts["remedies"], facts["link"]) == (looks, ["kill it"], "https://wiki")
    assert (facts["why"], facts["at"], facts["took_s"]) == ("latency as trigger", START.isoformat(), 3.0)
    assert answered(done.rollout, the_plan(), begun.facts["id"], looks, START, "") is None, "an answer is kept once"


def test_a_person_may_ask_at_any_time_but_not_for_what_is_under_way() -> None:
    check: Check = a_check(lines=(good(),))
    step = asked(a_rollout(check=check), the_plan(), ["latency"], START, "x", ANA)
    (begun,) = step.happenings
    assert (begun.by, begun.facts["why"]) == (ANA, "asked for")
    assert asked(step.rollout, the_plan(), ["latency"], START + MINUTE, "y", ANA).happenings == ()
    known = step.rollout.diagnoses["latency"]
    assert under_way(known, START + MINUTE)
    assert not under_way(known, START + SILENT)
