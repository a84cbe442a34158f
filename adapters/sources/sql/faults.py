"""A database server's errors in our words, by SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError, TimeoutError

from adapters.http import NotInTime, chain, excerpt
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault


class NothingToDivideBy(Nonsense):
    """The query divides by 0: before the first percent there is often nothing to take a share of."""


STATES: Mapping[str, tuple[type[OutsideFault], str]] = {
    "22012": (NothingToDivideBy, "divides by 0; write NULLIF(…, 0) below the line, and it is no data instead"),
    "25006": (Denied, "is opened to be read, and the query would write"),
    "57014": (NotInTime, "stopped the query, which took too long"),
    "57": (OutOfReach, "is stopping or starting"),
    "53": (OutOfReach, "has no room left"),
    "55P03": (OutOfReach, "is locked by another program"),
    "08": (OutOfReach, "lost the connection"),
    "28": (Denied, "refuses the user or its password"),
    "3D": (Denied, "isn't there"),
    "42501": (Denied, "doesn't let this user read that; GRANT SELECT on what the query names"),
}
"""By SQLSTATE, or its beginning."""


def translated(error: BaseException, shown: str) -> OutsideFault:
    """Our fault for what SQLAlchemy, the driver or the socket raised. `shown` names the database, without a secret."""
    causes = chain(error)
    state = next((str(code) for each in causes if (code := getattr(each, "sqlstate", None))), "")
    for length in (5, 2):
        if (known := STATES.get(state[:length])) is not None:
            return known[0](f"{shown} {known[1]}")
    said = excerpt(str(causes[-1]).splitlines()[0] if str(causes[-1]) else type(causes[-1]).__name__)
    if state:
        fault = Nonsense if state.startswith("22") else Denied
        return fault(f"{shown} refuses the query: {said}")
    if isinstance(error, TimeoutError):
        return NotInTime(f"{shown} had no connection free in time")
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return Denied(f"{shown} wasn't asked: {said}")
    socket = any(isinstance(each, OSError) for each in causes)
    if socket or not isinstance(error, SQLAlchemyError):
        return OutOfReach(f"{shown} can't be reached ({said})")
    return Nonsense(f"{shown} can't be asked: {said}")
