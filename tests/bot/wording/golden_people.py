"""What people are asked, and what they do: a message of each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.machine import State
from bot.domain.overrides import Override, Overruled
from bot.domain.replans import Replan
from bot.domain.rollout import Approval, Asked, BaselineValue, Tick, Tried, Verdict
from bot.domain.units import Weight
from tests.bot.wording.golden_facts import CHECKLIST, SLOW, WARNED, WRONG, Story, a_line, checked, here
from tests.bot.wording.stories import ANA, BEN, NOW, a_gate


def watching() -> Iterator[tuple[str, Story]]:
    given = {"from": ANA.id, "to": BEN.id, "by": ANA.id}
    yield "watching", ("watching", given, here())
    yield "watching.taken", ("watching", {**given, "by": BEN.id}, here())
    yield "handed", ("handed", given, here())
    yield "taken", ("taken", given, here())
    yield "handed.held", ("handed", {**given, "held": "the weekend"}, here(State.HELD))
    yield "status.watched_by", ("status", {}, here(watcher=BEN.id))


def gates() -> Iterator[tuple[str, Story]]:
    card = a_gate(approvals=(Approval(person=BEN, at=NOW, how="reaction"),))
    where = {"gate": "g1", "from": 10, "to": 50, "card": card.model_dump(mode="json")}
    asked = here(State.GATE, check=checked(Verdict.PASS), gate=a_gate(), involved=(ANA.id,))
    yield "gate.open", ("gate", {**where, "state": "open"}, asked)
    warned = a_gate(verdict=Verdict.WARN, warnings=("chat_p99 <= baseline + 50%", "latency_p99 < 4s"))
    check = checked(Verdict.WARN, WARNED)
    yield "gate.warned", ("gate", {**where, "state": "open"}, asked.but(check=check, gate=warned))
    yield from _checklists(where)
    yield "gate.used", ("gate", {**where, "state": "used"}, here(State.SHIFTING))
    expired = {"then": "hold", "gate": "g1"}
    yield "gate_expired", ("gate_expired", expired, here(State.HELD))
    yield "gate_escalated", ("gate_escalated", {"to": ["@sre-leads"]}, asked)
    yield "gate_closed", ("gate_closed", {"why": "the check now says fail"}, here())
    yield from _start_gates()


def _start_gates() -> Iterator[tuple[str, Story]]:
    """Before the first stage: what preflight found stands where the check would."""
    noted = ("metric chat_p99", "metric queue_depth")
    gate = a_gate(stage=None, verdict=Verdict.WARN, warnings=noted)
    found = tuple(
        Tried(what=name, kind="metric", name=name.split()[1], outcome="note", said="too few samples: 0 of 5")
        for name in noted
    )
    nothing = {"confirmed": Weight(0), "approved": Weight(0), "target": Weight(0), "seen_weight": Weight(0)}
    facts: dict[str, Any] = {
        **nothing,
        "stage": 0,
        "check": None,
        "shifted_at": None,
        "started_at": NOW - timedelta(minutes=4),
    }
    facts |= {"preflight": found, "green_at": NOW, "rehearsed_at": NOW, "involved": (ANA.id,)}
    asked = here(State.START_GATE, gate=gate, **facts)
    where = {"gate": "g1", "from": 0, "to": 1, "card": gate.model_dump(mode="json")}
    yield "gate.start", ("gate", {**where, "state": "open"}, asked)
    for end, by in (("rejected", BEN.id), ("expired", ""), ("aborted", ANA.id)):
        over = here(State.ABORTED, **{**facts, "preflight": ()})
        yield f"gate.start_{end}", ("gate", {**where, "state": end, "by": by, "why": "not on a Friday"}, over)
    yield "status.start_gate", ("status", {}, asked)
    closed = {"why": "preflight isn't green any more: metric success_rate: refused the connection", "starts": True}
    yield "gate_closed.start", ("gate_closed", closed, here(State.PREFLIGHT, **{**facts, "preflight": ()}))
    yield "gate_expired.start", ("gate_expired", {"then": "abort", "gate": "g1"}, here(State.ABORTED, **facts))
    yield "rejected.start", ("rejected", {"by": BEN.id, "reason": "not on a Friday", "starts": True}, asked)
    yield "approved.start", ("approved", {"by": BEN.id, "have": 1, "need": 1, "how": "button", "starts": True}, asked)


def _overruled(risen: Mapping[str, Any]) -> Iterator[tuple[str, Story]]:
    """A false alarm, and a number that isn't there: overruled for one gate."""
    wrong = Overruled(condition="error_rate < 2%", measured=True, value=3.2, unit="percent", threshold=2)
    unseen = Overruled(condition="queue_depth < 100", measured=False, detail="no answer in 3 s")
    what = (wrong, unseen)
    override = Override(
        what="verdict", by=BEN.id, at=NOW, stage=1, weight=10, reason="INC-7, the alarm is wrong", gate="g1",
        verdict="fail", overruled=what,
    )  # fmt: skip
    gate = a_gate(verdict=Verdict.FAIL, overruled=what)
    people = {"overrides": (override,), "involved": (ANA.id, BEN.id)}
    asked = here(State.GATE, check=checked(Verdict.FAIL, WRONG), gate=gate, **people)
    shown = [each.model_dump(mode="json") for each in what]
    facts = {"by": BEN.id, "reason": override.reason, "from": 10, "to": 50, "overruled": shown}
    yield "overruled", ("overruled", facts, asked)
    yield "gate.overruled", ("gate", {"gate": "g1", "state": "open"}, asked)
    without = {name: value for name, value in risen.items() if name != "early"}
    yield "promoted.overruled", ("promoted", {**without, "overruled": shown}, here(State.SHIFTING))


def _checklists(where: Mapping[str, Any]) -> Iterator[tuple[str, Story]]:
    """At the third stage; two people have ticked, and the last check has ticked nothing."""
    ticks = (Tick(item=CHECKLIST[0].text, person=BEN, at=NOW - timedelta(minutes=3)),)
    yes = Approval(person=BEN, at=NOW, how="button")
    third = a_gate(stage=2, ticks=ticks, approvals=(yes,), opened_at=NOW - timedelta(minutes=40), escalated=1)
    queue = a_line("item", "queue_depth < 10", False, 12.0, unit="count", threshold=10)
    check = checked(Verdict.PASS).model_copy(update={"stage": 2, "items": (queue,)})
    at = {"stage": 2, "confirmed": Weight(50), "seen_weight": Weight(50), "approved": Weight(50)}
    asked = here(State.GATE, check=check, gate=third, **at)
    yield "gate.checklist", ("gate", {**where, "state": "open"}, asked)
    yield "status.ticking", ("status", {}, asked)
    card = third.model_copy(update={"ticks": (*ticks, Tick(item="customers told", person=ANA, at=NOW))})
    gone = {**where, "from": 50, "to": 100, "card": card.model_dump(mode="json")}
    over = {**gone, "state": "rejected", "by": BEN.id, "why": "the dashboard is red"}
    yield "gate.rejected", ("gate", over, here(State.HELD, **at))
    yield "gate_escalated.again", ("gate_escalated", {"to": ["@oncall"]}, asked)


def questions() -> Iterator[tuple[str, Story]]:
    until = NOW + timedelta(minutes=20)
    ask = Asked(id="T+15m@1", name="T+15m", of=("U0ANA", "@sre"), at=NOW - timedelta(minutes=10), until=until)
    seen = ask.model_copy(update={"by": ANA, "done_at": NOW})
    late = ask.model_copy(update={"until": NOW - timedelta(minutes=5), "missed": True})
    for name, each in {"asked": ask, "asked.seen": seen, "asked.missed": late}.items():
        yield name, ("asked", {"asked": each.model_dump(mode="json")}, here(asked=(each,)))
    facts = {"name": late.name, "of": list(late.of), "until": late.until.timestamp()}
    yield "acknowledgement_missed", ("acknowledgement_missed", facts, here())
    gone = {"by": "shell:ben", "reason": "left, asked for it", "records": 3}
    yield "redacted", ("redacted", gone, here(State.COMPLETED, ended_at=NOW))


def replans() -> Iterator[tuple[str, Story]]:
    lines = (
        ("stage 10% promote_when", "error_rate < 2%", "error_rate < 3%"),
        ("stage 10% bake", "4h", "2h"),
        ("stage 50% warn_unless", "", "queue_depth < 200"),
    )
    asked = Replan(
        id="plan-1", by=ANA.id, reason="the limit was a guess", at=NOW, before="a" * 64, after="b" * 64, lines=lines
    )
    card = {"replan": asked.model_dump(mode="json"), "state": "open"}
    yield "replan.open", ("replan", card, here(replan=asked))
    yield "replan.approved", ("replan", {**card, "state": "approved"}, here())
    done = {"reason": asked.reason, "asked_by": ANA.id, "by": [BEN.id], "lines": lines, "more": 0}
    yield "replanned", ("replanned", done, here())
    yield "replan_rejected", ("replan_rejected", {"by": BEN.id, "reason": "not during an incident"}, here())


def acts() -> Iterator[tuple[str, Story]]:
    by, baking = {"by": ANA.id}, here(check=checked(Verdict.PASS))
    override = {"reason": "index added", "fix": "DEN-12", "rollout": "materializers-6"}
    yield "started", ("started", {**by, "weight": 1, "override": {}}, baking)
    yield "started.overruled", ("started", {**by, "weight": 1, "override": override}, baking)
    lines = [
        ("stage 1% promote_when", "success_rate > 95%", "success_rate > 97%"),
        ("stage 1% rollback_when", "", "queue_depth > 500 for 10m"),
        ("stage 10% bake", "4h", "2h"),
        ("gate.expires", "4h", "8h"),
        ("stages", "stage 25%", ""),
        *((f"metrics.m{number}", "", "{source: prom}") for number in range(7)),
    ]
    differs = {"since": "materializers-6", "before": "ab" * 32, "after": "cd" * 32, "lines": lines, "more": 2}
    renewed = {**by, "weight": 1, "reason": "faster materializers", "changed": differs}
    yield "started.changed", ("started", renewed, baking)
    lines_seen = [line.model_dump(mode="json") for line in (SLOW, WRONG)]
    seen = here(mode="observe", check=checked(Verdict.PASS))
    yield "observing", ("observing", {"weight": 10, "stage": "10%"}, seen)
    moved = {"before": 1, "weight": 50, "stage": "50%", "skipped": ["10%"], "early": ["3h more of baking"]}
    yield "observed_weight", ("observed_weight", moved, seen)
    yield "would.ask", ("would", {"do": "ask", "weight": 10, "to": 50, "why": "", "lines": []}, seen)
    down = {"do": "rollback", "weight": 10, "to": 0, "why": "latency_p99 > 5s", "lines": lines_seen[:1]}
    yield "would.rollback", ("would", down, seen)
    for do in ("kill", "hold", "extend", "complete"):
        yield (
            f"would.{do}",
            ("would", {"do": do, "weight": 10, "why": "error_rate < 2%", "lines": lines_seen[1:]}, seen),
        )
    over = {"reason": "it was taken to 0%", "weight": 0}
    yield "observed", ("observed", over, here(State.OBSERVED, mode="observe", ended_at=NOW))
    taken = {"weight": 10, "stage": 1, "skipped": ["1%"], "by": ANA.id}
    yield "adopted", ("adopted", taken, here(adopts=Weight(10)))
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
    yield from _overruled(risen)
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
