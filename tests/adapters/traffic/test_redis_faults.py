"""Every exception of redis-py has a fault (kind `redis_flag`, T3)."""

from __future__ import annotations

import inspect
import ssl

import pytest
from redis import exceptions

from adapters.traffic.redis_faults import FAULTS, KNOWN, translated
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

ALL = [
    each
    for _, each in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(each, Exception) and each.__module__ == exceptions.__name__
]


@pytest.mark.parametrize("exception", ALL, ids=lambda each: each.__name__)
def test_each_exception_of_redis_py_is_mapped_by_name(exception: type[Exception]) -> None:
    """A new one in a new release fails here, and somebody decides whether trying again helps."""
    assert exception in FAULTS
    assert issubclass(exception, KNOWN)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("WRONGTYPE Operation against a key holding the wrong kind of value", Nonsense),
        ("BUSY Redis is busy running a script.", OutOfReach),
        ("MISCONF Redis is configured to save RDB snapshots", OutOfReach),
        ("ERR unknown command 'GET'", Denied),
        ("DENIED Redis is running in protected mode", Denied),
        ("SOMETHINGNEW happened", Nonsense),
    ],
)
def test_an_error_without_an_exception_of_its_own_goes_by_its_code(said: str, fault: type[OutsideFault]) -> None:
    assert type(translated(exceptions.ResponseError(said), "redis db:6379/0")) is fault


def test_a_certificate_that_is_not_trusted_is_denied() -> None:
    error = exceptions.ConnectionError("connecting")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert isinstance(translated(error, "redis db:6379/0"), Denied)


def test_a_fault_repeats_nothing_that_redis_said() -> None:
    """Law 8."""
    assert "hunter2" not in str(translated(exceptions.ResponseError("ERR bad hunter2"), "redis db:6379/0"))
