"""Slack: do the tokens work, may the app do what Perch does, are channels and people there, do the clocks agree?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.notify.slack.client import slack_client
from adapters.notify.slack.faults import in_our_words
from bot.domain.plan import Plan
from bot.ports import Clock, OutsideFault
from bot.settings import Settings
from commands.slack.introduction import StartRefused, introduce
from commands.terminal.doctor.door import door
from commands.terminal.doctor.findings import Finding, bad, note, ok
from commands.terminal.doctor.places import channels, roles
from commands.terminal.doctor.scopes import scopes

SKEW = timedelta(seconds=60)
"""Slack's signatures are refused when they are five minutes old; this leaves room."""
ANSWER_S = 5.0


async def slack(settings: Settings, plans: Sequence[Plan], clock: Clock) -> AsyncIterator[Finding]:
    """All findings about Slack; the first bad token ends them, as nothing further could be asked."""
    token = settings.slack_bot_token.get_secret_value()
    if not token:
        yield bad("Slack", "SLACK_BOT_TOKEN is not set; install the app and set it (docs/slack.md)")
        return
    async with slack_client(token, settings.slack_api_url) as client:
        try:
            await introduce(client)
            answer = await _auth_test(client)
        except (StartRefused, OutsideFault, TimeoutError) as refused:
            yield bad("bot token", str(refused) or f"Slack didn't answer within {ANSWER_S:g} s; try again")
            return
        yield ok("bot token", f"works, as {answer.get('user')} in {answer.get('team')}")
        yield scopes(_header(answer, "x-oauth-scopes"))
        yield _clock(answer, clock())
        async for finding in door(client, settings):
            yield finding
        async for finding in channels(client, plans, settings.fallback_channel):
            yield finding
        async for finding in roles(client, plans, clock):
            yield finding


async def _auth_test(client: AsyncWebClient) -> AsyncSlackResponse:
    async with asyncio.timeout(ANSWER_S), in_our_words():
        return await client.auth_test()


def _clock(answer: AsyncSlackResponse, now: datetime) -> Finding:
    try:
        skew = now - parsedate_to_datetime(_header(answer, "date"))
    except (TypeError, ValueError):
        return note("clock", "Slack's answer had no time to compare with")
    shown = f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta(0) else 'behind'} Slack's"
    if abs(skew) > SKEW:
        return bad("clock", f"this machine's is {shown}; set it right (NTP), or signatures and bakes go wrong")
    return ok("clock", f"within {SKEW.total_seconds():.0f} s of Slack's")


def _header(answer: AsyncSlackResponse, name: str) -> str:
    """A response header; slack_sdk gives some as lists."""
    found = next((value for key, value in answer.headers.items() if key.lower() == name), "")
    return str(found[0] if isinstance(found, list) and found else found or "")
