"""What `bot.ports.archives.Archive` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Person, Rollout
from bot.ports import Denied, OutOfReach
from bot.ports.archives import Archive, Parcel

FILES = {"materializers-1.perch.zip": b"PK\x03\x04 a bundle", "materializers-1.report.html": b"<h1>It went well</h1>"}
FOLDER = "materializers/materializers-1"
"""`{plan}/{rollout}`, below which files lie unless a plan says otherwise."""
ENDED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class ArchiveWorld(Protocol):
    """A destination and what a test does to it. `lying` is all that lies there: content by path, the present tree."""

    secrets: frozenset[str] = frozenset()

    @property
    def archive(self) -> Archive: ...

    def again(self) -> Archive:
        """Another process' adapter for the same place."""
        ...

    async def lying(self) -> Mapping[str, bytes]: ...
    async def ever(self) -> set[bytes]:
        """Every content that can still be had back, older versions included."""
        ...

    async def marks(self) -> object:
        """Changes when anything there changes."""
        ...

    def refuse(self) -> None: ...
    def go_away(self) -> None: ...
    def come_back(self) -> None: ...


def a_parcel(files: Mapping[str, bytes], number: int = 7, **changes: Any) -> Parcel:
    """The files of a rollout that has ended; `changes` are of the rollout."""
    person = Person(id="U0ANA")
    facts: dict[str, Any] = {
        "id": "materializers-1",
        "plan": "materializers",
        "plan_digest": "d1",
        "service": "denis",
        "environment": "production",
        "version": "v2",
        "requester": person,
        "involved": (person.id,),
        "started_at": ENDED,
        "due_at": ENDED,
        "state": State.COMPLETED,
        "ended_at": ENDED,
    }
    return Parcel(Rollout(**{**facts, **changes}), number, files)


class ArchiveContract:
    """Subclass it as `Test…` and give it a fixture `there`."""

    pytestmark = pytest.mark.anyio

    async def test_what_is_put_lies_there_and_it_says_where(self, there: ArchiveWorld) -> None:
        """E9."""
        place = await there.archive.put(a_parcel(FILES))
        assert FOLDER in place
        assert await there.lying() == {f"{FOLDER}/{name}": content for name, content in FILES.items()}

    async def test_the_same_files_put_twice_are_kept_once(self, there: ArchiveWorld) -> None:
        """Also by another process, which knows nothing of the first."""
        first = await there.archive.put(a_parcel(FILES))
        before = await there.marks()
        assert await there.archive.put(a_parcel(FILES)) == first
        assert await there.again().put(a_parcel(FILES, number=9)) == first
        assert await there.marks() == before

    async def test_a_newer_content_under_the_same_name_loses_nothing(self, there: ArchiveWorld) -> None:
        newer = {**FILES, "materializers-1.report.html": b"<h1>It was a false alarm</h1>"}
        await there.archive.put(a_parcel(FILES))
        for _ in range(2):
            await there.archive.put(a_parcel(newer, number=9))
        assert await there.ever() == {*FILES.values(), *newer.values()}
        assert len(await there.lying()) <= 3

    async def test_a_put_that_was_cut_short_anywhere_is_made_good_by_the_next(self, there: ArchiveWorld) -> None:
        """Law 5: at whatever moment it is cancelled, what lies there in the end is whole and lies there once."""
        for wait_s in (0, 0.002, 0.01, 0.03):
            putting = asyncio.ensure_future(there.archive.put(a_parcel(FILES)))
            await asyncio.sleep(wait_s)
            putting.cancel()
            await asyncio.gather(putting, return_exceptions=True)
        await there.archive.put(a_parcel(FILES))
        assert await there.lying() == {f"{FOLDER}/{name}": content for name, content in FILES.items()}

    async def test_a_name_that_leads_elsewhere_is_refused_and_nothing_is_written(self, there: ArchiveWorld) -> None:
        for name in ("../x", "a/b", "/etc/passwd", "..", ".hidden", "", "a\x00b", "-rf", "a b", "x" * 300):
            with pytest.raises(Denied, match="letters, digits, dots and dashes"):
                await there.archive.put(a_parcel({**FILES, name: b"x"}))
        assert await there.lying() == {}

    async def test_whatever_a_rollout_is_called_its_folder_stays_below_the_destination(
        self, there: ArchiveWorld
    ) -> None:
        """An environment is any text; a rewritten database may hold any id."""
        await there.archive.put(a_parcel({"a.zip": b"1"}, id="../../../etc/cron.d/x", plan="-p", environment="../.."))
        [path] = await there.lying()
        assert ".." not in path.split("/")
        assert path.split("/")[-1] == "a.zip"
        assert not path.startswith(("-", "/", "."))

    async def test_a_rehearsal_changes_nothing_there(self, there: ArchiveWorld) -> None:
        before = await there.marks()
        assert await there.archive.rehearse()
        assert await there.marks() == before

    async def test_a_refusal_waits_for_a_person_and_says_why(self, there: ArchiveWorld) -> None:
        there.refuse()
        with pytest.raises(Denied) as refused:
            await there.again().put(a_parcel(FILES))
        assert_safe(refused.value, there)

    async def test_a_far_side_that_is_gone_may_come_back(self, there: ArchiveWorld) -> None:
        there.go_away()
        with pytest.raises((OutOfReach, Denied)) as gone:
            await there.archive.put(a_parcel(FILES))
        assert_safe(gone.value, there)
        with pytest.raises((OutOfReach, Denied)):
            await there.archive.rehearse()
        there.come_back()
        await there.archive.put(a_parcel(FILES))
        assert set((await there.lying()).values()) == set(FILES.values())

    async def test_two_processes_that_put_at_once_keep_both(self, there: ArchiveWorld) -> None:
        """Different rollouts to one place, and the same rollout twice."""
        parcels = [a_parcel({f"{id}.zip": id.encode()}, id=id) for id in ("r-1", "r-2", "r-3", "r-1")]
        archives = [there.again() for _ in parcels]
        await asyncio.gather(*(archive.put(parcel) for archive, parcel in zip(archives, parcels, strict=True)))
        lying = await there.lying()
        assert {path.split("/")[-1]: content for path, content in lying.items()} == {
            f"{id}.zip": id.encode() for id in ("r-1", "r-2", "r-3")
        }


def assert_safe(fault: BaseException, there: ArchiveWorld) -> None:
    """Law 8, and fit to be shown on one line."""
    text = str(fault)
    assert text.isprintable()
    assert not any(secret in text for secret in getattr(there, "secrets", ()))
