"""`perch evidence keep`: papers put by hand, what lies where, and what to do about what doesn't (E9)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from commands.terminal import perch
from storage.bundle_check import verify_bundle
from storage.signing import KnownKeys
from tests.commands.terminal.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    (tmp_path / "papers").mkdir()
    shop.begin()
    return shop


@pytest.fixture
def over(shop: Shop) -> Shop:
    """A shop whose rollout was rolled back."""
    assert typed(shop, "rollback", "shop", "--reason", "no good").exit_code == 0
    assert shop.load("shop-1").state is State.ROLLED_BACK
    return shop


def typed(shop: Shop, *words: str, keep: str = "", **more: str) -> Result:
    environment = {**shop.environment, "PERCH_KEEP": keep.replace("HERE", str(shop.folder)), **more}
    return CliRunner().invoke(perch, words, env=environment)


FOLDER = "{kind: folder, path: HERE/papers}"
AWAY = "{kind: folder, path: HERE/not-mounted}"


def test_papers_are_put_where_they_belong_and_it_says_where(over: Shop) -> None:
    """What was put by hand verifies without a database."""
    asked = typed(over, "evidence", "keep", "shop", keep=FOLDER)
    assert asked.exit_code == 0, asked.output
    place = over.folder / "papers" / "shop" / "shop-1"
    assert asked.output == f"kept: {place}\n"
    over.lose_the_database()
    assert verify_bundle(place / "shop-1.perch.zip", KnownKeys([])).rollout == "shop-1"


def test_what_somebody_deleted_there_is_put_again(over: Shop) -> None:
    typed(over, "evidence", "keep", "shop", keep=FOLDER)
    bundle = over.folder / "papers" / "shop" / "shop-1" / "shop-1.perch.zip"
    bundle.unlink()
    assert typed(over, "evidence", "keep", "shop-1", keep=FOLDER).exit_code == 0
    assert bundle.exists()


def test_a_destination_that_doesnt_take_them_is_named_with_what_to_do_and_the_others_have_them(over: Shop) -> None:
    asked = typed(over, "evidence", "keep", "shop", keep=f"[{FOLDER}, {AWAY}]")
    assert asked.exit_code == 1
    assert asked.stdout.startswith("kept: ")
    assert "not yet: folder:" in asked.stderr
    assert "make it, or mount it" in asked.stderr
    assert "Next: perch doctor" in asked.stderr.splitlines()[-1]
    assert "Traceback" not in asked.output


def test_giving_up_is_on_record(over: Shop) -> None:
    typed(over, "evidence", "keep", "shop", keep=AWAY)
    asked = typed(over, "evidence", "keep", "shop", "--give-up")
    assert asked.output.startswith("given up: folder (")
    [record] = [each for each in over.records(WORKSPACE) if each.kind == "not_kept"]
    assert record.actor.startswith("shell:")
    assert typed(over, "evidence", "keep", "shop", "--give-up").output == "nothing of shop-1 waits to be kept\n"


@pytest.mark.parametrize(
    ("words", "keep", "says"),
    [
        (("shop",), "", "names nowhere to keep its papers"),
        (("shopp",), FOLDER, "say shop"),
        (("workspace",), FOLDER, "workspace"),
    ],
)
def test_what_cant_be_kept_is_one_line(over: Shop, words: tuple[str, ...], keep: str, says: str) -> None:
    asked = typed(over, "evidence", "keep", *words, keep=keep)
    assert asked.exit_code == 1
    assert says in asked.stderr
    assert asked.stderr.count("\n") == 1


def test_a_live_rollout_isnt_over(shop: Shop) -> None:
    asked = typed(shop, "evidence", "keep", "shop", keep=FOLDER)
    assert asked.exit_code == 1
    assert "isn't over" in asked.stderr


def test_a_bad_setting_stops_no_way_down(shop: Shop) -> None:
    """Law 2."""
    assert typed(shop, "kill", "shop", "--reason", "now", keep="{kind: vault").exit_code == 0
    assert shop.percent() == 0


def test_a_perch_that_runs_keeps_what_a_shell_ended(over: Shop) -> None:
    """The shell ends it and goes; whoever sweeps next finds it."""
    over_env = {**over.environment, "PERCH_KEEP": FOLDER.replace("HERE", str(over.folder))}

    async def swept() -> None:
        from bot.assembly import build_engine
        from bot.settings import read_settings
        from commands.terminal.engine import NoSlack
        from storage.database import open_database

        settings = read_settings(over_env)
        database = await open_database(settings.database_url)
        engine = build_engine(settings, over_env, database, NoSlack())
        await engine.keeping.sweep()
        await engine.keeping.begin()
        await engine.keeping.idle()
        await engine.equipment.aclose()
        await database.aclose()

    asyncio.run(swept())
    assert (over.folder / "papers" / "shop" / "shop-1" / "shop-1.perch.zip").exists()
