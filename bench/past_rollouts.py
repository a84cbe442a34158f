"""Ended rollouts by the thousand, each with the record that a real one of three stages leaves: some sixty entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bot.domain.evidence import Entry
from bot.domain.machine import State
from bot.domain.overrides import Override, Overruled
from bot.domain.planning.reading import digest
from bot.domain.rollout import Person, Rollout
from bot.domain.units import ZERO, Weight
from bot.ports import Change, Rollouts

BEGAN = datetime(2025, 6, 2, 8, tzinfo=UTC)
ANA, BEN, CLEO = "U0ANA", "U0BEN", "U0CLEO"
WEIGHTS = (1.0, 10.0, 50.0)
BAD = ("error_rate > 5%", "success_rate < 90%", "chat down", "latency_p99 > 10s")
LINES = ("success_rate > 95%", "error_rate < 2%", "latency_p99 < 10s", "queue_depth < 100", *BAD)


def plan(name: str) -> dict[str, Any]:
    """The plan's tree: enough of it to be read again."""
    return {
        "name": name,
        "service": "denis",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@sre-leads"], "override": ["@sre-leads"]},
        "sources": {"prom": {"kind": "prometheus", "url": "http://127.0.0.1:9"}},
        "metrics": {"error_rate": {"source": "prom", "unit": "percent", "query": "errors"}},
        "traffic": [{"kind": "dry_run", "name": name}],
        "stages": [
            {
                "weight": f"{weight:g}%",
                "settle": "0s",
                "bake": "1h",
                "promote_when": ["error_rate < 2%"],
                "rollback_when": ["error_rate > 5%"],
            }
            for weight in WEIGHTS
        ],
    }


async def fill(rollouts: Rollouts, count: int, plans: int = 1, apart: timedelta = timedelta(hours=9)) -> None:
    """Keep `count` ended rollouts of so many plans, the same ones each time."""
    chance = Random(7)
    for number in range(count):
        name = "materializers" if plans == 1 else f"service-{number % plans:02}"
        tree = plan(name)
        rollout, entries = Life(chance, name, number, BEGAN + number * apart, digest(tree, "production")).lived()
        await rollouts.create(rollout, tree, Change(evidence=tuple(entries)))


class Life:
    """One rollout from its start to its end."""

    def __init__(self, chance: Random, name: str, number: int, start: datetime, plan_digest: str) -> None:
        self._chance = chance
        self._name, self._number, self._start, self._digest = name, number, start, plan_digest
        self._now = start
        self._state, self._stage, self._weight, self._reason = State.PREFLIGHT, 0, 0.0, ""
        self._entries: list[Entry] = []
        self._overrides: tuple[Override, ...] = ()

    def lived(self) -> tuple[Rollout, list[Entry]]:
        """The rollout as it ended, and its record."""
        self._tell("started", ANA, by=ANA)
        ends = self._chance.random()
        self._pass(1, 3)
        if ends < 0.05:
            self._state, self._reason = State.ABORTED, "preflight found problems"
            self._tell("aborted", reason=self._reason)
        else:
            list(self._stages(ends))
        if self._state is State.ROLLED_BACK and self._chance.random() < 0.12:
            self._pass(20, 600)
            of = next(each for each in enumerate(self._entries, 1) if each[1].kind == "rolling_back")
            conditions = [line["condition"] for line in of[1].body["lines"]]
            alarm = {"number": of[0], "kind": "rolled_back", "conditions": conditions}
            self._tell("false_alarm", BEN, by=BEN, reason="the probe was being redeployed", of=alarm)
        return self._rollout(), self._entries

    def _stages(self, ends: float) -> Iterator[int]:
        falls = self._chance.randrange(3) if ends < 0.25 else -1
        for stage, weight in enumerate(WEIGHTS):
            yield stage
            self._rise(stage, weight)
            self._bake(falls == stage)
            if falls == stage:
                return self._down(by_hand=ends < 0.08, kill=ends > 0.21)
            if stage < len(WEIGHTS) - 1:
                self._gate(stage)
        self._state, self._reason = State.COMPLETED, "all stages held"
        self._tell("completed", weight=self._weight)
        return None

    def _rise(self, stage: int, weight: float) -> None:
        self._state, self._stage = State.SHIFTING, stage
        self._tell("intended", way="raise", weight=weight, before=self._weight)
        self._pass(0.2, 2)
        self._state, self._weight = State.BAKING, weight
        self._tell("stage_confirmed", stage=stage, weight=weight)

    def _bake(self, falls: bool) -> None:
        """An hour with a snapshot every five minutes; sometimes a hold, sometimes no data."""
        self._verdict("pass")
        for place in range(4 if falls else 12):
            self._pass(4.9, 5.1)
            self._tell("snapshot", check={"lines": self._lines("pass"), "verdict": "pass", "stage": self._stage})
            if place == 2 and self._chance.random() < 0.08:
                self._verdict("no_data")
                self._pass(2, 9)
                self._verdict("pass")
            if place == 3 and self._chance.random() < 0.07:
                self._hold()
        self._tell("checkpoint", name="T+60m", check={"lines": self._lines("pass"), "verdict": "pass"})

    def _hold(self) -> None:
        self._state = State.HELD
        self._tell("held", BEN, why="lunch", owner=BEN, cause="person")
        self._pass(20, 90)
        self._state = State.BAKING
        self._tell("resumed", BEN, by=BEN)

    def _gate(self, stage: int) -> None:
        overrules = self._chance.random() < 0.05
        self._state, gate = State.GATE, f"g{self._number}-{stage}"
        facts: dict[str, Any] = {"gate": gate, "from": self._weight, "to": WEIGHTS[stage + 1]}
        if overrules:
            self._verdict("fail")
            self._overrule(gate)
            self._tell("overruled", CLEO, reason="a known false alarm", verdict="fail", **facts)
        else:
            self._tell("gate", verdict="pass", **facts)
        self._pass(1, 8 if self._chance.random() < 0.7 else 240)
        self._tell("approved", BEN, by=BEN, have=1, need=1)
        self._state = State.SHIFTING
        self._tell("promoted", by=[BEN], **facts)
        if overrules:
            used = self._overrides[-1].model_copy(update={"used_at": self._now})
            self._overrides = (*self._overrides[:-1], used)

    def _overrule(self, gate: str) -> None:
        what = (Overruled(condition="error_rate < 2%", measured=True, value=2.2, unit="percent", threshold=2.0),)
        self._overrides += (
            Override(
                what="verdict",
                by=CLEO,
                at=self._now,
                stage=self._stage,
                weight=self._weight,
                reason="a known false alarm",
                gate=gate,
                verdict="fail",
                overruled=what,
            ),
        )

    def _down(self, *, by_hand: bool, kill: bool) -> None:
        fired = self._chance.choices(BAD, (6, 3, 2, 1))[0]
        self._reason = "customers complain" if by_hand else fired
        if not by_hand:
            self._verdict("breach", fired)
        lines = [] if by_hand else [line for line in self._lines("breach", fired) if line["condition"] == fired]
        who = BEN if by_hand else "perch"
        self._state = State.KILLING if kill else State.ROLLING_BACK
        kind, end = ("killing", "killed") if kill else ("rolling_back", "rolled_back")
        self._tell(kind, who, by=who, reason=self._reason, lines=lines)
        self._pass(0.1, 1.2)
        self._state, self._weight = State.KILLED if kill else State.ROLLED_BACK, 0.0
        self._tell(end, who, reason=self._reason, by=who, to=0.0)
        self._reason = f"killed: {self._reason}" if kill else self._reason

    def _verdict(self, verdict: str, fired: str = "") -> None:
        self._tell("verdict_changed", verdict=verdict, before="", lines=self._lines(verdict, fired))

    def _lines(self, verdict: str, fired: str = "") -> list[dict[str, Any]]:
        told = []
        for condition in LINES:
            role = "trigger" if condition in BAD else "hard"
            met: bool | None = (condition == fired) if role == "trigger" else True
            if verdict == "no_data" and condition.startswith("error_rate <"):
                met = None
            if verdict == "fail" and condition == "error_rate < 2%":
                met = False
            value = round(self._chance.uniform(0, 100), 2)
            told.append(
                {"role": role, "condition": condition, "metric": condition.split()[0], "met": met, "value": value}
            )
        return told

    def _pass(self, least: float, most: float) -> None:
        self._now += timedelta(minutes=self._chance.uniform(least, most))

    def _tell(self, kind: str, actor: str = "perch", **facts: Any) -> None:
        at = {"state": self._state.value, "stage": self._stage, "weight": self._weight}
        self._entries.append(Entry(kind, self._now, actor, {**facts, "at": at, "told": ["thread"]}))

    def _rollout(self) -> Rollout:
        ended = next(entry.at for entry in reversed(self._entries) if entry.kind != "false_alarm")
        return Rollout(
            id=f"{self._name}-{self._number:06x}",
            plan=self._name,
            plan_digest=self._digest,
            service="denis",
            environment="production",
            version=f"2.{self._number // 10}.{self._number % 10}",
            requester=Person(id=ANA),
            started_at=self._start,
            ended_at=ended,
            state=self._state,
            stage=self._stage,
            confirmed=Weight(self._weight) if self._weight else ZERO,
            reason=self._reason,
            overrides=self._overrides,
            due_at=ended,
        )
