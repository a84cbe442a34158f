"""What must be true of a town when all has come to rest, whatever happened on the way. Each finding is a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.evidence import Record
from bot.domain.machine import ENDS, State
from bot.domain.rollout import Rollout, Way
from bot.domain.units import ZERO, Weight
from bot.engine.deeds import TAKEN_OVER
from tests.process.town import Town

CHANNEL = "#canary-live"
ONCE = frozenset({"rolling_back", "rolled_back", "completed", "aborted"})
"""Records that a rollout has at most one of."""
TOLD = ONCE | {
    "killing",
    "killed",
    "rearmed",
    "started",
    "stage_confirmed",
    "approved",
    "promoted",
    "held",
    "resumed",
    "drift",
    "late_raise",
    "stuck",
}
"""Records of which each has its message in the thread."""


async def findings(town: Town) -> list[str]:
    """Everything that is wrong; nothing is."""
    found, newest = list[str](), set[str]()
    for rollout in await town.eyes.latest(limit=1000):
        records = await town.eyes.records(rollout)
        wrong = [
            *([] if rollout.plan in newest else _weights(town, rollout)),
            *_record(records),
            *_decision(rollout, records),
            *_approvals(rollout, records),
            *_messages(town, rollout, records),
        ]
        newest.add(rollout.plan)
        if broken := await town.eyes.verify(rollout):
            wrong.append(f"its evidence doesn't verify: {broken}")
        found += [f"{rollout.id} ({rollout.state.value}): {each}" for each in wrong]
    return [*found, *_doubled(town), *await town.eyes.given_up()]


async def at_odds(town: Town) -> list[str]:
    """Law 4: what the rows say and what the evidence says, which must agree at any instant; nothing is at odds."""
    found = []
    for rollout in await town.eyes.latest(limit=1000):
        now, records = await _in_one_look(town, rollout)
        wrong = [*_odds(now, records), *await _unknown_kill(town, now)]
        found += [f"{now.id}, revision {now.revision}: {each}" for each in wrong]
    return found


async def _in_one_look(town: Town, rollout: Rollout) -> tuple[Rollout, Sequence[Record]]:
    """A row and its records of the same moment: other processes go on meanwhile."""
    while True:
        records = await town.eyes.records(rollout)
        again = await town.eyes.load(rollout.id)
        if again.revision == rollout.revision:
            return again, records
        rollout = again


async def _unknown_kill(town: Town, rollout: Rollout) -> list[str]:
    """A thrown switch is known to a row of its plan, to the spool, or (the rollout had ended) to the workspace."""
    if not town.far.parts[rollout.plan].killed or town.spooled(rollout.plan):
        return []
    of_the_plan = [each for each in await town.eyes.latest(rollout.plan, 100) if each.kill is not None]
    foreign = [each for each in await town.eyes.workspace() if each.body.get("plan") == rollout.plan]
    known = of_the_plan or any(each.kind in ("kill", "emergency") for each in foreign)
    return [] if known else ["its switch is thrown, and neither the row nor the spool knows of it"]


def _odds(rollout: Rollout, records: Sequence[Record]) -> list[str]:
    here = {"state": rollout.state.value, "stage": rollout.stage, "weight": rollout.confirmed.percent}
    told = next((record for record in reversed(records) if "at" in record.body), None)
    wrong = []
    if told is None or told.body["at"] != here:
        wrong.append(f"the row says {here}, and the last record {told and (told.kind, told.body['at'])}")
    intents = [record.body["id"] for record in records if record.kind == "intended"]
    if rollout.intent is not None and rollout.intent.id not in intents:
        wrong.append(f"the row wants {rollout.intent.weight}, and no record says so")
    return [*wrong, *_decision(rollout, records)]


def _decision(rollout: Rollout, records: Sequence[Record]) -> list[str]:
    """E4: the commit that ends a rollout brings its decision, made from all records before it."""
    kinds = [record.kind for record in records]
    wrong = []
    if rollout.state in ENDS and "decision" not in kinds[kinds.index(rollout.state.value) :]:
        wrong.append(f"it is {rollout.state.value}, and no decision is on record after that")
    ends = sum(kind in {state.value for state in ENDS} for kind in kinds)
    if kinds.count("decision") > ends:
        wrong.append(f"{kinds.count('decision')} decisions for {ends} ends")
    return wrong


def _weights(town: Town, rollout: Rollout) -> list[str]:
    """Law 5: real, recorded and approved agree."""
    real = Weight(town.far.parts[rollout.plan].weight)
    wrong = []
    if rollout.live or (rollout.state is State.COMPLETED and rollout.plan not in town.far.by_hand):
        if real > rollout.approved:
            wrong.append(f"real {real} is above the approved {rollout.approved}")
        flagged = rollout.seen_weight if rollout.state is State.HELD else rollout.confirmed
        if rollout.intent is None and rollout.kill is None and real not in (rollout.confirmed, flagged):
            wrong.append(f"real {real} isn't the recorded {rollout.confirmed}")
    elif rollout.state is State.KILLED and rollout.rearmed_at is None:
        wrong += [f"killed, and {real} is still on"] if real > ZERO else []
        wrong += [] if town.far.parts[rollout.plan].killed else ["killed, and its switch isn't engaged"]
    return wrong


def _record(records: Sequence[Record]) -> list[str]:
    """Law 4: one intent before each outcome, one outcome for each intent at most, nothing twice."""
    wrong, intended, applied = [], dict[str, Any](), Counter[str]()
    for record in records:
        if record.kind == "intended":
            intended[str(record.body["id"])] = record
        elif record.kind == "applied":
            id = str(record.body["intent"])
            applied[id] += 1
            if id not in intended:
                wrong.append(f"record {record.number} is an outcome without an intent before it")
    wrong += [f"intent {id} has {times} outcomes" for id, times in applied.items() if times > 1]
    raised = [record for record in intended.values() if record.body["way"] == Way.RAISE.value]
    wrong += _outcomes_missing(records, raised, applied)
    kinds = Counter(record.kind for record in records)
    if kinds["preflight"] > 1 + kinds["resumed"]:
        wrong.append(f"{kinds['preflight']} records of preflight")
    wrong += [f"{times} records of {kind}" for kind, times in kinds.items() if kind in ONCE and times > 1]
    for kind in ("killing", "killed"):
        # A kill that was rearmed may be followed by another, even of a rollout that has ended.
        if kinds[kind] > 1 + kinds["rearmed"]:
            wrong.append(f"{kinds[kind]} records of {kind}")
    confirmed = [record.body["at"]["stage"] for record in records if record.kind == "stage_confirmed"]
    if len(confirmed) > len(raised):
        wrong.append(f"{len(confirmed)} stages were confirmed after {len(raised)} intents to raise")
    return wrong


def _outcomes_missing(records: Sequence[Record], raised: Sequence[Any], applied: Mapping[str, int]) -> list[str]:
    """Each raise that was confirmed has its outcome; one that was given up has another record."""
    confirmed = sum(record.kind == "stage_confirmed" for record in records)
    outcomes = sum(str(record.body["id"]) in applied for record in raised)
    return [f"{confirmed} raises were confirmed, no outcome for {confirmed - outcomes}"] if confirmed > outcomes else []


def _approvals(rollout: Rollout, records: Sequence[Record]) -> list[str]:
    """Law 1: between two raises beyond the first stage somebody who may approved, and a promotion is on record."""
    wrong, approvers = [], set[str]()
    for record in records:
        if record.kind == "approved":
            approvers.add(record.actor)
        again = str(record.body.get("reason", "")).endswith(TAKEN_OVER)
        if record.kind == "intended" and record.body["way"] == Way.RAISE.value and not again:
            if record.body["at"]["stage"] > 0 and not approvers:
                wrong.append(f"record {record.number} raises to {record.body['weight']} without an approval")
            if rollout.requester.id in approvers:
                wrong.append(f"record {record.number} was approved by who asked for it")
            approvers = set()
    return wrong


def _messages(town: Town, rollout: Rollout, records: Sequence[Record]) -> list[str]:
    """One status message, one thread under it, and in the thread one message for each record that has one."""
    marks = _marks(town, rollout)
    status = [ts for ts, mark, _ in marks if mark == f"status:{rollout.id}"]
    if len(status) != 1:
        return [f"{len(status)} status messages"]
    # What goes to people or to other channels has an address behind these four.
    own = [each for each in marks if each[1].startswith(f"{rollout.id}:") and each[1].count(":") == 3]
    thread = [(mark, under) for _, mark, under in own]
    wrong = [f"'{mark}' isn't in its thread" for mark, under in thread if under != status[0]]
    said = Counter(mark.split(":")[3] for mark, _ in thread)
    meant = Counter(record.kind for record in records if "thread" in record.body.get("told", ()) or _loud(record))
    wrong += [f"{meant[kind]} times {kind}, told {said[kind]} times" for kind in TOLD if meant[kind] != said[kind]]
    return wrong


def _loud(record: Record) -> bool:
    return "channel" in record.body.get("told", ())


def _marks(town: Town, rollout: Rollout) -> list[tuple[str, str, str]]:
    """(where, mark, thread) of each post about a rollout in its channel."""
    posts = [call for call in town.workspace.calls("chat.postMessage") if call.ok]
    found = [(str(call.response["ts"]), _mark(call.args), str(call.args.get("thread_ts") or "")) for call in posts]
    return [each for each in found if rollout.id in each[1]]


def _mark(args: Any) -> str:
    metadata = args.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("mark", ""))


def _direct(args: Any) -> bool:
    return str(args.get("channel", ""))[:1] in ("U", "W", "D")


def _doubled(town: Town) -> list[str]:
    """Whatever was posted in a channel was posted once; what one person sees can't be looked up, and may repeat."""
    posts = [call for call in town.workspace.calls("chat.postMessage") if call.ok and not _direct(call.args)]
    times = Counter(mark for call in posts if (mark := _mark(call.args)))
    return [f"the message '{mark}' stands {number} times" for mark, number in times.items() if number > 1]
