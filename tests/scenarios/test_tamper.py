"""Law 9 end to end: a database that somebody rewrote, held against what Slack was told, over real HTTP."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.domain.evidence import Entry, Head, canonical, extend
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.sandbox.world import World
from commands.terminal import given
from commands.terminal.ending import line
from commands.terminal.evidence import evidence
from storage.evidence import parsed
from storage.signing import new_key, read_signing_key
from tests.builders import START
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import CHANNEL, Story

pytestmark = pytest.mark.anyio

KEY = new_key()
TRIGGERS = ("evidence_no_update", "evidence_no_delete", "evidence_no_replace")


@dataclass
class Scene:
    """A rollout that was promoted and rolled back, its database after Perch has stopped, and the Slack it told."""

    world: World
    environment: Mapping[str, str]
    rollout: Rollout
    file: Path
    early: Path
    """A backup of when it was at its gate."""
    posted: list[tuple[int, str]]
    """What people read in the thread: how many records, and how the last one's hash begins."""

    async def verify(self, *words: str, file: Path | None = None, **changes: str) -> tuple[int, str]:
        """`perch evidence verify`, as a shell has it: its exit code, and all that it says."""
        environment = {**self.environment, "DATABASE_URL": f"sqlite:///{file or self.file}", **changes}
        run = CliRunner().invoke
        ran = await asyncio.to_thread(run, evidence, ["verify", *words], obj=given(environment))
        return ran.exit_code, ran.output + (line(ran.exception) if ran.exception else "")

    def copy(self, name: str) -> Path:
        return Path(shutil.copy(self.file, self.file.with_name(name)))


async def told(folder: Path, world: World) -> Scene:
    write_plan(folder, quick.plan())
    environment = settings_of(world, folder) | {"PERCH_SIGNING_KEY": KEY}
    file = folder / "perch.db"
    async with running(environment) as perch:
        story = Story(world, perch, environment)
        gate = await story.to_gate()
        with closing(sqlite3.connect(file)) as here, closing(sqlite3.connect(folder / "early.db")) as there:
            here.backup(there)
        await story.clicks("ben", gate, "approve")
        await story.thread("is promoted")
        await story.until(State.BAKING)
        await story.types("cleo", "rollback materializers the numbers look odd")
        rollout = await story.until(State.ROLLED_BACK)
        await story.thread("was rolled back")
        root = (await story.status())["ts"]
        blocks = [str(message.get("blocks")) for message in world.workspace.thread(CHANNEL, root)]
        found = re.findall(r"Record: (\d+) entries, the last one's hash begins with `([0-9a-f]+)`", "".join(blocks))
        await world.workspace.post(
            "dev", CHANNEL, "Record: 99 entries, the last one's hash begins with `0bad0bad`", root
        )
    return Scene(world, environment, rollout, file, folder / "early.db", [(int(n), begins) for n, begins in found])


def rewrite(file: Path, rollout: str, place: int, *, left: int | None = None) -> None:
    """Somebody who may write everything: a record changed, all hashes made anew, head and all; signatures dropped."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.row_factory = sqlite3.Row
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        rows = connection.execute("SELECT * FROM evidence WHERE chain = ? ORDER BY number", [rollout]).fetchall()
        old = [parsed(_Row(row)) for row in rows][:left]
        entries = [Entry(each.kind, START, each.actor, each.body) for each in old]
        if place:
            entries[place - 1] = Entry("approved", START, "U0EVIL", {"forged": True})
        first = place - 1 if place else len(old)
        head = Head(first, old[first - 1].hash) if first else Head()
        made, head = extend(rollout, head, entries[first:])
        connection.execute("DELETE FROM evidence WHERE chain = ? AND number > ?", [rollout, first])
        connection.executemany(
            "INSERT INTO evidence (chain, number, kind, at, actor, body, previous, hash) VALUES (?,?,?,?,?,?,?,?)",
            [(m.chain, m.number, m.kind, m.at, m.actor, canonical(m.body), m.previous, m.hash) for m in made],
        )
        connection.execute("UPDATE evidence SET key = NULL, signature = NULL WHERE chain = ?", [rollout])
        connection.execute(
            "UPDATE rollouts SET head_number = ?, head_hash = ?, head_key = NULL, head_signature = NULL WHERE id = ?",
            [head.number, head.hash, rollout],
        )


class _Row:
    def __init__(self, row: sqlite3.Row) -> None:
        self.__dict__.update(dict(row))


async def test_a_rewritten_database_disagrees_with_slack(tmp_path: Path) -> None:
    """Law 9: the head posted with each decision is what whoever rewrites the database can't rewrite."""
    async with World() as world:
        scene = await told(tmp_path, world)
        assert len(scene.posted) >= 3
        await _untouched(scene)
        await _rewritten(scene)
        await _cut(scene)
        await _restored(scene)
        await _hidden(scene)
        await _from_a_phone(scene)
        await _slack_away(scene)


async def _untouched(scene: Scene) -> None:
    name = scene.rollout.id
    code, said = await scene.verify("--slack")
    assert code == 0, said
    assert f"agrees with Slack: {name}, {len(scene.posted)} decisions" in said
    assert re.search(r"signed: (\d+) of \1 records, each by a known key", said)
    public = read_signing_key(KEY).public
    for options in ([], ["--public-key", public], ["--public-key", public, "--require-signed"]):
        code, said = await scene.verify(name, *options, PERCH_SIGNING_KEY="")
        assert (code, "NOT CHECKED" in said) == (0, not options), said


async def _rewritten(scene: Scene) -> None:
    """Each record in turn: named by its signature, and by Slack where nobody knows a key."""
    name = scene.rollout.id
    last = max(number for number, _ in scene.posted)
    for place in (1, 5, last):
        forged = scene.copy(f"rewritten-{place}.db")
        rewrite(forged, name, place)
        code, said = await scene.verify(name, file=forged)
        assert (code, "NOT SIGNED" in said) == (0, True), "by itself it is whole; that nothing is signed is said"
        code, said = await scene.verify(name, "--require-signed", file=forged)
        assert (code, f"broken: {name}, record 1: it isn't signed" in said) == (1, True)
        code, said = await scene.verify(name, "--slack", file=forged, PERCH_SIGNING_KEY="")
        number = min(number for number, _ in scene.posted if number >= place)
        assert code == 1
        assert f"broken: {name}, record {number}: when Slack was told" in said, said


async def _cut(scene: Scene) -> None:
    """The newest records gone, the head set to what is left."""
    name, last = scene.rollout.id, max(number for number, _ in scene.posted)
    cut = scene.copy("cut.db")
    rewrite(cut, name, 0, left=last - 1)
    code, said = await scene.verify(name, "--slack", file=cut, PERCH_SIGNING_KEY="")
    assert (code, f"broken: {name}, record {last}: the tail is cut" in said) == (1, True), said


async def _restored(scene: Scene) -> None:
    """An older backup is whole and signed; Slack knows more."""
    name = scene.rollout.id
    assert (await scene.verify(name, file=scene.early))[0] == 0
    code, said = await scene.verify(name, "--slack", file=scene.early)
    assert code == 1
    assert re.search(
        rf"broken: {name}, record \d+: the tail is cut: when Slack was told, .* there were \d+ records", said
    )


async def _hidden(scene: Scene) -> None:
    """Whoever makes the database forget its thread, or name another, isn't believed either."""
    forgets: dict[str, Callable[[sqlite3.Connection], object]] = {
        "no thread in Slack is known": lambda connection: connection.execute("DELETE FROM places"),
        "shows no decision": lambda connection: connection.execute(
            "UPDATE places SET ts = (SELECT max(ts) FROM places WHERE key LIKE 'gate:%') WHERE key LIKE 'status:%'"
        ),
    }
    for what, forget in forgets.items():
        hidden = scene.copy("hidden.db")
        with closing(sqlite3.connect(hidden)) as connection, connection:
            forget(connection)
        code, said = await scene.verify(scene.rollout.id, "--slack", file=hidden)
        assert (code, what in said) == (1, True), said


async def _from_a_phone(scene: Scene) -> None:
    """`--head NUMBER:HASH`, typed off the thread; for a bundle too, without a database or Slack."""
    name, (number, begins) = scene.rollout.id, scene.posted[0]
    assert (await scene.verify(name, "--head", f"{number}:{begins}"))[0] == 0
    code, said = await scene.verify(name, "--head", f"{number}:{'0' * 16}")
    assert (code, f"broken: {name}, record {number}: when it was written down" in said) == (1, True)
    assert (await scene.verify(name, "--head", "12"))[0] == 2
    bundle = str(scene.file.with_name("r.zip"))
    made = await asyncio.to_thread(
        CliRunner().invoke, evidence, ["export", name, "-o", bundle], obj=given(scene.environment)
    )
    assert made.exit_code == 0, made.output
    public = read_signing_key(KEY).public
    code, said = await scene.verify(
        bundle, "--head", f"{number}:{begins}", "--public-key", public, "--require-signed", PERCH_SIGNING_KEY=""
    )
    assert (code, "each by a known key" in said) == (0, True), said
    assert (await scene.verify(bundle, "--head", f"{number}:{'0' * 16}"))[0] == 1
    other = read_signing_key(new_key()).public
    code, said = await scene.verify(bundle, "--public-key", other, PERCH_SIGNING_KEY="")
    assert (code, "isn't a known public key" in said) == (1, True), said


async def _slack_away(scene: Scene) -> None:
    scene.world.workspace.revoke_token()
    code, said = await scene.verify(scene.rollout.id, "--slack")
    assert (code, "couldn't be compared with Slack" in said) == (1, True), said
