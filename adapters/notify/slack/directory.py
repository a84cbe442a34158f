"""Who people are in Slack (S6): the `Directory` port, over user groups and profiles, remembered for a short while."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.faults import SlackDenied, in_our_words
from bot.ports import Clock

FRESH = timedelta(seconds=30)
"""How long an answer is used without asking again; afterwards it's worth nothing, also while Slack can't be asked: who
was taken out of a group may not act by an old list. Whom a kill card names may still stop (law 2)."""

_USER = re.compile(r"[UW][A-Z0-9]+")
_GROUP = re.compile(r"S[A-Z0-9]+")
_NOBODY = frozenset({"user_not_found", "users_not_found", "user_not_visible"})

PAGES = 20

T = TypeVar("T")


class Remembered(Generic[T]):
    """Answers by key, asked again when they're old."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[datetime, T]] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """What is kept and fresh, or else the answer. Raises what `ask` raises."""
        now = self._clock()
        kept = self._kept.get(key)
        if kept is not None and timedelta(0) <= now - kept[0] < FRESH:
            return kept[1]
        answer = await ask()
        self._kept[key] = (now, answer)
        return answer


class SlackDirectory:
    """The `Directory` port. `team` is our workspace's id: people of another one may not act. In an Enterprise
    organisation somebody may belong to several workspaces (https://docs.slack.dev/reference/objects/user-object)."""

    def __init__(self, client: AsyncWebClient, clock: Clock, team: str = "") -> None:
        self._client = client
        self._team = team
        self._groups: Remembered[Mapping[str, str]] = Remembered(clock)
        self._members: Remembered[frozenset[str]] = Remembered(clock)
        self._people: Remembered[Mapping[str, Any]] = Remembered(clock)
        self._accounts: Remembered[Mapping[str, str]] = Remembered(clock)

    def belong_to(self, team: str) -> None:
        """Learn our workspace's id, once Slack has told it."""
        self._team = team

    async def groups_of(self, user: str, wanted: Sequence[str]) -> frozenset[str]:
        """Which of `wanted` this user is or belongs to. A handle that a user group has means that group alone."""
        return frozenset([entry for entry in wanted if await self._is(user, entry)])

    async def _is(self, user: str, entry: str) -> bool:
        if entry == user:
            return True
        if not _USER.fullmatch(user) or _USER.fullmatch(entry):
            return False
        if _GROUP.fullmatch(entry):
            return user in await self._members_of(entry)
        handle = entry.removeprefix("@")
        group = (await self._groups.get("", self._ask_groups)).get(handle)
        if group is not None:
            return user in await self._members_of(group)
        # `name` is the account's own; display names can be changed to anything by anybody.
        return str((await self._person(user)).get("name", "")) == handle

    async def members(self, wanted: Sequence[str]) -> frozenset[str]:
        """The ids of all users that `wanted` names, alone or by group; handles that nobody has name nobody."""
        found: set[str] = set()
        for entry in wanted:
            found |= await self._named_by(entry)
        return frozenset(found)

    async def _named_by(self, entry: str) -> frozenset[str]:
        if _USER.fullmatch(entry):
            return frozenset({entry})
        handle = entry.removeprefix("@")
        group = entry if _GROUP.fullmatch(entry) else (await self._groups.get("", self._ask_groups)).get(handle)
        if group is not None:
            return await self._members_of(group)
        account = (await self._accounts.get("", self._ask_accounts)).get(handle)
        return frozenset({account}) if account else frozenset()

    async def refused(self, user: str) -> str:
        """Guests, bots, deactivated accounts and other workspaces' people may look, and not act."""
        if not _USER.fullmatch(user):
            return ""
        person = await self._person(user)
        teams = {person.get("team_id"), *((person.get("enterprise_user") or {}).get("teams") or ())}
        elsewhere = bool(self._team) and self._team not in teams
        reasons = {
            "this account is unknown here": not person,
            "this account is deactivated": person.get("deleted"),
            "bots may not act": person.get("is_bot") or person.get("is_workflow_bot"),
            "guests may not act": person.get("is_restricted") or person.get("is_ultra_restricted"),
            "people of another workspace may not act": person.get("is_stranger") or elsewhere,
        }
        return next((reason for reason, true in reasons.items() if true), "")

    async def _person(self, user: str) -> Mapping[str, Any]:
        return await self._people.get(user, lambda: self._ask_person(user))

    async def _members_of(self, group: str) -> frozenset[str]:
        return await self._members.get(group, lambda: self._ask_members(group))

    async def _ask_groups(self) -> Mapping[str, str]:
        """Handle → id. A workspace without user groups (a free one) has none."""
        try:
            async with in_our_words():
                answer = await self._client.usergroups_list()
        except SlackDenied as refused:
            if refused.code != "plan_upgrade_required":
                raise
            return {}
        found: list[dict[str, Any]] = answer.get("usergroups") or []
        return {str(group["handle"]): str(group["id"]) for group in found}

    async def _ask_members(self, group: str) -> frozenset[str]:
        async with in_our_words():
            answer = await self._client.usergroups_users_list(usergroup=group)
        return frozenset(map(str, answer.get("users", [])))

    async def _ask_accounts(self) -> Mapping[str, str]:
        """Account name → id of everybody; asked only where a plan names a person by handle."""
        accounts: dict[str, str] = {}
        cursor = ""
        for _ in range(PAGES):
            async with in_our_words():
                answer = await self._client.users_list(limit=1000, cursor=cursor)
            people: list[dict[str, Any]] = answer.get("members") or []
            accounts |= {str(person["name"]): str(person["id"]) for person in people if not person.get("deleted")}
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor", ""))
            if not cursor:
                break
        return accounts

    async def _ask_person(self, user: str) -> Mapping[str, Any]:
        try:
            async with in_our_words():
                answer = await self._client.users_info(user=user)
        except SlackDenied as refused:
            if refused.code not in _NOBODY:
                raise
            return {}
        found: Mapping[str, Any] = answer.get("user", {})
        return found
