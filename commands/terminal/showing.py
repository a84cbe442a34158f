"""How rollouts look in a terminal, and what a script gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.plan import Plan
from bot.domain.rollout import MethodOutcome, Rollout
from bot.wording.conditions import line_texts
from bot.wording.incidents import incident_lines
from bot.wording.kills import rehearsal
from bot.wording.plain_text import plain_text
from bot.wording.sentences import spoken, state_words
from bot.wording.slos import slo_lines
from bot.wording.status import sentence
from bot.wording.telling import Telling
from bot.wording.verification import verification_lines
from bot.wording.waiting import waiting_lines
from commands.terminal.down import Down

CONDITIONS = 40


def status_text(rollout: Rollout, plan: Plan, now: datetime) -> str:
    """Where a rollout stands, what it waits for, and every condition of its last check."""
    telling = Telling({}, rollout, plan, now)
    lines = [sentence(telling), *waiting_lines(telling)]
    lines += [f"{rehearsed[0].upper()}{rehearsed[1:]}."] if (rehearsed := rehearsal(telling)) else []
    lines += [f"Reason: {rollout.reason}"] if rollout.reason else []
    lines += [*verification_lines(telling), *incident_lines(rollout, now)]
    if rollout.check:
        lines += map(_indented, [*line_texts(rollout.check.lines, now, CONDITIONS), *slo_lines(rollout.check.slos)])
    return plain_text(spoken("\n".join([*lines, f"Rollout {rollout.id}, version {rollout.version}"])))


def _indented(line: str) -> str:
    """What stands below a heading further in than the heading."""
    return f"  {line}" if line.startswith("*") else f"    {line}"


def table(rollouts: Sequence[Rollout]) -> str:
    """One line for each rollout, in columns."""
    head: tuple[str, ...] = ("PLAN", "ENVIRONMENT", "WEIGHT", "STATE", "VERDICT", "STARTED", "ROLLOUT")
    rows = [head, *map(_row, rollouts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return plain_text("\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows))


def _row(rollout: Rollout) -> tuple[str, ...]:
    verdict = rollout.check.verdict.value if rollout.check and rollout.live else "-"
    started = f"{rollout.started_at:%Y-%m-%d %H:%M}Z"
    state = state_words(rollout.state)
    return (rollout.plan, rollout.environment, str(rollout.confirmed), state, verdict, started, rollout.id)


def summary(rollout: Rollout) -> dict[str, Any]:
    """The facts of one rollout that scripts ask for; times are ISO 8601 in UTC, weights percent."""
    return {
        "rollout": rollout.id,
        "plan": rollout.plan,
        "environment": rollout.environment,
        "version": rollout.version,
        "state": rollout.state.value,
        "live": rollout.live,
        "stage": rollout.stage,
        "weight": rollout.confirmed.percent,
        "verdict": rollout.check.verdict.value if rollout.check else None,
        "checked_at": rollout.check.at.isoformat() if rollout.check else None,
        "started_at": rollout.started_at.isoformat(),
        "ended_at": rollout.ended_at.isoformat() if rollout.ended_at else None,
        "hold": rollout.hold.model_dump(mode="json") if rollout.hold else None,
        "frozen": rollout.frozen.model_dump(mode="json") if rollout.frozen else None,
        "slos": [each.model_dump(mode="json") for each in rollout.check.slos] if rollout.check else [],
        "reason": rollout.reason,
        "revision": rollout.revision,
    }


def down_lines(down: Down) -> list[str]:
    """What came of a way down, line by line."""
    if down.fault:
        return [f"{down.plan} {down.fault}"]
    stands = f" is {state_words(down.state)}, at {down.weight:g}%" if down.state is not None else ": asked to go down"
    lines = [f"{down.plan}{stands}.", *(_outcome(outcome) for outcome in down.outcomes)]
    if down.still_on:
        lines.append(f"STILL ON: {', '.join(down.still_on)}. Switch it off by hand; Perch tries on while it runs.")
    if not down.good:
        lines.append(f"NOT everything reads back. Look: perch status {down.plan}")
    if down.remembered:
        lines.append(
            "Neither the database nor the disk took this: what stands here is all the record there is. Keep it."
        )
    elif not down.recorded:
        lines.append("The database is away: this is kept in the spool, and goes into the evidence when it's back.")
    return [plain_text(line) for line in lines]


def _outcome(outcome: MethodOutcome) -> str:
    if outcome.read_back_at is None:
        return f"  ✗ {outcome.name}: {outcome.fault or 'not read back'}"
    times = [("applied", outcome.applied_at), ("read back", outcome.read_back_at)]
    shown = ", ".join(f"{what} {at:%H:%M:%S}Z" for what, at in times if at)
    return f"  ✓ {outcome.name}: {shown or 'done'}"
