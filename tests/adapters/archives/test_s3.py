"""Kind `s3` (E9): what S3-compatible storage does instead of taking what it's given."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web

from adapters.archives.s3 import S3, S3Options
from bot.ports import Denied, OutOfReach
from tests.adapters.archives.far_sides import KEYS, InS3, a_parcel
from tests.far_side import Wire, always, serving

pytestmark = pytest.mark.anyio

FILES = {"materializers-1.perch.zip": b"a bundle"}


def at(endpoint: str, **more: Any) -> S3:
    told = {"bucket": "rollouts", "endpoint": endpoint, "access_key_env": "S3_KEY", "secret_key_env": "S3_SECRET"}
    return S3(S3Options.model_validate({**told, **more}), KEYS)


async def refused(archive: S3) -> list[Exception]:
    """What a put and a rehearsal raise."""
    found: list[Exception] = []
    for call in (archive.put(a_parcel(FILES)), archive.rehearse()):
        with pytest.raises((Denied, OutOfReach)) as fault:
            await call
        found.append(fault.value)
        assert str(fault.value).isprintable()
        assert len(str(fault.value)) < 300
        assert not any(secret in str(fault.value) for secret in KEYS.values())
    return found


async def test_a_bucket_that_isnt_there_waits_for_a_person(s3_server: str) -> None:
    for fault in await refused(at(s3_server, bucket="nobody-made-me")):
        assert isinstance(fault, Denied)
        assert "there is no such bucket" in str(fault)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", Denied),
        (403, "InvalidAccessKeyId", Denied),
        (500, "InternalError", OutOfReach),
        (503, "SlowDown", OutOfReach),
    ],
)
async def test_what_the_storage_calls_it_is_told(status: int, code: str, kind: type[Exception]) -> None:
    page = f"<Error><Code>{code}</Code><Message>{KEYS['S3_SECRET']} is no good</Message></Error>"
    async with serving(always(page, status, "application/xml")) as address:
        for fault in await refused(at(address)):
            assert isinstance(fault, kind)
            assert code in str(fault)


async def test_a_page_of_something_else_is_no_success() -> None:
    """A login page in front of the storage answers 200 to everything: nothing of ours is behind it."""
    async with serving(always("<html>Please log in</html>", 302, "text/html", Location="/login")) as address:
        assert all(isinstance(fault, OutOfReach | Denied) for fault in await refused(at(address)))


async def test_storage_that_hangs_is_given_up_in_time(s3_server: str) -> None:
    async with Wire(int(s3_server.rpartition(":")[2])).laid() as wire:
        wire.hang()
        for fault in await refused(at(wire.url, timeout="1s")):
            assert isinstance(fault, OutOfReach)


async def test_an_upload_whose_answer_was_lost_is_found_there_the_next_time(s3_server: str) -> None:
    """The storage took it and the connection broke: the next try finds it, and nothing lies there twice."""
    there = InS3(s3_server, "late-answers")
    broken: list[int] = []

    async def between(request: web.BaseRequest) -> web.Response:
        kept = ("Authorization", "x-amz-date", "x-amz-content-sha256", "If-None-Match", "Content-Type")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        async with httpx.AsyncClient(verify=False) as client:
            answer = await client.request(
                request.method, f"{s3_server}{request.rel_url}", content=await request.read(), headers=headers
            )
        if request.method == "PUT" and not broken:
            broken.append(answer.status_code)
            assert request.transport is not None
            request.transport.abort()
        keep = {name: answer.headers[name] for name in ("ETag", "Last-Modified") if name in answer.headers}
        return web.Response(body=answer.content, status=answer.status_code, headers=keep)

    async with serving(between) as address:
        archive = at(address, bucket="late-answers")
        with pytest.raises(OutOfReach):
            await archive.put(a_parcel(FILES))
        assert broken == [200]
        await archive.put(a_parcel(FILES))
    assert list((await there.lying()).values()) == list(FILES.values())


async def test_keys_that_arent_set_are_named() -> None:
    archive = S3(S3Options(bucket="rollouts", access_key_env="NO_KEY", secret_key_env="NO_SECRET"), {})
    with pytest.raises(Denied, match="NO_KEY is not set"):
        await archive.rehearse()


def test_a_deadline_is_short_enough_to_try_again() -> None:
    assert S3Options(bucket="rollouts", access_key_env="A", secret_key_env="B").timeout <= timedelta(minutes=2)


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("obstore", "obstore.store"):
        monkeypatch.setitem(sys.modules, module, None)
    for fault in await refused(at("http://127.0.0.1:9")):
        assert isinstance(fault, Denied)
        assert "pip install 'perch[s3]'" in str(fault)
