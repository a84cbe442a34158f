"""One call of Google's Compute Engine API (v1), and waiting until what it began is done.

https://cloud.google.com/compute/docs/reference/rest/v1
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator

from adapters import http
from adapters.cloud.google_identity import GoogleIdentity, Tokens
from adapters.options import Deadline
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

API = "https://compute.googleapis.com/compute/v1"
PACE_S = 0.5
"""Between two looks at an operation."""


class Changed(OutOfReach):
    """Somebody else changed it since it was read (412): read again."""


def _endpoint(value: str) -> str:
    if not value.startswith(("https://", "http://", "${")):
        raise misread("an endpoint begins with https:// or http://", f"write {API}")
    if "@" in value.partition("://")[2].partition("/")[0]:
        raise misread("an address holds no user or password", "name a credentials file by credentials_env")
    return value.rstrip("/")


def _name(value: str) -> str:
    """RFC 1035; `${NAME}` may still stand in it."""
    if "${" not in value and not re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", value):
        raise misread("that is no name of a resource", "lower-case letters, digits and dashes, 63 at most; no address")
    return value


def _project(value: str) -> str:
    if "${" not in value and not re.fullmatch(r"[a-z0-9.:-]{1,100}", value):
        raise misread("that is no project's id", "gcloud projects list tells it")
    return value


Name = Annotated[str, AfterValidator(_name)]
Project = Annotated[str, AfterValidator(_project)]


class ComputeOptions(GoogleIdentity):
    """Which project, in which region unless global; `operation` is how long one change may take."""

    project: Project
    region: Name | None = None
    operation: Deadline = timedelta(seconds=60)
    endpoint: Annotated[str, AfterValidator(_endpoint)] = API


class Compute:
    """The API of one project, global or of one region. `place` is what people call what is asked about; no secrets."""

    def __init__(self, options: ComputeOptions, environment: Environment, place: str, pace_s: float = PACE_S) -> None:
        scope = f"regions/{options.region}" if options.region else "global"
        self._url = f"{options.endpoint}/projects/{options.project}/{scope}"
        self._tokens = Tokens(options, environment)
        self._client = http.client(deadline_s=options.timeout.total_seconds(), kept_open=2)
        self._within_s = options.operation.total_seconds()
        self._place, self._pace_s = place, pace_s

    async def call(self, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        """What is answered. Raises Changed or another OutOfReach, Denied or Nonsense; nothing is retried."""
        token = await self._tokens.token()
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._url}/{path}"
        answer = await http.fetch(self._client, method, url, json=body, headers=headers, expect=range(600))
        if answer.status != 200:
            raise refused(answer.status, answer.text, f"{method} {path}", self._place, token)
        told = _object(answer.text)
        if told is None:
            raise Nonsense(f"{self._place}: Google answered something that is no object in JSON")
        return told

    async def done(self, operation: Mapping[str, Any]) -> None:
        """Wait until an operation is. Raises Changed or another OutOfReach, Denied or Nonsense by its error."""
        name = operation.get("name")
        if not isinstance(name, str) or operation.get("kind") != "compute#operation":
            raise Nonsense(f"{self._place}: Google answered no operation")
        try:
            async with asyncio.timeout(self._within_s):
                operation = await self._until_done(f"operations/{name}")
        except TimeoutError as error:
            raise OutOfReach(f"{self._place}: {name} isn't done after {self._within_s:g} s") from error
        if operation.get("error"):
            raise _failed(operation, self._place)

    async def _until_done(self, path: str) -> Mapping[str, Any]:
        while True:
            operation = await self.call("GET", path)
            if operation.get("status") == "DONE":
                return operation
            await asyncio.sleep(self._pace_s)

    async def aclose(self) -> None:
        await self._client.aclose()


def refused(status: int, text: str, asked: str, place: str, secret: str) -> OutsideFault:
    """Our fault for an answer that isn't 200, by its status and the reason beside it."""
    error = (_object(text) or {}).get("error")
    error = error if isinstance(error, Mapping) else {}
    details = error.get("errors")
    reasons = [str(each.get("reason")) for each in details or () if isinstance(each, Mapping)]
    reason = reasons[0] if isinstance(details, list) and reasons else ""
    said = http.excerpt(str(error.get("message") or text), {secret})
    told = f"{place}: Google answered {asked} with {status}" + (f" {http.excerpt(reason)}" if reason else "")
    if 300 <= status < 400:
        return Denied(f"{told}, a redirect, which is not followed")
    if status == 412:
        return Changed(f"{place}: somebody else changed it meanwhile")
    if status >= 500 or status in (408, 429) or reason in _LATER:
        return OutOfReach(f"{told}: {said}")
    if status == 401:
        return Denied(f"{place}: Google doesn't know us: look at the credentials file")
    if status == 403:
        return Denied(f"{told}: {said}; deploy/gcp-url-map-role.yaml has the role")
    return Denied(f"{told}: {said}")


_LATER = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "resourceNotReady",
        "resourceInUseByAnotherResource",
    }
    | {"backendError", "internalError", "operationInProgress"}
)
"""https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-using-api"""


def _failed(operation: Mapping[str, Any], place: str) -> OutsideFault:
    """Operations spell reasons as CODES: `error: {errors: [{code, message}]}`, beside the HTTP status."""
    errors = operation["error"].get("errors") if isinstance(operation["error"], Mapping) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    code, said = http.excerpt(str(first.get("code", ""))), http.excerpt(str(first.get("message", "")))
    status = operation.get("httpErrorStatusCode")
    if status == 412 or code in ("CONDITION_NOT_MET", "INVALID_FINGERPRINT"):
        return Changed(f"{place}: somebody else changed it meanwhile")
    told = f"{place}: the change failed ({code or status}): {said}"
    later = (isinstance(status, int) and status >= 500) or code in ("RESOURCE_NOT_READY", "INTERNAL_ERROR")
    return OutOfReach(told) if later else Denied(told)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
