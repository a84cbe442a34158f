"""redis-py's exceptions in our words; `tests/adapters/traffic/test_redis_faults.py` fails on one that isn't here."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from redis import exceptions as redis

from adapters.http import chain
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

FAULTS: Mapping[type[Exception], tuple[type[OutsideFault], str]] = {
    redis.TimeoutError: (OutOfReach, "didn't answer in time"),
    redis.ConnectionError: (OutOfReach, "can't be reached"),
    redis.BusyLoadingError: (OutOfReach, "is still loading its data"),
    redis.MaxConnectionsError: (OutOfReach, "takes no more connections"),
    redis.ReadOnlyError: (OutOfReach, "is a read-only replica just now"),
    redis.OutOfMemoryError: (OutOfReach, "is out of memory"),
    redis.ClusterDownError: (OutOfReach, "is a cluster that is down"),
    redis.MasterDownError: (OutOfReach, "is a replica that has lost its primary"),
    redis.TryAgainError: (OutOfReach, "is a cluster that is moving the key"),
    redis.ClusterError: (OutOfReach, "is a cluster that can't answer"),
    redis.LockError: (OutOfReach, "has the key locked"),
    redis.LockNotOwnedError: (OutOfReach, "has the key locked"),
    redis.WatchError: (OutOfReach, "saw the key change meanwhile"),
    redis.AuthenticationError: (Denied, "wants another user name or password: look at username and password_env"),
    redis.AuthenticationWrongNumberOfArgsError: (Denied, "refused the user name or password"),
    redis.AuthorizationError: (Denied, "refused the user name or password"),
    redis.ExternalAuthProviderError: (Denied, "refused the user name or password"),
    redis.NoPermissionError: (Denied, "doesn't allow that to this user"),
    redis.AskError: (Denied, "is a cluster that keeps the key elsewhere: name the node that has it"),
    redis.MovedError: (Denied, "is a cluster that keeps the key elsewhere: name the node that has it"),
    redis.ClusterCrossSlotError: (Denied, "is a cluster that keeps the key elsewhere: name the node that has it"),
    redis.CrossSlotTransactionError: (Denied, "is a cluster that keeps the key elsewhere: name the node that has it"),
    redis.RedisClusterException: (Denied, "is a cluster that can't be used like a single server"),
    redis.SlotNotCoveredError: (OutOfReach, "is a cluster that doesn't serve the key just now"),
    redis.InvalidPipelineStack: (Denied, "is a cluster that can't be used like a single server"),
    redis.ModuleError: (Denied, "lacks a module"),
    redis.NoScriptError: (Denied, "lacks a script"),
    redis.NoSuchFieldsetError: (Denied, "lacks a set of fields"),
    redis.DataError: (Denied, "wasn't asked: the value can't be sent"),
    redis.IncorrectPolicyType: (Denied, "wasn't asked: the client is set up wrongly"),
    redis.ChildDeadlockedError: (OutOfReach, "wasn't asked: the client is stuck"),
    redis.PubSubError: (Nonsense, "answered something that can't be understood"),
    redis.InvalidResponse: (Nonsense, "answered something that can't be understood"),
    redis.ExecAbortError: (Nonsense, "broke off a transaction"),
    redis.ResponseError: (Nonsense, "answered an error"),
    redis.RedisError: (Nonsense, "answered something that can't be understood"),
}
"""Each exception of `redis.exceptions`, the nearest base class deciding for others:
https://redis.readthedocs.io/en/stable/exceptions.html"""

_BY_CODE: Mapping[str, tuple[type[OutsideFault], str]] = {
    "ERR": (Denied, "refused the command"),
    "DENIED": (Denied, "takes no connections from here (protected mode)"),
    "BUSY": (OutOfReach, "is busy with a script"),
    "MISCONF": (OutOfReach, "takes no writes: it can't save its data"),
    "NOREPLICAS": (OutOfReach, "takes no writes: too few replicas"),
    "WRONGTYPE": (Nonsense, "keeps something other than a text under that key"),
}
"""Redis' own error codes, the first word of an error, that redis-py has no exception for: https://redis.io/docs/latest/develop/reference/protocol-spec/"""

KNOWN = (redis.RedisError, redis.RedisClusterException, redis.ChildDeadlockedError, redis.IncorrectPolicyType)
"""The roots of redis-py's exceptions."""


def translated(error: Exception, place: str) -> OutsideFault:
    """Our fault for an exception of redis-py or of the socket below it; the text holds nothing that Redis said."""
    if any(isinstance(cause, ssl.SSLError) for cause in chain(error)):
        return Denied(f"{place} isn't trusted, or doesn't speak TLS as we do")
    fault, words = next((FAULTS[base] for base in type(error).__mro__ if base in FAULTS), _SOCKET)
    if type(error) is redis.ResponseError:
        fault, words = _BY_CODE.get(str(error).partition(" ")[0], (fault, words))
    return fault(f"{place} {words}")


_SOCKET = (OutOfReach, "can't be reached")
