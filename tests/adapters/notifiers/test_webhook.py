"""The signed webhook: whoever has the secret can tell that it is Perch's, and when it was sent (O4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from aiohttp import web

from adapters.notifiers.webhook import Webhook, WebhookOptions
from bot.ports import Denied
from tests.adapters.notifiers.far_sides import SECRET, AtHook, a_notice
from tests.far_side import serving

pytestmark = pytest.mark.anyio


async def test_the_signature_is_over_id_time_and_body_whatever_form_the_secret_has() -> None:
    """The arithmetic of Standard Webhooks, done again by hand."""
    heard: list[tuple[dict[str, str], bytes]] = []

    async def hear(request: web.BaseRequest) -> web.Response:
        heard.append((dict(request.headers), await request.read()))
        return web.Response()

    plain = "a plain secret of more than enough bytes"
    async with serving(hear) as url:
        for secret in (SECRET, plain):
            options = WebhookOptions(url=url, secret_env="S")
            hook = Webhook(options, {"S": secret}, now=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
            await hook.tell(a_notice(key="k1"))
            await hook.aclose()
    for (headers, body), key in zip(heard, (b"thirty-two bytes of pure chance!", plain.encode()), strict=True):
        digest = hmac.new(key, b"k1.1772442000." + body, hashlib.sha256).digest()
        assert headers["webhook-id"] == "k1"
        assert headers["webhook-timestamp"] == "1772442000"
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


async def test_what_arrives_says_all_that_a_receiver_needs() -> None:
    async with AtHook().open() as there:
        assert isinstance(there, AtHook)
        await there.notifier().tell(a_notice(classes=("security",)))
        [taken] = there.web.taken.values()
    assert taken["type"] == "perch.rolling_back"
    assert taken["timestamp"] == "2026-03-02T09:00:00+00:00"
    told = taken["data"]
    assert (told["act"], told["severity"], told["classes"]) == ("opens", "page", ["security"])
    assert (told["plan"], told["rollout"], told["reason"]) == ("materializers", "materializers-1a2b3c", "errors > 5%")


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_c2hvcnQ=", "sixteen-letters!"])
async def test_a_secret_that_signs_nothing_is_refused_before_anything_is_sent(secret: str) -> None:
    hook = Webhook(WebhookOptions(url="http://127.0.0.1:9", secret_env="HOOK_SECRET"), {"HOOK_SECRET": secret})
    for call in (hook.rehearse(), hook.tell(a_notice())):
        with pytest.raises(Denied, match="HOOK_SECRET") as raised:
            await call
        assert secret not in str(raised.value)
    await hook.aclose()


async def test_an_address_that_is_a_secret_itself_is_not_shown() -> None:
    hook = Webhook(
        WebhookOptions(url="https://x.example/t0ken-0123456789abcdefghij?k=s3cret", secret_env="S"), {"S": SECRET}
    )
    assert hook.target == "webhook https://x.example/…?k=…"
    await hook.aclose()
