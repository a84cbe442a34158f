"""What every store promises about what was measured (S2, S5): the newest, and the whole course in few points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.domain.trends import Point
from bot.ports import Change
from tests.contracts.stores import Store
from tests.storage.samples import NOW, TREE, a_rollout, seconds

pytestmark = pytest.mark.anyio


async def measured(store: Store, values: Mapping[str, Sequence[float | None]], id: str = "r1") -> None:
    """One save for each look: a second apart."""
    rollout = await store.rollouts.create(a_rollout(id), TREE, Change())
    looks = max(map(len, values.values()))
    for look in range(looks):
        now = NOW + seconds(look)
        brought: dict[str, Measurement] = {
            metric: NoData(Missing.EMPTY, "", now) if each[look] is None else Measured(each[look] or 0.0, now)
            for metric, each in values.items()
            if look < len(each)
        }
        rollout = await store.rollouts.save(rollout, Change(measured=brought))


async def test_the_newest_come_oldest_first_and_no_data_is_a_gap(store: Store) -> None:
    await measured(store, {"errors": [1, None, 3, 4], "latency": [9], "queue": [5, 6]})
    found = await store.histories.newest("r1", ["errors", "queue", "unheard_of"], 3)
    assert {name: [point.value for point in points] for name, points in found.items()} == {
        "errors": [None, 3, 4],
        "queue": [5, 6],
    }
    assert found["errors"][-1] == Point(NOW + seconds(3), 4)
    assert await store.histories.newest("r1", [], 3) == {}


async def test_a_long_course_keeps_its_highs_and_lows(store: Store) -> None:
    """A spike of one look among many mustn't be thinned away; nor may a time without data."""
    await measured(store, {"errors": [1.0] * 20 + [None] * 20 + [50.0] + [2.0] * 19, "few": [3, None, 2]})
    await measured(store, {"errors": [99.0]}, id="r2")
    found = await store.histories.course("r1", ["errors", "few"], 12)
    course = [point.value for point in found["errors"]]
    assert len(course) <= 12
    assert 50.0 in course
    assert None in course
    assert 99.0 not in course
    assert [point.at for point in found["errors"]] == sorted(point.at for point in found["errors"])
    assert [point.value for point in found["few"]] == [3, None, 2]
