"""What rules a plan makes (O2): whom they tell and what they ask for, and which conditions can be none."""

from __future__ import annotations

import pytest

from adapters.alerting.expressions import WHY_NOT
from adapters.alerting.promql import span
from adapters.alerting.rules import rules_of
from bot.domain.conditions import About
from bot.domain.units import parse_duration
from tests.adapters.alerting.plans import KINDS, a_plan


def test_what_can_be_no_rule_is_told_with_why_and_never_dropped() -> None:
    assert [str(each) for each in rules_of(a_plan(), KINDS, "prom").left_out] == [
        "stage 5% (first): 'queue > 400 3 times in a row' is no alert rule: Prometheus doesn't count 3 times in a row; "
        "write it with `for`",
        "stage 5% (first): 'far > 3' is no alert rule: far is asked of other: --source other",
        "stage 5% (first): 'chat down' is no alert rule: chat comes from a source of kind probe, not from Prometheus",
        "stage 5% (first): 'check fails 3 times in a row' is no alert rule: it is about a whole check of Perch's",
        "stage 5% (first): 'jobs never decreases' is no alert rule: it looks back to when the stage began",
        "complete_when: 'success > 99%' is no alert rule: it is judged once, at the end",
    ]


def test_labels_say_who_hears_of_it_and_only_triggers_act_on_perch() -> None:
    rules = rules_of(a_plan(), KINDS, "prom")
    by_name = {alert.name: alert for alert in rules.alerts if alert.stage == 1}
    assert by_name["ShopSuccessBelowStableMinus2pp"].labels == {
        "severity": "critical",
        "perch_plan": "shop",
        "perch_service": 'the "shop"',
        "perch_environment": 'eu "1" {{ .x }}',
        "perch_stage": "5% (first)",
        "perch_role": "trigger",
        "perch_class": "security",
        "perch_action": "rollback",
    }
    assert by_name["ShopPodsAbove3"].labels["perch_action"] == "kill"
    assert (
        by_name["ShopMemoryAbove90Percent"].labels["severity"],
        by_name["ShopMemoryAbove90Percent"].description,
    ) == (
        "warning",
        "Perch holds it at 5%.",
    )
    assert {"perch_action" in alert.labels for alert in rules.alerts if alert.labels["perch_role"] != "trigger"} == {
        False
    }
    both = by_name["ShopSuccessBelow95PercentOnBothSides"]
    assert (both.labels["perch_action"], both.labels["severity"]) == ("hold", "critical")
    assert both.description == "Perch holds it at 5%. The stable side is as bad: rolling back would not help."
    hold = by_name["ShopQueueIsNot13Unmet"].description
    assert hold == "Perch doesn't promote meanwhile; if it is so when the bake is over: hold 1d, then rollback."


@pytest.mark.parametrize("text", ["500ms", "90s", "10m", "1h30m", "7d", "36h"])
def test_durations_are_spelled_exactly_in_one_unit(text: str) -> None:
    assert parse_duration(span(parse_duration(text))) == parse_duration(text)


def test_every_kind_of_condition_is_about_a_metric_or_has_a_reason_why_it_can_be_no_rule() -> None:
    """A kind that is new is one or the other: looked for among the metrics, an SLO's name would be missing there."""
    assert set(About) - set(WHY_NOT) == {About.METRIC, About.AGE_OF, About.DOWN, About.UP}
