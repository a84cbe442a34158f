"""Silences in a real Alertmanager (U9): bounded, extended and never doubled, and never over a guardrail that acts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.contracts import Trouble
from adapters.effects.silence import Options, Silence
from bot.ports import Denied, Nonsense
from tests.adapters.effects.far_side import SECRET, Alertmanager, behind_a_door, silence_world
from tests.far_side import always, serving

pytestmark = pytest.mark.anyio

KEY = "materializers-7/1/0"


@pytest.fixture
def url(alertmanager_url: str) -> str:
    return alertmanager_url


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def a_silence(far: Alertmanager, clock: Clock | None = None, **options: Any) -> AsyncIterator[Silence]:
    given = {"url": far.door, "matchers": ['service="denis"', 'severity=~"warn.*|info"'], **options}
    async with aclosing(Silence(Options.model_validate(given), {}, clock or Clock())) as silence:
        yield silence


def ends(silence: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(silence["endsAt"])


async def test_planned_noise_is_silent_and_what_asks_for_a_way_down_is_not(url: str) -> None:
    """Law 2: a guardrail that a plan's silence covers by mistake still reaches Perch."""
    noise = {"alertname": "PodsRestart", "service": "denis", "severity": "warning"}
    guard = {**noise, "alertname": "MaterializersErrors", "perch_action": "rollback"}
    other = {**noise, "alertname": "Disk", "service": "other"}
    async with behind_a_door(url) as far, a_silence(far) as silence:
        await silence.begin(KEY)
        await far.client.post("/api/v2/alerts", json=[{"labels": labels} for labels in (noise, guard, other)])
        shown = (await far.client.get("/api/v2/alerts", params={"silenced": "true"})).json()
    silent = {each["labels"]["alertname"] for each in shown if each["status"]["silencedBy"]}
    assert (len(shown), silent) == (3, {"PodsRestart"})


async def test_it_is_bounded_and_beginning_again_makes_it_longer_never_shorter(url: str) -> None:
    clock = Clock()
    async with behind_a_door(url) as far, a_silence(far, clock, lasting="2h", comment="exporters move") as silence:
        said = await silence.begin(KEY)
        (first,) = await far.silences()
        assert said == f"silent until {clock.now + timedelta(hours=2):%Y-%m-%d %H:%M} UTC"
        assert (first["comment"], first["createdBy"]) == (f"exporters move [{KEY}]", "perch")
        assert abs(ends(first) - clock.now - timedelta(hours=2)) < timedelta(seconds=1)
        clock.now += timedelta(minutes=30)
        await silence.begin(KEY)
        (longer,) = await far.silences()
        assert (longer["id"], ends(longer) - ends(first)) == (first["id"], timedelta(minutes=30))
        async with a_silence(far, clock, lasting="5m") as shorter:
            await shorter.begin(KEY)
        (same,) = await far.silences()
        assert ends(same) == ends(longer)


async def test_a_rehearsal_only_reads_and_its_token_goes_with_each_request(url: str) -> None:
    async with silence_world(url) as world:
        await world.effect.rehearse()
        assert world.far.changes == 0
        for call in (world.effect.begin(KEY), world.effect.end(KEY), world.effect.rehearse()):
            world.far.token, world.far.trouble = "", Trouble.DENY
            with pytest.raises(Denied):
                await call
            assert world.far.token == f"Bearer {SECRET}"


async def test_an_end_whose_answer_is_lost_is_known_by_looking(url: str) -> None:
    async with silence_world(url) as world:
        await world.effect.begin(KEY)
        world.far.trouble = Trouble.HALF
        assert await world.effect.end(KEY) == "the silence is over"
        world.far.trouble = None
        assert await world.stands() == []


async def test_one_that_somebody_expired_is_over_for_us_and_begins_anew(url: str) -> None:
    async with behind_a_door(url) as far, a_silence(far) as silence:
        await silence.begin(KEY)
        await far.expire_all()
        assert await silence.end(KEY) == "no silence stood"
        await silence.begin(KEY)
        assert len(await far.silences()) == 1


async def test_of_several_with_the_key_all_are_taken_back_and_a_persons_own_stays(url: str) -> None:
    """Two processes at once may have set two; a person's silence with the same words isn't ours."""
    now = datetime.now(UTC)
    matchers = [{"name": "service", "value": "denis", "isRegex": False, "isEqual": True}]
    times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
    async with behind_a_door(url) as far, a_silence(far) as silence:
        for by, comment in (("perch", f"a [{KEY}]"), ("perch", f"b [{KEY}]"), ("ana", f"c [{KEY}]"), ("perch", KEY)):
            body = {"matchers": matchers, **times, "createdBy": by, "comment": comment}
            assert (await far.client.post("/api/v2/silences", json=body)).status_code == 200
        assert await silence.end(KEY) == "the silence is over"
        every = (await far.client.get("/api/v2/silences")).json()
        left = [each for each in every if each["status"]["state"] == "active"]
        for each in left:
            await far.client.delete(f"/api/v2/silence/{each['id']}")
    assert sorted(each["comment"] for each in left) == [f"c [{KEY}]", KEY]


@pytest.mark.parametrize(
    "answer",
    ["{}", '[{"id": 1}]', '[{"id": "a", "createdBy": "perch", "comment": "x", "status": "active"}]', "null"],
)
async def test_a_list_that_is_no_list_of_silences_is_nonsense(answer: str) -> None:
    async with serving(always(answer)) as address:
        options = Options.model_validate({"url": address, "matchers": ['a="b"']})
        async with aclosing(Silence(options, {})) as silence:
            with pytest.raises(Nonsense):
                await silence.begin(KEY)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"matchers": ["service=denis"]}, "isn't a label's demand"),
        ({"matchers": []}, "at least 1"),
        ({"matchers": ['perch_action=""']}, "are never silenced"),
        ({"lasting": "8d"}, "between 0 and 7d"),
        ({"lasting": "0s"}, "between 0 and 7d"),
        ({"url": "alertmanager:9093"}, "begins with http"),
        ({"until": "noon"}, "Extra inputs"),
    ],
)
def test_a_mistake_in_a_plan_is_told(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate({"url": "http://am.example.org", "matchers": ['a="b"'], **options})


async def test_values_with_quotes_and_backslashes_reach_alertmanager_as_they_are(url: str) -> None:
    odd = [r'path!~"C:\\\\.*"', 'said="\\"ñ\\""']
    async with behind_a_door(url) as far, a_silence(far, matchers=odd) as silence:
        await silence.begin(KEY)
        (there,) = await far.silences()
    found = {each["name"]: (each["value"], each["isRegex"], each["isEqual"]) for each in there["matchers"]}
    assert found == {
        "path": (r"C:\\.*", True, False),
        "said": ('"ñ"', False, True),
        "perch_action": ("", False, True),
    }
