"""Kind `webhook` (O4): JSON posted to an address of one's own, signed with HMAC as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the headers `webhook-id`
(the same when it is told again), `webhook-timestamp` (seconds) and `webhook-signature`, that is `v1,` and the base64 of
HMAC-SHA256 over `ID.TIMESTAMP.BODY`. Libraries that verify exist for most languages. A secret that begins with `whsec_`
is base64, as theirs are; any other is taken as its bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.http import Address, client, fetch, redact, secret
from adapters.notifiers.options import Deadline
from adapters.options import Options, VariableName
from bot.domain.kinds import Environment
from bot.ports import Denied, Notice

SHORTEST_BYTES = 24
"""Of a secret, as the specification asks."""
PREFIX = "whsec_"


class WebhookOptions(Options):
    """`notifiers: {hook: {kind: webhook, url: …, secret_env: HOOK_SECRET}}`."""

    url: Address
    secret_env: VariableName
    timeout: Deadline = timedelta(seconds=10)


class Webhook:
    """The `Notifier` port over an address. `now` is what the signature is stamped with: the time of the try."""

    def __init__(
        self, options: WebhookOptions, environment: Environment, now: Callable[[], datetime] | None = None
    ) -> None:
        self._url, self._name = options.url, options.secret_env
        self._secret = secret(options.secret_env, environment)
        self._now = now or (lambda: datetime.now(UTC))
        self._client = client(deadline_s=options.timeout.total_seconds(), kept_open=1)

    @property
    def target(self) -> str:
        return f"webhook {redact(self._url)}"

    async def tell(self, notice: Notice) -> str:
        body = json.dumps(_body(notice), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **self._signed(notice.key, body)}
        fetched = await fetch(self._client, "POST", self._url, content=body, headers=headers)
        return f"taken with {fetched.status} as {notice.key}"

    async def rehearse(self) -> str:
        """A HEAD, which no receiver takes for a notice: whatever it answers, it is there."""
        self._bytes()
        await fetch(self._client, "HEAD", self._url, expect=range(200, 500))
        return "answers"

    def _signed(self, id: str, body: bytes) -> Mapping[str, str]:
        stamp = str(int(self._now().timestamp()))
        digest = hmac.new(self._bytes(), f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(digest).decode()
        return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signature}

    def _bytes(self) -> bytes:
        coded = self._secret.removeprefix(PREFIX)
        try:
            is_coded = self._secret.startswith(PREFIX)
            key = base64.b64decode(coded, validate=True) if is_coded else self._secret.encode()
        except (binascii.Error, ValueError):
            raise Denied(f"{self._name} begins with {PREFIX}, and what follows isn't base64") from None
        if len(key) < SHORTEST_BYTES:
            raise Denied(f"{self._name} is too short to sign with: {SHORTEST_BYTES} bytes or more, by chance")
        return key

    async def aclose(self) -> None:
        await self._client.aclose()


def _body(notice: Notice) -> Mapping[str, Any]:
    data = {
        "rollout": notice.rollout,
        "plan": notice.plan,
        "service": notice.service,
        "environment": notice.environment,
        "version": notice.version,
        "event": notice.event,
        "act": notice.act.value,
        "severity": notice.urgency.value if notice.urgency else None,
        "classes": list(notice.classes),
        "reason": notice.reason,
        "subject": notice.subject,
        "text": notice.text,
        "links": dict(notice.links),
    }
    return {"type": f"perch.{notice.event}", "timestamp": notice.at.isoformat(), "data": data}
