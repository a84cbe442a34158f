"""One Web API client for the whole process: one session with a deadline, and no retries of its own.

slack_sdk's default re-sends a post whose connection broke, which posts twice; and with a session of ours its own
`timeout` is ignored, so the deadline is the session's. Repeating is the outbox's business.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

SLACK_API = "https://slack.com/api/"
DEADLINE_S = 10.0


@asynccontextmanager
async def slack_client(token: str, api_url: str = SLACK_API) -> AsyncIterator[AsyncWebClient]:
    """A client for one bot token; closed with the context."""
    # With a level of NOTSET the SDK formats every payload, secrets in it, for a debug line that nobody wants.
    quiet = logging.getLogger("slack_sdk")
    quiet.setLevel(logging.WARNING)
    async with ClientSession(timeout=ClientTimeout(total=DEADLINE_S)) as session:
        yield AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[], logger=quiet)
