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

from adapters.alerting.promql import in_seconds, number
from adapters.alerting.recorded import Numbers
from adapters.alerting.rules import Alert, RuleSet
from adapters.alerting.writing import texts, yaml_text
from bot.domain.units import parse_duration

STEP_S = 60
End = tuple[int, list[dict[str, Any]]]
"""At which evaluation it is looked, and which alerts stand then."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Some alerts tried together: `series` are each number's values in turn, by selector."""

    when: tuple[int, ...]
    """At which stages they are tried one after the other, for how many evaluations each, and since when it counts."""
    series: dict[str, tuple[str, ...]]
    looks: list[tuple[Alert, End]]

    def takes(self, other: Trial) -> bool:
        """Whether another fits in: the same times and stages, and no number that would have to be two."""
        shared = self.series.keys() & other.series.keys()
        return self.when == other.when and all(self.series[name] == other.series[name] for name in shared)


def trial_file(rules: RuleSet, numbers: Numbers, rule_file: str) -> str:
    """The tests of a rule file by its name."""
    trials: list[Trial] = []
    for alert in rules.alerts:
        for trial in _trials(alert, _elsewhere(alert, rules)):
            fits = next((each for each in trials if each.takes(trial)), None)
            if fits is None:
                trials.append(trial)
            else:
                fits.series.update(trial.series)
                fits.looks.extend(trial.looks)
    tests = [_test(number, trial, numbers) for number, trial in enumerate(trials, start=1)]
    tests += [*_unseen(rules, numbers), *_perch_gone(rules, numbers)]
    head = [f"Tests of {rule_file}: promtool test rules THIS_FILE"]
    return yaml_text({"rule_files": [rule_file], "evaluation_interval": seconds(STEP_S), "tests": tests}, head)


def _elsewhere(alert: Alert, rules: RuleSet) -> int:
    """A stage where no rule of this name is, or 0, at which no rollout is."""
    named_so = {other.stage for other in rules.alerts if other.name == alert.name}
    return next((number for number in range(1, len(rules.plan.stages) + 1) if number not in named_so), 0)


def _trials(alert: Alert, elsewhere: int) -> Iterator[Trial]:
    """Three times one after the other: bad elsewhere, good at the stage, bad at the stage. And bad, but too early."""
    if alert.firing is None:
        return
    numbers, steps = alert.firing.trial, _steps(alert)
    fired = {"exp_labels": alert.labels, "exp_annotations": texts(alert, f"{numbers.shown:.4g}")}
    ends: list[End] = [(steps - 1, []), (2 * steps - 1, []), (3 * steps - 1, [fired])]
    series = _series(alert, [numbers.fires, numbers.quiet, numbers.fires], steps)
    yield Trial((elsewhere, alert.stage, alert.stage, steps, steps), series, [(alert, end) for end in ends])
    if alert.waits_s:
        early = int((alert.waits_s - 1) // STEP_S)
        yield Trial((alert.stage, steps, 0), _series(alert, [numbers.fires], steps), [(alert, (early, []))])


def _steps(alert: Alert) -> int:
    """So many evaluations, and it fires."""
    lasting = parse_duration(alert.lasting).total_seconds() if alert.lasting else 0.0
    return 2 + math.ceil((lasting + alert.waits_s) / STEP_S)


def _series(alert: Alert, phases: Sequence[Mapping[str, float]], steps: int) -> dict[str, tuple[str, ...]]:
    aged = alert.firing.trial.ages if alert.firing else ()
    return {
        found: tuple(
            _ageing(inputs[found], phase, steps) if found in aged else _level(inputs[found], steps)
            for phase, inputs in enumerate(phases)
        )
        for found in phases[0]
    }


def _test(number: int, trial: Trial, numbers: Numbers) -> dict[str, Any]:
    *stages, steps, began = trial.when
    since = numbers.present().replace("perch_rollout_stage{", "perch_rollout_stage_start_time_seconds{", 1)
    series = {
        **trial.series,
        numbers.present(): [_level(stage, steps) for stage in stages],
        since: [_level(began * STEP_S, len(stages) * steps)],
    }
    what = "fires there alone, and on a bad number" if len(stages) > 1 else "waits for its time"
    names = dict.fromkeys(alert.name for alert, _ in trial.looks)
    return {
        "name": f"{number}. at stage {stages[-1]} each {what}: {', '.join(names)}",
        "interval": seconds(STEP_S),
        "input_series": [{"series": found, "values": " ".join(values)} for found, values in series.items()],
        "alert_rule_test": [
            {"eval_time": seconds(at * STEP_S), "alertname": alert.name, "exp_alerts": alerts}
            for alert, (at, alerts) in trial.looks
        ],
    }


def _level(value: float, steps: int) -> str:
    return f"{number(value)}+0x{steps - 1}"


def _ageing(age: float, phase: int, steps: int) -> str:
    """A time that was always so long ago."""
    return f"{number(phase * steps * STEP_S - age)}+{STEP_S}x{steps - 1}"


def _unseen(rules: RuleSet, numbers: Numbers) -> Iterator[dict[str, Any]]:
    """Numbers that are there for ten minutes, and then no more."""
    unseen = [alert for alert in rules.alerts if alert.metric and not alert.firing]
    if not unseen:
        return
    late = 12 + math.ceil(rules.plan.no_data.after.total_seconds() / STEP_S)
    there = [{"series": numbers.metric(alert.metric).selector, "values": "1+0x10 stale"} for alert in unseen]
    yield {
        "name": "each number that is missing is told, and not before",
        "interval": seconds(STEP_S),
        "input_series": [{"series": numbers.present(), "values": _level(1, late + 1)}, *there],
        "alert_rule_test": [
            {"eval_time": seconds(at * STEP_S), "alertname": alert.name, "exp_alerts": alerts}
            for alert in unseen
            for at, alerts in ((10, []), (late, [_expected(alert)]))
        ],
    }


def _perch_gone(rules: RuleSet, numbers: Numbers) -> list[dict[str, Any]]:
    """After ten minutes without Perch its last word still counts, and its silence is told."""
    silent, unknown = rules.alerts[-2:]
    return [
        {
            "name": f"{silent.name} fires when Perch is heard no more, and not before",
            "interval": seconds(STEP_S),
            "input_series": [{"series": numbers.present(), "values": "1+0x10 stale"}],
            "alert_rule_test": [
                {"eval_time": "9m", "alertname": silent.name, "exp_alerts": []},
                {"eval_time": "15m", "alertname": silent.name, "exp_alerts": [_expected(silent)]},
            ],
        },
        {
            "name": f"{unknown.name} fires where no Perch is scraped",
            "interval": seconds(STEP_S),
            "input_series": [{"series": "up", "values": "1+0x20"}],
            "alert_rule_test": [
                {"eval_time": "12m", "alertname": unknown.name, "exp_alerts": [_expected(unknown)]},
            ],
        },
    ]


def _expected(alert: Alert) -> dict[str, Any]:
    return {"exp_labels": alert.labels, "exp_annotations": texts(alert, "")}


def seconds(span: float) -> str:
    """Seconds as promtool reads a duration."""
    return f"{in_seconds(span)}s"
