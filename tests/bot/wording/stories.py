"""Rollouts and plans to tell about, with every text from outside to be chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Approval, Check, Gate, Hold, Intent, Kill, Line, Person, Rollout, Verdict, Way
from bot.domain.units import Weight

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ANA, BEN = Person(id="U0ANA", name="ana"), Person(id="U0BEN", name="ben")


def a_plan(weights: tuple[float, ...] = (1, 10, 50, 100), **changes: Any) -> Plan:
    stages = [
        {"weight": f"{weight:g}%", "bake": "4h", "promote_when": [{"condition": "success_rate > 95%"}]}
        for weight in weights
    ]
    tree: dict[str, Any] = {
        "name": "materializers",
        "service": "denis",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@sre-leads"]},
        "metrics": {"success_rate": {"source": "prom", "unit": "percent"}},
        "traffic": [{"kind": "dry_run"}],
        "stages": stages,
    }
    return Plan.model_validate({**tree, **changes})


def lines(condition: str = "success_rate > 95%", detail: str = "") -> tuple[Line, ...]:
    return (
        Line(role="hard", condition=condition, met=True, value=97.31, unit="percent", threshold=95, detail=detail),
        Line(
            role="soft",
            condition="chat_p99 <= baseline + 10%",
            met=False,
            value=1.4213,
            unit="seconds",
            threshold=1.21,
            reference=1.1,
        ),
        Line(role="hard", condition="error_rate < 2%", met=None, unit="percent", detail=detail or "timeout after 3 s"),
        Line(role="trigger", condition="error_rate > 5%", met=False, value=0.2, unit="percent", threshold=5),
    )


def a_check(verdict: Verdict = Verdict.WARN, **changes: Any) -> Check:
    return Check(at=NOW, stage=1, verdict=verdict, lines=changes.pop("lines", lines()), **changes)


def a_gate(**changes: Any) -> Gate:
    facts: dict[str, Any] = {
        "id": "g1",
        "stage": 1,
        "opened_at": NOW,
        "expires_at": NOW + timedelta(hours=4),
        "plan_digest": "d",
        "version": "2.4.1",
        "verdict": Verdict.PASS,
    }
    return Gate(**{**facts, **changes})


def a_rollout(state: State = State.BAKING, **changes: Any) -> Rollout:
    """A rollout in `state`, at 10%, with all that the state implies."""
    facts: dict[str, Any] = {
        "id": "materializers-7",
        "plan": "materializers",
        "plan_digest": "d",
        "service": "denis",
        "environment": "production",
        "version": "2.4.1",
        "requester": ANA,
        "started_at": NOW - timedelta(minutes=42),
        "revision": 12,
        "state": state,
        "stage": 1,
        "confirmed": Weight(10),
        "target": Weight(10),
        "check": a_check(),
        "due_at": NOW,
        **_implied(state),
    }
    return Rollout(**{**facts, **changes})


def _implied(state: State) -> dict[str, Any]:
    match state:
        case State.SHIFTING:
            move = Intent(id="i1", way=Way.RAISE, weight=Weight(50), before=Weight(10), made_at=NOW, reason="promoted")
            return {"intent": move, "target": Weight(50)}
        case State.GATE:
            return {"gate": a_gate(approvals=(Approval(person=BEN, at=NOW, how="reaction"),))}
        case State.HELD:
            until = NOW + timedelta(hours=24)
            return {"hold": Hold(why="asked", owner=ANA.id, since=NOW, until=until, then="rollback", cause="person")}
        case State.ROLLING_BACK | State.STUCK:
            return {"target": Weight(0), "reason": "error_rate > 5% fired at 6.2%"}
        case State.KILLING | State.KILLED:
            return {"kill": Kill(by=BEN, reason="burning", asked_at=NOW), "target": Weight(0)}
        case State.ROLLED_BACK:
            return {"confirmed": Weight(0), "cooldown_until": NOW + timedelta(hours=24), "ended_at": NOW}
        case _:
            return {}
