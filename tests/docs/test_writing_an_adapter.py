"""docs/writing-an-adapter.md does what it says: its package is put together as an installer would, tested, and used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters import contracts
from adapters.contracts import SUITES
from bot.assembly import all_kinds, all_plugins
from bot.plugins import GROUPS, ROLES
from commands.terminal import given, perch

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "writing-an-adapter.md").read_text(encoding="utf-8")
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""The suites need anyio's plugin and nothing else that happens to be installed here."""
BLOCKS = dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on the path with the page's package and what an installer writes beside it."""
    folder = Path(tmp_path_factory.mktemp("site"))
    for name, text in BLOCKS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    project = tomllib.loads(BLOCKS["pyproject.toml"])["project"]
    installed = folder / "acme_perch-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = [
        "\n".join([f"[{group}]", *(f"{name} = {where}" for name, where in entries.items())])
        for group, entries in project["entry-points"].items()
    ]
    (installed / "entry_points.txt").write_text("\n".join(groups) + "\n")
    return folder


def test_its_adapters_pass_the_suites_that_ours_pass(site: Path) -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "anyio.pytest_plugin",
            "test_acme_perch.py",
        ],
        cwd=site,
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "PYTEST_ADDOPTS": "", **ALONE},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    passed = re.search(r"(\d+) passed", found.stdout)
    assert passed is not None
    assert int(passed[1]) > 25


def test_a_plan_names_them_and_its_mistakes_are_told(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)
    plan = site / "plans" / "acme.yaml"
    good = CliRunner().invoke(perch, ["plan", "check", "--json", str(plan)], obj=given({}))
    assert good.exit_code == 0, good.output
    assert json.loads(good.output)
    wrong = site / "plans" / "wrong.yaml"
    wrong.write_text(
        plan.read_text()
        .replace("name: acme", "name: wrong")
        .replace("gauge: ", "guage: ")
        .replace("token_env", "tokn_env")
    )
    bad = CliRunner().invoke(perch, ["plan", "check", str(wrong)], obj=given({}))
    assert bad.exit_code == 1
    assert "unknown key 'guage'" in bad.output
    assert "did you mean token_env" in bad.output


def test_they_are_listed_with_their_version(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)
    found = {(plugin.role, plugin.kind): (plugin.package, plugin.trouble) for plugin in all_plugins()}
    assert found == {
        ("traffic", "acme_dial"): ("acme-perch 1.0", ""),
        ("sources", "acme_gauge"): ("acme-perch 1.0", ""),
    }
    assert "acme_dial" in all_kinds().traffic


@pytest.mark.parametrize("name", ["acme_perch/dial.py", "acme_perch/gauges.py"])
def test_each_is_as_short_as_the_page_says(name: str) -> None:
    lines = [line for line in BLOCKS[name].splitlines() if line.strip() and not line.startswith(("from ", "import "))]
    assert len(lines) <= 35


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_suite_that_is_on_the_page_and_that_ours_pass(role: str) -> None:
    """Whoever adds a role adds what its kinds must pass, and runs it on ours."""
    suite = SUITES[role].__name__
    assert f"| {role} | `{suite}` |" in PAGE
    own = [file for file in (ROOT / "tests" / "contracts").glob("test_*.py") if f"({suite}):" in file.read_text()]
    assert own, f"no class of tests/contracts is a {suite}"


def test_nothing_of_the_suites_is_missing_on_the_page() -> None:
    suites = {name for name in contracts.__all__ if name.endswith("Contract")}
    assert (
        suites == {suite for suite in suites if f"| `{suite}` |" in PAGE} >= {each.__name__ for each in SUITES.values()}
    )


@pytest.mark.parametrize("group", GROUPS.values())
def test_every_group_is_on_the_page(group: str) -> None:
    assert f"| `{group}` |" in PAGE
