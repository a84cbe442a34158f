"""Who we are for the API server, and what is said when that isn't clear; no token is shown (law 8)."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from lightkube.resources.apps_v1 import Deployment
from pydantic import ValidationError

from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.options import ClusterOptions
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault
from tests.fakes.kubernetes.server import TOKEN, ApiServer, api_server, deployment, kubeconfig
from tests.fakes.kubernetes.watches import Ill
from tests.fakes.traffic import Trouble
from tests.far_side import always, serving
from tests.servers import require

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with api_server() as server:
        server.create("deployments", deployment("denis", {"PCT": "0"}))
        yield server


async def replicas(environment: dict[str, str], account: Path = Path("/nowhere"), **options: Any) -> int | None:
    cluster = Cluster(ClusterOptions(namespace="denis", **options), environment, account)
    try:
        found = await cluster.get(Deployment, "denis")
        assert found.spec is not None
        return found.spec.replicas
    finally:
        await cluster.aclose()


async def test_a_kubeconfig_is_named_by_the_environment_or_by_the_plan(api: ApiServer, tmp_path: Path) -> None:
    file = kubeconfig(tmp_path, api.url)
    assert await replicas({"KUBECONFIG": file}) == 3
    assert await replicas({"KUBECONFIG": f"{file}:/another"}) == 3
    assert await replicas({}, kubeconfig=file, context="test") == 3
    with pytest.raises(OutOfReach, match="kubernetes other denis can't be reached"):
        await replicas({"KUBECONFIG": file}, context="other")


async def test_a_context_that_is_not_there_is_denied_by_name(api: ApiServer, tmp_path: Path) -> None:
    with pytest.raises(Denied, match="'prod' not found"):
        await replicas({"KUBECONFIG": kubeconfig(tmp_path, api.url)}, context="prod")


async def test_a_kubeconfig_that_cannot_be_read_is_denied_without_its_text(tmp_path: Path) -> None:
    file = tmp_path / "config"
    with pytest.raises(Denied, match="not found"):
        await replicas({"KUBECONFIG": str(file)})
    for text in ("token: [s3cret", "s3cret", "clusters: 5", "clusters: []\ncontexts: [{name: s3cret}]"):
        file.write_text(text)
        with pytest.raises(Denied) as raised:
            await replicas({"KUBECONFIG": str(file)})
        assert "s3cret" not in str(raised.value)


async def test_a_kubeconfig_that_would_run_a_program_is_refused(api: ApiServer, tmp_path: Path) -> None:
    """Programs run only where PERCH_ALLOWED_COMMANDS says so, and never with Perch's own environment."""
    file = Path(kubeconfig(tmp_path, api.url))
    tree = yaml.safe_load(file.read_text())
    tree["users"][0]["user"] = {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws"}}
    file.write_text(yaml.safe_dump(tree))
    with pytest.raises(Denied, match="runs no program for its token"):
        await replicas({"KUBECONFIG": str(file)})


async def test_an_unknown_token_is_denied_and_not_shown(api: ApiServer, tmp_path: Path) -> None:
    with pytest.raises(Denied, match="doesn't know us: look at the token") as raised:
        await replicas({"KUBECONFIG": kubeconfig(tmp_path, api.url, token="wr0ng-t0ken-55")})
    assert "wr0ng-t0ken-55" not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_inside_a_cluster_the_pods_account_is_used(tmp_path: Path) -> None:
    """Its address is by environment; there are no contexts there."""
    inside = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "9"}
    with pytest.raises(Denied, match="no contexts"):
        await replicas(inside, context="test")
    with pytest.raises(OutOfReach, match="can't be reached"):
        await replicas(inside, account=tmp_path)


def _account(folder: Path) -> ssl.SSLContext:
    """A pod's account: an authority, here the server's own certificate, and a token. Returns how the server speaks."""
    key, authority = folder / "key.pem", folder / "ca.crt"
    command = [require("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", authority], check=True, capture_output=True)
    (folder / "token").write_text("old-t0ken-1234")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, key)
    return context


async def test_a_renewed_token_is_read_again_and_another_authority_is_not_trusted(tmp_path: Path) -> None:
    """Kubernetes renews a pod's token every hour; the one that we began with isn't good for ever."""
    seen: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers["Authorization"])
        if seen[-1] != "Bearer new-t0ken-5678":
            (tmp_path / "token").write_text("new-t0ken-5678")
            return web.json_response({"kind": "Status", "code": 401, "message": "Unauthorized"}, status=401)
        return web.json_response(deployment("denis", {}))

    async with serving(answer, tls=_account(tmp_path)) as url:
        inside = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": url.rpartition(":")[2]}
        assert await replicas(inside, account=tmp_path) == 3
        assert seen == ["Bearer old-t0ken-1234", "Bearer new-t0ken-5678"]
        with pytest.raises(Denied, match="isn't trusted"):
            await replicas({"KUBECONFIG": _trusting_nobody(tmp_path, url)})


def _trusting_nobody(folder: Path, url: str) -> str:
    """A kubeconfig that checks the server by the system's authorities."""
    file = Path(kubeconfig(folder, url))
    file.write_text(file.read_text().replace("insecure-skip-tls-verify: true", "insecure-skip-tls-verify: false"))
    return str(file)


@pytest.mark.parametrize("text", ["<html>", "", "[]", '{"spec": 5}', '{"spec": {"replicas": "many"}}'])
async def test_an_answer_that_is_no_deployment_is_nonsense(text: str, tmp_path: Path) -> None:
    async with serving(always(text)) as url:
        with pytest.raises(Nonsense):
            await replicas({"KUBECONFIG": kubeconfig(tmp_path, url)})


async def test_a_refusal_without_a_status_object_is_told_by_its_code(tmp_path: Path) -> None:
    async with serving(always("<h1>Bad gateway</h1>", status=502, content_type="text/html")) as url:
        with pytest.raises(OutOfReach, match="answered 502"):
            await replicas({"KUBECONFIG": kubeconfig(tmp_path, url)})


async def watched(api: ApiServer, folder: Path, **options: Any) -> list[str]:
    cluster = Cluster(ClusterOptions(namespace="denis", **options), {"KUBECONFIG": kubeconfig(folder, api.url)})
    try:
        async with asyncio.timeout(10):
            return [each async for each in cluster.changes(Deployment, timedelta(seconds=20), name="denis")]
    finally:
        await cluster.aclose()


@pytest.mark.parametrize(
    ("ill", "fault", "words"),
    [
        (Ill.HANGS, OutOfReach, "didn't answer"),
        (Ill.BREAKS_OFF, OutOfReach, "broke off"),
        (Ill.GARBAGE, Nonsense, "isn't what the API promises"),
        (Ill.GONE, OutOfReach, "has forgotten the version that was asked for: too old resource version"),
        (Ill.EXPIRES, OutOfReach, "has forgotten the version that was asked for: too old resource version"),
    ],
)
async def test_a_stream_that_is_ill_is_a_fault_of_ours(
    api: ApiServer, tmp_path: Path, ill: Ill, fault: type[OutsideFault], words: str
) -> None:
    api.watches.ill = ill
    with pytest.raises(fault, match=words):
        await watched(api, tmp_path, timeout="200ms" if ill is Ill.HANGS else "20s")


async def test_a_stream_begins_with_what_there_is_and_ends_when_the_server_ends_it(
    api: ApiServer, tmp_path: Path
) -> None:
    api.watches.ill = Ill.ENDS
    assert await watched(api, tmp_path) == ["ADDED"]


async def test_a_stream_that_is_refused_is_denied_with_the_reason_and_without_the_token(
    api: ApiServer, tmp_path: Path
) -> None:
    """Law 8: the server echoes it."""
    api.trouble = Trouble.DENY
    with pytest.raises(Denied, match=r"compare deploy/kubernetes-rbac\.yaml.*is forbidden") as raised:
        await watched(api, tmp_path)
    assert TOKEN not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_the_token_is_not_in_the_log(api: ApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Law 8."""
    with caplog.at_level("DEBUG"):
        await replicas({"KUBECONFIG": kubeconfig(tmp_path, api.url)})
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("namespace", ["Denis", "denis/../kube-system", "", "a b"])
def test_a_namespace_is_a_name(namespace: str) -> None:
    with pytest.raises(ValidationError):
        ClusterOptions(namespace=namespace)
