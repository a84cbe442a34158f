"""Kind `gcp_url_map` (T6) beyond the contract: others who change the map, operations that fail, and who we are."""

from __future__ import annotations

import copy
import json
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from adapters.cloud.compute import Compute, ComputeOptions, refused
from adapters.traffic import TRAFFIC
from bot.domain.kinds import MissingEnvironment
from bot.domain.units import Weight
from bot.ports import Denied, Nonsense, OutOfReach, Traffic
from tests.adapters.traffic.far_sides.gcp_world import options
from tests.fakes.google_cloud import PROJECT, TOKEN, GoogleCloud, account_file, split, url_map

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
KIND = TRAFFIC["gcp_url_map"]


def in_rules(*rules: Mapping[str, Any], name: str = "denis", **more: Any) -> dict[str, Any]:
    return url_map("web", pathMatchers=[{"name": name, "routeRules": list(rules), **more}])


def rule(priority: int, canary: int = 0, *others: str) -> dict[str, Any]:
    match = [{"prefixMatch": "/", "headerMatches": [{"headerName": "x", "exactMatch": "ä"}]}]
    return {"priority": priority, "matchRules": match, "routeAction": split(canary, 100 - canary, *others)}


@asynccontextmanager
async def cloud(tree: dict[str, Any], folder: Path, **more: Any) -> AsyncIterator[tuple[GoogleCloud, Traffic]]:
    """A cloud that keeps this map, and an adapter for it."""
    far = GoogleCloud()
    far.maps["web"] = tree
    async with far.opened() as address:
        environment = {"GCP_FILE": account_file(folder, f"{address}/token")}
        traffic = KIND.build(KIND.options(**options(address, **more)), environment)
        yield far, traffic
        await traffic.aclose()


async def test_only_two_numbers_change_and_the_fingerprint_goes_along(tmp_path: Path) -> None:
    tree = in_rules(rule(1), rule(2), defaultService="x", pathRules=[{"paths": ["/a"], "service": "y"}])
    tree["pathMatchers"][0]["routeRules"][1]["routeAction"] = {"urlRewrite": {"pathPrefixRewrite": "/b"}}
    before = copy.deepcopy(tree)
    async with cloud(tree, tmp_path) as (far, traffic):
        await traffic.apply(Weight(12.5))
        after = copy.deepcopy(far.maps["web"])
    services = after["pathMatchers"][0]["routeRules"][0]["routeAction"]["weightedBackendServices"]
    assert [service.pop("weight") for service in services] == [12, 84]
    for service in before["pathMatchers"][0]["routeRules"][0]["routeAction"]["weightedBackendServices"]:
        del service["weight"]
    assert {**after, "fingerprint": "0"} == before


async def test_what_stands_there_already_is_not_set_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An operation takes its time. Law 8: whatever the log's level, no token is in it."""
    caplog.set_level(logging.DEBUG)
    async with cloud(in_rules(rule(1, 10)), tmp_path) as (far, traffic):
        await traffic.apply(Weight(10))
        assert far.patches == 0
    assert TOKEN not in caplog.text


# Others


async def test_where_somebody_else_was_faster_it_reads_again(tmp_path: Path) -> None:
    async with cloud(in_rules(rule(1)), tmp_path) as (far, traffic):
        far.meanwhile = ["web", "web"]
        await traffic.apply(Weight(5))
        assert far.patches == 3
        assert far.maps["web"]["description"] == "somebody was here"
        assert (await traffic.read()).weight == Weight(5)


async def test_it_does_not_race_with_somebody_for_ever(tmp_path: Path) -> None:
    async with cloud(in_rules(rule(1)), tmp_path) as (far, traffic):
        far.meanwhile = ["web"] * 99
        with pytest.raises(OutOfReach, match="changed by others 4 times in a row, so nothing was set"):
            await traffic.apply(Weight(5))
        assert far.patches == 4


# Operations


async def test_an_operation_is_looked_at_until_it_is_done(tmp_path: Path) -> None:
    far = GoogleCloud()
    far.maps["web"] = in_rules(rule(1))
    far.looks = 4
    async with far.opened() as address:
        given = ComputeOptions(project=PROJECT, endpoint=f"{address}/compute/v1", operation="5s")
        environment = {"GOOGLE_APPLICATION_CREDENTIALS": account_file(tmp_path, f"{address}/token")}
        patch = {"fingerprint": "0"}
        patient = Compute(given, environment, "web", pace_s=0)
        await patient.done(await patient.call("PATCH", "urlMaps/web", patch))
        far.looks = 10**9
        hasty = Compute(given.model_copy(update={"operation": given.timeout / 1000}), environment, "web", pace_s=0)
        with pytest.raises(OutOfReach, match=r"operation-2 isn't done after 0\.01 s"):
            await hasty.done(await hasty.call("PATCH", "urlMaps/web", {"fingerprint": "1"}))
        with pytest.raises(Nonsense, match="answered no operation"):
            await patient.done({"kind": "compute#urlMap"})
        await patient.aclose()
        await hasty.aclose()
        assert far.tokens == 2, "a token is kept until it expires"


@pytest.mark.parametrize(
    ("status", "code", "fault", "words"),
    [
        (400, "INVALID_USAGE", Denied, r"the change failed \(INVALID_USAGE\)"),
        (503, "INTERNAL_ERROR", OutOfReach, "the change failed"),
        (400, "RESOURCE_NOT_READY", OutOfReach, "the change failed"),
        (412, "CONDITION_NOT_MET", OutOfReach, "changed by others 4 times"),
    ],
)
async def test_an_operation_that_fails_is_a_fault(
    status: int, code: str, fault: type[Exception], words: str, tmp_path: Path
) -> None:
    """The change was accepted, and came to nothing."""
    async with cloud(in_rules(rule(1)), tmp_path) as (far, traffic):
        far.fails = {"error": {"errors": [{"code": code, "message": "no"}]}, "httpErrorStatusCode": status}
        with pytest.raises(fault, match=words):
            await traffic.apply(Weight(5))


# Where in the map


@pytest.mark.parametrize(
    ("tree", "where", "found"),
    [
        (in_rules(rule(1), rule(2, 20)), {"priority": 2}, "canary 20, stable 80 in denis rule 2"),
        (in_rules(rule(1, 30), name="other"), {}, "canary 30, stable 70 in other rule 1"),
        (
            in_rules(
                rule(1), defaultRouteAction=split(7, 93), pathRules=[{"paths": ["/a"], "routeAction": split(8, 92)}]
            ),
            {"path": "/a"},
            "canary 8, stable 92 in denis /a",
        ),
        (url_map("web", defaultRouteAction=split(9, 91)), {}, "canary 9, stable 91 in the map's default"),
    ],
)
async def test_the_place_is_found_by_its_services_and_by_what_the_plan_says(
    tree: dict[str, Any], where: dict[str, Any], found: str, tmp_path: Path
) -> None:
    async with cloud(copy.deepcopy(tree), tmp_path, **where) as (_, traffic):
        assert (await traffic.read()).shown == found
        await traffic.apply(Weight(50))
        assert (await traffic.read()).weight == Weight(50)


@pytest.mark.parametrize(
    ("tree", "where", "fault", "words"),
    [
        (in_rules(rule(1), rule(2)), {}, Denied, r"several places \(denis rule 1, denis rule 2\).* say matcher"),
        (in_rules(rule(1)), {"matcher": "other"}, Denied, "no place with both denis-canary and denis-stable"),
        (in_rules(rule(1, 0, "third")), {}, Denied, "has a third service"),
        (url_map("web", defaultRouteAction=split(0, 0)), {}, Nonsense, "nobody is served"),
        (url_map("web", defaultRouteAction=split(1001, 0)), {}, Nonsense, "1001 is not a weight"),
        ({"kind": "compute#instance"}, {}, Nonsense, "no URL map"),
    ],
)
async def test_what_is_no_split_of_two_is_told_and_left_alone(
    tree: dict[str, Any], where: dict[str, Any], fault: type[Exception], words: str, tmp_path: Path
) -> None:
    async with cloud(copy.deepcopy(tree), tmp_path, **where) as (far, traffic):
        for call in (traffic.read(), traffic.rehearse()):
            with pytest.raises(fault, match=words):
                await call
        assert far.patches == 0


# Refusals and rights


async def test_a_rehearsal_says_that_clients_may_keep_the_canary(tmp_path: Path) -> None:
    async with cloud(in_rules(rule(1)), tmp_path) as (far, traffic):
        assert "affinity" not in await traffic.rehearse()
        far.affinity["denis-canary"] = "GENERATED_COOKIE"
        assert "session affinity GENERATED_COOKIE, so who has it may keep it at weight 0" in await traffic.rehearse()
        del far.affinity["denis-canary"]
        assert "whether denis-canary has session affinity can't be seen" in await traffic.rehearse()


async def test_a_rehearsal_asks_what_the_account_may(tmp_path: Path) -> None:
    """X5: regional maps can't be asked."""
    async with cloud(in_rules(rule(1)), tmp_path) as (far, traffic):
        assert "this account has compute.urlMaps.update" in await traffic.rehearse()
        far.permissions.remove("compute.urlMaps.update")
        with pytest.raises(Denied, match=r"has no compute\.urlMaps\.update; deploy/gcp-url-map-role\.yaml"):
            await traffic.rehearse()
    async with cloud(in_rules(rule(1)), tmp_path, region="europe-west1") as (_, traffic):
        assert (await traffic.rehearse()).endswith("setting isn't tried")


@pytest.mark.parametrize(
    ("status", "reason", "fault"),
    [
        (429, "", OutOfReach),
        (403, "rateLimitExceeded", OutOfReach),
        (400, "resourceNotReady", OutOfReach),
        (500, "backendError", OutOfReach),
        (403, "forbidden", Denied),
        (401, "authError", Denied),
        (404, "notFound", Denied),
        (302, "", Denied),
    ],
)
def test_what_google_calls_it_decides_whether_it_is_tried_again(
    status: int, reason: str, fault: type[Exception]
) -> None:
    body = json.dumps({"error": {"message": f"no {TOKEN}", "errors": [{"reason": reason}]}})
    found = refused(status, body, "GET urlMaps/web", "url map web", TOKEN)
    assert isinstance(found, fault)
    assert TOKEN not in str(found)


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"error": 1}', '{"error": {"errors": [1]}}', "{" * 100_000])
def test_a_refusal_that_cannot_be_read_is_one_all_the_same(body: str) -> None:
    assert str(refused(400, body, "GET x", "web", TOKEN)).isprintable()


# Who we are


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"type": "authorized_user"}, "neither a service account's nor a workload identity's"),
        ({"type": "external_account", "credential_source": {"executable": {"command": "x"}}}, "have a program run"),
        ({"private_key": "not a key"}, r"no token can be had \(\w+\)"),
    ],
)
async def test_a_file_that_says_nobody_is_told_without_its_text(
    told: dict[str, Any], words: str, tmp_path: Path
) -> None:
    environment = {"GCP_FILE": account_file(tmp_path, "http://127.0.0.1:9/token", **told)}
    traffic = KIND.build(KIND.options(**options("http://127.0.0.1:9")), environment)
    with pytest.raises(Denied, match=words) as raised:
        await traffic.read()
    assert "PRIVATE" not in str(raised.value)
    await traffic.aclose()


async def test_a_far_side_of_tokens_that_is_gone_is_out_of_reach(tmp_path: Path) -> None:
    environment = {"GCP_FILE": account_file(tmp_path, "http://127.0.0.1:9/token")}
    traffic = KIND.build(KIND.options(**options("http://127.0.0.1:9", timeout="5s")), environment)
    with pytest.raises(OutOfReach, match=r"what gives tokens can't|no token within"):
        await traffic.read()
    await traffic.aclose()


async def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth.transport.requests", None)
    environment = {"GCP_FILE": account_file(tmp_path, "http://127.0.0.1:9/token")}
    traffic = KIND.build(KIND.options(**options("http://127.0.0.1:9")), environment)
    with pytest.raises(Denied, match=r"pip install 'perch\[gcp\]'"):
        await traffic.read()
    await traffic.aclose()


def test_a_variable_that_is_named_must_be_set() -> None:
    with pytest.raises(MissingEnvironment, match="GCP_FILE"):
        KIND.build(KIND.options(**options("http://127.0.0.1:9")), {})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"canary": "denis-stable"}, "the same backend service"),
        ({"priority": 1, "path": "/"}, "a priority or paths"),
        ({"url_map": "Web Map"}, "no name of a resource"),
        ({"project": "Denis"}, "no project's id"),
        ({"endpoint": "compute.googleapis.com"}, "begins with https://"),
    ],
)
def test_a_mistake_in_the_options_comes_with_a_hint(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        KIND.options(**{**options("http://127.0.0.1:9"), **wrong})


def test_the_role_that_ships_allows_what_is_called_and_no_more() -> None:
    role = yaml.safe_load((ROOT / "deploy" / "gcp-url-map-role.yaml").read_text())
    assert role["includedPermissions"] == [
        "compute.urlMaps.get",
        "compute.urlMaps.update",
        "compute.backendServices.get",
        "compute.backendServices.use",
        "compute.globalOperations.get",
    ]
