"""PagerDuty: one rollout is one alert, within the limits of the Events API (O4)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.notifiers.pagerduty import PagerDuty, PagerDutyOptions
from bot.domain.kinds import MissingEnvironment
from bot.domain.urgencies import Act, Urgency
from bot.ports import Denied
from tests.adapters.notifiers.far_sides import AtPagerDuty, a_notice

pytestmark = pytest.mark.anyio


@pytest.fixture
async def there() -> AsyncIterator[AtPagerDuty]:
    async with AtPagerDuty().open() as made:
        assert isinstance(made, AtPagerDuty)
        yield made


async def test_trigger_acknowledge_and_resolve_are_about_one_alert(there: AtPagerDuty) -> None:
    pager = there.notifier()
    await pager.tell(a_notice("rolling_back"))
    await pager.tell(a_notice("stuck"))
    assert list(there.web.alerts.values()) == ["triggered"]
    await pager.tell(a_notice("held", Act.TAKEN))
    assert there.web.alerts == {"perch/materializers-1a2b3c": "acknowledged"}
    await pager.tell(a_notice("rolled_back", Act.OVER))
    assert there.web.alerts == {"perch/materializers-1a2b3c": "resolved"}
    assert there.web.woken == 1


async def test_another_rollout_is_another_alert_and_news_is_none(there: AtPagerDuty) -> None:
    pager = there.notifier()
    await pager.tell(a_notice())
    await pager.tell(a_notice(rollout="other-1"))
    assert await pager.tell(a_notice("promoted", Act.NEWS)) == "nothing: 'promoted' wakes nobody"
    assert there.web.woken == 2


@pytest.mark.parametrize(
    ("urgency", "severity"),
    [(Urgency.PAGE, "critical"), (Urgency.TICKET, "error"), (Urgency.WARNING, "warning"), (None, "critical")],
)
async def test_how_urgent_it_is_is_its_severity(there: AtPagerDuty, urgency: Urgency | None, severity: str) -> None:
    """R22."""
    await there.notifier().tell(a_notice(urgency=urgency, classes=("security",)))
    [event] = there.web.events
    assert event["payload"]["severity"] == severity
    assert event["payload"]["class"] == "security"
    assert event["payload"]["summary"].endswith("rolling back [security]: errors > 5%")
    assert event["links"] == [{"href": "https://grafana.example/d/1", "text": "Grafana"}]


async def test_the_longest_texts_are_cut_to_what_it_takes(there: AtPagerDuty) -> None:
    """1,024 characters of summary, 512 KB in all; and a summary is one line."""
    long = "é\n" * 600_000
    links = {f"{number} {long[:400]}": "https://x.example" for number in range(100)}
    await there.notifier().tell(a_notice(subject=long, text=long, reason=long, links=links))
    [event] = there.web.events
    assert len(event["payload"]["summary"]) == 1024
    assert "\n" not in event["payload"]["summary"]


async def test_a_key_of_another_kind_is_named_by_its_variable_and_never_sent(there: AtPagerDuty) -> None:
    """A REST API key in its place is the usual mistake; `perch doctor` and preflight say it before anybody is paged."""
    pager = PagerDuty(PagerDutyOptions(routing_key_env="PD_KEY", url=there.web.url), {"PD_KEY": "u+rest-api-key-9"})
    for call in (pager.rehearse(), pager.tell(a_notice())):
        with pytest.raises(Denied, match="PD_KEY is no routing key") as raised:
            await call
        assert "rest-api-key" not in str(raised.value)
    assert there.web.asked == []
    await pager.aclose()


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(MissingEnvironment, match="PD_KEY"):
        PagerDuty(PagerDutyOptions(routing_key_env="PD_KEY"), {})
