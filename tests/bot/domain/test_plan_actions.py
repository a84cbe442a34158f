"""What plan check says of actions (R20), and what a kind's own default makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.assembly import all_kinds
from bot.domain.kinds import Kind, Kinds
from bot.domain.planning.actions import Lasts
from bot.domain.planning.reading import read_plan, report_on, thaw_plan
from tests.bot.domain.plan_trees import KINDS, DoorOptions, a_tree

HELD = Kinds(
    sources=KINDS.sources,
    traffic=KINDS.traffic,
    kill=KINDS.kill,
    effects={
        "door": Kind(DoorOptions, lambda options, environment: None),
        "silence": Kind(DoorOptions, lambda options, environment: None, lasts=Lasts.ROLLOUT),
    },
)
DOOR = {"kind": "door", "url": "http://x"}
SILENCE = {"kind": "silence", "url": "http://x"}


def tree(*, completed: Any = (), **stage: Any) -> dict[str, Any]:
    plan = a_tree()
    plan["stages"][0] |= stage
    return plan | {"when_completed": list(completed)}


def mistakes(plan: dict[str, Any], kinds: Kinds = HELD) -> list[str]:
    return [str(each) for each in report_on(plan, "", kinds).mistakes]


def test_a_kind_says_how_long_its_actions_last_unless_the_plan_does() -> None:
    plan = tree(before=[DOOR, SILENCE, {**SILENCE, "lasts": "stage", "what": "quiet"}])
    for read in (read_plan(plan, "", HELD), thaw_plan(plan, "", HELD)):
        found = [(each.called, each.lasts, each.options) for each in read.stages[0].before]
        assert found == [
            ("door", Lasts.FOR_GOOD, {"url": "http://x"}),
            ("silence", Lasts.ROLLOUT, {"url": "http://x"}),
            ("quiet", Lasts.STAGE, {"url": "http://x"}),
        ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"before": [{"kind": "dor", "url": "http://x"}]}, "there is no action kind 'dor'"),
        ({"before": [{**DOOR, "ulr": 1}]}, "unknown key 'ulr'"),
        ({"before": [{"url": "http://x"}]}, "doesn't say its kind"),
        ({"before": ["x"]}, "an action with its kind is expected"),
        ({"before": [{**DOOR, "lasts": "ever"}]}, "not one of"),
        ({"after": [{**DOOR, "lasts": "stage"}]}, "its stage is over"),
        ({"completed": [SILENCE]}, "nobody would take it back"),
        ({"completed": [{**DOOR, "lasts": "rollout"}]}, "lasts for good"),
    ],
)
def test_a_mistake_in_an_action_is_told_where_it_stands(change: dict[str, Any], told: str) -> None:
    [mistake] = mistakes(tree(**change))
    assert told in mistake


def test_an_at_sign_in_a_command_is_no_environment() -> None:
    """`user @host` in an argument isn't a value for an environment."""
    command = {"kind": "command", "do": ["notify", "release @sre"]}
    assert (
        report_on(tree(before=[command], completed=[command]), "", all_kinds()).mistakes
        == report_on(tree(), "", all_kinds()).mistakes
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"kind": "command"}, "does nothing"),
        ({"kind": "command", "do": ["sh", "-c", "x"]}, "without a shell"),
        ({"kind": "command", "do": ["x", "{percent}"]}, "not a placeholder"),
        ({"kind": "http", "do": {"method": "POST", "url": "x"}}, "not an address"),
        ({"kind": "http"}, "does nothing"),
        ({"kind": "flag_file", "path": "/x", "key": "a", "to": 1, "back": "1"}, "the same value"),
        ({"kind": "kubernetes_scale", "namespace": "x", "deployment": "x"}, "'replicas' is missing"),
    ],
)
def test_what_a_kind_cannot_do_is_told_with_the_plan(options: dict[str, Any], told: str) -> None:
    known = set(mistakes(tree(), all_kinds()))
    found = [each for each in mistakes(tree(before=[options]), all_kinds()) if each not in known]
    assert any(told in each for each in found), found
