"""HTTP mode: the same code behind signed requests, and what comes without a good signature."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from tests.scenarios.opening import new_story
from tests.scenarios.story import Story

pytestmark = pytest.mark.anyio

MARKER = "the-body-of-a-forger"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_the_same_story_over_signed_http(tmp_path: Path) -> None:
    """S7: command, gate, button and 100 %, without a Socket Mode connection."""
    async with new_story(tmp_path, signed_http=True) as story:
        gate = await story.to_gate()
        assert story.workspace.connected == 0
        await story.clicks("ben", gate, "approve")
        await story.status("is at 100%")
        assert story.service.weight == 100.0


async def test_forged_and_stale_requests_are_refused_and_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Bad input: 401, nothing done, and nothing of the body in the log."""
    async with new_story(tmp_path, signed_http=True) as story:
        body = _command(story)
        now = int(time.time())
        refused: Mapping[str, Mapping[str, str]] = {
            "another secret": _signed(body, now, "not-the-secret"),
            "stale": _signed(body, now - 301, story.workspace.signing_secret),
            "from the future": _signed(body, now + 900, story.workspace.signing_secret),
            "another body": _signed(body + "&more=1", now, story.workspace.signing_secret),
            "no number": {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=1234"},
            "nothing": {},
        }
        with caplog.at_level(logging.DEBUG):
            async with httpx.AsyncClient(verify=False) as client:
                for why, headers in refused.items():
                    answer = await client.post(_url(story), content=body, headers={**FORM, **headers})
                    assert answer.status_code == 401, why
                    assert MARKER not in answer.text
        assert MARKER not in caplog.text
        assert await story.perch.engine.desk.latest() == []


def _url(story: Story) -> str:
    return f"{story.perch.address}/slack/events"


def _command(story: Story) -> str:
    """What Slack would send for `/canary start materializers 1%`, with a word to look for."""
    fields = {
        "command": "/canary",
        "text": f"start materializers 1% version={MARKER}",
        "user_id": story.workspace.person("ana").id,
        "channel_id": story.workspace.channel("#canary-live").id,
        "team_id": "T01SANDBOX1",
        "trigger_id": "1.2.3",
        "response_url": "http://127.0.0.1:9/response",
    }
    return urlencode(fields)


def _signed(body: str, at: int, secret: str) -> Mapping[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}
