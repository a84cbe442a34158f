"""The dashboard about Perch itself, over its own `/metrics` (O5): `python -m adapters.grafana.own`.

Its colours begin where the alerts of `deploy/perch-alerts.yaml` do.
"""

from __future__ import annotations

from adapters.grafana.bands import GREEN, RED, YELLOW, Band
from adapters.grafana.drawing import drawn
from adapters.grafana.panels import Ask, Look, Panel, Row
from bot.domain.units import Unit

UID = "perch-itself"


def own_dashboard() -> str:
    """As JSON; who looks chooses the Prometheus."""
    return drawn(UID, "Perch", "Whether Perch watches, and how well.", ["perch", "perch:itself"], ROWS)


def _above(warning: float, alarm: float) -> tuple[Band, ...]:
    return (Band(None, GREEN), Band(warning, YELLOW), Band(alarm, RED))


_UP = (Band(None, RED), Band(1, GREEN))
_ANY = (Band(None, GREEN), Band(1, RED))
_EACH = "{{plan}} {{environment}}"


def _count(title: str, promql: str, bands: tuple[Band, ...], unit: Unit = Unit.COUNT, about: str = "") -> Panel:
    return Panel(title, Look.COUNT, (Ask(promql, title),), unit, bands, about)


def _lines(title: str, unit: Unit, *asks: Ask, bands: tuple[Band, ...] = (), about: str = "") -> Panel:
    return Panel(title, Look.LINES, asks, unit, bands, about)


ROWS = (
    Row(
        "Is it well?",
        (
            _count("Database", "min(perch_database_up)", _UP, about="1 is up"),
            _count("Slack", "min(perch_slack_up)", _UP, about="1 is up"),
            _count("Since the last wake-up", "min(perch_tick_age_seconds)", _above(10, 30), Unit.SECONDS),
            _count("Stuck rollouts", 'max(perch_rollouts{state="stuck"})', _ANY),
            _count("Kills not merged", "max(perch_spool_acts)", _ANY),
            _count("Oldest unsaid message", "max(perch_outbox_age_seconds)", _above(60, 300), Unit.SECONDS),
            _count("Oldest unkept paper", "max(perch_keepings_age_seconds)", _above(600, 7200), Unit.SECONDS),
            _count("Age of the flags", "max(perch_flags_age_seconds)", _above(30, 120), Unit.SECONDS),
        ),
    ),
    Row(
        "Rollouts",
        (
            _lines("Live, by state", Unit.COUNT, Ask("max by (state) (perch_rollouts)", "{{state}}")),
            _lines("Weight", Unit.PERCENT, Ask("max by (plan, environment) (perch_rollout_weight_percent)", _EACH)),
            _lines("Checks", Unit.PER_SECOND, Ask("sum by (verdict) (rate(perch_checks_total[5m]))", "{{verdict}}")),
            _lines(
                "How late the next check is",
                Unit.SECONDS,
                Ask("max by (plan, environment) (perch_check_lateness_seconds)", _EACH),
                bands=_above(60, 180),
            ),
            _lines(
                "Error budget left",
                Unit.RATIO,
                Ask("perch_slo_error_budget_remaining", "{{plan}} {{environment}} {{slo}}"),
            ),
            _lines("Ended", Unit.COUNT, Ask("sum by (state) (increase(perch_rollouts_ended_total[1h]))", "{{state}}")),
        ),
    ),
    Row(
        "Kill switches",
        (
            _lines(
                "Since the last rehearsal",
                Unit.SECONDS,
                Ask("max by (plan, environment) (perch_kill_rehearsal_age_seconds)", _EACH),
                bands=_above(3900, 7200),
            ),
            _lines(
                "From asked to done, 95 %",
                Unit.SECONDS,
                Ask("histogram_quantile(0.95, sum by (step, le) (rate(perch_kill_seconds_bucket[1d])))", "{{step}}"),
                bands=_above(5, 10),
            ),
        ),
    ),
    Row(
        "Sources",
        (
            _lines(
                "Questions, by outcome",
                Unit.PER_SECOND,
                Ask("sum by (source, outcome) (rate(perch_source_questions_total[5m]))", "{{source}} {{outcome}}"),
            ),
            _lines(
                "Time of an answer",
                Unit.SECONDS,
                Ask(
                    "sum by (source) (rate(perch_source_seconds_sum[5m])) / "
                    "sum by (source) (rate(perch_source_seconds_count[5m]))",
                    "{{source}}",
                ),
            ),
            _lines("Waiting for their turn", Unit.COUNT, Ask("max by (source) (perch_source_waiting)", "{{source}}")),
            _lines(
                "Alerts at the webhook",
                Unit.COUNT,
                Ask("sum by (did) (increase(perch_webhook_alerts_total[5m]))", "{{did}}"),
            ),
        ),
    ),
)


if __name__ == "__main__":
    print(own_dashboard(), end="")
