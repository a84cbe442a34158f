"""What a wording function is given: the frozen facts, and the rollout as it is when the message is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.plan import Plan, Stage
from bot.domain.rollout import Check, Gate, Line, Rollout
from bot.domain.trends import NO_HISTORY, History
from bot.domain.units import ZERO
from bot.wording.language import t
from bot.wording.numbers import percent
from bot.wording.sentences import moment, plain, span, took, who


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to be told. Facts were frozen with the state that they explain; rollout, plan and now are newest."""

    facts: Mapping[str, Any]
    rollout: Rollout
    plan: Plan
    now: datetime
    history: History = NO_HISTORY
    """What was measured; only for messages that tell of numbers over time."""

    @property
    def name(self) -> str:
        """The rollout as people name it: plan and version."""
        version = f" {plain(self.rollout.version, 60)}" if self.rollout.version else ""
        return f"{self.rollout.plan}{version}"

    @property
    def title(self) -> str:
        """The rollout for those who weren't there: plan, version and environment."""
        return t("{name} in {environment}", name=self.name, environment=plain(self.rollout.environment, 60))

    @property
    def start(self) -> str:
        """What to type for a new start: its weight is that of the first stage that serves."""
        weights = [stage.weight for stage in self.plan.stages]
        first = next((weight for weight in weights if weight > ZERO), weights[0])
        return f"/canary start {self.rollout.plan} {first}"

    @property
    def stage(self) -> Stage:
        """The stage where the rollout stands."""
        return self.plan.stages[min(self.rollout.stage, len(self.plan.stages) - 1)]

    def has(self, fact: str) -> bool:
        return self.facts.get(fact) not in (None, "", [], {})

    def text(self, fact: str, default: str = "") -> str:
        """A fact in words, harmless for Slack."""
        return plain(self.facts[fact]) if self.has(fact) else default

    @property
    def judged_until(self) -> datetime:
        """Until when a condition can have been bad: what has ended isn't checked any more."""
        check = self.rollout.check
        return min(self.now, check.at) if self.rollout.ended_at is not None and check is not None else self.now

    def percent(self, fact: str) -> str:
        """A weight, given in percent."""
        return percent(float(self.facts[fact])) if self.has(fact) or self.facts.get(fact) == 0 else "?%"

    def span(self, fact: str) -> str:
        """A length of time, given in seconds."""
        return span(timedelta(seconds=float(self.facts.get(fact) or 0)))

    def took(self, fact: str = "took_s") -> str:
        """`in 12 s`, from seconds."""
        return took(timedelta(seconds=float(self.facts.get(fact) or 0)))

    def time(self, fact: str) -> datetime | None:
        """A time, given in Unix seconds or ISO 8601."""
        value = self.facts.get(fact)
        if value in (None, ""):
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return datetime.fromtimestamp(float(value), UTC)

    def moment(self, fact: str, default: str = "") -> str:
        at = self.time(fact)
        return moment(at, self.now) if at is not None else default

    def by(self, fact: str = "by") -> str:
        """Who did it; a list of people is joined."""
        value = self.facts.get(fact) or "perch"
        if isinstance(value, list | tuple):
            return ", ".join(who(person) for person in value[:6]) or "Perch"
        return who(value)

    def words(self, fact: str) -> list[str]:
        """A list of texts, harmless for Slack."""
        return [plain(text) for text in self.texts(fact)]

    def texts(self, fact: str) -> list[str]:
        """A list of texts as they came, for what makes them harmless itself."""
        value = self.facts.get(fact) or []
        return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]

    def lines(self) -> tuple[Line, ...]:
        """The conditions that the facts carry, else those of the newest check."""
        if self.has("lines"):
            return tuple(Line.model_validate(line) for line in self.facts["lines"])
        check = self.check()
        return check.lines if check is not None else ()

    def check(self) -> Check | None:
        """The check that the facts carry, else the newest."""
        return Check.model_validate(self.facts["check"]) if self.has("check") else self.rollout.check

    def gate(self) -> Gate | None:
        """The open gate, if the facts speak of that one."""
        gate = self.rollout.gate
        return gate if gate is not None and self.gate_id in ("", gate.id) else None

    def card(self) -> Gate | None:
        """The gate as it was when the message was put in the outbox."""
        return Gate.model_validate(self.facts["card"]) if self.has("card") else None

    @property
    def gate_id(self) -> str:
        value = self.facts.get("gate") or ""
        return str(value.get("id", "")) if isinstance(value, Mapping) else str(value)
