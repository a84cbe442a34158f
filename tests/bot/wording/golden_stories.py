"""One message of each kind, with the facts that the engine gives it, for a reviewer to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Approval, BaselineValue, Check, Frozen, Hold, Line, Role, Rollout, Verdict
from bot.domain.units import Weight
from tests.bot.wording.stories import ANA, BEN, NOW, a_check, a_gate, a_plan, a_rollout

Story = tuple[str, Mapping[str, Any], Rollout]


def the_plan() -> Plan:
    """The sample plan's shape: shares, times, a baseline, a count, a probe."""
    percent: dict[str, Any] = {"source": "prom", "unit": "percent"}
    seconds: dict[str, Any] = {"source": "prom", "unit": "seconds"}
    metrics = {
        "success_rate": percent,
        "error_rate": percent,
        "latency_p99": {
            **seconds,
            "runbook": {"link": "https://wiki.example/slow", "look_at": ["the write queue", "the database's locks"]},
        },
        "chat_p99": {**seconds, "baseline": {"before_start": "30m"}},
        "queue_depth": {"source": "prom", "unit": "count"},
        "chat": {"source": {"kind": "probe", "url": "https://chat.example"}, "unit": "count"},
    }
    changes: dict[str, Any] = {"metrics": metrics, "verify_after": {"rollback": ["error_rate < 1% within 30s"]}}
    return a_plan(links={"dashboard": "https://grafana.example/d/canary"}, **changes)


def here(state: State = State.BAKING, **changes: Any) -> Rollout:
    """A rollout that baked its four hours at 10%, or has come down from there."""
    down = state in (State.ROLLED_BACK, State.KILLED)
    at = Weight(0) if down else Weight(100) if state is State.COMPLETED else Weight(10)
    baked = timedelta(hours=1 if state is State.BAKING else 4)
    facts: dict[str, Any] = {"confirmed": at, "seen_weight": at, "approved": at, "baked": baked, "involved": (ANA.id,)}
    if state is State.COMPLETED:
        facts |= {"stage": 3, "reason": "all stages held"}
    return a_rollout(state, **{**facts, **changes})


def a_line(role: Role, condition: str, met: bool | None, value: float | None = None, **facts: Any) -> Line:
    return Line(role=role, condition=condition, metric=condition.split()[0], met=met, value=value, **facts)


def good_lines() -> tuple[Line, ...]:
    chat: dict[str, Any] = {"value": 1.0, "unit": "count", "detail": "status 200 in 0.00 s"}
    return (
        a_line("trigger", "success_rate < 90%", False, 100.0, unit="percent", threshold=90),
        a_line("trigger", "error_rate > 5%", False, 0.0, unit="percent", threshold=5),
        a_line("trigger", "chat down", False, **chat),
        a_line("trigger", "latency_p99 > 5s", False, 0.995, unit="seconds", threshold=5),
        a_line("trigger", "queue_depth > 500 for 10m", False, 5.72, unit="count", threshold=500),
        a_line("hard", "success_rate > 95%", True, 100.0, unit="percent", threshold=95),
        a_line("hard", "error_rate < 2%", True, 0.0, unit="percent", threshold=2),
        a_line("soft", "latency_p99 < 4s", True, 0.995, unit="seconds", threshold=4),
        a_line("soft", "chat_p99 <= baseline + 50%", True, 0.41, unit="seconds", threshold=0.6, reference=0.4),
        a_line("soft", "queue_depth < 100", True, 5.72, unit="count", threshold=100),
    )


def with_lines(*others: Line) -> tuple[Line, ...]:
    """The good lines, some of them replaced by others with the same condition."""
    replaced = {line.condition: line for line in others}
    return tuple(replaced.get(line.condition, line) for line in good_lines())


SLOW = a_line("trigger", "latency_p99 > 5s", True, 28.7, unit="seconds", threshold=5)
SLOWER = a_line("soft", "latency_p99 < 4s", False, 28.7, unit="seconds", threshold=4)
WARNED = a_line("soft", "chat_p99 <= baseline + 50%", False, 0.71, unit="seconds", threshold=0.6, reference=0.4)
WRONG = a_line("hard", "error_rate < 2%", False, 3.2, unit="percent", threshold=2)
UNKNOWN = a_line("hard", "success_rate > 95%", None, unit="percent", detail="too few samples: 1.09092 of 5")
FULL = a_line(
    "trigger", "queue_depth > 500 for 10m", False, 640.4, unit="count", threshold=500,
    detail='{component="database"}; true for 240 s',
)  # fmt: skip


def checked(verdict: Verdict, *others: Line, **changes: Any) -> Check:
    return a_check(verdict, lines=with_lines(*others), **changes)


def facts_of(check: Check) -> dict[str, Any]:
    return {"check": check.model_dump(mode="json")}


def stories() -> Iterator[tuple[str, Story]]:
    yield from _status()
    yield from _gates()
    yield from _checks()
    yield from _acts()
    yield from _trouble()
    yield from _endings()


def _status() -> Iterator[tuple[str, Story]]:
    good = checked(Verdict.PASS)
    early = {"confirmed": Weight(0), "target": Weight(0), "stage": 0, "check": None}
    for seconds, name in ((1, "preflight"), (600, "baseline")):
        began = NOW - timedelta(seconds=seconds)
        yield f"status.{name}", ("status", {}, here(State.PREFLIGHT, **early, started_at=began))
    settling = checked(Verdict.PASS, settling=True).model_copy(
        update={"lines": tuple(line.model_copy(update={"counts": line.role != "hard"}) for line in good_lines())}
    )
    rehearsed = {"rehearsed_at": NOW - timedelta(minutes=37)}
    yield "status.rehearsed", ("status", {}, here(State.BAKING, check=checked(Verdict.PASS), **rehearsed))
    failed = {**rehearsed, "rehearsal_faults": ("kill switch redis_flag new_way: no answer in 15 s",)}
    yield "status.unrehearsed", ("status", {}, here(State.GATE, check=checked(Verdict.PASS), **failed))
    yield "status.settling", ("status", {}, here(State.BAKING, check=settling))
    yield "status.warned", ("status", {}, here(State.BAKING, check=checked(Verdict.WARN, WARNED, FULL)))
    for state in State:
        if state is not State.PREFLIGHT:
            yield f"status.{state.value}", ("status", {}, here(state, check=good))


def _gates() -> Iterator[tuple[str, Story]]:
    card = a_gate(approvals=(Approval(person=BEN, at=NOW, how="reaction"),))
    where = {"gate": "g1", "from": 10, "to": 50, "card": card.model_dump(mode="json")}
    asked = here(State.GATE, check=checked(Verdict.PASS), gate=a_gate(), involved=(ANA.id,))
    yield "gate.open", ("gate", {**where, "state": "open"}, asked)
    warned = a_gate(verdict=Verdict.WARN, warnings=("chat_p99 <= baseline + 50%", "latency_p99 < 4s"))
    check = checked(Verdict.WARN, WARNED)
    yield "gate.warned", ("gate", {**where, "state": "open"}, asked.but(check=check, gate=warned))
    yield "gate.used", ("gate", {**where, "state": "used"}, here(State.SHIFTING))
    expired = {"then": "hold", "gate": "g1"}
    yield "gate_expired", ("gate_expired", expired, here(State.HELD))
    yield "gate_escalated", ("gate_escalated", {"to": ["@sre-leads"]}, asked)
    yield "gate_closed", ("gate_closed", {"why": "the check now says fail"}, here())


def _checks() -> Iterator[tuple[str, Story]]:
    def changed(verdict: Verdict, before: str, *others: Line) -> Story:
        lines = [line.model_dump(mode="json") for line in with_lines(*others)]
        facts = {"verdict": verdict.value, "before": before, "lines": lines}
        return "verdict_changed", facts, here(check=checked(verdict, *others))

    yield "verdict_changed.first", changed(Verdict.PASS, "")
    yield "verdict_changed.pass", changed(Verdict.PASS, "fail")
    yield "verdict_changed.warn", changed(Verdict.WARN, "pass", WARNED, SLOWER)
    yield "verdict_changed.fail", changed(Verdict.FAIL, "pass", WRONG, WARNED)
    yield "verdict_changed.still_fail", changed(Verdict.FAIL, "fail", WRONG)
    yield "verdict_changed.no_data", changed(Verdict.NO_DATA, "pass", UNKNOWN)
    yield "verdict_changed.breach", changed(Verdict.BREACH, "pass", SLOW, SLOWER)
    mixed = checked(Verdict.WARN, WARNED, FULL)
    yield "snapshot", ("snapshot", facts_of(mixed), here(check=mixed))
    yield "checkpoint", ("checkpoint", {"name": "T+15m", **facts_of(mixed)}, here(check=mixed))
    missing = ["success_rate > 95% (too few samples: 1.09092 of 5)", "error_rate < 2% (timeout: no answer in 3 s)"]
    later = (NOW + timedelta(minutes=10)).timestamp()
    yield "no_data", ("no_data", {"missing": missing, "then": "hold", "at": later}, here())


def _acts() -> Iterator[tuple[str, Story]]:
    by, baking = {"by": ANA.id}, here(check=checked(Verdict.PASS))
    override = {"reason": "index added", "fix": "DEN-12", "rollout": "materializers-6"}
    yield "started", ("started", {**by, "weight": 1, "override": {}}, baking)
    yield "started.overruled", ("started", {**by, "weight": 1, "override": override}, baking)
    base = BaselineValue(value=0.41, samples=30, taken_at=NOW, how="median of the 30m before the start")
    baselines = {"chat_p99": base.model_dump(mode="json")}
    notes = ["success_rate: too few samples: 0 of 5"]
    yield "preflight", ("preflight", {"baselines": baselines, "notes": notes}, baking)
    yield "stage_confirmed", ("stage_confirmed", {"stage": 1, "weight": 10, "before": 1, "took_s": 0}, baking)
    given = {"by": BEN.id, "how": "button"}
    yield "approved", ("approved", {**given, "have": 1, "need": 1}, baking)
    yield "approved.more_needed", ("approved", {**given, "have": 1, "need": 2}, baking)
    yield "withdrawn", ("withdrawn", {"by": BEN.id}, here(State.GATE))
    yield "rejected", ("rejected", {"by": BEN.id, "reason": "the dashboard is red"}, here(State.HELD))
    risen = {"from": 10, "to": 50, "by": [BEN.id], "warnings": ["latency_p99 < 4s"], "early": "hotfix"}
    yield "promoted", ("promoted", risen, here(State.SHIFTING))
    yield "early", ("early", {**by, "reason": "hotfix for customers"}, here(State.GATE))
    until = (NOW + timedelta(hours=24)).timestamp()
    hold = {"why": "the weekend", "owner": ANA.id, "until": until, "then": "rollback", "cause": "person", **by}
    yield "held", ("held", hold, here(State.HELD))
    yield "hold_over", ("hold_over", hold, here(State.HELD))
    yield "resumed", ("resumed", by, baking)
    yield "started_again", ("started_again", by, baking)
    failing = {"failing": ["error_rate < 2%"]}
    yield "extended", ("extended", {"lasting_s": 7200, **failing}, baking)
    yield "retried", ("retried", failing, baking)


def _frozen() -> Iterator[tuple[str, Story]]:
    until = NOW + timedelta(hours=4)
    mark = Frozen(freeze="freeze-1", service="denis", why="incident 7", by=BEN, until=until)
    there = [{"plan": "materializers", "rollout": "materializers-1", "environment": "production", "held": True}]
    facts = {"service": "denis", "why": "incident 7", "by": BEN.id, "until": until.timestamp(), "rollouts": there}
    yield "freeze", ("freeze", {**facts, "exempt": ["hotfixes"]}, here(State.HELD))
    yield "freeze.everywhere", ("freeze", {**facts, "service": "", "until": None}, here(State.HELD))
    yield "unfreeze", ("unfreeze", {**facts, "reason": "it was the network"}, here(State.HELD))
    yield "unfreeze.over", ("unfreeze", {**facts, "by": "perch", "rollouts": []}, here(State.HELD))
    yield "exempt", ("exempt", {**facts, "only": ["materializers"], "reason": "it is the fix"}, here(State.HELD))
    yield "unfrozen", ("unfrozen", {"service": "denis"}, here(State.HELD))
    hold = Hold(why="denis is frozen: incident 7", owner=BEN.id, since=NOW, until=until, cause="freeze")
    told = {"why": hold.why, "owner": BEN.id, "until": until.timestamp(), "then": "hold", "cause": "freeze"}
    yield "held.frozen", ("held", told, here(State.HELD))
    yield "status.frozen", ("status", {}, here(State.HELD, hold=hold, frozen=mark))


def _trouble() -> Iterator[tuple[str, Story]]:
    yield "unconfirmed", ("unconfirmed", {"wanted": 10, "real": 1, "within_s": 60}, here(State.HELD))
    yield "drift.held", ("drift", {"recorded": 10, "real": 5, "did": "held"}, here(State.HELD))
    yield "drift.lowered", ("drift", {"recorded": 10, "real": 50, "did": "lowered"}, here(State.HELD))
    yield (
        "unseen",
        (
            "unseen",
            {"since": NOW.timestamp() - 60, "unread": ["http flag: 503 Service Unavailable"]},
            here(State.BAKING),
        ),
    )
    yield "seen_again", ("seen_again", {"real": 10}, here(State.BAKING))
    yield "late_raise", ("late_raise", {"weight": 50, "real": 10, "to": 0}, here(State.ROLLING_BACK))
    stuck = {"what": "set the weight to 0%", "fault": "connection refused", "still_on": "10%"}
    yield "stuck", ("stuck", stuck, here(State.STUCK))
    yield from _frozen()
    why = {"where": "#canary-live", "why": "not_in_channel"}
    yield "undelivered", ("undelivered", why, here())


def _endings() -> Iterator[tuple[str, Story]]:
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
    yield "announcement.started", ("announcement", {"event": "started", "by": ANA.id}, here())
    claims = "error_rate < 1% within 30s"
    yield "verified", ("verified", {"passed": [claims, "chat up"], "failed": [], "took_s": 4.2}, broken)
    yield "verified.failed", ("verified", {"passed": ["chat up"], "failed": [claims], "took_s": 31}, broken)
    yield from _kills()
    done = {"weight": 100, "took_s": 97200}
    yield "completed", ("completed", done, here(State.COMPLETED, check=good))
    nothing = {"confirmed": Weight(0), "stage": 0, "check": None}
    red = [
        "traffic http https://flags.example/materializers percent is already at 100%: set it to 0% first, a start "
        "begins from nothing",
        "metric error_rate: timeout: no answer in 10 s",
        "kill switch http https://switch.example: connection refused",
    ]
    facts = {"reason": "preflight found problems", "red": red, "by": "perch"}
    yield "aborted", ("aborted", facts, here(State.ABORTED, **nothing))
    asked_for = {"reason": "asked for by a person", "red": [], "by": ANA.id}
    yield "aborted.asked", ("aborted", asked_for, here(State.ABORTED, **nothing))


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
    yield "killed", ("killed", {**times, "by": BEN.id, "reason": "it burns", "outcomes": outcomes}, killed)
    yield "rearmed", ("rearmed", {"by": ANA.id, "restored": ["kill switch"]}, killed)
    half = {"by": ANA.id, "restored": ["flag_file flags.json"], "unknown": ["http https://switch.example"]}
    yield "rearmed.half", ("rearmed", half, killed)
    yield "rehearsal_failed", ("rehearsal_failed", {"faults": still_on}, here(State.GATE))
    yield "rehearsed", ("rehearsed", {}, here(State.GATE))
