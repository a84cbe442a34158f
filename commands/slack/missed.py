"""Reactions that were given or taken back while nobody listened: Slack gives up redelivering, so they are looked up.

Done when the doors open, for open gates only: elsewhere a reaction means nothing any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.rollout import Gate, Person, Rollout
from bot.engine.requests import Request
from bot.ports import Clock, Delivery, Inbox, Messenger, Outbox, OutsideFault, Rollouts, StoreAway
from commands.slack.payloads import REACTIONS

log = logging.getLogger(__name__)


class Missed:
    """Compares the reactions on open gates with what is on record, and hands the difference to the inbox."""

    def __init__(
        self, rollouts: Rollouts, inbox: Inbox, outbox: Outbox, messenger: Messenger, clock: Clock, ourselves: str
    ) -> None:
        self._rollouts, self._inbox, self._outbox, self._messenger = rollouts, inbox, outbox, messenger
        self._clock = clock
        self._ourselves = ourselves

    async def catch_up(self) -> int:
        """Take in what was missed; returns how many requests that made. Never raises for Slack or the database."""
        taken = 0
        try:
            for rollout in await self._rollouts.live():
                for request in await self._at_the_gate(rollout):
                    taken += await self._inbox.take(Delivery(request.key, request.at, request.model_dump(mode="json")))
        except (OutsideFault, StoreAway) as away:
            log.warning("reactions given while Perch was away couldn't be looked up: %s", away)
        return taken

    async def _at_the_gate(self, rollout: Rollout) -> Sequence[Request]:
        gate = rollout.gate
        posted = await self._outbox.place(rollout.id, f"gate:{gate.id}") if gate else None
        if gate is None or posted is None:
            return ()
        reactions = await self._messenger.reactions(posted)
        return [
            Request(
                verb=verb,
                actor=Person(id=user),
                channel=posted.channel,
                key=f"missed:{gate.id}:{user}:{verb}:{undo}:{len(gate.approvals)}",
                at=self._clock(),
                surface="reaction",
                rollout=rollout.id,
                gate=gate.id,
                undo=undo,
            )
            for verb, user, undo in _differences(gate, reactions)
            if user != self._ourselves
        ]


def _differences(gate: Gate, reactions: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, bool]]:
    """(verb, user, taken back) for each reaction that the gate doesn't know of, and each it knows that is gone."""
    standing = {(REACTIONS[bare], user) for name, users in reactions.items() if (bare := _bare(name)) for user in users}
    approved = {approval.person.id for approval in gate.approvals}
    by_reaction = {approval.person.id for approval in gate.approvals if approval.how == "reaction"}
    for verb, user in sorted(standing):
        if verb != "approve" or user not in approved:
            yield verb, user, False
    for user in sorted(by_reaction):
        if ("approve", user) not in standing:
            yield "approve", user, True


def _bare(name: str) -> str:
    """A reaction's name without its skin tone, or "" for one that means nothing."""
    bare = name.partition("::")[0]
    return bare if bare in REACTIONS else ""
