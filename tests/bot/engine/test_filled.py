"""Questions are asked filled in, or not at all (law 3): a placeholder finds nothing, and nothing may be a 0."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, ConfigDict, Field

from bot.domain.kinds import Kind, Kinds
from bot.domain.measurements import Measured, Missing, NoData
from bot.domain.plan import Plan
from bot.domain.planning.reading import report_on
from bot.engine.equipment import Equipment
from bot.engine.gather import Round
from bot.ports import Question
from bot.redaction import Redactor
from tests.adapters.alerting.plans import KINDS, tree
from tests.builders import a_plan
from tests.fakes.source import FakeOptions, FakeSource

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Ask(BaseModel):
    """As the query of a real source that refuses some."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str = Field(pattern="^[^;]*$")


def asking(source: FakeSource, environment: dict[str, str], redact: Redactor | None = None) -> Equipment:
    kind = Kind(options=FakeOptions, build=lambda options, environment: source, ask=Ask)
    return Equipment(Kinds(sources={"prom": kind}), environment, redact)


def plan_of(**metric: object) -> Plan:
    """With the metric `errors`, beside one that shows that the service lives."""
    asked = {"source": "prom", "unit": "count"}
    return a_plan(
        sources={"prom": {"kind": "prom"}},
        sides={"canary": 'track="${TRACK:-canary}"'},
        metrics={"up": {**asked, "query": "up"}, "errors": {**asked, **metric}},
        traffic=[],
    )


async def measured(equipment: Equipment, **metric: object) -> Measured | NoData:
    plan = plan_of(**metric)
    round = Round(NOW, equipment.kinds).of_nobody()
    return (await round.metrics(plan, equipment.gear(plan).sources, ["errors"]))["errors"]


async def test_a_question_and_its_side_are_asked_filled_in() -> None:
    source = FakeSource({'errors{job="shop",track="blue"}': 3.0})
    found = await measured(asking(source, {"JOB": "shop", "TRACK": "blue"}), query='errors{job="${JOB}",$side}')
    assert isinstance(found, Measured)
    assert found.value == 3.0


async def test_what_is_not_set_is_no_data_and_never_the_zero_that_an_empty_answer_means() -> None:
    """Law 3: `m{job="${JOB}"}` matches nothing, and `empty_is: 0` would pass `errors == 0`."""
    source = FakeSource({"up": 1.0})
    found = await measured(asking(source, {}), query='errors{job="${JOB}"}', empty_is=0, alive_when="up")
    assert found == NoData(
        Missing.REFUSED,
        "the environment variable JOB is not set, and its question names it; set it where Perch runs",
        NOW,
    )
    assert [query for query, _ in source.asked if "errors" in query] == []


async def test_baselines_are_asked_filled_in_too() -> None:
    source = FakeSource({'errors{job="shop"}': 3.0})
    for environment, found in (({"JOB": "shop"}, True), ({}, False)):
        kept = asking(source, environment)
        asker = kept.gear(plan_of(query="errors")).sources["errors"]
        answer = await asker.history(Question(Ask(query='errors{job="${JOB}"}')), NOW - timedelta(hours=1), NOW)
        assert isinstance(answer, NoData) is not found


async def test_a_value_that_makes_no_question_is_told_with_the_entry_and_never_asked() -> None:
    source = FakeSource()
    found = await measured(asking(source, {"JOB": "shop; DROP"}), query="errors ${JOB}")
    assert isinstance(found, NoData)
    assert (found.missing, source.asked) == (Missing.REFUSED, [])
    assert found.detail.startswith("query: ")
    assert found.detail.endswith("mend the environment variable that is filled in there")


async def test_a_secret_that_a_question_names_is_said_by_nobody_again() -> None:
    """Law 8: the far side quotes the question."""
    secret = "correct-horse-battery"
    redact = Redactor()
    source = FakeSource({f"errors{{key='{secret}'}}": NoData(Missing.REFUSED, f"bad query: key='{secret}'", NOW)})
    found = await measured(asking(source, {"SHOP_TOKEN": secret}, redact), query="errors{key='${SHOP_TOKEN}'}")
    assert isinstance(found, NoData)
    assert secret not in found.detail
    assert "bad query" in found.detail


@pytest.mark.parametrize(("ask", "mistakes"), [({"query": "up{job='${JOB}'}"}, []), ({"lag": "${LAG}"}, ["lag"])])
def test_of_a_question_only_texts_are_filled_in_later(ask: dict[str, str], mistakes: list[str]) -> None:
    """How far it looks back is asked before there is an environment, and the engine would stumble over it."""
    metrics = {**tree()["metrics"], "jobs": {"source": "prom", "unit": "count", "query": "jobs_total", **ask}}
    found = report_on(tree(metrics=metrics), "", KINDS).mistakes
    assert [each.path[-1] for each in found] == mistakes
