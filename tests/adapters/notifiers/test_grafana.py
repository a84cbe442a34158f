"""Grafana: moments are marked once, and the plan's dashboard is there and current (O1)."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import pytest

from adapters.notifiers.grafana import GrafanaNotifier, GrafanaOptions
from bot.domain.urgencies import Act
from bot.ports import Denied
from tests.adapters.notifiers.far_sides import AtGrafana, a_notice
from tests.builders import a_plan
from tests.fakes.grafana import FOLDER

pytestmark = pytest.mark.anyio
UID = "perch-materializers"


@pytest.fixture
async def there() -> AsyncIterator[AtGrafana]:
    async with AtGrafana(folder=FOLDER).open() as made:
        assert isinstance(made, AtGrafana)
        yield made


async def test_each_change_of_stage_is_marked_with_what_finds_it_again(there: AtGrafana) -> None:
    board = there.notifier()
    await board.tell(a_notice("promoted", Act.NEWS, reason="", whole=a_plan()))
    [mark] = there.web.annotations
    assert mark["time"] == 1772442000000
    assert mark["text"] == "[Perch] materializers v2 in production: promoted"
    assert mark["tags"][:4] == ["perch", "plan:materializers", "rollout:materializers-1a2b3c", "promoted"]
    query = there.web.dashboards[UID]["annotations"]["list"][0]["target"]
    assert set(query["tags"]) <= set(mark["tags"])


async def test_the_dashboard_is_put_once_and_again_only_when_the_plan_changed(there: AtGrafana) -> None:
    """Idempotent: a Grafana full of equal versions hides the change that matters."""
    place = await there.notifier().tell(a_notice("started", Act.NEWS, whole=a_plan()))
    assert place == f"annotated started, with {there.web.url}/d/{UID}"
    await there.notifier().tell(a_notice("promoted", Act.NEWS, whole=a_plan()))
    assert there.web.saved == {UID: 1}
    assert there.web.folders == {UID: FOLDER}
    await there.notifier().tell(a_notice("completed", Act.NEWS, whole=a_plan(what="another")))
    assert there.web.saved == {UID: 2}


async def test_somebody_else_s_dashboard_of_that_name_is_left_alone(there: AtGrafana) -> None:
    there.web.dashboards[UID] = {"uid": UID, "title": "Ana's own", "tags": ["ana"]}
    with pytest.raises(Denied, match=UID):
        await there.notifier().tell(a_notice(whole=a_plan()))
    assert there.web.dashboards[UID]["title"] == "Ana's own"


async def test_without_its_folder_a_rehearsal_says_so_and_nothing_was_written(there: AtGrafana) -> None:
    """X5: reachability and rights are tried before anything moves."""
    assert await there.notifier().rehearse() == "reads annotations, and the folder 'Rollouts'; writing isn't tried"
    there.options = {"folder": "elsewhere"}
    with pytest.raises(Denied, match="404"):
        await there.notifier().rehearse()
    assert not [asked for asked in there.web.asked if asked.startswith("POST")]


async def test_who_only_wants_marks_gets_no_dashboard(there: AtGrafana) -> None:
    there.options = {"dashboard": False}
    await there.notifier().tell(a_notice(whole=a_plan()))
    assert there.web.dashboards == {}
    assert len(there.web.annotations) == 1


async def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adapters.grafana.drawing", None)
    options = GrafanaOptions(url="http://localhost:1", token_env="GRAFANA_TOKEN")
    made = GrafanaNotifier(options, {"GRAFANA_TOKEN": "s3cret"})
    with pytest.raises(Denied, match=r"pip install 'perch\[grafana\]'"):
        await made.rehearse()
