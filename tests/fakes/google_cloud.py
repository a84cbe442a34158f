"""Google Cloud's Compute API as far as URL maps go, by its reference: fingerprints, merge patches, operations.

No emulator of it exists. It keeps maps, refuses a patch whose fingerprint isn't the map's with 412, gives tokens to a
service account whose signature it checks, and can get into every trouble.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from adapters.contracts import Trouble
from tests.far_side import serving

TOKEN = "ya29.A0ARrdaM9perchTestToken"
PROJECT = "denis-prod"
SERVICES = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/backendServices"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MAP_FIELDS = frozenset(
    {"name", "fingerprint", "kind", "hostRules", "pathMatchers", "defaultService", "defaultRouteAction"}
)


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def account_file(folder: Path, token_uri: str, **more: Any) -> str:
    """A service account's file; its path."""
    pem = private_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": f"perch@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": token_uri,
        **more,
    }
    path = folder / "account.json"
    path.write_text(json.dumps(told))
    return str(path)


def split(canary: int, stable: int, *others: str) -> dict[str, Any]:
    """A route action."""
    weights = [("denis-canary", canary), ("denis-stable", stable), *((other, 1) for other in others)]
    services = [{"backendService": f"{SERVICES}/{name}", "weight": weight} for name, weight in weights]
    return {"weightedBackendServices": services, "timeout": {"seconds": "30", "nanos": 0}}


def url_map(name: str, **branches: Any) -> dict[str, Any]:
    return {"kind": "compute#urlMap", "name": name, "fingerprint": "0", "hostRules": [{"hosts": ["*"]}], **branches}


class GoogleCloud:
    """`maps` by name as they stand; `looks` is how many looks an operation takes."""

    def __init__(self) -> None:
        self.maps: dict[str, dict[str, Any]] = {}
        self.trouble: Trouble | None = None
        self.looks = 1
        self.asked, self.over = asyncio.Event(), asyncio.Event()
        self.tokens = 0
        self.patches = 0
        self.permissions = ["compute.urlMaps.get", "compute.urlMaps.update"]
        self.affinity = {"denis-canary": "NONE"}
        """Session affinity by backend service."""
        self.fails: dict[str, Any] = {}
        """What operations come to, instead of a change."""
        self.meanwhile: list[str] = []
        """Names of maps that somebody else changes right before the next patch."""
        self._operations: dict[str, dict[str, Any]] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[str]:
        async with serving(self.answer) as address:
            self._address = address
            yield address
            self.over.set()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/token":
            return self._token((await request.read()).decode())
        self.asked.set()
        match self.trouble:
            case Trouble.HANG:
                await self.over.wait()
            case Trouble.FAIL:
                return refusal(503, "backendError", "try again")
            case Trouble.DENY:
                return refusal(403, "forbidden", f"not with {TOKEN}")
            case Trouble.GARBAGE:
                return web.Response(text="<html>Welcome</html>", content_type="text/html")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return refusal(401, "authError", "no")
        body = await request.json() if request.can_read_body else None
        rest = (
            request.path.partition(f"/projects/{PROJECT}/")[2]
            .removeprefix("global/")
            .removeprefix("regions/europe-west1/")
        )
        return self._compute(request, rest.split("/"), body)

    def _token(self, body: str) -> web.Response:
        """https://developers.google.com/identity/protocols/oauth2/service-account#httprest"""
        form = parse_qs(body)
        head, claims, signature = form["assertion"][0].split(".")
        key = private_key().public_key()
        key.verify(_decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        told = json.loads(_decoded(claims))
        assert form["grant_type"] == [GRANT]
        assert told["scope"] == "https://www.googleapis.com/auth/compute"
        self.tokens += 1
        return web.json_response({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

    def _compute(self, request: web.BaseRequest, path: list[str], body: Any) -> web.StreamResponse:
        match request.method, path:
            case "GET", ["urlMaps", name] if name in self.maps:
                return web.json_response(self.maps[name])
            case "PATCH", ["urlMaps", name] if name in self.maps:
                return self._patch(request, name, body)
            case "POST", ["urlMaps", name, "testIamPermissions"] if name in self.maps:
                return web.json_response({"permissions": [p for p in body["permissions"] if p in self.permissions]})
            case "GET", ["backendServices", name] if name in self.affinity:
                return web.json_response({"name": name, "sessionAffinity": self.affinity[name]})
            case "GET", ["operations", name] if name in self._operations:
                return web.json_response(self._look(name))
        return refusal(404, "notFound", f"The resource '{'/'.join(path)}' was not found")

    def _patch(self, request: web.BaseRequest, name: str, body: Mapping[str, Any]) -> web.StreamResponse:
        self.patches += 1
        if name in self.meanwhile:
            self.meanwhile.remove(name)
            self._set(name, {"description": "somebody was here"})
        if unknown := set(body) - MAP_FIELDS:
            return refusal(400, "invalid", f"Unknown name {min(unknown)}")
        if body.get("fingerprint") != self.maps[name]["fingerprint"]:
            return refusal(412, "conditionNotMet", "Invalid fingerprint.")
        if any(not 0 <= weight <= 1000 for weight in _weights(body)):
            return refusal(400, "invalid", "Invalid value for field 'weight'")
        if self.trouble is not Trouble.LIE and not self.fails:
            self._set(name, body)
        if self.trouble is Trouble.HALF and request.transport is not None:
            request.transport.abort()
        number = f"operation-{self.patches}"
        self._operations[number] = {
            "kind": "compute#operation",
            "name": number,
            "status": "RUNNING",
            "left": self.looks,
        }
        return web.json_response(self._told(number))

    def _look(self, name: str) -> Mapping[str, Any]:
        operation = self._operations[name]
        operation["left"] -= 1
        if operation["left"] <= 0:
            operation.update(status="DONE", **self.fails)
        return self._told(name)

    def _told(self, name: str) -> Mapping[str, Any]:
        return {key: value for key, value in self._operations[name].items() if key != "left"}

    def _set(self, name: str, body: Mapping[str, Any]) -> None:
        """A merge patch replaces what it names, lists whole: RFC 7396."""
        self.maps[name] = {**self.maps[name], **body}
        self.maps[name]["fingerprint"] = str(int(self.maps[name]["fingerprint"]) + 1)


def refusal(status: int, reason: str, message: str) -> web.Response:
    error = {"code": status, "message": message, "errors": [{"message": message, "reason": reason, "domain": "global"}]}
    return web.json_response({"error": error}, status=status)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _weights(tree: Any) -> list[int]:
    match tree:
        case dict():
            own = [tree["weight"]] if "weight" in tree else []
            return own + [weight for value in tree.values() for weight in _weights(value)]
        case list():
            return [weight for value in tree for weight in _weights(value)]
    return []
