"""The plans: are they free of mistakes, and does all that they name answer?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.domain.kinds import Kinds
from bot.domain.plan import Plan
from bot.settings import Settings
from commands.terminal.doctor.findings import Finding, bad, note, ok
from commands.terminal.live import NOTIFIER, RUNBOOK, problems
from storage.plans import PlanFolder


def plans(folder: Path, kinds: Kinds) -> Iterator[Finding]:
    """One line for each plan file."""
    files = PlanFolder(folder, kinds)
    if not files.names():
        yield bad("plans", f"there is no plan in {folder}/; write one (docs/plans.md), or set PERCH_PLANS")
    for name in files.names():
        found = files.look(name)
        if found.mistakes:
            yield bad(f"plan {name}", f"{len(found.mistakes)} mistakes, the first: {found.mistakes[0]}")
        else:
            yield ok(f"plan {name}", "no mistakes")


def good_plans(folder: Path, kinds: Kinds) -> Sequence[Plan]:
    """Plans without mistakes."""
    files = PlanFolder(folder, kinds)
    return [plan for name in files.names() if (plan := files.look(name).report.plan) is not None]


def flags(settings: Settings, plans: Sequence[Plan], kinds: Kinds) -> Iterator[Finding]:
    """Who may ask for the flags of plans, where there are any."""
    named = [plan.name for plan in plans if any(kinds.traffic[part.kind].routing for part in plan.traffic)]
    if named and settings.ofrep_token.get_secret_value():
        yield ok("flags", f"of {', '.join(named)}; who brings PERCH_OFREP_TOKEN may ask for them")
    elif named:
        yield note(
            "flags",
            f"of {', '.join(named)}; everybody who reaches {settings.host} port {settings.port} may ask for them: set "
            "PERCH_OFREP_TOKEN, and let services bring it",
        )


async def rehearsals(plan: Plan, environment: Mapping[str, str]) -> Finding:
    """Every source asked once, every target and kill method tried."""
    what = f"outside of {plan.name}"
    found = await problems(plan, environment)
    if any(not line.startswith((RUNBOOK, NOTIFIER)) for line in found):
        return bad(what, f"{'; '.join(together(found))}. A start would be refused; mend them, then: perch doctor")
    if found:
        return note(what, f"all that a start needs answers, but: {'; '.join(together(found))}")
    methods, told = sum(map(len, plan.kill_switch)), len(plan.notifiers)
    tried = f"{len(plan.metrics)} metrics answer; {len(plan.traffic)} targets, {methods} kill methods tried"
    return ok(what, f"{tried}, {told} notifiers" if told else tried)


NAMED = 3
"""So many that have one cause are named."""


def together(found: Sequence[str]) -> Iterator[str]:
    """`metric a, metric b and 7 more: why`: one variable that isn't set stops all that stands on it."""
    why: dict[str, list[str]] = {}
    for line in found:
        what, _, cause = line.partition(": ")
        why.setdefault(cause, []).append(what)
    for cause, which in why.items():
        more = f" and {len(which) - NAMED} more" if len(which) > NAMED else ""
        yield f"{', '.join(which[:NAMED])}{more}" + (f": {cause}" if cause else "")
