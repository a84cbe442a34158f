"""How much is done for each number: enough for its median or p99, or little, to see that all still works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """`fleet` is how many rollouts are live where the table says 1,000; the others are numbers of samples."""

    fleet: int
    requests: int
    clicks: int
    kills: int
    ticks: int
    breaches: int
    starts: int


FULL = Effort(fleet=1000, requests=400, clicks=25, kills=15, ticks=3, breaches=20, starts=5)
QUICK = Effort(fleet=50, requests=40, clicks=5, kills=4, ticks=2, breaches=5, starts=2)
