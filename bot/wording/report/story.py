"""Gather: from what is known about a rollout, the one value that every rendering shows."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.chronicle import Chronicle
from bot.domain.machine import State
from bot.domain.record.durations import Stretch
from bot.wording.language import t
from bot.wording.report.advice import advice
from bot.wording.report.approvals import approvals, overrides
from bot.wording.report.courses import courses
from bot.wording.report.guardrails import guardrails
from bot.wording.report.incidents import diagnoses, incidents
from bot.wording.report.objectives import objectives
from bot.wording.report.passage import passage, stretches
from bot.wording.report.pieces import Cell, Report, Section
from bot.wording.report.plainly import People, Times, clear, people_of, times_of
from bot.wording.report.summary import badge, seal, summary, title
from bot.wording.report.tasks import tasks
from bot.wording.report.timeline import stages, timeline
from bot.wording.sentences import span


def story(chronicle: Chronicle) -> Report:
    """The whole report as a frozen value, in the language that is being spoken."""
    people, times, found = people_of(chronicle), times_of(chronicle), stretches(chronicle)
    sections = _sections(chronicle, found, people, times)
    return Report(
        title=title(chronicle),
        badge=badge(chronicle),
        seal=seal(chronicle),
        summary=summary(chronicle, found, people, times),
        advice=advice(chronicle, times),
        facts=tuple(_facts(chronicle, people, times)),
        sections=tuple(each for each in sections if each is not None),
        written=t(
            "Written at {at} from the record and the measurements of rollout {id}.",
            at=times.full(chronicle.now),
            id=clear(chronicle.rollout.id, 80),
        ),
        language=chronicle.plan.language,
    )


def _sections(chronicle: Chronicle, found: list[Stretch], people: People, times: Times) -> Iterator[Section | None]:
    yield passage(chronicle, found)
    yield stages(chronicle, people, times)
    yield courses(chronicle, found, times)
    yield objectives(chronicle) if chronicle.rollout.state is not State.ABORTED else None
    yield guardrails(chronicle)
    yield approvals(chronicle, people, times)
    yield overrides(chronicle, people, times)
    yield incidents(chronicle, people, times)
    yield tasks(chronicle, times)
    yield diagnoses(chronicle, times)
    yield timeline(chronicle, people, times)


def _facts(chronicle: Chronicle, people: People, times: Times) -> Iterator[tuple[str, Cell]]:
    """What identifies it, at a glance."""
    rollout, plan = chronicle.rollout, chronicle.plan
    yield t("Version"), Cell(clear(rollout.version, 80) or "–")
    yield t("Environment"), Cell(clear(rollout.environment, 60))
    yield t("Service"), Cell(clear(rollout.service, 60))
    yield t("Started"), Cell(times.full(chronicle.began))
    yield t("Ended"), Cell(times.full(rollout.ended_at) if rollout.ended_at else t("not yet"))
    yield t("Took"), Cell(span(chronicle.until - chronicle.began))
    yield t("Started by"), Cell(people.name(rollout.requester.id))
    yield t("Watched by"), Cell(people.name(rollout.watched_by))
    yield t("Rollout"), Cell(clear(rollout.id, 80), code=True)
    yield t("Plan"), Cell(f"{clear(plan.name, 60)} · {clear(rollout.plan_digest, 16)}", code=True)
    yield t("Record"), Cell(f"{chronicle.head.number} · {chronicle.head.hash[:16]}", code=True)
    yield t("Times in"), Cell(f"{times.name}" if times.name == "UTC" else f"{times.name} (UTC)")
