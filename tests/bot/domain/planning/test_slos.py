"""What a plan may say of SLOs: both sides of a target, events or time, and each mistake with its fix (R13)."""

# ruff: noqa: E501 (one case is one line)

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conditions import Number, Op
from bot.domain.language.levels import Level, read_level
from bot.domain.language.misread import Misread
from bot.domain.planning.reading import read_plan
from bot.domain.planning.settle import settle_of
from bot.domain.units import Unit
from tests.bot.domain.plan_trees import KINDS, a_tree, report, told

TOGGLE = {"metric": "success_rate", "target": "99.9%", "window": "1h"}
SLOW = {"metric": "latency", "target": "<= 1500ms", "window": "1h"}
COUNTED = {"source": "page", "good": "a[$window]", "total": "b[$window]", "target": "99.9%", "window": "30d"}


def tree(slo: dict[str, Any], *conditions: str, where: str = "warn_unless") -> dict[str, Any]:
    found = copy.deepcopy(a_tree())
    found["slos"]["toggle"] = slo
    if where == "complete_when":
        found[where] = list(conditions)
    elif conditions:
        found["stages"][0][where] = list(conditions)
    return found


def mistakes(slo: dict[str, Any], *conditions: str, **more: str) -> list[str]:
    return [told(each) for each in report(tree(slo, *conditions, **more)).mistakes]


@pytest.mark.parametrize(
    ("text", "level", "spelled"),
    [
        ("99.9%", Level(Op.AT_LEAST, Number(99.9, Unit.PERCENT)), "99.9%"),
        (">= 99.9 %", Level(Op.AT_LEAST, Number(99.9, Unit.PERCENT)), "99.9%"),
        ("<1%", Level(Op.BELOW, Number(1.0, Unit.PERCENT)), "< 1%"),
        ("<= 1500ms", Level(Op.AT_MOST, Number(1500.0, Unit.MILLISECONDS)), "<= 1500ms"),
        ("> 20/min", Level(Op.ABOVE, Number(20.0, Unit.PER_MINUTE)), "> 20/min"),
        ("<= 3", Level(Op.AT_MOST, Number(3.0, Unit.COUNT)), "<= 3"),
    ],
)
def test_a_level_is_read_and_written_back(text: str, level: Level, spelled: str) -> None:
    """000 and 001: `99.9%`, `target: <1%`, `1500ms`."""
    assert read_level(text) == level
    assert str(level) == spelled
    assert read_level(spelled) == level


def _mistake(text: str) -> Misread | None:
    try:
        assert read_level(str(read_level(text))) == read_level(text)
    except Misread as mistake:
        return mistake
    return None


@given(st.text(max_size=12))
def test_any_text_is_a_level_or_a_mistake_inside_it(text: str) -> None:
    mistake = _mistake(text)
    assert mistake is None or (mistake.what and mistake.offset is not None and 0 <= mistake.offset <= len(text))


@pytest.mark.parametrize(
    "slo",
    [
        TOGGLE,
        SLOW,
        {**SLOW, "warning": "<= 2s", "critical": "<= 3s", "error_budget": "1%"},
        {"metric": "weight", "target": "< 1%", "window": "24h"},
        COUNTED,
        {**COUNTED, "error_budget": "0.1%"},
        {**COUNTED, "source": {"kind": "page", "url": "http://page"}},
        {**TOGGLE, "good": {"query": "a[$window]"}, "total": "b[$window_s]"},
    ],
)
def test_every_form_of_an_slo_is_good_and_has_no_notes(slo: dict[str, Any]) -> None:
    found = report(tree(slo, "all slos pass"))
    assert (found.mistakes, found.notes) == ((), ())


@pytest.mark.parametrize(
    ("slo", "message"),
    [
        ({**SLOW, "target": "1500ms"}, "slos.toggle.target:0: 1500ms doesn't say which side is good — write <= 1500ms"),
        (
            {**TOGGLE, "target": "99.9"},
            "slos.toggle.target:0: 99.9 doesn't say which side is good — write 99.9% if a share is meant, or <= 99.9",
        ),
        ({**TOGGLE, "target": "== 99%"}, "slos.toggle.target:0: '==' is no level to keep to — at least (>= 99.9%) or at most (<= 1500ms)"),
        ({**TOGGLE, "target": "fast"}, "slos.toggle.target:0: 'fast' is not a level — a share, as: 99.9%, or a limit, as: <= 1500ms"),
        ({**TOGGLE, "target": "101%"}, "slos.toggle.target:0: a share is never 101% — 0% to 100%"),
        ({**TOGGLE, "target": "99% 5"}, "slos.toggle.target:4: '5' is not expected here — write 99% alone"),
        ({**TOGGLE, "metric": "sucess_rate"}, "slos.toggle.metric: there is no metric 'sucess_rate' — did you mean success_rate?"),
        ({**SLOW, "target": "<= 3"}, "slos.toggle.target: 3 has no unit: latency is in seconds — as: <= 1500ms"),
        ({**SLOW, "warning": ">= 2s"}, "slos.toggle.warning: warning is on the other side than the target — write <= …"),
        ({**TOGGLE, "window": "0s"}, "slos.toggle.window: a window of no time keeps nothing — as: 30d"),
        ({"target": "99%", "window": "1h"}, "slos.toggle: the SLO doesn't say what it is about — add metric: NAME, or good: and total:"),
        ({**TOGGLE, "source": "page"}, "slos.toggle: 'source' is where good and total are asked, and there are none — leave it out"),
        ({**TOGGLE, "good": "a[$window]"}, "slos.toggle: 'good' alone tells no share — add total:, counted over the same $window"),
        ({**COUNTED, "source": "pgae"}, "slos.toggle.source: there is no source 'pgae' — did you mean page?"),
        ({**COUNTED, "good": "a[5m]"}, "slos.toggle.good: 'good' doesn't say over which time: the budget's window isn't the burn's — write $window where the range goes, as: increase(x[$window])"),
        ({**COUNTED, "total": {"qury": "b[$window]"}}, "slos.toggle.total.qury: unknown key 'qury' — did you mean query?"),
        ({**COUNTED, "target": "< 1%"}, "slos.toggle.target: good of total is a share of good events, of which more is better — as: 99.9%"),
        ({**COUNTED, "target": "<= 3s"}, "slos.toggle.target: <= 3s can't be compared with a share of events, which is in percent — as: 99.9%, or < 1%"),
        ({**TOGGLE, "error_budget": "1%"}, "slos.toggle.error_budget: a target of 99.9% leaves a budget of 0.1%, not 1% — leave it out"),
        ({**SLOW, "error_budget": "0%"}, "slos.toggle.error_budget: a budget of nothing is none — as: 0.1%"),
    ],
)  # fmt: skip
def test_each_mistake_in_an_slo_says_how_to_mend_it(slo: dict[str, Any], message: str) -> None:
    assert message in mistakes(slo)


@pytest.mark.parametrize(
    ("slo", "condition", "message"),
    [
        (TOGGLE, "budget(togle) > 50%", "7: there is no SLO 'togle' — did you mean toggle?"),
        (TOGGLE, "budget(toggle) > 50", "17: 50 has no unit: budget(toggle) is in percent — write 50%"),
        (TOGGLE, "burn(toggle, 1h) < 14.4%", "19: burn(toggle) is a plain number, not 14.4% — write 14.4"),
        (TOGGLE, "burn(toggle, 2h) < 14.4", "5: 2h is longer than the window of toggle, 1h — budget(toggle) is about the whole window"),
        (SLOW, "budget(toggle) > 50%", "7: toggle has no error budget: its target leaves none — add error_budget: 1% to it, the share of the time in which it may be missed"),
        ({**TOGGLE, "target": "100%"}, "burn(toggle, 1h) < 2", "5: a target of 100% leaves no error budget — aim lower, as: 99.99%"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_condition_points_at_its_character(slo: dict[str, Any], condition: str, message: str) -> None:
    assert mistakes(slo, condition) == [f"stages[0].warn_unless[0]:{message}"]
    [found] = mistakes(slo, condition, where="complete_when")
    assert found == f"complete_when[0]:{message}"


@pytest.mark.parametrize("condition", ["all slos pass", "no slo fails", "slos violated"])
def test_a_phrase_about_slos_needs_some(condition: str) -> None:
    found = tree(TOGGLE, condition, where="rollback_when")
    found["slos"] = {}
    [mistake] = report(found).mistakes
    assert told(mistake).startswith("stages[0].rollback_when[0]:0: there are no slos — add: slos:")


def test_after_a_way_down_nobody_asks_for_budgets() -> None:
    found = tree(TOGGLE)
    found["verify_after"] = {"rollback": ["budget(toggle) > 50% within 30s"]}
    [mistake] = report(found).mistakes
    assert "works in stages and complete_when only" in told(mistake)


def test_a_budget_that_the_stages_are_too_short_for_is_noted() -> None:
    """The plan bakes for 28 h; half of 30 days would have to be measured."""
    [note] = report(tree({**TOGGLE, "window": "30d"}, "budget(toggle) > 50%")).notes
    assert told(note).endswith("— add good: and total: to toggle, which its source can be asked at once")
    assert report(tree(COUNTED, "budget(toggle) > 50%")).notes == ()
    assert report(tree({**TOGGLE, "window": "30d"}, "burn(toggle, 1h) < 2")).notes == ()


def test_a_budget_that_is_unknown_for_longer_than_missing_data_is_waited_for_is_noted() -> None:
    """Otherwise the first stage would be held by what nobody can have measured yet."""
    burn = "burn(toggle, 1h, 5m) > 14.4"

    def noted(slo: dict[str, Any], condition: str) -> list[str]:
        notes = map(told, report(tree(slo, condition, where="rollback_when")).notes)
        return [note for note in notes if "it has no data" in note]

    assert noted(TOGGLE, burn) == [
        "stages[0].rollback_when[0]:5: it has no data for the first 30m, and missing data is waited for 10m only "
        f"— write {burn} after 30m; or add good: and total: to toggle"
    ]
    assert noted(TOGGLE, f"{burn} after 30m") == noted(COUNTED, burn) == []


def test_levels_in_an_odd_order_are_noted() -> None:
    for slo, order in (({**TOGGLE, "warning": "99.95%"}, "fall"), ({**SLOW, "warning": "<= 1s"}, "rise")):
        [note] = report(tree(slo)).notes
        assert told(note) == f"slos.toggle: target, warning and critical should {order} in this order"


def test_levels_may_differ_per_environment() -> None:
    """001: 1500 ms in the field, 800 ms in the lab."""
    found = tree({**SLOW, "target": "<= 1500ms @production, 800ms @lab"})
    assert str(read_plan(found, "lab", KINDS).slos["toggle"].target) == "<= 800ms"
    assert str(read_plan(found, "", KINDS).slos["toggle"].target) == "<= 1500ms"


def test_windows_are_filled_into_what_a_source_is_asked() -> None:
    slo = read_plan(tree({**COUNTED, "good": "a[$window] + $window_s"}), "", KINDS).slos["toggle"]
    assert slo.asks(timedelta(minutes=90)) == ({"query": "a[1h30m] + 5400"}, {"query": "b[1h30m]"})


def test_a_stage_that_wants_all_slos_settles_as_long_as_their_metrics_look_back() -> None:
    found = tree(SLOW, "all slos pass")
    found["metrics"]["latency"]["query"] = "q{$side}" + " " * 90
    plan = read_plan(found, "", KINDS)
    assert settle_of(plan.stages[0], plan, KINDS) == timedelta(seconds=98)
