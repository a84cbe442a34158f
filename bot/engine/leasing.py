"""Hold a lease while something is under way: others see by it that somebody is at it, and take over when it lapses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import TypeVar

from bot.ports import Clock, Leases, StoreAway, Taken

log = logging.getLogger(__name__)

LEASE_S = 30.0
RENEW = timedelta(seconds=LEASE_S / 3)
LOOK_EVERY_S = 1.0
Result = TypeVar("Result")


async def held_while(deed: Awaitable[Result], leases: Leases, clock: Clock, lease: str, since: datetime) -> Result:
    """Do it, and keep the lease, taken at `since`, meanwhile."""
    holding = asyncio.create_task(_hold(leases, clock, lease, since))
    try:
        return await deed
    finally:
        holding.cancel()


async def _hold(leases: Leases, clock: Clock, lease: str, since: datetime) -> None:
    """One that is lost needs no more: what rests on a lease is fenced besides."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = clock()
        if now - since < RENEW:
            continue
        try:
            if await leases.take(lease, now, LEASE_S) is not Taken.KEPT:
                return
            since = now
        except StoreAway as away:
            log.warning("the lease %s can't be renewed yet: %s", lease, away)
