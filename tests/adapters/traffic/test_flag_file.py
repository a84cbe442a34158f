"""Kinds `flag_file` and `env_file` (T8), beyond the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.traffic import KILL, TRAFFIC
from bot.domain.units import Weight
from bot.ports import Denied, KillMethod, Nonsense, Traffic
from tests.adapters.traffic.far_sides.command_world import CommandWorld

pytestmark = pytest.mark.anyio


def traffic(kind: str, environment: dict[str, str] | None = None, **options: Any) -> Traffic:
    return TRAFFIC[kind].build(TRAFFIC[kind].options(**options), environment or {})


def kill(kind: str, **options: Any) -> KillMethod:
    return KILL[kind].build(KILL[kind].options(**options), {})


async def test_json_keeps_everything_else_and_its_manner(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    text = '{\n    "z": [1, {"b": null}],\n    "canary": {"pct": 0, "é": "ü"},\n    "a": 1.50\n}'
    path.write_text(text)
    adapter = traffic("flag_file", path=str(path), key="canary.pct")
    await adapter.apply(Weight(0))
    assert path.read_text() == text, "what stands already isn't written again"
    await adapter.apply(Weight(12.5))
    assert path.read_text() == (
        '{\n    "z": [\n        1,\n        {\n            "b": null\n        }\n    ],\n    "canary": {\n'
        '        "pct": 12.5,\n        "é": "ü"\n    },\n    "a": 1.5\n}'
    )


async def test_a_name_with_a_dot_is_written_as_a_list(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    path.write_text('{"materializers.percent": 3}')
    assert (await traffic("flag_file", path=str(path), key=["materializers.percent"]).read()).weight == Weight(3)


async def test_an_object_that_is_missing_is_nonsense_and_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    path.write_text('{"canary": {}}')
    with pytest.raises(Nonsense, match="canry"):
        await traffic("flag_file", path=str(path), key="canry.pct").apply(Weight(1))
    assert path.read_text() == '{"canary": {}}'


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": ', "", "[]", "7", '{"a": {"b": 1}}x', "[" * 9000])
async def test_json_that_cannot_be_changed_safely_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "flags.json"
    path.write_text(text)
    with pytest.raises(Nonsense):
        await traffic("flag_file", path=str(path), key="a.pct").apply(Weight(1))
    assert path.read_text() == text


async def test_a_step_in_a_list_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    path.write_text('{"a": [5, 6]}')
    await traffic("flag_file", path=str(path), key="a.1").apply(Weight(7))
    assert path.read_text() == '{"a": [5, 7]}'
    with pytest.raises(Nonsense):
        await traffic("flag_file", path=str(path), key="a.2").apply(Weight(7))


async def test_a_whole_file_can_be_the_value(tmp_path: Path) -> None:
    path = tmp_path / "enabled"
    path.write_text("true\n")
    switch = kill("flag_file", path=str(path), format="text", off="false", on="true")
    former = await switch.former()
    await switch.engage()
    assert path.read_text() == "false\n"
    await switch.restore(former)
    assert path.read_text() == "true\n"


async def test_a_file_that_a_kill_created_goes_again(tmp_path: Path) -> None:
    path = tmp_path / "DISABLE_MATERIALIZERS"
    switch = kill("flag_file", path=str(path), format="text", create=True, off="1")
    former = await switch.former()
    await switch.engage()
    assert await switch.engaged()
    await switch.restore(former)
    assert not path.exists()


@given(weight=st.integers(0, 10_000).map(lambda hundredths: Weight(hundredths / 100)), fraction=st.booleans())
async def test_any_weight_survives_as_percent_and_as_fraction(
    tmp_path_factory: pytest.TempPathFactory, weight: Weight, fraction: bool
) -> None:
    path = tmp_path_factory.mktemp("flags") / "pct"
    path.write_text("0")
    adapter = traffic("flag_file", path=str(path), format="text", fraction=fraction)
    await adapter.apply(weight)
    assert (await adapter.read()).weight == weight


async def test_a_reload_runs_after_the_change_and_when_nothing_changed(tmp_path: Path) -> None:
    """An earlier try may have been cut short between the file and the reload."""
    world = CommandWorld(tmp_path)
    path = tmp_path / "denis.env"
    path.write_text("PCT=0\n")
    world.environment["SETCANARY_STATE"] = str(world.state)
    options = {"path": str(path), "variable": "PCT", "reload": ["touch", str(tmp_path / "reloaded")]}
    environment = {"PATH": "/usr/bin:/bin", "PERCH_ALLOWED_COMMANDS": "touch"}
    adapter = traffic("env_file", environment, **options)
    await adapter.rehearse()
    assert not (tmp_path / "reloaded").exists()
    for _ in range(2):
        await adapter.apply(Weight(1))
        (tmp_path / "reloaded").unlink()
    with pytest.raises(Denied, match="PERCH_ALLOWED_COMMANDS"):
        await traffic("env_file", {"PATH": "/usr/bin"}, **options).rehearse()


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("flag_file", {"path": "/etc/../root/x", "key": "a"}),
        ("flag_file", {"path": "flags.json", "key": "a"}),
        ("flag_file", {"path": "flags.json", "root": "etc", "key": "a"}),
        ("flag_file", {"path": "/etc/flags.json"}),
        ("flag_file", {"path": "/etc/flags", "format": "text", "key": "a"}),
        ("flag_file", {"path": "/etc/flags.json", "key": "a..b"}),
        ("env_file", {"path": "/etc/denis.env", "variable": "A B"}),
        ("env_file", {"path": "/etc/denis.env", "variable": "A", "reload": "systemctl reload denis"}),
        ("env_file", {"path": "/etc/denis.env", "variable": "A", "reload": ["sh", "-c", "x"]}),
    ],
)
def test_bad_options_are_refused(kind: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TRAFFIC[kind].options.model_validate(wrong)


def test_a_path_is_completed_by_the_root_and_may_wait_for_the_environment() -> None:
    assert traffic("flag_file", path="flags.json", root="/etc/denis", key="a").target == (
        "flag_file /etc/denis/flags.json a"
    )
    TRAFFIC["flag_file"].options.model_validate({"path": "${DENIS_FLAGS}", "key": "a"})
