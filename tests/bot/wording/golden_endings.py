"""How a rollout ends, up or down, and what comes after: a message of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.machine import State
from bot.domain.rollout import Rollout, Verdict
from bot.domain.units import Weight
from bot.domain.verified import Verified
from tests.bot.wording.golden_facts import SLOW, SLOWER, Story, checked, here
from tests.bot.wording.stories import ANA, BEN, NOW


def endings() -> Iterator[tuple[str, Story]]:
    first = {"stage": 0, "shifted_at": NOW - timedelta(seconds=37), "reason": "latency_p99 > 5s"}
    broken = here(State.ROLLED_BACK, **first, check=checked(Verdict.BREACH, SLOW, SLOWER))
    reason = {"reason": "latency_p99 > 5s", "from": 1, "to": 0}
    lines = [SLOW.model_dump(mode="json")]
    yield "rolling_back", ("rolling_back", {**reason, "lines": lines, "by": "perch"}, broken)
    asked = {"reason": "customers complain", "from": 10, "to": 0}
    yield "rolling_back.asked", ("rolling_back", {**asked, "by": BEN.id}, here(State.ROLLING_BACK))
    cooldown = {"took_s": 0.2, "cooldown_until": (NOW + timedelta(hours=24)).timestamp()}
    yield "rolled_back", ("rolled_back", {**reason, **cooldown, "by": "perch"}, broken)
    good = checked(Verdict.PASS)
    yield "rolled_back.asked", ("rolled_back", {**asked, **cooldown}, here(State.ROLLED_BACK, check=good))
    partly = {"reason": "latency_p99 > 5s", "from": 50, "to": 10, "took_s": 1.4}
    yield "rolled_back.partly", ("rolled_back", partly, here(State.HELD, check=None))
    told = {"event": "rolled_back", **reason, **cooldown}
    yield "announcement.rolled_back", ("announcement", told, broken)
    yield "announcement.group", ("announcement", {"event": "started", "by": ANA.id, "for": "S0ENGINEERS"}, here())
    yield "announcement.started", ("announcement", {"event": "started", "by": ANA.id}, here())
    claims = "error_rate < 1% within 30s"
    yield "verified", ("verified", {"passed": [claims, "chat up"], "failed": [], "took_s": 4.2}, broken)
    yield "verified.failed", ("verified", {"passed": ["chat up"], "failed": [claims], "took_s": 31}, broken)
    yield from _verified(broken)
    yield from _kills()
    done = {"weight": 100, "took_s": 97200}
    yield "completed", ("completed", done, here(State.COMPLETED, check=good))
    shown = here(State.COMPLETED, check=good)
    yield "report", ("report", {"revision": 31}, shown)
    closed = {"revision": 31, "refused": "Slack says file_uploads_disabled: a rule of the workspace forbids it"}
    yield "report.refused", ("report", closed, shown)
    nothing = {"confirmed": Weight(0), "stage": 0, "check": None}
    red = [
        "traffic http https://flags.example/materializers percent is already at 100%: set it to 0% first, a start "
        "begins from nothing",
        "metric error_rate: timeout: no answer in 10 s",
        "kill switch http https://switch.example: connection refused",
        "kill switch flag checkout: held off by the kill of shop-1a2b3c (shop in production), "
        "/canary rearm shop-1a2b3c",
    ]
    facts = {"reason": "preflight found problems", "red": red, "by": "perch"}
    yield "aborted", ("aborted", facts, here(State.ABORTED, **nothing))
    asked_for = {"reason": "asked for by a person", "red": [], "by": ANA.id}
    yield "aborted.asked", ("aborted", asked_for, here(State.ABORTED, **nothing))


def _verified(broken: Rollout) -> Iterator[tuple[str, Story]]:
    back = Verified(condition="chat up", met=True, within_s=300, took_s=4.2)
    slow = Verified(
        condition="latency_p99 < 5s within 30s", met=False, within_s=30, value=7.3, unit="seconds", took_s=None
    )
    blind = Verified(condition="queue_depth == 0 within 5m", met=False, within_s=300, detail="timeout: no answer")
    late = slow.model_copy(update={"took_s": 95.0})
    results = [each.model_dump(mode="json") for each in (back, slow, blind, late)]
    yield "verified.times", ("verified", {"after": "rollback", "results": results, "took_s": 300}, broken)
    yield "verify_missed", ("verify_missed", {"after": "kill", "results": results[1:2]}, broken)
    well = {"after": "kill", "results": results[:1], "took_s": 4.2}
    yield "verified.kill", ("verified", well, here(State.KILLED))
    left = {"verify_since": NOW, "verify_left": ("error_rate < 1% within 30s",), "verified": (back, slow)}
    yield "status.verifying", ("status", {}, broken.but(**left))


def _kills() -> Iterator[tuple[str, Story]]:
    killed = here(State.KILLED, check=checked(Verdict.PASS))
    yield "killing", ("killing", {"by": BEN.id, "reason": "it burns", "tier": 0}, here(State.KILLING))
    yield "kill_tier", ("kill_tier", {"tier": 1, "why": "redis flag: not read back"}, here(State.KILLING))
    still_on = ["http https://switch.example: no answer in 10 s"]
    partly = {"off": ["weight 0% on dry_run", "redis_flag new_way"], "still_on": still_on}
    yield "kill_partly", ("kill_partly", partly, here(State.KILLING))
    outcomes = [
        {"name": "kill switch http https://switch.example", "tier": 0, "fault": "", "read_back_at": NOW.isoformat()},
        {"name": "traffic http https://flags.example", "tier": 0, "fault": "timeout", "read_back_at": None},
    ]
    times = {"applied_s": 0.4, "read_back_s": 1.2, "measured_s": None, "not_measured": "the plan has no killed_when"}
    seen = [
        {"condition": "new_jobs == 0 within 30s", "took_s": 12.0, "within_s": 30, "says": "PASS"},
        {"condition": "queue_depth == 0 within 5m", "took_s": 400.0, "within_s": 300, "says": "FAIL"},
        {"condition": "chat up within 5m", "took_s": None, "within_s": 300, "says": "FAIL"},
    ]
    measured = {"applied_s": 0.4, "read_back_s": 1.2, "measured_s": None, "not_measured": "chat up (no data)"}
    yield "killed.measured", ("killed", {**measured, "by": BEN.id, "reason": "x", "conditions": seen}, killed)
    yield "killed", ("killed", {**times, "by": BEN.id, "reason": "it burns", "outcomes": outcomes}, killed)
    of = {"number": 29, "kind": "killed", "conditions": ["chat down", "error_rate > 5%"]}
    yield "false_alarm", ("false_alarm", {"by": ANA.id, "reason": "the probe was being redeployed", "of": of}, killed)
    yield "false_alarm_undone", ("false_alarm_undone", {"by": ANA.id, "of": 29, "conditions": ["chat down"]}, killed)
    judged = {"by": BEN.id, "word": "right", "reason": "the alert was wrong", "of": 1, "computed": "wrong"}
    yield "override_judged", ("override_judged", judged, killed)
    yield "override_judged.computed", ("override_judged", {**judged, "word": "computed", "reason": ""}, killed)
    yield "rearmed", ("rearmed", {"by": ANA.id, "restored": ["kill switch"]}, killed)
    half = {"by": ANA.id, "restored": ["flag_file flags.json"], "unknown": ["http https://switch.example"]}
    yield "rearmed.half", ("rearmed", half, killed)
    yield "rehearsal_failed", ("rehearsal_failed", {"faults": still_on}, here(State.GATE))
    yield "rehearsed", ("rehearsed", {}, here(State.GATE))
