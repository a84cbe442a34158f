"""What an OpenFeature provider does in the service: it asks Perch which version each user gets, and keeps the answers.

Over the remote evaluation protocol (OFREP), all flags at once for one user, as providers of static contexts do:
https://github.com/open-feature/protocol/blob/main/guideline/static-context-provider.md
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp

from bot.sandbox.service.knobs import FlagEndpoint
from bot.sandbox.service.simulation import Simulation

FLAG = "materializers"
ASK = "/ofrep/v1/evaluate/flags"
EVERY_S = 1.0
"""How often each user's flags are asked for."""
DEADLINE_S = 2.0
AT_ONCE = 8
PERCENTS = 100

Shipped = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _Answer:
    tag: str
    value: Any


class Provider:
    """Asks at `address`, and sets the simulation's percentage to the share of users that are given the new version.

    Who isn't answered is served the stable version, and so is who is answered a version that isn't shipped.
    `shipped` is told the new and the stable version whenever the next one is: a plan names both.
    """

    def __init__(self, simulation: Simulation, address: str, shipped: Shipped) -> None:
        self.stable, self.new = "v1", "v2"
        self._simulation, self._address, self._shipped = simulation, address, shipped
        self._users = even_users(FLAG)
        self._answers: dict[str, _Answer] = {}

    async def run(self) -> None:
        """Keep asking, for ever; the users' turns are spread over the time between two."""
        async with (
            aiohttp.ClientSession(
                self._address,
                connector=aiohttp.TCPConnector(limit=AT_ONCE),
                timeout=aiohttp.ClientTimeout(total=DEADLINE_S),
            ) as session,
            asyncio.TaskGroup() as group,
        ):
            for place, user in enumerate(self._users):
                group.create_task(self._keep_asking(session, user, place * EVERY_S / len(self._users)))

    def ship(self) -> None:
        """The next version waits, and what everybody is served now is the stable one.

        Raises ValueError while two versions are served.
        """
        served = {self._version(user) for user in self._users}
        if len(served) > 1:
            raise ValueError(f"{' and '.join(sorted(served))} are both served: finish that rollout, or roll it back")
        self.stable, self.new = served.pop(), f"v{int(self.new[1:]) + 1}"
        self._shipped(self.new, self.stable)
        self._serve()

    async def _keep_asking(self, session: aiohttp.ClientSession, user: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        while True:
            self._heed(user, await self._ask(session, user))
            self._serve()
            await asyncio.sleep(EVERY_S)

    async def _ask(self, session: aiohttp.ClientSession, user: str) -> _Answer | None:
        """The answer, which may be the one that is kept; None when none came that makes sense."""
        kept = self._answers.get(user)
        known = {"If-None-Match": kept.tag} if kept else {}
        try:
            async with session.post(ASK, json={"context": {"targetingKey": user}}, headers=known) as reply:
                if reply.status == 304:
                    return kept
                reply.raise_for_status()
                values = {flag["key"]: flag.get("value") for flag in (await reply.json())["flags"]}
                return _Answer(reply.headers["ETag"], values.get(FLAG))
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def _heed(self, user: str, answer: _Answer | None) -> None:
        mode = self._simulation.knobs.flag_endpoint
        if mode in (FlagEndpoint.IGNORING, FlagEndpoint.LYING):
            return
        if answer is None or mode is not FlagEndpoint.OK:
            self._answers.pop(user, None)
        else:
            self._answers[user] = answer

    def _version(self, user: str) -> str:
        answer = self._answers.get(user)
        return self.new if answer is not None and answer.value == self.new else self.stable

    def _serve(self) -> None:
        on_new = sum(self._version(user) == self.new for user in self._users)
        self._simulation.percent = 100.0 * on_new / len(self._users)


def even_users(flag: str) -> Sequence[str]:
    """One user for each percent of a flag, so that every whole weight is exactly its share of them.

    Who is in which percent follows from the name alone: docs/openfeature.md says how.
    """
    users: dict[int, str] = {}
    for number in count(1):
        digest = hashlib.sha256(f"{flag}\0user-{number}".encode()).digest()
        users.setdefault(int.from_bytes(digest[:8], "big") * PERCENTS >> 64, f"user-{number}")
        if len(users) == PERCENTS:
            break
    return list(users.values())
