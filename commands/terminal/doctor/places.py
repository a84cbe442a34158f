"""What plans name in Slack: channels that must exist and have the bot in them, and roles that must be somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.directory import SlackDirectory
from adapters.notify.slack.faults import in_our_words
from bot.domain.audiences import everybody
from bot.domain.plan import Plan
from bot.ports import Clock, OutsideFault
from commands.terminal.doctor.findings import Finding, bad, ok

PAGES = 50
PAGE = 200
"""Slack's own advice for conversations.list; larger pages may come back shortened."""


async def channels(client: AsyncWebClient, plans: Sequence[Plan], second: str = "") -> AsyncIterator[Finding]:
    """One line for each channel that a plan posts to, and for the `second` one, where there is one."""
    wanted = dict.fromkeys((*(place for plan in plans for place in _places(plan)), *([second] if second else ())))
    if not wanted:
        return
    try:
        known = await _known(client)
    except OutsideFault as fault:
        yield bad("channels", f"Slack can't list them: {fault}; try again")
        return
    for place in wanted:
        yield _channel(place, known.get(place.removeprefix("#")))


def _places(plan: Plan) -> Iterable[str]:
    return (plan.channel, *(to for _, to in everybody(plan) if to.startswith("#")))


async def _known(client: AsyncWebClient) -> Mapping[str, Mapping[str, Any]]:
    """All channels that the token sees, by name and by id."""
    known: dict[str, Mapping[str, Any]] = {}
    cursor = ""
    for _ in range(PAGES):
        async with in_our_words():
            answer = await client.conversations_list(
                types="public_channel,private_channel", limit=PAGE, cursor=cursor, exclude_archived=False
            )
        found: list[Mapping[str, Any]] = answer.get("channels") or []
        known |= {str(channel[key]): channel for channel in found for key in ("name", "id") if key in channel}
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor", ""))
        if not cursor:
            break
    return known


def _channel(place: str, found: Mapping[str, Any] | None) -> Finding:
    what = f"channel {place}"
    if found is None:
        return bad(what, "isn't there, or is private and the bot isn't in it; make it, then type in it: /invite @perch")
    if found.get("is_archived"):
        return bad(what, "is archived; bring it back, or name another one in the plan")
    if not found.get("is_member"):
        return bad(what, "the bot isn't in it; type there: /invite @perch")
    return ok(what, "the bot is in it")


async def roles(client: AsyncWebClient, plans: Sequence[Plan], clock: Clock) -> AsyncIterator[Finding]:
    """One line for each role entry that names nobody, or one that all do."""
    directory = SlackDirectory(client, clock)
    entries = dict.fromkeys(entry for plan in plans for entry in _entries(plan))
    nobody = []
    for entry in entries:
        try:
            if not await directory.members([entry]):
                nobody.append(entry)
        except OutsideFault as fault:
            yield bad(f"role {entry}", f"Slack can't say who that is: {fault}; try again")
            return
    for entry in nobody:
        yield bad(
            f"role {entry}",
            "names nobody in Slack; make the user group (a free Slack has none: name people), or mend the plan",
        )
    if entries and not nobody:
        yield ok("roles", f"{', '.join(entries)} are somebody")


def _entries(plan: Plan) -> Iterable[str]:
    return (*plan.roles.operators, *plan.roles.approvers, *plan.roles.override)
