"""The points at which Perch is killed, in the order of the stories that pass them. `*` is any text.

A look at the outside changes nothing, so only its beginning is listed; a commit and an outside act have both sides.
"""

from __future__ import annotations

from tests.process.points import Fault


def _both(name: str, nth: int = 1) -> list[Fault]:
    return [Fault(f"before {name}", nth=nth), Fault(f"after {name}", nth=nth)]


def _save(kind: str) -> list[Fault]:
    return _both(f"commit Rollouts.save *{kind}*")


SAVES_TO_A_ROLLBACK = [
    *_both("commit Rollouts.create started*"),
    *_save("preflight"),
    *_save("stage_confirmed*at 1%"),
    *_save("gate"),
    *_save("promoted"),
    *_save("stage_confirmed*at 50%"),
    *_save("rolling_back"),
    *_save("rolled_back"),
]
SAVES_TO_A_KILL = [*_save("killing"), *_save("kill_outcome"), *_save("killed"), *_save("rearmed")]

ON_THE_WAY_TO_A_ROLLBACK = [
    Fault("before slack auth.test"),
    Fault("before slack apps.connections.open"),
    *_both("commit Inbox.take start"),
    Fault("before slack users.info"),
    Fault("before slack usergroups.users.list"),
    *_both("commit Rollouts.claim"),
    *_both("commit Rollouts.claim", 3),
    *_both("commit Outbox.add"),
    *_both("commit Inbox.done"),
    *_both("slack chat.postEphemeral"),
    *_both("commit Outbox.* sending"),
    *_both("slack chat.postMessage status"),
    *_both("commit Outbox.said"),
    *_both("slack chat.postMessage started"),
    *_both("slack chat.update"),
    Fault("before traffic.rehearse"),
    Fault("before kill.rehearse"),
    Fault("before kill.former"),
    Fault("before source.ask"),
    *_both("files.keep_card"),
    Fault("before traffic.read", nth=2),
    *_both("traffic.apply 1%"),
    *_both("slack chat.postMessage stage_confirmed"),
    *_both("slack chat.postMessage gate"),
    *_both("commit Inbox.take approve"),
    *_both("traffic.apply 50%"),
    *_both("slack chat.postMessage promoted"),
    *_both("traffic.apply 0%"),
    *_both("files.drop_card"),
    *_both("slack chat.postMessage rolling_back"),
    *_both("slack chat.postMessage rolled_back"),
]
THE_SWITCH = [
    *_both("files.begin"),
    *_both("traffic.apply 0%"),
    *_both("kill.engage"),
    Fault("before kill.engaged"),
    *_both("files.outcome"),
    *_both("files.outcome", 2),
    *_both("files.merged"),
]
"""Passed once in a story: who is started again afterwards carries on from the store."""
AND_BACK = [
    *_both("slack chat.postMessage killing"),
    *_both("slack chat.postMessage killed"),
    *_both("commit Rollouts.note"),
    *_both("kill.restore"),
    *_both("slack chat.postMessage rearmed"),
]
LOOKED = "commit Rollouts.save [an][wo]*"
"""What a look at the start's gate keeps: nothing new, or that Perch was away."""
AT_THE_STARTS_GATE = [
    *_save("gate"),
    *_both("slack chat.postMessage gate"),
    *_both("commit Inbox.take approve"),
    Fault("after commit Rollouts.save approved at *"),
    *_both(LOOKED),
    *_save("promoted"),
    *_both("traffic.apply 1%"),
    Fault("after commit Rollouts.save *stage_confirmed*at 1%"),
]
"""What one of them leaves is what the next one finds. All else of a start is passed on the way to a rollback."""
