"""Kind `http` (T4), beyond the contract, against a service on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.traffic import KILL, TRAFFIC
from adapters.traffic.http_endpoint import HttpKill, HttpKillOptions, HttpTraffic, HttpTrafficOptions
from bot.domain.kinds import MissingEnvironment
from bot.domain.units import Weight
from bot.ports import Denied, Nonsense, OutOfReach
from tests import servers
from tests.adapters.traffic.far_sides.flag_service import TOKEN, FlagService, flag_service
from tests.adapters.traffic.far_sides.http_world import kill_options, traffic_options
from tests.fakes.traffic import Trouble

pytestmark = pytest.mark.anyio

ENVIRONMENT = {"FLAGS_TOKEN": TOKEN}


@pytest.fixture
async def service() -> AsyncIterator[FlagService]:
    async with flag_service() as running:
        yield running


def traffic(service: FlagService, **options: Any) -> HttpTraffic:
    return HttpTraffic(HttpTrafficOptions(**(traffic_options(service.url) | options)), ENVIRONMENT)


def kill(service: FlagService, **options: Any) -> HttpKill:
    return HttpKill(HttpKillOptions(**(kill_options(service.url) | options)), ENVIRONMENT)


async def test_a_lone_placeholder_is_a_number_and_one_in_a_text_is_text(service: FlagService) -> None:
    body = {"canary": "{percent}", "rest": ["{fraction}", "to {percent} %"], "keep": {"x": 1}}
    adapter = traffic(service, apply={"method": "PUT", "url": f"{service.url}/split", "json": body})
    await adapter.apply(Weight(12.5))
    assert service.writes == [("PUT /split", {"canary": 12.5, "rest": [0.125, "to 12.5 %"], "keep": {"x": 1}})]


async def test_a_fraction_is_read_where_the_plan_says_so(service: FlagService) -> None:
    service.split = 0.07
    read = {"url": f"{service.url}/split", "path": "split.canary", "fraction": True}
    assert (await traffic(service, read=read).read()).weight == Weight(7)


@pytest.mark.parametrize("value", [None, True, "many", "-1", 101, 1e400, [], {}, "1_0", "nan", "٣"])
async def test_what_is_no_percent_is_nonsense(service: FlagService, value: Any) -> None:
    service.split = value
    with pytest.raises(Nonsense):
        await traffic(service).read()


async def test_a_place_that_is_not_in_the_answer_is_nonsense_that_names_it(service: FlagService) -> None:
    with pytest.raises(Nonsense, match=r"split\.cnary"):
        await traffic(service, read={"url": f"{service.url}/split", "path": "split.cnary"}).read()


async def test_an_unexpected_status_is_not_success(service: FlagService) -> None:
    apply = {"method": "PUT", "url": f"{service.url}/split", "json": {"canary": "{percent}"}, "expect": [202, 204]}
    with pytest.raises(Nonsense, match="200"):
        await traffic(service, apply=apply).apply(Weight(1))


async def test_a_far_side_that_goes_away_is_out_of_reach() -> None:
    options = traffic_options(f"http://127.0.0.1:{servers.free_port()}")
    with pytest.raises(OutOfReach):
        await HttpTraffic(HttpTrafficOptions(**options), ENVIRONMENT).apply(Weight(1))


async def test_an_echoed_token_is_taken_out_of_what_is_shown(service: FlagService) -> None:
    """Law 8."""
    service.switch = f"on for {TOKEN}"
    assert TOKEN not in await kill(service).former()
    assert TOKEN not in await kill(service).rehearse()


async def test_a_switch_without_former_placeholder_is_switched_on_again_unless_it_was_off(service: FlagService) -> None:
    on = {"method": "POST", "url": f"{service.url}/switch", "json": {"enabled": True}}
    switch = kill(service, restore=on)
    was_on = await switch.former()
    await switch.engage()
    was_off = await switch.former()
    await switch.restore(was_off)
    assert service.switch is False
    await switch.restore(was_on)
    assert service.switch is True


async def test_a_missing_switch_is_a_fault_unless_the_plan_says_how_to_put_that_back(service: FlagService) -> None:
    service.switch = None
    switch = kill(service, absent=None)
    with pytest.raises(Denied, match="404"):
        await switch.former()
    with pytest.raises(Denied, match="404"):
        await switch.rehearse()


async def test_a_switch_that_cannot_be_read_is_not_taken_for_off(service: FlagService) -> None:
    for trouble in (Trouble.FAIL, Trouble.GARBAGE, Trouble.HANG):
        service.trouble = trouble
        with pytest.raises((OutOfReach, Nonsense)):
            await kill(service).engaged()


def test_the_target_has_no_query_values_and_no_token() -> None:
    apply = {"method": "PUT", "url": "https://lb/split?key=abc123&token=s3cret", "json": "{percent}"}
    options = HttpTrafficOptions(apply=apply, read={"url": "https://lb/split", "path": "pct"})
    assert HttpTraffic(options, {}).target == "http https://lb/split?key=…&token=… pct"


def test_a_missing_token_is_named() -> None:
    with pytest.raises(MissingEnvironment, match="FLAGS_TOKEN"):
        HttpTraffic(HttpTrafficOptions(**traffic_options("http://x")), {})


GOOD = traffic_options("http://x")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"apply": GOOD["apply"] | {"json": {"canary": 10}}}, "nothing here says the weight"),
        ({"apply": GOOD["apply"] | {"json": {"canary": "{percentage}"}}}, "{percentage} is not a placeholder"),
        ({"apply": GOOD["apply"] | {"url": "ftp://x"}}, "http:// or https://"),
        ({"apply": GOOD["apply"] | {"url": "http://u:s3cretpw@x"}}, "no user or password"),
        ({"apply": GOOD["apply"] | {"methd": "PUT"}}, "methd"),
        ({"read": {"url": "http://x", "path": ""}}, "names each step"),
        ({"token": "s3cretpw"}, "token"),
    ],
)
def test_bad_options_are_told_without_repeating_secrets(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        HttpTrafficOptions.model_validate(GOOD | wrong)
    assert told in str(raised.value)
    assert "s3cretpw" not in str(raised.value)


def test_options_are_accepted_before_the_environment_is_filled_in() -> None:
    TRAFFIC["http"].options.model_validate(traffic_options("${DENIS_URL}"))
    KILL["http"].options.model_validate(kill_options("https://${DENIS_HOST}"))
