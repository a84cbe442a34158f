"""The artifacts that teams hand in, under their names, from the record alone (E2, E3, E5)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.evidence import Entry, Head, Record, extend
from bot.domain.machine import State
from bot.domain.record import artifacts
from bot.domain.record.decision import final_decision
from bot.domain.record.handed_in import snapshot_name
from bot.domain.signatures import Seal
from bot.domain.units import ZERO
from tests.builders import START, a_line, a_plan, at_stage

PLAN: Mapping[str, Any] = {
    "dashboards": [{"id": "ttfv", "url": "https://grafana.example/d/ttfv", "title": "TTFV protection"}],
    "alerts": [{"id": "rls", "rule": "rls_errors > 0"}],
}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def chain(*told: tuple[float, str, dict[str, Any]], actor: str = "perch") -> tuple[Record, ...]:
    return extend("materializers-1", Head(), [Entry(kind, at(minute), actor, body) for minute, kind, body in told])[0]


def texts(*records: Record, plan: Mapping[str, Any] = PLAN) -> dict[str, str]:
    return {each.file: each.text for each in artifacts.artifacts(plan, records, {})}


def applied(minute: float, before: float, after: float, **more: Any) -> tuple[float, str, dict[str, Any]]:
    facts = {
        "intent": "i1",
        "from": before,
        "weight": after,
        "targets": ["http flag", "haproxy"],
        "reason": "first stage",
    }
    said = {"before": [f"pct={before:g}", "weight 0"], "after": [f"pct={after:g}", "weight 5"]}
    times = {"applied_at": at(minute - 0.1).isoformat(), "confirmed_at": at(minute).isoformat()}
    return minute, "applied", {**facts, **said, **times, **more}


def checkpoint(minute: float, name: str) -> tuple[float, str, dict[str, Any]]:
    lines = [
        a_line("hard", True, condition="sse > 99.6%", metric="sse", value=99.9, unit="percent", threshold=99.6),
        a_line("trigger", True, condition="rls > 0", metric="rls", value=2.0, unit="count", threshold=0),
        a_line("soft", None, condition="ann < 200ms", metric="ann", detail="timeout: no answer in 10 s"),
    ]
    kept = [line.model_dump(mode="json") for line in lines]
    check = {"at": at(minute).isoformat(), "stage": 0, "verdict": "breach", "lines": kept}
    return minute, "checkpoint", {"name": name, "check": check, "at": {"weight": 5.0}}


def test_a_traffic_change_is_told_before_and_after_with_the_time_it_was_applied() -> None:
    """E2."""
    [(name, text)] = texts(*chain(applied(2, 0, 5)), plan={}).items()
    assert name == "CANARY_LB_DIFF_20260302T090154Z.txt"
    assert "Change      0% -> 5% on the canary\nStable      100% -> 95%\nApplied     2026-03-02 09:01:54Z" in text
    assert "  http flag  pct=0     pct=5\n  haproxy    weight 0  weight 5\n" in text


def test_what_an_older_perch_recorded_of_a_change_is_completed_from_its_intent() -> None:
    facts = {"intent": "i7", "weight": 10.0, "before": ["1%"], "after": ["10%"], "applied_at": at(3).isoformat()}
    intended = (2.0, "intended", {"id": "i7", "before": 1.0, "reason": "promoted", "by": "U0BEN"})
    [text] = texts(*chain(intended, (3.0, "applied", facts)), plan={}).values()
    assert "Change      1% -> 10% on the canary" in text
    assert "Made by     Perch, asked by U0BEN\nReason      promoted" in text
    assert "target 1  1%      10%" in text


def test_a_kill_is_a_traffic_change_with_what_each_method_read_back() -> None:
    done = {"applied_at": at(4).isoformat(), "read_back_at": at(4.1).isoformat()}
    outcomes = [
        {"name": "weight 0% on http flag", "tier": 0, "shown": "pct=0", **done},
        {"name": "redis flag", "tier": 1, **done},
        {"name": "scale to 0", "tier": 2, "fault": "refused"},
    ]
    confirmed = (2.0, "stage_confirmed", {"at": {"weight": 5.0}})
    killing = (4.0, "killing", {"at": {"weight": 5.0}})
    killed = (5.0, "killed", {"by": "U0ANA", "reason": "fire", "outcomes": outcomes, "at": {"weight": 0.0}})
    [text] = texts(*chain(confirmed, killing, killed), plan={}).values()
    assert "Change      5% -> 0% on the canary" in text
    assert "weight 0% on http flag  5%      pct=0, 2026-03-02 09:04:06Z" in text
    assert "scale to 0              -       NOT READ BACK: refused" in text


def test_what_others_moved_is_a_traffic_change_too() -> None:
    drift = (4.0, "drift", {"recorded": 5.0, "real": 20.0, "did": "lowered"})
    [text] = texts(*chain(drift), plan={}).values()
    assert "Change      5% -> 20% on the canary" in text
    assert "Made by     somebody else (drift)" in text


def test_two_in_one_second_have_names_of_their_own() -> None:
    assert [*texts(*chain(applied(2, 0, 5), applied(2, 5, 9)), plan={})] == [
        "CANARY_LB_DIFF_20260302T090154Z.txt",
        "CANARY_LB_DIFF_20260302T090154Z_2.txt",
    ]


@pytest.mark.parametrize(
    ("checkpoint", "kind", "name"),
    [
        ("T+15m", "snapshot_15m", "CANARY_SNAPSHOT_T15"),
        ("T+1h", "snapshot_1h", "CANARY_SNAPSHOT_T60"),
        ("T+1h30m", "snapshot_1h30m", "CANARY_SNAPSHOT_T90"),
        ("T+45s", "snapshot_45s", "CANARY_SNAPSHOT_T45s"),
        ("T+../../x", "snapshot_....x", "CANARY_SNAPSHOT_T....x"),
    ],
)
def test_a_checkpoint_is_named_as_teams_name_it(checkpoint: str, kind: str, name: str) -> None:
    assert snapshot_name(checkpoint) == (kind, name)


def test_a_snapshot_has_each_metric_and_each_guardrail() -> None:
    """E3: what wasn't measured is never a number, and never passes."""
    [(name, text)] = texts(*chain(checkpoint(15, "T+15m")), plan={}).items()
    told = json.loads(text)
    assert name == "CANARY_SNAPSHOT_T15_20260302T091500Z.json"
    assert (told["verdict"], told["weight"], told["checkpoint"]) == ("breach", 5.0, "T+15m")
    assert told["metrics"]["sse"] == {"value": 99.9, "unit": "percent"}
    assert told["metrics"]["ann"] == {"value": None, "unit": "", "no_data": "timeout: no answer in 10 s"}
    assert [each["result"] for each in told["conditions"]] == ["PASS", "FAIL", "NO DATA"]


def test_a_load_burst_is_told_with_its_transcript() -> None:
    body = {
        "requests": 100,
        "users": 5,
        "ok": 99,
        "mean_ms": 41.5,
        "transcript": ["POST /query 200 40 ms", "POST /query 500"],
    }
    [(name, text)] = texts(*chain((7, "load", body)), plan={}).items()
    assert name == "canary_load_burst_20260302T090700Z.log"
    assert "# success rate: 99.00%, mean latency: 41.5 ms\nPOST /query 200 40 ms\nPOST /query 500\n" in text


def test_a_load_burst_that_says_nothing_is_said_to_be_unknown() -> None:
    [text] = texts(*chain((7, "load", {})), plan={}).values()
    assert "success rate: unknown, mean latency: unknown ms\n# no transcript is on record" in text


def test_dashboards_and_alerts_come_from_the_plan_or_from_a_record() -> None:
    made = {"dashboards": [{"id": "perch-1", "url": "https://grafana.example/d/1"}]}
    found = texts(*chain((0, "started", {}), (1, "dashboards", made)))
    assert "ttfv  TTFV protection  https://grafana.example/d/ttfv" in found["CANARY_DASHBOARDS_20260302T090000Z.txt"]
    assert "perch-1  -      https://grafana.example/d/1" in found["CANARY_DASHBOARDS_20260302T090100Z.txt"]
    assert "rls  rls_errors > 0  -" in found["CANARY_ALERTS_20260302T090000Z.txt"]


def test_nothing_is_made_of_what_perch_never_writes() -> None:
    """A broken chain is exported as it is; to name what is wrong is the verifier's."""
    odd: list[tuple[float, str, dict[str, Any]]] = [
        (1, "applied", {"weight": "much"}),
        (2, "decision", {"decision": "PERHAPS"}),
        (3, "dashboards", {"dashboards": [1, 2]}),
        (4, "checkpoint", {"check": [], "name": None}),
        (5, "killed", {"outcomes": "all"}),
        (6, "load", {"transcript": 7}),
    ]
    assert not [name for name in texts(*chain(*odd), plan={"dashboards": 3, "alerts": "x"}) if "DECISION" in name]


def a_story() -> tuple[Record, ...]:
    """All that the texts are made of, once: whoever changes a text changes what is kept of this."""
    first = chain(
        (0, "started", {"perch": "0.1.0", "version": "v2", "at": {"weight": 0.0}}),
        (1, "stage_confirmed", {"before": 0.0, "weight": 5.0, "at": {"weight": 5.0}}),
        applied(1, 0, 5),
        (7, "load", {"requests": 100, "users": 5, "ok": 100, "mean_ms": 41.5, "transcript": "one\ntwo"}),
        checkpoint(15, "T+15m"),
        (16, "rolling_back", {"reason": "rls > 0", "rule": "on_breach", "from": 5.0, "to": 0.0}),
        (16, "rolled_back", {"reason": "rls > 0", "from": 5.0, "to": 0.0, "at": {"weight": 0.0}}),
    )
    ended = at_stage(a_plan(), state=State.ROLLED_BACK, confirmed=ZERO, ended_at=at(16), reason="rls > 0")
    made = final_decision(ended, a_plan(), first, at(16)).model_dump(mode="json")
    entry = Entry("decision", at(16), "perch", made)
    return (*first, *extend("materializers-1", Head(first[-1].number, first[-1].hash), [entry])[0])


def test_a_text_that_changes_has_rules_of_another_number() -> None:
    """Or a bundle that an older Perch made would look forged. Raise RULES; PERCH_GOLDEN=write makes the new folder."""
    made = artifacts.files(PLAN, a_story(), {8: Seal("9f86d081884c7d65", "c2lnbmVk")})
    golden = Path(__file__).parent / "golden" / f"rules_{artifacts.RULES}"
    if os.environ.get("PERCH_GOLDEN") == "write" and not golden.exists():
        golden.mkdir(parents=True)
        for name, text in made.items():
            (golden / name.removeprefix(artifacts.FOLDER)).write_text(text, encoding="utf-8")
    kept = {f"{artifacts.FOLDER}{file.name}": file.read_text(encoding="utf-8") for file in golden.iterdir()}
    assert made == kept


def test_they_stand_in_their_time_order_and_the_index_says_so() -> None:
    index = json.loads(artifacts.files(PLAN, a_story(), {})["artifacts/index.json"])
    assert [each["kind"] for each in index["artifacts"]] == [
        "dashboards",
        "alerts",
        "lb_diff",
        "load_burst",
        "snapshot_15m",
        "decision",
        "rollback",
    ]
    assert index["artifacts"][-1]["file"] == "CANARY_ROLLBACK_FINAL.txt"


def test_the_rollback_log_tells_how_the_traffic_came_down() -> None:
    text = artifacts.files(PLAN, a_story(), {})["artifacts/CANARY_ROLLBACK_FINAL.txt"]
    assert text.startswith("CANARY FAILED - ROLLED BACK TO 0% TRAFFIC\n")
    assert "rolling_back         5% -> 0%  rls > 0  (by perch, record 6)" in text
