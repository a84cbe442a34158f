"""The other way to the app: signed POSTs to its request URL.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import hashlib
import hmac
import json
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.workspace.delivery import DISPATCH_FAILED, OPERATION_TIMEOUT, Kind, Outcome, Retry
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.records import Records


class HttpMode:
    """Posts to one request URL, signed with the workspace's clock."""

    def __init__(self, records: Records, request_url: str, ack_within_s: float) -> None:
        self._records = records
        self._request_url = request_url
        self._within = aiohttp.ClientTimeout(total=ack_within_s)
        self._session = aiohttp.ClientSession(timeout=self._within)

    async def verify_url(self) -> None:
        """Slack's check of a request URL. Raises ConnectionError unless the challenge comes back."""
        challenge = self._records.ids.secret(48)
        token = self._records.app.verification_token
        asked = {"type": "url_verification", "challenge": challenge, "token": token}
        outcome = await self.deliver(Kind.EVENT, asked, None)
        if outcome.body.get("challenge") != challenge:
            seen = outcome.error or outcome.body
            raise ConnectionError(f"{self._request_url} did not return the challenge: {seen}")

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None) -> Outcome:
        """POST it as Slack does: events as JSON, commands as a form, interactions as a form's `payload`."""
        content_type, body = _encoded(kind, payload)
        headers = {"Content-Type": content_type} | self._signature(body)
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with self._session.post(self._request_url, data=body, headers=headers) as response:
                text = await response.text()
        except TimeoutError:
            return Outcome(OPERATION_TIMEOUT)
        except aiohttp.ClientError:
            return Outcome(DISPATCH_FAILED)
        if response.status != 200:
            return Outcome(DISPATCH_FAILED)
        return Outcome(body=_answer(text), after_s=loop.time() - started)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _signature(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._records.clock()))
        secret = self._records.app.signing_secret.encode()
        digest = hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _encoded(kind: Kind, payload: Json) -> tuple[str, bytes]:
    match kind:
        case Kind.EVENT:
            return "application/json", json.dumps(payload).encode()
        case Kind.COMMAND:
            return "application/x-www-form-urlencoded", urlencode(payload).encode()
        case Kind.INTERACTION:
            form = {"payload": json.dumps(payload)}
            return "application/x-www-form-urlencoded", urlencode(form).encode()


def _answer(text: str) -> Json:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else {"text": text}
