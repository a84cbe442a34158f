"""Plan check: what concerns the plan as a whole: people, time, traffic, confirmation, kill switch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Note, Path
from bot.domain.planning.shape import suggest
from bot.domain.units import Dimension


def check_whole(draft: Draft) -> Iterator[Finding]:
    """The parts of a plan that stand outside its stages."""
    yield from _people(draft)
    yield from _zone(draft)
    yield from _times(draft)
    yield from _traffic(draft)
    yield from _confirm(draft)
    yield from _kill_switch(draft)


def _people(draft: Draft) -> Iterator[Finding]:
    if not draft.plan.roles.operators and draft.wrote("roles", "operators") in (None, [], ()):
        place: Path = ("roles",) if "roles" in draft.tree else ()
        yield Mistake(place, "nobody may start or stop this rollout", 'add: roles: {operators: ["@group"]}')


def _zone(draft: Draft) -> Iterator[Finding]:
    zone = draft.plan.timezone
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        hint = suggest(zone, available_timezones()) if len(zone) < 64 else ""
        short = hint if hint.startswith("did") else "as: Europe/Madrid"
        yield Mistake(("timezone",), f"there is no time zone '{zone}'", short)


def _times(draft: Draft) -> Iterator[Finding]:
    plan = draft.plan
    if plan.every.check < timedelta(seconds=1):
        yield Mistake(draft.place("every", "check"), "checks can't come faster than once a second", "check: 1s")
    if plan.every.snapshot < plan.every.check:
        what = "snapshots come faster than checks"
        yield Note(draft.place("every", "snapshot"), what, "a snapshot repeats the last check")
    if plan.no_data.after < plan.every.check:
        what = "no_data.after is over before a second check can look"
        yield Note(draft.place("no_data", "after"), what, "longer than every.check")
    escalate = plan.gate.escalate_after
    if escalate is not None and escalate >= plan.gate.expires:
        yield Note(draft.place("gate", "escalate_after"), "the gate expires before it escalates", "a shorter time")


def _traffic(draft: Draft) -> Iterator[Finding]:
    if draft.wrote("traffic") == []:
        yield Mistake(("traffic",), "no place is named where traffic is set", "as: [{kind: command, …}]")


def _confirm(draft: Draft) -> Iterator[Finding]:
    confirm = draft.plan.confirm
    if confirm.metric is None:
        return
    place = draft.place("confirm", "metric")
    metric = draft.plan.metrics.get(confirm.metric)
    if confirm.metric not in draft.names("metrics"):
        hint = suggest(confirm.metric, draft.names("metrics"))
        yield Mistake(place, f"there is no metric '{confirm.metric}'", hint)
    elif metric is not None and metric.unit.dimension is not Dimension.SHARE:
        what = f"a weight is a share, and {confirm.metric} is in {metric.unit.value.replace('_', ' ')}"
        yield Mistake(place, what, f"give {confirm.metric} unit: percent, or ratio")
    if confirm.check is not None:
        yield Mistake(draft.place("confirm"), "confirm says both metric and check", "keep one of the two")


def _kill_switch(draft: Draft) -> Iterator[Finding]:
    if draft.plan.kill_switch or draft.wrote("kill_switch"):
        return
    if draft.plan.killed_when:
        yield Note(("killed_when",), "killed_when without a kill_switch waits for the weight alone", "add kill_switch:")
    yield Note((), "there is no kill switch: a kill can only set the weight to 0%", "add kill_switch:")
