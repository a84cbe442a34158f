"""Looks into the store each time the far service is told to change: is that on record already? (laws 1, 4 and 5)"""

from __future__ import annotations

from bot.domain.rollout import Rollout, Way
from bot.domain.units import ZERO, Weight
from bot.ports import StoreAway
from tests.process.service import Deed
from tests.process.town import Town


class Witness:
    """The far service waits until it has looked; `wrong` says what wasn't on record. `checks` counts its looks."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.wrong: list[str] = []
        self.checks = 0
        town.far.witness = self.saw

    async def saw(self, deed: Deed) -> None:
        """Looks once more where the store lost its connection in the middle."""
        try:
            await self._look(deed)
        except StoreAway:
            await self._look(deed)

    async def _look(self, deed: Deed) -> None:
        self.checks += 1
        # The spool first: an act leaves it only once the row has it.
        spooled = self._town.spooled(deed.part)
        real = Weight(self._town.far.parts[deed.part].weight)
        rollout = next(iter(await self._town.eyes.latest(deed.part, 1)), None)
        if rollout is None:
            self.wrong.append(f"{deed} before any rollout was on record")
        elif fault := await self._fault(deed, rollout, real, spooled=spooled):
            self.wrong.append(f"{deed} at a real {real}: {fault}; on record is {rollout.state} {rollout.intent}")

    async def _fault(self, deed: Deed, rollout: Rollout, real: Weight, *, spooled: bool) -> str:
        down = rollout.kill is not None or spooled
        match deed.what:
            case "engage":
                return "" if down else "no kill is on record or in the spool"
            case "restore":
                return "" if await self._wished_back(deed.part) else "nobody's wish to put it back is on record"
            case _:
                return await self._set_fault(Weight(deed.value), rollout, real, down=down)

    async def _wished_back(self, part: str) -> bool:
        """On record with any rollout of this plan: such an order may be slow, and land when the next one lives."""
        for each in await self._town.eyes.latest(part, 20):
            if any(record.kind == "rearming" for record in await self._town.eyes.records(each)):
                return True
        return False

    async def _set_fault(self, weight: Weight, rollout: Rollout, real: Weight, *, down: bool) -> str:
        """A raise needs its intent; so does a step down, unless a kill or a rollback by the card is under way."""
        if weight <= real and (down or weight == ZERO):
            return ""
        intents = [record.body for record in await self._town.eyes.records(rollout) if record.kind == "intended"]
        known = [each for each in intents if Weight(each["weight"]) == weight]
        if not known:
            return "no intent is on record"
        if weight > real and not any(each["way"] == Way.RAISE.value for each in known):
            return "it was raised without an intent to raise"
        return ""
