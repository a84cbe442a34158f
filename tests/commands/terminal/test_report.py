"""`perch report`: from the database, and from a bundle without one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.domain.errors import UnknownRollout
from commands.terminal import given
from commands.terminal.report import report
from storage.bundle import export
from storage.bundle_check import BrokenBundle
from storage.durable import replace
from tests.bot.wording.report.played import killed, the_tree
from tests.rig import rig


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a rollout that was killed, and its bundle."""
    folder = tmp_path_factory.mktemp("reported")

    async def fill() -> None:
        async with rig(folder, the_tree()) as story:
            rollout = await killed(story)
            replace(folder / "told.zip", await export(story.engine.rollouts._database, rollout.id))

    asyncio.run(fill())
    return folder


def run(folder: Path, *words: str, database: str = "perch.db") -> Result:
    return CliRunner().invoke(report, words, obj=_given(folder, database))


def _given(folder: Path, database: str) -> dict[str, object]:
    """What commands may ask for; the fake kinds of the rig's plan are known here."""
    from bot.domain.kinds import Kind, Kinds
    from tests.fakes.traffic import FakeTraffic
    from tests.rig import Ask, Nothing

    fake = Kind(Nothing, lambda options, environment: FakeTraffic(target="fake"))
    kinds = Kinds(
        sources={"numbers": Kind(Nothing, lambda options, environment: fake, ask=Ask)},
        traffic={"fake": fake},
        kill={"fake": fake},
    )
    known = given({"DATABASE_URL": f"sqlite:///{folder / database}", "PERCH_PLANS": str(folder)})
    return {**known, "kinds": lambda: kinds}


def test_markdown_goes_to_the_terminal_by_itself(folder: Path) -> None:
    shown = run(folder, "materializers")
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("# Deployment report: materializers v2 · production\n")
    assert "Rearm it first" in shown.output
    assert "⚠️ UNSIGNED" in shown.output


def test_the_ending_of_the_file_chooses_the_form(folder: Path) -> None:
    page, text = folder / "r.html", folder / "r.txt"
    assert run(folder, "materializers", "-o", str(page)).output.startswith(f"{page} (")
    assert page.read_text().startswith("<!doctype html>")
    assert run(folder, "materializers", "--markdown", "-o", str(text)).exit_code == 0
    assert text.read_text().startswith("# ")
    assert run(folder, "materializers", "--html").output.startswith("<!doctype html>")


def test_a_bundle_tells_the_same_without_a_database(folder: Path) -> None:
    """Offline: all but the line that says when it was written."""
    from_database = run(folder, "materializers").output.splitlines()[:-1]
    from_bundle = run(folder, str(folder / "told.zip"), database="none.db").output.splitlines()[:-1]
    assert from_bundle == from_database


def test_a_bundle_that_was_touched_makes_no_report(folder: Path) -> None:
    content = (folder / "told.zip").read_bytes()
    (folder / "bad.zip").write_bytes(content.replace(b"jobs are lost", b"jobs are fine", 1))
    (folder / "none.zip").write_bytes(b"PK nothing")
    for name in ("bad.zip", "none.zip", "missing.zip"):
        assert isinstance(run(folder, str(folder / name)).exception, BrokenBundle), name


def test_what_is_no_rollout_is_refused_with_what_to_type(folder: Path) -> None:
    assert isinstance(run(folder, "materialisers").exception, UnknownRollout)
    refused = run(folder, "workspace")
    assert refused.exit_code == 1
    assert "The workspace's chain is no rollout." in refused.output
    failed = run(folder, "materializers", "-o", str(folder / "none" / "r.html"))
    assert failed.exit_code == 1
    assert "choose another with -o" in failed.output
