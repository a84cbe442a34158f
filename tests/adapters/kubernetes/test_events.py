"""A watch's lines, however they're cut; what is no event is a fault, and no secret is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from adapters.kubernetes import events
from adapters.kubernetes.events import changes_in
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

pytestmark = pytest.mark.anyio
SECRET = "s3cret-token-77"


async def _pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for each in chunks:
        yield each


async def told(*chunks: bytes) -> list[str]:
    return [each async for each in changes_in(_pieces(*chunks), "kubernetes denis", {SECRET})]


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_changes_are_told_however_the_stream_is_cut(size: int) -> None:
    """A bookmark is no change; the end of a line may be missing at the end."""
    lines = b"".join(
        b'{"type": "%s", "object": {"metadata": {"name": "a\\nb"}}}\n' % each
        for each in (b"ADDED", b"MODIFIED", b"BOOKMARK", b"DELETED")
    )
    whole = b"\n" + lines + b'{"type": "ADD'
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert await told(*chunks) == ["ADDED", "MODIFIED", "DELETED"]


@pytest.mark.parametrize(
    "line",
    [b"<html>", b"5", b"[]", b"{}", b'{"type": "MOVED", "object": {}}', b'{"type": "ADDED"}', b"\xff", b'{"type": 5}'],
)
async def test_what_is_no_event_is_a_fault(line: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        await told(line + b"\n")


@pytest.mark.parametrize(
    ("status", "fault", "words"),
    [
        ('{"kind": "Status", "code": 410, "message": "too old"}', OutOfReach, "forgotten the version.*too old"),
        ('{"kind": "Status", "code": 403, "message": "s3cret-token-77"}', Denied, "doesn't allow that"),
        ('{"kind": "Status"}', OutOfReach, "answered 500"),
        ('{"kind": "Status", "code": "x"}', OutOfReach, "answered 500"),
        ("[]", OutOfReach, "answered 500"),
    ],
)
async def test_an_error_in_the_stream_is_what_its_status_would_be(
    status: str, fault: type[OutsideFault], words: str
) -> None:
    with pytest.raises(fault, match=words) as raised:
        await told(b'{"type": "ERROR", "object": ' + status.encode() + b"}\n")
    assert SECRET not in str(raised.value)


async def test_a_line_without_an_end_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LONGEST_LINE", 100)
    with pytest.raises(Nonsense, match="without an end of line"):
        await told(*[b"x" * 30] * 4)
