"""What lightkube and the client below it raise, in our words; an API server's refusals with their owner and reason."""

from __future__ import annotations

import json
import ssl
from collections.abc import Collection, Mapping
from typing import Any

import httpx2
import msgspec
from lightkube.core import exceptions as lightkube

from adapters.http import chain, excerpt
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

FAULTS: Mapping[type[Exception], tuple[type[OutsideFault], str]] = {
    httpx2.TimeoutException: (OutOfReach, "didn't answer in time"),
    httpx2.NetworkError: (OutOfReach, "can't be reached"),
    httpx2.ProxyError: (OutOfReach, "can't be reached through the proxy"),
    httpx2.ProtocolError: (OutOfReach, "broke off, or answered something that isn't HTTP"),
    httpx2.LocalProtocolError: (Denied, "wasn't asked: the request can't be written as HTTP; look at the token"),
    httpx2.UnsupportedProtocol: (Denied, "wasn't asked: the kubeconfig's server must begin with https://"),
    httpx2.InvalidURL: (Denied, "wasn't asked: the kubeconfig's server can't be read"),
    httpx2.TooManyRedirects: (Denied, "redirects without end"),
    httpx2.DecodingError: (Nonsense, "answered a body that can't be unpacked"),
    httpx2.CookieConflict: (Nonsense, "answered cookies that contradict each other"),
    httpx2.StreamError: (Nonsense, "answered a body that can't be read"),
    httpx2.HTTPStatusError: (Nonsense, "answered an unexpected status"),
    httpx2.RequestError: (OutOfReach, "can't be asked"),
    httpx2.HTTPError: (OutOfReach, "can't be asked"),
    lightkube.ConfigError: (Denied, "can't be used as it is set up: look at the kubeconfig and its context"),
    lightkube.NotReadyError: (Nonsense, "answered a list that can't be read"),
    lightkube.LoadResourceError: (Nonsense, "answered a resource that can't be read"),
    lightkube.ObjectDeleted: (Denied, "has it no more: it was deleted"),
    lightkube.ConditionError: (Denied, "says that it failed"),
    msgspec.DecodeError: (Nonsense, "answered something that isn't what the API promises"),
    msgspec.EncodeError: (Denied, "wasn't asked: the value can't be sent"),
}
"""The nearest base class decides: `tests/adapters/kubernetes/test_faults.py` fails on one that isn't here."""

_HALF_READ = (ValueError, KeyError, TypeError, AttributeError)
"""What lightkube lets through for an answer without a type, with half a body, or that is no object."""

KNOWN: tuple[type[Exception], ...] = (*FAULTS, msgspec.MsgspecError, OSError, *_HALF_READ)


def translated(error: Exception, place: str, secrets: Collection[str]) -> OutsideFault:
    """Our fault for an exception; its text is one line, and holds nothing of `secrets`."""
    if isinstance(error, httpx2.HTTPStatusError) and error.response is not None:
        return refused(error.response.status_code, error.response.text, place, secrets)
    if any(isinstance(cause, ssl.SSLError) for cause in chain(error)):
        return Denied(f"{place} isn't trusted, or doesn't speak TLS as we do")
    fault, words = next((FAULTS[base] for base in type(error).__mro__ if base in FAULTS), (Nonsense, _UNREAD))
    if isinstance(error, OSError):
        fault, words = OutOfReach, "can't be reached"
    return fault(f"{place} {words}")


_UNREAD = "answered something that can't be read"


def refused(code: int, body: str, place: str, secrets: Collection[str]) -> OutsideFault:
    """Our fault for a status, by the Status object in its body where there is one.

    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
    """
    status = _status(body)
    said = excerpt(str(status.get("message") or body), secrets, length=300)
    if code == 409 and (owners := _owners(status)):
        told = excerpt(owners, secrets, length=300)
        return Denied(f"{place}: {told}; `force: true` in the plan takes it over")
    if code in _WORDS:
        fault, words = _WORDS[code]
        return fault(f"{place} {words}" + (f": {said}" if said else ""))
    if 300 <= code < 400:
        return Denied(f"{place} answered {code}, a redirect, which is not followed")
    return (OutOfReach if code >= 500 else Denied)(f"{place} answered {code}" + (f": {said}" if said else ""))


_WORDS: Mapping[int, tuple[type[OutsideFault], str]] = {
    401: (Denied, "doesn't know us: look at the token"),
    403: (Denied, "doesn't allow that: compare deploy/kubernetes-rbac.yaml"),
    404: (Denied, "has no such thing"),
    408: (OutOfReach, "didn't answer in time"),
    409: (OutOfReach, "says that it was changed meanwhile"),
    410: (OutOfReach, "has forgotten the version that was asked for"),
    422: (Denied, "can't take that"),
    425: (OutOfReach, "isn't ready"),
    429: (OutOfReach, "is asked too much"),
}


def _status(body: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def _owners(status: Mapping[str, Any]) -> str:
    """`.spec.replicas: conflict with "helm" using apps/v1; …`, or "" for a conflict of another sort."""
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    found = [cause for cause in causes or () if isinstance(cause, dict) and cause.get("reason") == _CONFLICT]
    return "; ".join(f"{cause.get('field')}: {cause.get('message')}" for cause in found)


_CONFLICT = "FieldManagerConflict"
"""https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""
