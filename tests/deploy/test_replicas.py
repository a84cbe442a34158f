"""The Kubernetes example starts what there is, with settings that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.settings import Settings
from commands.terminal import COMMANDS

ROOT = Path(__file__).parents[2]
DEPLOYMENT: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "replicas.yaml").read_text())
SPEC: dict[str, Any] = DEPLOYMENT["spec"]["template"]["spec"]


def test_it_runs_a_command_and_sets_settings_that_exist() -> None:
    (container,) = SPEC["containers"]
    program, verb = container["command"]
    assert (program, verb in COMMANDS) == ("perch", True)
    known = {field.alias for field in Settings.model_fields.values()}
    assert {each["name"] for each in container["env"]} <= known


def test_what_is_mounted_is_there_and_where_the_settings_say() -> None:
    (container,) = SPEC["containers"]
    mounted = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert mounted.keys() == {each["name"] for each in SPEC["volumes"]}
    places = {each["value"] for each in container["env"] if each["name"] in ("PERCH_PLANS", "PERCH_STATE")}
    assert places == set(mounted.values())


def test_two_versions_never_run_over_one_schema() -> None:
    """U8: an older process doesn't know what a newer one has made of the tables."""
    assert DEPLOYMENT["spec"]["strategy"] == {"type": "Recreate"}
