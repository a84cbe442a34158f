"""Laws 1 and 2: an observed rollout never sets a weight and never engages a switch, whatever goes wrong in Perch.

What decides makes no intent for it, and what acts asks once more: each of the two holds while the other has a bug.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.progress import progress
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from bot.engine import checking
from bot.engine.actions import Mover
from bot.engine.kill import KillSwitch
from bot.ports import Card
from tests.rig import rig, sick, tree

pytestmark = pytest.mark.anyio
ACTIONS = ("rollback", "kill", "hold")


async def touched(folder: Path, action: str) -> list[str]:
    """What was changed outside while an observed canary was promoted, broke, lost its data, and got well again."""
    stages = [{**stage, "on_breach": action} for stage in tree()["stages"]]
    async with rig(folder, tree(stages=stages, drift="lower")) as here:
        here.traffic[0].weight = Weight(1)
        await here.start(how="observe")
        await here.minutes(6)
        here.traffic[0].weight = Weight(10)
        await here.minutes(2)
        here.numbers.values["success"] = sick()
        await here.minutes(5)
        here.numbers.values |= {"success": 99.5, "errors": 60.0}
        await here.minutes(2)
        calls = [*here.traffic[0].far.calls, *here.kills[0].far.calls]
        return [call for call in calls if call.split()[0] in ("apply", "engage", "restore")]


def the_matrix_forgets_it(patch: pytest.MonkeyPatch) -> None:
    """It's judged like any other, and what follows is decided."""
    patch.setattr(checking, "observe", progress)


def the_hands_forget_it(patch: pytest.MonkeyPatch) -> None:
    """Whoever acts doesn't ask whose it is."""
    carry_out, card_for = Mover.carry_out, KillSwitch.card_for

    async def carried_out(self: Mover, rollout: Rollout) -> None:
        await carry_out(self, rollout.but(mode="live"))

    async def card(self: KillSwitch, rollout: Rollout, members: tuple[str, ...] = ()) -> Card:
        return await card_for(self, rollout.but(mode="live"), members)

    patch.setattr(Mover, "carry_out", carried_out)
    patch.setattr(KillSwitch, "card_for", card)


@pytest.mark.parametrize("action", ACTIONS)
async def test_nothing_is_touched(tmp_path: Path, action: str) -> None:
    """U2."""
    assert await touched(tmp_path, action) == []


@pytest.mark.parametrize("bug", [the_matrix_forgets_it, the_hands_forget_it], ids=lambda bug: bug.__name__)
@pytest.mark.parametrize("action", ["rollback", "kill"])
async def test_one_bug_alone_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: object, action: str
) -> None:
    bug(monkeypatch)  # type: ignore[operator]
    assert await touched(tmp_path, action) == []


@pytest.mark.parametrize("action", ["rollback", "kill"])
async def test_both_bugs_together_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    """Planted: what is looked at above does see a touch."""
    the_matrix_forgets_it(monkeypatch)
    the_hands_forget_it(monkeypatch)
    assert await touched(tmp_path, action)
