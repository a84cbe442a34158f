"""`HomePages` in memory: what stands on each person's page, and how often one was shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.ports import Posted
from bot.ports.homes import Page


@dataclass
class FakePages:
    pages: dict[str, Page] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    refuses: Exception | None = None

    async def publish(self, user: str, page: Page) -> None:
        if self.refuses:
            raise self.refuses
        self.shown.append(user)
        self.pages[user] = page

    async def link(self, posted: Posted) -> str:
        return f"https://slack.example/{posted.channel}/{posted.ts}"
