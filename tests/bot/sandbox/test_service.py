"""The simulated service: traffic follows the flag, numbers follow the knobs, and its parts can be broken."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.service import FlagEndpoint, MetricsPage, Service
from tests.bot.sandbox.demo import Clock, Json
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


@pytest.fixture
async def service(clock: Clock) -> AsyncIterator[Service]:
    service = Service(clock=clock)
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(verify=False, base_url=service.url, timeout=HANGS_S) as http:
        yield http


async def numbers(http: httpx.AsyncClient) -> dict[str, float]:
    """The metrics page, by series."""
    page = (await http.get("/metrics")).text
    lines = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    return {series: float(value) for series, _, value in lines}


async def test_traffic_follows_the_flag_exactly(service: Service, http: httpx.AsyncClient) -> None:
    await http.put("/flags/materializers", json={"percent": 5})
    service.advance(100)
    seen = await numbers(http)
    new = seen['materializer_requests_total{variant="new",outcome="ok"}']
    old = seen['materializer_requests_total{variant="old",outcome="ok"}']
    assert new == pytest.approx(0.05 * (new + old), abs=1)
    assert seen["materializer_pct"] == 5
    assert seen["materializer_new"] == pytest.approx(10, abs=2)


async def test_the_flag_reads_back_as_it_was_set(http: httpx.AsyncClient) -> None:
    answer = await http.put("/flags/materializers", json={"percent": 1.0, "enabled": True})
    assert answer.json() == {"percent": 1.0, "enabled": True}
    assert (await http.get("/flags/materializers")).json() == {"percent": 1.0, "enabled": True}


@pytest.mark.parametrize(
    "body", [{}, {"percent": 101}, {"percent": -1}, {"percent": "1"}, {"percent": True}, {"enabled": 1}, {"x": 1}, [1]]
)
async def test_a_flag_that_makes_no_sense_is_refused(http: httpx.AsyncClient, service: Service, body: object) -> None:
    assert (await http.put("/flags/materializers", json=body)).status_code == 400
    assert service.percent == 0


async def test_the_kill_switch_overrules_the_flag_until_it_is_rearmed(
    service: Service, http: httpx.AsyncClient
) -> None:
    await http.put("/flags/materializers", json={"percent": 50})
    assert (await http.post("/internal/kill-switch/materializers")).json() == {"engaged": True}
    service.advance(2)
    assert (await numbers(http))["materializer_new"] == 0
    assert (await numbers(http))["materializer_pct"] == 0
    await http.delete("/internal/kill-switch/materializers")
    assert service.weight == 50


async def test_errors_are_dealt_out_evenly(service: Service, http: httpx.AsyncClient) -> None:
    service.percent = 1
    service.knobs.canary_error_percent = 20
    service.advance(20)
    seen = await numbers(http)
    failed = seen['materializer_requests_total{variant="new",outcome="error"}']
    assert failed == pytest.approx(8, abs=2)
    assert seen['materializer_requests_total{variant="old",outcome="error"}'] == 0


async def test_latency_of_the_canary_alone_grows_with_its_knob(service: Service) -> None:
    service.percent = 50
    service.knobs.canary_latency_factor = 20
    service.advance(10)
    live = service.live()
    assert live["new"]["p99_s"] > 15
    assert live["old"]["p99_s"] < 4


async def test_histograms_count_every_request_once(service: Service, http: httpx.AsyncClient) -> None:
    service.percent = 10
    service.advance(5)
    seen = await numbers(http)
    last = seen['materializer_latency_seconds_bucket{variant="new",le="+Inf"}']
    assert last == seen['materializer_latency_seconds_count{variant="new"}']
    assert last == seen['materializer_requests_total{variant="new",outcome="ok"}']


async def test_the_queue_grows_only_while_the_canary_serves(service: Service) -> None:
    service.knobs.queue_growth_per_s = 100
    service.percent = 1
    service.advance(6)
    assert service.live()["queue"] > 500
    service.percent = 0
    service.advance(15)
    assert service.live()["queue"] == 0


async def test_a_worker_without_memory_stops_answering(service: Service, http: httpx.AsyncClient, clock: Clock) -> None:
    service.percent = 1
    service.knobs.worker_oom = True
    service.advance(20)
    seen = await numbers(http)
    assert seen['process_memory_percent{component="worker"}'] > 97
    assert seen["worker_seen_timestamp_seconds"] < clock.now + 10
    assert service.live()["new"]["error_percent"] == 100


async def test_the_chat_answers_until_it_is_down(service: Service, http: httpx.AsyncClient) -> None:
    assert (await http.post("/chat", json={"message": "hi"})).json()["ok"] is True
    service.knobs.chat_down = True
    assert (await http.post("/chat", json={"message": "hi"})).status_code == 503


async def test_the_metrics_page_can_be_down_or_garbage(service: Service, http: httpx.AsyncClient) -> None:
    service.knobs.metrics_page = MetricsPage.DOWN
    assert (await http.get("/metrics")).status_code == 503
    service.knobs.metrics_page = MetricsPage.GARBAGE
    assert re.match("<!doctype html>", (await http.get("/metrics")).text)


@pytest.mark.parametrize("path", ["/metrics", "/flags/materializers"])
async def test_what_hangs_answers_once_it_is_released(service: Service, http: httpx.AsyncClient, path: str) -> None:
    service.knobs.metrics_page = MetricsPage.HANGING
    service.knobs.flag_endpoint = FlagEndpoint.HANGING
    with pytest.raises(httpx.ReadTimeout):
        await http.get(path, timeout=0.05)
    service.knobs.reset()
    assert (await http.get(path)).status_code == 200


async def test_a_flag_endpoint_can_refuse_ignore_and_lie(service: Service, http: httpx.AsyncClient) -> None:
    service.knobs.flag_endpoint = FlagEndpoint.REFUSING
    assert (await http.put("/flags/materializers", json={"percent": 5})).status_code == 503
    for mode, read_back in ((FlagEndpoint.IGNORING, 0.0), (FlagEndpoint.LYING, 5.0)):
        service.knobs.flag_endpoint = mode
        assert (await http.put("/flags/materializers", json={"percent": 5})).json()["percent"] == 5.0
        assert (await http.get("/flags/materializers")).json()["percent"] == read_back
        assert service.weight == 0


async def test_knobs_are_turned_over_http_and_checked(service: Service, http: httpx.AsyncClient) -> None:
    answer = await http.put("/sandbox/knobs", json={"canary_error_percent": 30, "chat_down": True})
    assert answer.json()["canary_error_percent"] == 30
    for wrong in ({"nonsense": 1}, {"canary_error_percent": 101}, {"chat_down": 1}, {"metrics_page": "odd"}):
        refused = await http.put("/sandbox/knobs", json=wrong)
        assert refused.status_code == 400
        assert refused.json()["error"]
    await http.post("/sandbox/reset")
    assert service.knobs.canary_error_percent == 0
    assert service.knobs.chat_down is False


async def test_shipping_the_next_version_leaves_it_at_zero_with_nothing_broken(
    service: Service, http: httpx.AsyncClient
) -> None:
    service.percent, service.knobs.canary_error_percent = 100.0, 30
    await http.post("/sandbox/ship")
    assert (service.percent, service.knobs.canary_error_percent) == (0.0, 0)


async def test_live_numbers_have_a_history(service: Service, http: httpx.AsyncClient) -> None:
    service.advance(30)
    live: Json = (await http.get("/sandbox/live")).json()
    assert len(live["history"]) == 30
    assert live["old"]["per_s"] == pytest.approx(200, rel=0.1)


async def test_a_token_guards_the_switches(clock: Clock) -> None:
    service = Service(clock=clock, token="sesame")
    await service.start()
    async with httpx.AsyncClient(verify=False, base_url=service.url) as http:
        assert (await http.get("/flags/materializers")).status_code == 401
        assert (await http.post("/internal/kill-switch/materializers")).status_code == 401
        allowed = await http.get("/flags/materializers", headers={"Authorization": "Bearer sesame"})
        assert allowed.status_code == 200
        assert (await http.get("/metrics")).status_code == 200
    await service.stop()


async def test_the_same_seed_gives_the_same_traffic(clock: Clock) -> None:
    first, second = Service(clock=clock, seed=7), Service(clock=clock, seed=7)
    for service in (first, second):
        service.percent = 10
        service.advance(5)
    assert first.live() == second.live()
