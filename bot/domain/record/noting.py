"""What a step puts on record of the artifacts that a plan may ask for, kept with its rollout."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.record.wanted import snapshot
from bot.domain.steps import Happening, Step

_MADE_BY = {"applied": "lb_diff", "dashboards": "dashboards", "alerts": "alerts", "load": "load_burst"}
"""Kinds of records, and the artifact that each makes."""


def noted(step: Step) -> Step:
    """The step, with what it puts on record kept with its rollout."""
    known = step.rollout.artifacts
    found = dict.fromkeys((*known, *(name for each in step.happenings for name in _made(each))))
    if len(found) == len(known):
        return step
    return Step(step.rollout.but(artifacts=tuple(found)), step.happenings, step.emergency)


def _made(happening: Happening) -> Iterator[str]:
    if happening.kind in _MADE_BY:
        yield _MADE_BY[happening.kind]
    elif happening.kind == "checkpoint":
        yield snapshot(str(happening.facts["name"]), happening.facts["check"]["stage"])
