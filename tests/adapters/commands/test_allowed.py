"""Only what the operator allows is run (T5)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.commands.allowed import minimal, resolved
from bot.domain.kinds import MissingEnvironment
from bot.ports import Denied


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def allowing(entries: str, folder: Path) -> dict[str, str]:
    return {"PERCH_ALLOWED_COMMANDS": entries, "PATH": str(folder)}


def test_nothing_may_be_run_when_the_list_is_not_set(tool: Path) -> None:
    with pytest.raises(Denied, match="set PERCH_ALLOWED_COMMANDS=tool"):
        resolved("tool", {"PATH": str(tool.parent)})


def test_an_allowed_name_becomes_an_absolute_path(tool: Path) -> None:
    assert resolved("tool", allowing("kubectl, tool", tool.parent)) == str(tool)


def test_an_allowed_path_may_be_run_by_its_name_or_path(tool: Path) -> None:
    assert resolved(str(tool), allowing(str(tool), tool.parent)) == str(tool)
    assert resolved("tool", allowing(str(tool), tool.parent)) == str(tool)


def test_a_name_does_not_allow_another_file_of_that_name(tool: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "tool"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    with pytest.raises(Denied, match="not in PERCH_ALLOWED_COMMANDS"):
        resolved(str(other), allowing("tool", tool.parent))


@pytest.mark.parametrize("program", ["sh", "./tool", "../tool", "/bin/sh", ""])
def test_what_is_not_on_the_list_is_denied(program: str, tool: Path) -> None:
    with pytest.raises(Denied):
        resolved(program, allowing("tool", tool.parent))


def test_a_relative_path_is_denied_also_when_listed(
    tool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Denied, match="absolute"):
        resolved("./tool", allowing("./tool", tool.parent))


def test_a_relative_folder_on_path_is_not_searched(tool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Denied):
        resolved("tool", {"PERCH_ALLOWED_COMMANDS": "tool", "PATH": "."})


def test_a_missing_program_is_told_as_missing(tmp_path: Path) -> None:
    with pytest.raises(Denied, match="no such program"):
        resolved("tool", allowing("tool", tmp_path))


def test_a_program_gets_little_of_our_environment_and_what_is_named() -> None:
    environment = {"PATH": os.defpath, "SLACK_BOT_TOKEN": "xoxb-1", "DENIS_TOKEN": "t", "KUBECONFIG": "/k"}
    assert minimal(environment, {"TOKEN": "DENIS_TOKEN"}) == {"PATH": os.defpath, "KUBECONFIG": "/k", "TOKEN": "t"}


def test_a_named_variable_that_is_not_set_is_told() -> None:
    with pytest.raises(MissingEnvironment, match="DENIS_TOKEN"):
        minimal({}, {"TOKEN": "DENIS_TOKEN"})
