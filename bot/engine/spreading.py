"""A message to `@somebody` or to a user group, brought to the people whom that names now (S8)."""

from __future__ import annotations

from dataclasses import replace

from bot.ports import Clock, Denied, Directory, Outbox, Outgoing, Queued

AT_MOST = 20
"""So many members of a group are told directly; a larger one is told in the plan's channel."""


def names_people(to: str) -> bool:
    """A handle, or a user group's id: not a place where anything can be posted."""
    return to.startswith("@") or (to.startswith("S") and to.isalnum())


def to_person(key: str, user: str) -> str:
    """The key of what one person is told directly of a happening: by whichever way they are named, it is told once."""
    return f"{key}:user:{user}"


class Spreading:
    """Resolved when it is sent, not when it happened: Slack's answer is no part of a rollout's save."""

    def __init__(self, directory: Directory, outbox: Outbox, clock: Clock) -> None:
        self._directory, self._outbox, self._clock = directory, outbox, clock

    async def spread(self, queued: Queued, channel: str) -> None:
        """Put a direct message to each in the outbox. Repeated after a crash, it adds nothing: the keys are the same.

        Raises Denied where it names nobody, and OutsideFault while Slack can't say.
        """
        outgoing = queued.outgoing
        people = await self._directory.members((outgoing.to,))
        if not people:
            raise Denied(f"{outgoing.to} is nobody here")
        root = outgoing.key.removesuffix(f":{outgoing.to}")
        direct = [_to(outgoing, to_person(root, user), f"user:{user}") for user in sorted(people)]
        group = replace(_to(outgoing, f"{root}:for:{outgoing.to}", channel), facts=_for_group(outgoing))
        messages = direct if len(direct) <= AT_MOST else [group]
        await self._outbox.add(messages, self._clock(), queued.rollout)


def _to(outgoing: Outgoing, key: str, to: str) -> Outgoing:
    return replace(outgoing, key=key, to=to)


def _for_group(outgoing: Outgoing) -> dict[str, object]:
    return {**outgoing.facts, "for": outgoing.to}
