"""Who is told beside Slack: PagerDuty and Jira, as their contract servers play them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.fakes import jira, pagerduty
from tests.fakes.jira import JiraServer
from tests.fakes.pagerduty import PagerDutyServer


@dataclass
class Pagers:
    """`environment` is how a plan finds them; the pager's key goes by the name that the plan gives it."""

    pagerduty: PagerDutyServer
    jira: JiraServer
    environment: dict[str, str]


@asynccontextmanager
async def pagers(key_name: str) -> AsyncIterator[Pagers]:
    pager, board = PagerDutyServer(), JiraServer()
    async with pager.open(), board.open():
        yield Pagers(
            pager,
            board,
            {
                "PAGERDUTY_URL": pager.url,
                key_name: pagerduty.KEY,
                "JIRA_URL": board.url,
                "JIRA_USER": jira.USER,
                "JIRA_TOKEN": jira.TOKEN,
            },
        )
