"""Two rollouts without a browser: one that reaches 100 %, approved by two people, and one that breaks.

Everything is done as people do it, in the workspace; only the last word, how it ended and that the record is whole,
is asked of Perch directly. Each wait has an end, so the script ends too.
"""

from __future__ import annotations

import asyncio

from bot.domain.machine import State
from bot.engine.requests import Desk
from commands.terminal.player import Player, Say
from commands.terminal.playground import PLAN, START, Playground

ALL_S = 300.0


async def play(playground: Playground, say: Say) -> bool:
    """Play both; returns whether both ended as they should."""
    player, desk = Player(playground, say), playground.perch.engine.desk
    transcript = asyncio.create_task(player.transcribe())
    try:
        async with asyncio.timeout(ALL_S):
            ended_well = await _good(player, desk, say) and await _broken(player, desk, say)
    except TimeoutError as late:
        say(f"✗ Waited in vain: {late or f'{ALL_S:g} s are over'}.")
        return False
    finally:
        transcript.cancel()
        await asyncio.gather(transcript, return_exceptions=True)
    say("\n✓ Both rollouts ended as they should." if ended_well else "\n✗ It didn't end as it should.")
    return ended_well


async def _good(player: Player, desk: Desk, say: Say) -> bool:
    player.scene("A good version: Ana starts it, Ben and Cleo approve, and it reaches 100 %")
    await player.types("ana", START)
    gates = 0
    while await player.gate_or_end():
        if gates % 2 == 0:
            await player.reacts("ben")
        else:
            await player.ticks("cleo")
            await player.clicks("cleo")
        gates += 1
    return await _ended(desk, State.COMPLETED, say)


async def _broken(player: Player, desk: Desk, say: Say) -> bool:
    player.scene("The next version: it turns slow at 1 %, and Perch rolls it back by itself")
    player.service.ship()
    player.note("(v3 is shipped, and its plan goes from v2, which everybody is answered, to v3)")
    await player.types("ana", START)
    await player.until_serving()
    player.service.knobs.canary_latency_factor = 20.0
    player.note("(the new variant's answers get 20 times slower)")
    await player.until_over()
    return await _ended(desk, State.ROLLED_BACK, say)


async def _ended(desk: Desk, wanted: State, say: Say) -> bool:
    """Say how the newest rollout ended and whether its record is whole; whether both are as wanted."""
    rollout = (await desk.latest(PLAN, 1))[0]
    broken, head = await desk.verify(rollout), await desk.head(rollout)
    state = rollout.state.value.replace("_", " ")
    say(f"{'✓' if rollout.state is wanted else '✗'} {rollout.id} is {state} at {rollout.confirmed}. {rollout.reason}")
    if broken is not None:
        say(f"✗ Its record is broken at {broken.number}: {broken.what}")
    else:
        say(f"✓ Its record is whole: {head.number} records, the last one's hash is {head.hash[:16]}…")
    return rollout.state is wanted and broken is None
