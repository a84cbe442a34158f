"""The mirror of a stage (R8): requests copied to the canary, whose answers nobody gets. What to do when it drifts.

What may be mirrored stands in the rollout beside its weight: a raise sets it with the weight, a way down ends it.
"""

from __future__ import annotations

from datetime import datetime

from bot.domain.moves import gate_closed, held_where_it_stands, lowering
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.domain.units import Weight


def drifted(rollout: Rollout, now: datetime, id: str, real: Weight) -> Step:
    """The share that is mirrored isn't the recorded one: held and told; above it, lowered at once. It never rises by
    itself: what somebody lowered is what may be mirrored from now on."""
    more, recorded = real > rollout.mirror, rollout.mirror
    why = f"{real} of requests are mirrored where {recorded} were to be; somebody else changed it"
    held = held_where_it_stands(rollout, now, why)
    closed = (gate_closed(rollout, why),) if rollout.gate else ()
    if more:
        weight = rollout.confirmed
        intent = lowering(rollout, now, id, weight, weight, why, mirror=recorded, mirror_before=real)
        held = held.but(intent=intent)
    facts = {"recorded": recorded.percent, "real": real.percent, "did": "lowered" if more else "held"}
    return Step(held.but(mirror=min(real, recorded), due_at=now), (*closed, Happening("mirror_drift", facts)))
