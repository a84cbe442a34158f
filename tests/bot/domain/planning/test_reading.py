"""Every mistake that a plan can have: told in full, where it stands, all at once (R1)."""

# ruff: noqa: E501 (one case is one line)

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.plan import Action, Response
from bot.domain.planning.reading import digest, read_plan, thaw_plan
from bot.domain.planning.report import PlanMistakes
from bot.domain.planning.settle import settle_of
from bot.domain.units import Unit, Weight
from tests.bot.domain.plan_trees import KINDS, a_tree, report, spoiled, told

HARD = "stages.0.promote_when"
TRIGGER = "stages.0.rollback_when"


def test_a_good_plan_is_read_without_a_word() -> None:
    found = report(a_tree())
    assert (found.mistakes, found.notes) == ((), ())
    assert found.plan is not None
    assert found.plan.metrics["chat"].unit is Unit.COUNT
    assert found.plan.metrics["latency"].ask == {"query": "q{$side}"}


SHAPE: list[tuple[str, Any, str]] = [
    ("sevice", "x", "sevice: unknown key 'sevice' — did you mean service?"),
    (
        "every.10s @lab",
        None,
        "every.10s @lab: '10s @lab' came out as a key: inside { } a comma ends a value — "
        'put the whole value in quotes: "1m @production, 10s @lab"',
    ),
    ("service", ..., "plan: 'service' is missing — add service:"),
    ("name", "My Plan", "name: 'My Plan' is not a name — lower-case letters, digits and dashes, as: my-service"),
    ("version", 1.1, 'version: a text is expected, not the number 1.1 — put it in quotes: "1.1"'),
    ("cooldown", 24, "cooldown: 24 has no unit — 24s, 24m or 24h"),
    ("cooldown", "24", "cooldown: 24 has no unit — 24s, 24m or 24h"),
    ("cooldown", "soon", "cooldown: 'soon' is not a duration — write it as 30s, 5m, 4h, 1h30m or 7d"),
    ("stages", [], "stages: at least one is needed"),
    ("stages", "all", "stages: a list is expected, not 'all'"),
    ("stages.0.weight", 1, "stages[0].weight: 1 has no unit: a weight is a percentage — write 1%"),
    ("stages.0.weight", "1", "stages[0].weight: '1' is not a weight — write 1%"),
    (
        "stages.0.weight",
        "101%",
        "stages[0].weight: '101%' is not a weight — write a percentage from 0% to 100%, for example 5%",
    ),
    ("stages.0.bake", ..., "stages[0]: 'bake' is missing — add bake:"),
    (
        "stages.0.on_fail",
        "hodl",
        "stages[0].on_fail: 'hodl' is not one of hold, rollback, kill, extend, retry — did you mean hold?",
    ),
    ("stages.0.on_fail", "extend", "stages[0].on_fail: 'extend' needs to know for how long — extend 2h"),
    ("stages.0.on_fail", "rollback 2h", "stages[0].on_fail: 'rollback' takes no time — write rollback"),
    (
        "stages.0.on_fail",
        "hold then rollback",
        "stages[0].on_fail: 'then' needs a time to wait for before it: hold … then — hold 24h then rollback",
    ),
    (
        "stages.0.on_fail",
        "hold 2h then retry",
        "stages[0].on_fail: 'retry' can't stand after 'then' — then rollback, then kill or then hold",
    ),
    ("stages.0.on_breach", "tell", "stages[0].on_breach: 'tell' is not one of rollback, kill, hold"),
    ("stages.0.promot_when", [], "stages[0].promot_when: unknown key 'promot_when' — did you mean promote_when?"),
    (
        "stages.0.checkpoints",
        [{"at": "5m", "every": "5m"}],
        "stages[0].checkpoints[0]: a checkpoint is at a time or every so long: one of the two — 15m, or {every: 8h}",
    ),
    (
        "stages.0.window",
        "Mon-Fry 08:00-10:00",
        "stages[0].window:4: 'Fry' is not a day — Mon, Tue, Wed, Thu, Fri, Sat, Sun or daily",
    ),
    (
        "kill_switch",
        [{"kind": "door"}],
        "kill_switch[0]: a list is expected, not a mapping",
    ),
    (
        "traffic",
        ["door"],
        "traffic[0]: a part with its kind is expected, not 'door' — as: {kind: command, …}",
    ),
    ("traffic", [{"url": "x"}], "traffic[0]: the part doesn't say its kind — add kind:, as: {kind: command, …}"),
    ("metrics.queue.unit", "number", "metrics.queue.unit: 'number' is not how a metric's unit is spelled — write count"),
    (
        "metrics.queue.unit",
        "secnds",
        "metrics.queue.unit: 'secnds' is not one of percent, ratio, seconds, milliseconds, count, per_second, "
        "per_minute, per_hour, bytes, timestamp — did you mean seconds?",
    ),
    ("metrics.queue.unit", ..., "metrics.queue: 'unit' is missing — add unit:"),
    (
        "metrics.latency.baseline",
        {},
        "metrics.latency.baseline: the baseline doesn't say where from — one of before_start: 30m, stage: NAME, ago: 7d, or previous: true",
    ),
    ("slos.toggle.target", 99.9, "slos.toggle.target: 99.9 has no unit: a level is a share, or a limit in the metric's unit — write 99.9%"),
    (f"{HARD}", ["success_rate > "], "stages[0].promote_when[0]:14: a value is expected — a number with its unit, or baseline + 10%"),
    (HARD, [{"condition": "success_rate >"}], "stages[0].promote_when[0].condition:14: a value is expected — a number with its unit, or baseline + 10%"),
]  # fmt: skip

MEANING: list[tuple[str, Any, str]] = [
    (HARD, ["sucess_rate > 95%"], "stages[0].promote_when[0]:0: there is no metric 'sucess_rate' — did you mean success_rate?"),
    (HARD, ["toggle > 95%"], "stages[0].promote_when[0]:0: 'toggle' is no metric but one of the slos — budget(toggle) > 50%"),
    (HARD, ["chta up"], "stages[0].promote_when[0]:0: there is no metric 'chta' — did you mean chat?"),
    (HARD, ["budget(togle) > 5%"], "stages[0].promote_when[0]:7: there is no SLO 'togle' — did you mean toggle?"),
    (HARD, [], 'stages[0].promote_when: without a hard condition a stage would pass unseen — add one, as: ["success_rate > 95%"]'),
    (HARD, ["latency < 100"], "stages[0].promote_when[0]:10: 100 has no unit: latency is in seconds — write 100s or 100ms"),
    (HARD, ["success_rate > 95"], "stages[0].promote_when[0]:15: 95 has no unit: success_rate is in percent — write 95%"),
    (HARD, ["success_rate > 0.95"], "stages[0].promote_when[0]:15: 0.95 has no unit: success_rate is in percent — write 95%, or 0.95% if that small a share is meant"),
    (HARD, ["drops < 10"], "stages[0].promote_when[0]:8: 10 has no unit: drops is in per second — write 10/s or 10/min or 10/h"),
    (HARD, ["queue < 100%"], "stages[0].promote_when[0]:8: queue is a plain number, not 100% — write 100"),
    (HARD, ["success_rate > 10s"], "stages[0].promote_when[0]:15: 10s can't be compared with success_rate, which is in percent — write it as N%"),
    (HARD, ["success_rate > 100%"], "stages[0].promote_when[0]:15: a share is never above 100% — write >= 100%"),
    (HARD, ["success_rate > 950%"], "stages[0].promote_when[0]:15: a share is never 950% — 0% to 100%"),
    (HARD, ["success_rate > baseline"], "stages[0].promote_when[0]:15: success_rate has no baseline to compare with — add to success_rate: baseline: {before_start: 30m}"),
    (HARD, ["latency < baseline + 10"], "stages[0].promote_when[0]:21: 10 has no unit: latency is in seconds — write 10s, or 10% for a relative change"),
    (HARD, ["latency < baseline + 10pp"], "stages[0].promote_when[0]:21: points (pp) are for shares; latency is in seconds — write 10%"),
    (HARD, ["queue < stable + 10%"], "stages[0].promote_when[0]:8: 'stable' needs $side in the query of queue — put $side among its labels, as: rate(errors_total{$side}[5m])"),
    (HARD, ["age_of(seen) < baseline"], "stages[0].promote_when[0]:15: age_of() can't be compared with 'baseline'"),
    (HARD, ["age_of(queue) < 2m"], "stages[0].promote_when[0]:7: age_of() needs a time in seconds since 1970, and queue is in count — give queue unit: timestamp"),
    (HARD, ["success_rate up"], "stages[0].promote_when[0]:0: 'up' needs a probe (1 is up, 0 is down), and success_rate is in percent — success_rate < VALUE compares it with a number"),
    (HARD, ["latency < 5s for 5m"], "stages[0].promote_when[0]:13: 'for' works in rollback_when only — the stage's clean_for: asks for a clean time"),
    (HARD, ["latency < 5s 3 times in a row"], "stages[0].promote_when[0]:13: 'times in a row' works in rollback_when only — the stage's clean_for: asks for a clean time"),
    (HARD, ["latency < 5s within 5m"], "stages[0].promote_when[0]:13: 'within' works in killed_when and verify_after only — leave it out"),
    (HARD, ["check fails"], "stages[0].promote_when[0]:0: 'check fails' works in rollback_when only — as: check fails 3 times in a row"),
    (HARD, ["latency < 5s", "latency < 5s"], "stages[0].promote_when[1]:0: 'latency < 5s' stands here twice — keep one of the two"),
    (HARD, [{"condition": "latency < 5s", "on_breach": "kill"}], "stages[0].promote_when[0].condition:0: on_breach works in rollback_when only — a hard condition's answer is on_fail"),
    (HARD, ["success_rate > 98%", "success_rate < 95%"], "stages[0].promote_when[1]:0: no success_rate can meet all hard conditions of this stage — loosen one of them"),
    (TRIGGER, [{"condition": "latency > 5s", "on_fail": "retry"}], "stages[0].rollback_when[0].condition:0: on_fail works in promote_when only — a trigger's answer is on_breach"),
    (TRIGGER, ["success_rate > 50%"], "stages[0].rollback_when[0]:0: every success_rate that meets the hard condition 'success_rate > 95%' also fires this trigger — turn the comparison round, or move the threshold"),
    ("killed_when", ["queue == 0 for 5m"], "killed_when[0]:11: 'for' works in rollback_when only — leave it out"),
    ("killed_when", ["queue == 0 after 5m"], "killed_when[0]:11: 'after' counts from a stage's beginning, and this is in no stage — leave it out"),
    ("stages.1.weight", "1%", "stages[1].weight: 1% doesn't rise above the stage before it (1%) — weights rise from stage to stage; two of 0% only in a dark launch (mirror: 100%)"),
    ("stages.0.rollback_to", "5%", "stages[0].rollback_to: a rollback to 5% from 1% wouldn't lower anything — 0%, previous, or a lower weight"),
    ("stages.0.bake_limit", {"at_most": "1h"}, "stages[0].bake_limit.at_most: the limit is over before the stage can be — more than settle and bake (or clean_for) together"),
    ("stages.0.approvals", {"one_of_each": ["@qa"]}, '''stages[0].approvals.one_of_each[0]: @qa must approve, and isn't among the approvers — add it: roles: {approvers: ["@qa"]}'''),
    (
        "start_approvals",
        {"need": 9, "one_of_each": ["@nobody"]},
        "start_approvals.one_of_each[0]: @nobody must approve, and isn't among the approvers — "
        'add it: roles: {approvers: ["@nobody"]}',
    ),
    ("roles.approvers", [], 'stages[0]: nobody may approve leaving this stage — add: roles: {approvers: ["@group"]}'),
    ("roles.operators", [], 'roles: nobody may start or stop this rollout — add: roles: {operators: ["@group"]}'),
    ("timezone", "Europe/Madird", "timezone: there is no time zone 'Europe/Madird' — did you mean Europe/Madrid?"),
    ("traffic", [], "traffic: no place is named where traffic is set — as: [{kind: command, …}]"),
    ("confirm", {"metric": "wieght"}, "confirm.metric: there is no metric 'wieght' — did you mean weight?"),
    ("confirm", {"metric": "queue"}, "confirm.metric: a weight is a share, and queue is in count — give queue unit: percent, or ratio"),
    ("confirm", {"metric": "weight", "check": {"kind": "door", "url": "x"}}, "confirm: confirm says both metric and check — keep one of the two"),
    ("every", {"check": "100ms"}, "every.check: checks can't come faster than once a second — check: 1s"),
    ("metrics.queue.source", "pgae", "metrics.queue.source: there is no source 'pgae' — did you mean page?"),
    ("metrics.queue.empty_is", 0, "metrics.queue.empty_is: an empty answer is only read as a value while another metric shows that the source is alive — add: alive_when: METRIC"),
    ("metrics.queue.alive_when", "sucess_rate", "metrics.queue.alive_when: there is no metric 'sucess_rate' — did you mean success_rate?"),
    ("metrics.queue.alive_when", "queue", "metrics.queue.alive_when: queue would prove itself alive — name a metric that has no alive_when"),
    ("metrics.chat.unit", "seconds", "metrics.chat.unit: this source answers in count, not in seconds — write unit: count"),
    ("metrics.latency.baseline", {"stage": "dark"}, "metrics.latency.baseline.stage: there is no stage 'dark' — known: 1%, 100%"),
    ("metrics.my-metric", {"source": "page", "unit": "count", "query": "x"}, "metrics.my-metric:0: 'my-metric' can't be written in a condition — letters, digits and _, as: my_metric"),
    ("metrics.check", {"source": "page", "unit": "count", "query": "x"}, "metrics.check:0: 'check' is a word of the condition language — name it otherwise"),
    ("metrics.queue.stale_afer", "5m", "metrics.queue.stale_afer: unknown key 'stale_afer' — did you mean stale_after?"),
    ("metrics.queue.query", ..., "metrics.queue: 'query' is missing — add query:"),
    ("metrics.queue.at_least", {"value": 3, "qurey": "x"}, "metrics.queue.at_least.qurey: unknown key 'qurey' — did you mean query?"),
    ("slos.toggle.metric", "latency", "slos.toggle.target: 99.9% can't be compared with latency, which is in seconds — as: <= 1500ms"),
    ("sources.page.kind", "pgae", "sources.page.kind: there is no source kind 'pgae' — did you mean page?"),
    ("sources.page.at_one", 3, "sources.page.at_one: unknown key 'at_one' — did you mean at_once?"),
    ("sources.page.at_once", "many", "sources.page.at_once: a whole number is expected, not 'many'"),
    ("sources.page.url", "ftp://x", "sources.page.url: 'ftp://x' doesn't have the form ^http"),
    ("traffic.0.kind", "window", "traffic[0].kind: there is no traffic kind 'window' — known: door"),
    ("sides", {}, "metrics.latency: latency asks with $side, and no sides are given — add: sides: {canary: 'track=\"canary\"', stable: 'track=\"stable\"'}"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), [*SHAPE, *MEANING])
def test_each_mistake_is_told_in_full(path: str, value: Any, message: str) -> None:
    found = report(spoiled(path, value))
    assert found.plan is None
    assert message in [told(mistake) for mistake in found.mistakes]


@pytest.mark.parametrize(("path", "value"), [case[:2] for case in SHAPE if case[0] != "stages"])
def test_one_mistake_of_shape_brings_no_second_one(path: str, value: Any) -> None:
    assert len(report(spoiled(path, value)).mistakes) == 1


def test_mistakes_of_shape_and_of_meaning_are_told_together() -> None:
    """R1: everything at once, so that nobody mends and asks eleven times."""
    tree = spoiled("stages.0.weight", 1)
    tree["stages"][0]["promote_when"] = ["latency <", "sucess_rate > 95%"]
    tree["stages"][1]["bake"] = 5
    tree["metrics"]["queue"]["unit"] = "pct"
    tree["timezone"] = "Mars"
    assert {told(mistake).partition(" — ")[0] for mistake in report(tree).mistakes} == {
        "stages[0].weight: 1 has no unit: a weight is a percentage",
        "stages[0].promote_when[0]:9: a value is expected",
        "stages[0].promote_when[1]:0: there is no metric 'sucess_rate'",
        "stages[1].bake: 5 has no unit",
        "metrics.queue.unit: 'pct' is not how a metric's unit is spelled",
        "timezone: there is no time zone 'Mars'",
    }


def test_a_place_stays_right_when_a_neighbour_is_misshapen() -> None:
    found = report(spoiled(HARD, ["latency <", "latency < 5s", "latency < 100"]))
    assert [mistake.path[-1] for mistake in found.mistakes] == [0, 2]


def test_a_value_to_be_filled_in_is_judged_later() -> None:
    assert report(spoiled("sources.page.url", "${PAGE}")).plan is not None


def test_values_are_read_for_one_environment() -> None:
    """R23: field 10 s, lab 8 s; a rollout names its own."""
    tree = spoiled(HARD, ["latency < 10s @production, 8s @lab"])
    tree["cooldown"] = "24h @production, 1m @lab"
    lab = read_plan(tree, "lab", KINDS)
    assert lab.stages[0].promote_when[0].condition.text == "latency < 8s"
    assert (lab.cooldown, lab.environment) == (timedelta(minutes=1), "lab")
    assert read_plan(tree, "", KINDS).cooldown == timedelta(hours=24)


def test_an_environment_that_the_plan_does_not_know_is_a_mistake() -> None:
    [mistake] = report(a_tree(), "staging").mistakes
    assert told(mistake) == "environment: the plan knows no environment 'staging' — known: production"


def test_a_value_that_lacks_the_environment_is_a_mistake_at_its_place() -> None:
    tree = spoiled(HARD, ["latency < 10s @production, 8s @lab", "queue < 5 @production"])
    assert [told(mistake) for mistake in report(tree, "lab").mistakes] == [
        "stages[0].promote_when[1]:10: no value for 'lab', only for production — add: , VALUE @lab"
    ]


def test_offsets_count_in_the_text_as_written() -> None:
    tree = spoiled(HARD, ["latency < 10s @production, 8 @lab"])
    [mistake] = report(tree, "lab").mistakes
    assert mistake.offset == tree["stages"][0]["promote_when"][0].index("8 @lab")


def test_a_frozen_plan_is_read_again_even_when_newer_rules_would_refuse_it() -> None:
    """A newer Perch runs older frozen plans."""
    tree = spoiled("roles.operators", [])
    with pytest.raises(PlanMistakes):
        read_plan(tree, "", KINDS)
    assert thaw_plan(tree, "production", KINDS).name == "materializers"


def test_a_frozen_plan_that_kept_events_is_read_without_them() -> None:
    tree = {**a_tree(), "events": {"cluster-alert": {"kind": "webhook"}}}
    with pytest.raises(PlanMistakes):
        read_plan(tree, "production", KINDS)
    assert thaw_plan(tree, "production", KINDS) == thaw_plan(a_tree(), "production", KINDS)


def test_the_digest_changes_with_the_plan_and_the_environment() -> None:
    one = digest(a_tree(), "production")
    assert one == digest(a_tree(), "production")
    assert one != digest(a_tree(), "lab")
    assert one != digest(spoiled("stages.0.bake", "5h"), "production")


def test_responses_are_read() -> None:
    stage = read_plan(spoiled("stages.0.on_fail", "hold 24h then rollback"), "", KINDS).stages[0]
    assert stage.on_fail == Response(action=Action.HOLD, lasting=timedelta(hours=24), then=Action.ROLLBACK)
    assert stage.rollback_to == Weight(0)


def test_a_stage_settles_as_long_as_its_longest_query_looks_back() -> None:
    plan = read_plan(spoiled("stages.0.settle", "5m"), "", KINDS)
    assert settle_of(plan.stages[0], plan, KINDS) == timedelta(minutes=5)
    assert settle_of(plan.stages[1], plan, KINDS) == timedelta(seconds=len("100 * a / b"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "stages", "metrics", "weight", "condition", "kind", "x"]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_any_tree_gets_an_answer(tree: Any) -> None:
    assert report(tree).plan is None


@given(
    st.sampled_from([case[0] for case in [*SHAPE, *MEANING]]),
    st.none() | st.integers() | st.text(max_size=6) | st.lists(st.text(max_size=6)) | st.just({}),
)
def test_any_value_anywhere_gets_an_answer(path: str, value: Any) -> None:
    found = report(spoiled(path, value))
    assert (found.plan is None) == bool(found.mistakes)
