"""The plans that ship are good, may be started, and carry every threshold of their document (R2)."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

from bot.assembly import all_kinds
from bot.domain.plan import Action, Plan
from storage.plans import PlanFile, PlanFolder

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "plans" / "materializers.yaml", ROOT / "bot" / "sandbox" / "plans" / "materializers.yaml"]
SHIPPED = [*sorted((ROOT / "plans").glob("*.yaml")), FILES[1]]
NAMES = [f"{file.parent.parent.name}/{file.stem}" for file in SHIPPED]


def read(file: Path) -> PlanFile:
    return PlanFolder(file.parent, all_kinds()).read_file(file)


def the_plan(file: Path) -> Plan:
    found = read(file)
    assert found.report.plan is not None, "\n".join(map(str, found.mistakes))
    return found.report.plan


@pytest.mark.parametrize("file", SHIPPED, ids=NAMES)
def test_a_shipped_plan_has_no_mistake_and_no_note(file: Path) -> None:
    found = read(file)
    assert [str(each) for each in (*found.mistakes, *found.notes)] == []


@pytest.mark.parametrize("file", SHIPPED, ids=NAMES)
def test_a_shipped_plan_fits_the_json_schema(file: Path) -> None:
    schema = json.loads((ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(read(file).tree)


STAGES = {
    "1%": {
        "promote_when": ["success_rate > 98%", "success_rate > 95%", "error_rate < 2%"],
        "warn_unless": ["latency_p99 < 10s", "chat_p99 <= baseline + 10%", "queue_depth < 100"],
        "rollback_when": ["success_rate < 90%", "error_rate > 5%", "chat down"],
    },
    "10%": {
        "promote_when": ["success_rate > 98%", "success_rate > 97%", "error_rate < 1%", "age_of(worker_seen) < 2m"],
        "warn_unless": [
            "latency_p99 < 8s",
            "chat_p99 <= baseline + 5%",
            "queue_depth < 200",
            "decisiontrace_drops < 10/min",
        ],
        "rollback_when": [
            "success_rate < 93%",
            "error_rate > 3%",
            "chat down",
            "queue_depth > 500 for 10m",
            "worker_oom > 0",
        ],
    },
    "50%": {
        "promote_when": ["success_rate > 98%", "latency_p99 < 5s", "error_rate < 0.5%"],
        "warn_unless": [
            "chat_p99 < baseline + 10%",
            "queue_depth < 300",
            "graph_write_p99 < 1s",
            "memory_api < 80%",
            "memory_workers < 70%",
        ],
        "rollback_when": ["success_rate < 95%", "chat_p99 > baseline + 30%", "memory > 90%"],
    },
    "100%": {
        "promote_when": ["success_rate > 99%", "latency_p99 < 3s", "error_rate < 0.1%", "availability(chat) >= 99.9%"],
        "warn_unless": ["chat_p99 < baseline + 5%"],
        "rollback_when": ["success_rate < 98%", "error_rate > 5%"],
    },
}
"""The document's tables and matrix, written down a second time."""


@pytest.mark.parametrize("weight", STAGES)
def test_every_threshold_of_the_document_is_there(weight: str) -> None:
    [stage] = [each for each in the_plan(FILES[0]).stages if str(each.weight) == weight]
    for field, wanted in STAGES[weight].items():
        texts = [rule.condition.text for rule in getattr(stage, field)]
        assert set(wanted) <= set(texts), field


def test_the_matrix_of_the_document_is_kept() -> None:
    """1 %: HOLD; 10 %: HOLD (24h); 50 % and 100 %: ROLLBACK; errors above 5 % at 100 %: EMERGENCY."""
    one, ten, fifty, full = the_plan(FILES[0]).stages
    assert [str(stage.weight) for stage in (one, ten, fifty, full)] == ["1%", "10%", "50%", "100%"]
    assert (one.on_fail.action, one.on_fail.lasting) == (Action.HOLD, None)
    assert (ten.on_fail.action, ten.on_fail.then) == (Action.HOLD, Action.ROLLBACK)
    assert ten.on_fail.lasting is not None
    assert ten.on_fail.lasting.total_seconds() == 24 * 3600
    assert (fifty.on_fail.action, full.on_fail.action) == (Action.ROLLBACK, Action.ROLLBACK)
    [emergency] = [rule for rule in full.rollback_when if rule.condition.text == "error_rate > 5%"]
    assert emergency.on_breach is Action.KILL


def test_the_clocks_of_the_document_are_kept() -> None:
    plan = the_plan(FILES[0])
    assert [stage.bake.total_seconds() / 3600 for stage in plan.stages] == [4, 24, 48, 72]
    assert [str(condition) for condition in plan.killed_when] == [
        "materializer_new == 0 within 30s",
        "queue_depth == 0 within 5m",
        "chat up within 5m",
    ]
    assert {part.options["timeout"] for tier in plan.kill_switch for part in tier} == {"10s"}
    assert [[part.kind for part in tier] for tier in plan.kill_switch] == [
        ["kubernetes_env", "redis_flag", "http"],
        ["kubernetes_scale"],
    ]


def test_triggers_are_carried_on_from_stage_to_stage() -> None:
    plan = the_plan(FILES[0])
    watched = [{rule.condition.subject.name for rule in stage.rollback_when} for stage in plan.stages]
    assert all(before <= after for before, after in pairwise(watched))


def test_the_sandboxs_plan_has_the_same_stages() -> None:
    assert [stage.weight for stage in the_plan(FILES[1]).stages] == [
        stage.weight for stage in the_plan(FILES[0]).stages
    ]
