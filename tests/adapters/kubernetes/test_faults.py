"""No exception of lightkube, or of the client below it, reaches the engine: each is one of ours."""

from __future__ import annotations

import inspect
import ssl
from types import ModuleType

import httpx2
import msgspec
import pytest
from lightkube.core import exceptions as lightkube

from adapters.kubernetes.faults import FAULTS, refused, translated
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

SECRET = "s3cret-token-77"


def _exceptions(module: ModuleType) -> list[type[Exception]]:
    found = [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, Exception)]
    return [each for each in found if each.__module__.split(".")[0] in ("httpx2", "lightkube", "msgspec")]


EVERY = [each for module in (httpx2, lightkube, msgspec) for each in _exceptions(module)]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_each_exception_of_the_library_has_a_fault_of_ours(error: type[Exception]) -> None:
    """STYLE 12: msgspec's root alone has no words of its own; it is an answer that can't be read."""
    assert any(base in FAULTS for base in error.__mro__) or error is msgspec.MsgspecError


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (401, Denied),
        (403, Denied),
        (404, Denied),
        (409, OutOfReach),
        (410, OutOfReach),
        (422, Denied),
        (429, OutOfReach),
        (302, Denied),
        (400, Denied),
        (500, OutOfReach),
        (503, OutOfReach),
        (504, OutOfReach),
    ],
)
@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"kind": "Status", "message": "why s3cret-token-77\\nnot"}'])
def test_a_status_says_what_to_do_and_shows_no_secret(code: int, fault: type[OutsideFault], body: str) -> None:
    told = refused(code, body, "kubernetes denis", {SECRET})
    assert type(told) is fault
    assert str(told).isprintable()
    assert SECRET not in str(told)


def test_a_conflict_names_the_field_and_its_owner() -> None:
    body = (
        '{"kind": "Status", "details": {"causes": [{"reason": "FieldManagerConflict", "field": ".spec.replicas", '
        '"message": "conflict with \\"helm\\" using apps/v1"}]}}'
    )
    told = refused(409, body, "kubernetes denis", ())
    assert isinstance(told, Denied)
    assert '.spec.replicas: conflict with "helm" using apps/v1' in str(told)
    assert "force: true" in str(told)


@pytest.mark.parametrize("body", ['{"kind": "Status", "details": {"causes": "none"}}', '{"kind": "Status"}', "nope"])
def test_a_conflict_without_an_owner_is_tried_again(body: str) -> None:
    assert isinstance(refused(409, body, "kubernetes denis", ()), OutOfReach)


def test_a_server_that_we_do_not_trust_is_denied_and_a_broken_answer_is_nonsense() -> None:
    untrusted = httpx2.ConnectError("no")
    untrusted.__cause__ = ssl.SSLError("self-signed")
    assert isinstance(translated(untrusted, "k", ()), Denied)
    assert isinstance(translated(KeyError("Content-Type"), "k", ()), Nonsense)
    assert isinstance(translated(msgspec.ValidationError("x"), "k", ()), Nonsense)
    assert isinstance(translated(ConnectionRefusedError(), "k", ()), OutOfReach)
