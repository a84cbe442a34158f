"""Who we are in Slack, asked once at the start; a bad token ends the start with one clear line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

ANSWER_WITHIN_S = 5.0

_ADVICE = "mend {setting} (api.slack.com/apps shows it) and start again"
FATAL = {
    "invalid_auth": "Slack doesn't know the token",
    "not_authed": "no token was sent",
    "account_inactive": "the token's account is deactivated",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
    "not_allowed_token_type": "it's the wrong kind of token",
    "missing_scope": "the token lacks a scope",
    "forbidden_team": "the app may not connect to this workspace",
    "invalid_app_id": "the token belongs to no app",
    "team_access_not_granted": "the app isn't installed in this workspace",
}
"""Error codes after which trying again is of no use."""


class StartRefused(Exception):
    """Perch can't start: `str()` is one line that says what, why, and what to do."""


class SlackAway(StartRefused):
    """Slack can't be reached now, or is in trouble. Live rollouts are guarded all the same; the doors open later."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Ids of the workspace, of our bot user, and of our bot."""

    team: str
    bot_user: str
    bot: str


async def introduce(client: AsyncWebClient) -> Identity:
    """Ask `auth.test`. Raises StartRefused."""
    answer = await _asked(client, "auth.test", None)
    return Identity(str(answer.get("team_id", "")), str(answer.get("user_id", "")), str(answer.get("bot_id", "")))


async def may_connect(client: AsyncWebClient, app_token: str) -> str:
    """Ask `apps.connections.open` once, because Bolt retries a bad token for ever without a word.

    Returns the address that Slack gives, unused. Raises StartRefused.
    """
    return str((await _asked(client, "apps.connections.open", app_token)).get("url", ""))


async def _asked(client: AsyncWebClient, method: str, app_token: str | None) -> dict[str, object]:
    setting = "SLACK_BOT_TOKEN" if app_token is None else "SLACK_APP_TOKEN"
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            if app_token is None:
                answer = await client.auth_test()
            else:
                answer = await client.apps_connections_open(app_token=app_token)
    except SlackApiError as refused:
        raise _refused(refused, method, setting) from refused
    except (SlackClientError, ClientError, TimeoutError, OSError, AttributeError) as fault:
        # AttributeError is what the client makes of plain text in place of an answer.
        reason = "no answer in time" if isinstance(fault, TimeoutError) else type(fault).__name__
        raise SlackAway(
            f"Slack can't be reached for {method} ({reason}); check the network and SLACK_API_URL."
        ) from fault
    return dict(answer.data) if isinstance(answer.data, dict) else {}


def _refused(refused: SlackApiError, method: str, setting: str) -> StartRefused:
    """A token that never works is final; an overloaded or broken Slack is only away."""
    code = _code(refused)
    if code in FATAL:
        advice = _ADVICE.format(setting=setting)
        return StartRefused(f"Slack refused {method}: {FATAL[code]} ({code}); {advice}.")
    what = f"answers {code}" if code else "answers with something else than Slack's JSON"
    return SlackAway(f"Slack {what} to {method}; check SLACK_API_URL and what is in between, or wait.")


def _code(refused: SlackApiError) -> str:
    data = getattr(refused.response, "data", refused.response)
    return str(data.get("error", "")) if isinstance(data, Mapping) else ""
