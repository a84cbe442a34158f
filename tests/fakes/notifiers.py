"""A far side in memory to which notices are told, as good and as bad as a test wants it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from bot.domain.kinds import Kind
from bot.domain.urgencies import Hears
from bot.ports import Notice, Notifier


class Anything(BaseModel):
    """Options: whatever a test writes."""

    model_config = ConfigDict(frozen=True, extra="allow")


@dataclass
class FakeNotifier:
    """The `Notifier` port. `fault` is raised before anything is told, `late` after it was."""

    target: str = "fake notifier"
    told: list[Notice] = field(default_factory=list)
    tries: int = 0
    fault: Exception | None = None
    late: Exception | None = None
    hanging: asyncio.Event | None = None
    """A call waits for it, if it is set at all: before anything is told."""

    async def tell(self, notice: Notice) -> str:
        self.tries += 1
        if self.hanging is not None:
            await self.hanging.wait()
        if self.fault is not None:
            raise self.fault
        if notice.key not in [each.key for each in self.told]:
            self.told.append(notice)
        if self.late is not None:
            raise self.late
        return f"told {notice.event}"

    async def rehearse(self) -> str:
        if self.fault is not None:
            raise self.fault
        return "answers"

    async def aclose(self) -> None: ...

    @property
    def heard(self) -> list[str]:
        """What was told, in order: the event and what it does."""
        return [f"{each.event} {each.act}" for each in self.told]

    def kind(self, hears: Hears = Hears.EACH) -> Kind[Notifier]:
        """A kind that is always this very far side."""
        return Kind(Anything, lambda options, environment: self, hears=hears)
