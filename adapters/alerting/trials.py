"""Tests for `promtool test rules`: each alert fires on a bad number, and neither on a good one nor at another stage.

They put numbers in the place of the recorded ones, so they try thresholds, stages, labels and texts; whether the plan's
own queries find anything, `perch plan check --live` tells.
https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.alerting.expressions import Inputs
from adapters.alerting.promql import in_seconds, number
from adapters.alerting.recorded import Numbers
from adapters.alerting.rules import Alert, RuleSet
from adapters.alerting.writing import texts, yaml_text
from bot.domain.units import parse_duration

MINUTE_S = 60
GONE, SEEN = 4, "1+0x3 stale"
"""At which evaluation something is there no more, and its values."""
EVALUATIONS = 30
"""What lasts longest lasts at most so many: promtool evaluates every rule at each, and is to be done in seconds."""

End = tuple[int, list[dict[str, Any]]]
"""At which evaluation it is looked, and which alerts stand then."""


@dataclass(frozen=True, slots=True)
class Course:
    """Where the rollout is while alerts are tried."""

    stages: tuple[int, ...]
    """At these, one after the other."""
    steps: int
    """So many evaluations each."""
    began_s: float
    """Since when a stage counts as reached. Before 0, the start of the test, nothing has to be lived through."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Some alerts tried together: `series` are each number's values in turn, by selector."""

    course: Course
    series: dict[str, tuple[str, ...]]
    looks: list[tuple[Alert, End]]

    def takes(self, other: Trial) -> bool:
        """Whether another fits in: the same course, and no number that would have to be two."""
        shared = self.series.keys() & other.series.keys()
        return self.course == other.course and all(self.series[name] == other.series[name] for name in shared)


def trial_file(rules: RuleSet, numbers: Numbers, rule_file: str) -> str:
    """The tests of a rule file by its name."""
    step = step_s(rules)
    trials: list[Trial] = []
    for alert in rules.alerts:
        for trial in _trials(alert, rules, step):
            fits = next((each for each in trials if each.takes(trial)), None)
            if fits is None:
                trials.append(trial)
            else:
                fits.series.update(trial.series)
                fits.looks.extend(trial.looks)
    tests = [_test(number, trial, numbers, step) for number, trial in enumerate(trials, start=1)]
    tests += [*_unseen(rules, numbers, step), *_perch_gone(rules, numbers, step)]
    head = [f"Tests of {rule_file}: promtool test rules THIS_FILE"]
    return yaml_text({"rule_files": [rule_file], "evaluation_interval": seconds(step), "tests": tests}, head)


def step_s(rules: RuleSet) -> int:
    """The time between evaluations: a minute, or whole minutes for a plan in which something lasts for hours."""
    longest = max(map(_lasting_s, rules.alerts))
    return MINUTE_S * max(1, math.ceil(longest / EVALUATIONS / MINUTE_S))


def _lasting_s(alert: Alert) -> float:
    return parse_duration(alert.lasting).total_seconds() if alert.lasting else 0.0


def _steps(alert: Alert, step: int) -> int:
    """So many evaluations after the first at which it holds, it fires."""
    return math.ceil(_lasting_s(alert) / step)


def _elsewhere(alert: Alert, rules: RuleSet) -> int:
    """A stage where no rule of this name is, or 0, at which no rollout is."""
    named_so = {other.stage for other in rules.alerts if other.name == alert.name}
    return next((number for number in range(1, len(rules.plan.stages) + 1) if number not in named_so), 0)


def _trials(alert: Alert, rules: RuleSet, step: int) -> Iterator[Trial]:
    if alert.firing is None:
        return
    yield _there_alone(alert, alert.firing.trial, rules, step)
    if alert.waits_s:
        yield _in_its_time(alert, alert.firing.trial, step)


def _there_alone(alert: Alert, inputs: Inputs, rules: RuleSet, step: int) -> Trial:
    """Bad elsewhere, good at the stage, bad at the stage, all waits being over."""
    steps = 1 + _steps(alert, step)
    ends: list[End] = [(steps - 1, []), (2 * steps - 1, []), (3 * steps - 1, [_fired(alert, inputs)])]
    if steps > 1:
        ends.insert(2, (3 * steps - 2, []))
    waited = max(other.waits_s for other in rules.alerts)
    course = Course((_elsewhere(alert, rules), alert.stage, alert.stage), steps, -waited)
    series = _series(alert, [inputs.fires, inputs.quiet, inputs.fires], steps, step)
    return Trial(course, series, [(alert, end) for end in ends])


def _in_its_time(alert: Alert, inputs: Inputs, step: int) -> Trial:
    """Bad at the stage all the time; at the second evaluation its wait isn't over by a second."""
    over = 2 + _steps(alert, step)
    course = Course((alert.stage,), over + 1, 1 + step - alert.waits_s)
    ends: list[End] = [(over - 1, []), (over, [_fired(alert, inputs)])]
    return Trial(course, _series(alert, [inputs.fires], course.steps, step), [(alert, end) for end in ends])


def _fired(alert: Alert, inputs: Inputs) -> dict[str, Any]:
    return {"exp_labels": alert.labels, "exp_annotations": texts(alert, f"{inputs.shown:.4g}")}


def _series(alert: Alert, phases: Sequence[Mapping[str, float]], steps: int, step: int) -> dict[str, tuple[str, ...]]:
    aged = alert.firing.trial.ages if alert.firing else ()
    return {
        found: tuple(
            _ageing(phase * steps * step - inputs[found], steps, step)
            if found in aged
            else _level(inputs[found], steps)
            for phase, inputs in enumerate(phases)
        )
        for found in phases[0]
    }


def _test(number: int, trial: Trial, numbers: Numbers, step: int) -> dict[str, Any]:
    stages, steps = trial.course.stages, trial.course.steps
    since = numbers.present().replace("perch_rollout_stage{", "perch_rollout_stage_start_time_seconds{", 1)
    series = {
        **trial.series,
        numbers.present(): [_level(stage, steps) for stage in stages],
        since: [_level(trial.course.began_s, len(stages) * steps)],
    }
    what = "fires there alone, and on a bad number" if len(stages) > 1 else "waits for its time"
    names = dict.fromkeys(alert.name for alert, _ in trial.looks)
    return {
        "name": f"{number}. at stage {stages[-1]} each {what}: {', '.join(names)}",
        "interval": seconds(step),
        "input_series": [{"series": found, "values": " ".join(values)} for found, values in series.items()],
        "alert_rule_test": [_look(alert, at, alerts, step) for alert, (at, alerts) in trial.looks],
    }


def _level(value: float, steps: int) -> str:
    return f"{number(value)}+0x{steps - 1}"


def _ageing(first: float, steps: int, step: int) -> str:
    """A time that is always so long ago."""
    return f"{number(first)}+{step}x{steps - 1}"


def _unseen(rules: RuleSet, numbers: Numbers, step: int) -> Iterator[dict[str, Any]]:
    """Numbers that are there for some evaluations, and then no more."""
    unseen = [alert for alert in rules.alerts if alert.metric and not alert.firing]
    if not unseen:
        return
    late = GONE + _steps(unseen[0], step)
    there = [{"series": numbers.metric(alert.metric).selector, "values": SEEN} for alert in unseen]
    yield {
        "name": "each number that is missing is told, and not before",
        "interval": seconds(step),
        "input_series": [{"series": numbers.present(), "values": _level(1, late + 1)}, *there],
        "alert_rule_test": [
            _look(alert, at, alerts, step)
            for alert in unseen
            for at, alerts in ((late - 1, []), (late, [_told(alert)]))
        ],
    }


def _perch_gone(rules: RuleSet, numbers: Numbers, step: int) -> list[dict[str, Any]]:
    """Some evaluations without Perch: its last word still counts, and its silence is told."""
    silent, unknown = rules.alerts[-2:]
    late, never = GONE + _steps(silent, step), _steps(unknown, step)
    return [
        {
            "name": f"{silent.name} fires when Perch is heard no more, and not before",
            "interval": seconds(step),
            "input_series": [{"series": numbers.present(), "values": SEEN}],
            "alert_rule_test": [
                _look(silent, late - 1, [], step),
                _look(silent, late, [_told(silent)], step),
            ],
        },
        {
            "name": f"{unknown.name} fires where no Perch is scraped",
            "interval": seconds(step),
            "input_series": [{"series": "up", "values": _level(1, never + 1)}],
            "alert_rule_test": [_look(unknown, never, [_told(unknown)], step)],
        },
    ]


def _look(alert: Alert, at: int, alerts: list[dict[str, Any]], step: int) -> dict[str, Any]:
    return {"eval_time": seconds(at * step), "alertname": alert.name, "exp_alerts": alerts}


def _told(alert: Alert) -> dict[str, Any]:
    """How one without a number stands."""
    return {"exp_labels": alert.labels, "exp_annotations": texts(alert, "")}


def seconds(span: float) -> str:
    """Seconds as promtool reads a duration."""
    return f"{in_seconds(span)}s"
