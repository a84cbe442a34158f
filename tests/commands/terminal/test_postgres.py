"""The shell on PostgreSQL: what works as on SQLite, and what says in one line which tool to use instead."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.terminal import perch
from commands.terminal.doctor.findings import Grade
from commands.terminal.doctor.machine import database
from storage.database import open_database
from storage.rollouts import SqlRollouts
from tests.storage.samples import NOW, Hands


def run(address: str, *words: str) -> Result:
    return CliRunner().invoke(perch, words, env={"DATABASE_URL": address}, catch_exceptions=False)


def test_the_schema_is_made_and_checked_there_too(empty_postgres_database: str) -> None:
    before = run(empty_postgres_database, "db", "check")
    assert (before.exit_code, "perch db upgrade" in before.output) == (1, True)
    made = run(empty_postgres_database, "db", "upgrade")
    assert (made.exit_code, made.output) == (0, f"up to date: {empty_postgres_database.replace('perch@', '')}\n")
    assert run(empty_postgres_database, "db", "check").output.startswith("sound: postgresql://127.0.0.1")


def test_backup_and_restore_name_the_server_s_own_tools(postgres_database: str, tmp_path: Path) -> None:
    backup = run(postgres_database, "db", "backup", str(tmp_path / "dump"))
    assert backup.exit_code == 1
    assert f"pg_dump -Fc -f {tmp_path}/dump" in backup.output
    restore = run(postgres_database, "db", "restore", str(tmp_path / "dump"))
    assert restore.exit_code == 1
    assert "pg_restore" in restore.output
    assert "and type: perch db restored" in restore.output


def test_what_was_put_back_by_other_tools_is_marked(postgres_database: str) -> None:
    """U8: the next start holds everything live."""
    assert run(postgres_database, "db", "restored").exit_code == 0

    async def marked() -> bool:
        opened = await open_database(postgres_database)
        try:
            rollouts = SqlRollouts(opened, Hands())
            assert await rollouts.may_hold_restored(NOW)
            return await rollouts.restored() is not None
        finally:
            await opened.aclose()

    assert asyncio.run(marked())


def test_the_doctor_looks_at_the_server(postgres_database: str) -> None:
    found = asyncio.run(database(postgres_database))
    assert found.grade is Grade.OK, found
    assert "PostgreSQL" in found.said
    assert "writable" in found.said


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://perch:hunter2@127.0.0.1:1/perch", "can't be reached"),
        ("postgresql://perch:hunter2@127.0.0.1:1/perch?nonsense=1", "can't be reached"),
    ],
)
def test_the_doctor_says_what_to_do_and_never_the_password(address: str, says: str) -> None:
    found = asyncio.run(database(address))
    assert found.grade is Grade.BAD
    assert says in found.said
    assert "hunter2" not in str(found)
