"""Where a parcel's files go, and what they may be called. Nothing of a name leads out of its destination."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.ports import Denied
from bot.ports.archives import Parcel

_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
MOST_BESIDE = 50


def below(template: str, parcel: Parcel) -> str:
    """The folder of a parcel below its destination, with `/` between its steps."""
    rollout = parcel.rollout
    ended = rollout.ended_at or rollout.started_at
    told = {
        "plan": rollout.plan,
        "rollout": rollout.id,
        "environment": rollout.environment,
        "service": rollout.service,
        "outcome": rollout.state.value,
        "year": f"{ended:%Y}",
        "month": f"{ended:%m}",
        "day": f"{ended:%d}",
    }
    return template.format_map({name: _tame(value) for name, value in told.items()})


def checked(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files, when all their names are one step and plain. Raises Denied before anything is written."""
    for name in files:
        if not _FILE.fullmatch(name):
            raise Denied(f"a file can't be kept under the name {name[:80]!r}: letters, digits, dots and dashes only")
    return files


def beside(name: str, number: int) -> Iterator[str]:
    """The name, and those for a newer content where the name is taken: `x.zip`, `x.r29.zip`, `x.r29-2.zip`, …"""
    stem, dot, ending = name.partition(".")
    yield name
    yield f"{stem}.r{number}{dot}{ending}"
    for again in range(2, MOST_BESIDE):
        yield f"{stem}.r{number}-{again}{dot}{ending}"


def _tame(value: str) -> str:
    """One step of a path, whatever a plan or a person wrote."""
    return _ODD.sub("-", value).lstrip(".-")[:120] or "unnamed"
