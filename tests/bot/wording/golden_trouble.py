"""What goes wrong or is frozen on the way, and what Perch does beside the rollout: a message of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bot.domain.machine import State
from bot.domain.rollout import Frozen, Hold, Verdict
from bot.domain.severities import Incident, Severity
from bot.domain.task_runs import TaskRun
from bot.domain.units import Weight
from tests.bot.wording.golden_facts import SLOW, TASKS, Story, checked, here
from tests.bot.wording.stories import ANA, BEN, NOW


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


def on_the_way() -> Iterator[tuple[str, Story]]:
    yield "unconfirmed", ("unconfirmed", {"wanted": 10, "real": 1, "within_s": 60}, here(State.HELD))
    flag, proxy = {"target": "redis redis:6379/0 denis:pct", "weight": 10}, {"target": "haproxy denis/canary"}
    two: list[dict[str, Any]] = [flag, {**proxy, "weight": None, "fault": "no answer in 5 s"}]
    partly = {"wanted": 10, "real": 10, "within_s": 60, "targets": two}
    yield "unconfirmed.partly", ("unconfirmed", partly, here(State.HELD))
    both = [flag, {**proxy, "weight": 50}]
    apart = {"recorded": 10, "real": 50, "did": "lowered", "targets": both}
    yield "drift.one_of_two", ("drift", apart, here(State.HELD))
    yield "drift.held", ("drift", {"recorded": 10, "real": 5, "did": "held"}, here(State.HELD))
    yield "mirror_drift.held", ("mirror_drift", {"recorded": 100, "real": 0, "did": "held"}, here(State.HELD))
    yield "mirror_drift.lowered", ("mirror_drift", {"recorded": 50, "real": 100, "did": "lowered"}, here(State.HELD))
    yield "drift.lowered", ("drift", {"recorded": 10, "real": 50, "did": "lowered"}, here(State.HELD))
    other = {"bound": "2.4.1", "before": "2.4.1", "after": "2.4.2"}
    yield "version_changed", ("version_changed", other, here(State.HELD))
    yield "version_changed.back", ("version_changed", {**other, "before": "2.4.2", "after": "2.4.1"}, here(State.HELD))
    yield (
        "unseen",
        (
            "unseen",
            {"since": NOW.timestamp() - 60, "unread": ["http flag: 503 Service Unavailable"]},
            here(State.BAKING),
        ),
    )
    yield from _diagnoses()
    yield from _tasks()
    yield from _besides()
    yield from _incidents()
    yield "seen_again", ("seen_again", {"real": 10}, here(State.BAKING))
    yield "late_raise", ("late_raise", {"weight": 50, "real": 10, "to": 0}, here(State.ROLLING_BACK))
    rearm = {"by": ANA.id, "engaged": ["redis flag"], "still_on": ["http switch: connection refused"]}
    yield "late_rearm", ("late_rearm", rearm, here(State.KILLED))
    stuck = {"what": "set the weight to 0%", "fault": "connection refused", "still_on": "10%"}
    yield "stuck", ("stuck", stuck, here(State.STUCK))
    yield from _frozen()
    why = {"where": "#canary-live", "why": "not_in_channel"}
    yield "undelivered", ("undelivered", why, here())
    unsent = {"where": "mail:lead@x.org", "why": "no mail server is set where Perch runs: PERCH_SMTP_URL"}
    yield "undelivered.mail", ("undelivered", unsent, here())
    places = [
        "git https://git.x.org/records.git main: materializers/m-1 in 9f86d081884c",
        "s3://rollouts/materializers/m-1",
    ]
    yield "kept", ("kept", {"places": places}, here())
    refused = {"kind": "s3", "why": "s3 rollouts refuses us (AccessDenied)", "since": NOW.isoformat()}
    yield "not_kept", ("not_kept", refused, here())
    returned = {"kind": "mail", "to": "lead@x.org", "why": "550 there is no such mailbox", "since": NOW.isoformat()}
    yield "not_kept.mail", ("not_kept", returned, here())


def _incidents() -> Iterator[tuple[str, Story]]:
    grave = Incident(
        id="inc-1", severity=Severity.SEV1, what="writes <lost> & gone", at=NOW - timedelta(minutes=34), by=BEN.id
    )
    there = {"incidents": (grave, grave.model_copy(update={"id": "inc-2", "severity": Severity.SEV3}))}
    facts = {**grave.model_dump(mode="json"), "by": BEN.id}
    yield "incident", ("incident", facts, here(State.BAKING, **there))
    over = {**facts, "ended_at": NOW.isoformat(), "by": ANA.id}
    yield "incident.over", ("incident", over, here(State.BAKING))
    last = {"stage": 3, "confirmed": Weight(100), "seen_weight": Weight(100), "baked": timedelta(days=3), **there}
    yield "status.incident", ("status", {}, here(State.BAKING, **last))


def _diagnoses() -> Iterator[tuple[str, Story]]:
    about = {"id": "x-latency_p99", "metric": "latency_p99", "lines": [SLOW.model_dump(mode="json")]}
    hints = {
        "look_at": ["the write queue"],
        "remedies": ["CALL db.killQuery(ID) for what holds <locks>"],
        "link": "https://wiki.example/slow",
    }
    locks = "\n".join(f"tx-{number} waits for `node({number})` & <rel>" for number in range(14))
    steps = [
        {"what": "queue depth", "ok": True, "answer": "812", "took_s": 0.1},
        {"what": "cypher-shell -f locks.cypher", "ok": True, "answer": locks, "took_s": 2.4, "cut": True},
        {"what": "redis-cli llen jobs", "ok": False, "answer": "redis-cli was not run: no command", "took_s": 0.0},
    ]
    yield "diagnosis", ("diagnosis", {**about, **hints, "steps": steps}, here(State.BAKING))
    well = {**about, "lines": [], "steps": steps[:1]}
    yield "diagnosis.asked", ("diagnosis", well, here(State.BAKING))
    broken_off = {**about, **hints, "steps": [], "unfinished": "Perch was interrupted while it looked"}
    yield "diagnosis.unfinished", ("diagnosis", broken_off, here(State.BAKING))


def _tasks() -> Iterator[tuple[str, Story]]:
    """`the_plan` has a burst and a crash injection at its first stage."""
    burst, injection = TASKS
    about = {
        "task": "burst",
        "what": "100 × POST https://relay.example/query by 5 users over 20s",
        "needed": True,
        "expect": ["success_rate > 99%"],
        "turn": 1,
    }
    until = {"until": (NOW + timedelta(seconds=35)).timestamp()}
    yield "task_begun", ("task_begun", {**about, **until}, here(State.BAKING))
    yield "task_begun.again", ("task_begun", {**about, **until, "turn": 2}, here(State.BAKING))
    units = {"requests": "count", "success_rate": "percent", "average": "seconds", "p50": "seconds", "p99": "seconds"}
    found = {"requests": 100.0, "success_rate": 99.0, "average": 0.042, "p50": 0.03, "p99": 1.5}
    numbers = [{"name": name, "value": found[name], "unit": units[name]} for name in units]
    passed = {**about, "outcome": "passed", "numbers": numbers, "took_s": 19.8}
    yield "task_ended", ("task_ended", passed, here(State.BAKING))
    low = {"why": "success_rate > 99% (91)", "outcome": "failed"}
    yield "task_ended.failed", ("task_ended", {**passed, **low}, here(State.BAKING))
    cut_short = {**passed, "outcome": "stopped", "why": "the rollout was killed", "took_s": 4.0}
    yield "task_ended.stopped", ("task_ended", cut_short, here(State.KILLING))
    wrote = {"output": "leases <cleared>\njobs & locks: 3\n" * 6, "needed": False, "numbers": [], "why": "no result"}
    crashed = {**about, "task": injection.name, "what": injection.shown, **wrote, "outcome": "failed", "took_s": 61.0}
    yield "task_ended.command", ("task_ended", crashed, here(State.BAKING))
    gone = {**about, "outcome": "unfinished", "why": "Perch was interrupted in the middle of it", "took_s": 60.0}
    yield "task_ended.unfinished", ("task_ended", gone, here(State.BAKING))
    entered = NOW - timedelta(minutes=6)
    run = TaskRun(
        id="x-0", name="burst", stage=0, mark=burst.mark, at=NOW - timedelta(minutes=1), owner="p",
        until=NOW + timedelta(seconds=35),
    )  # fmt: skip
    there = {"entered_at": entered, "shifted_at": entered, "check": checked(Verdict.PASS), "stage": 0}
    yield "status.task", ("status", {}, here(State.BAKING, **there, tasks=(run,)))


def _besides() -> Iterator[tuple[str, Story]]:
    act = {"key": "m-1-2-before-1", "what": "start the queue exporter", "kind": "command", "when": "before", "stage": 1}
    fault = "systemctl ended with exit code 5: Unit queue-exporter.service not found"
    refused = {**act, "fault": f"{fault}."}
    done = {**act, "said": "systemctl ended well", "took_s": 3.2}
    yield "action_done", ("action_done", done, here(State.SHIFTING))
    yield "action_failed", ("action_failed", refused, here(State.HELD))
    why = f"'{act['what']}' is to be done before 10%, and failed: {fault}"
    held = {"why": why, "owner": ANA.id, "until": (NOW + timedelta(days=1)).timestamp(), "then": "hold"}
    yield "held.action", ("held", {**held, "cause": "action"}, here(State.HELD))
    yield "action_failed.after", ("action_failed", {**refused, "when": "after"}, here(State.BAKING))
    yield "action_failed.completed", ("action_failed", {**refused, "when": "completed"}, here(State.COMPLETED))
    yield "action_undone", ("action_undone", done, here(State.ROLLED_BACK))
    yield "action_undone.stays", ("action_undone", {**act, "said": ""}, here(State.ROLLED_BACK))
    yield "action_stands", ("action_stands", refused, here(State.ROLLED_BACK))
    left = {"acts": [act], "reason": "stopped by hand", "fix": "OPS-7", "by": BEN.id}
    yield "actions_given_up", ("actions_given_up", left, here(State.ROLLED_BACK))
