"""Kinds that other packages bring: found late, refused by name, never instead of ours, and in nobody's way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.traffic import TRAFFIC
from bot.assembly import all_kinds, all_plugins
from bot.domain.kinds import Kind
from bot.domain.plan import Part
from bot.domain.planning.elsewhere import INSTEAD
from bot.engine.equipment import Equipment
from bot.engine.gather import question
from bot.plugins import Plugin
from bot.ports import Denied
from commands.terminal import given, perch
from commands.terminal.doctor.findings import Grade
from commands.terminal.doctor.plugins import plugins
from tests.bot.wording.stories import a_plan

pytestmark = pytest.mark.anyio

GOOD = """
from adapters.options import Options
from adapters.traffic.dry_run import DryRunTrafficOptions, traffic
from bot.domain.kinds import Kind
KIND = Kind(DryRunTrafficOptions, traffic)
"""
BROKEN_WHEN_BUILT = (
    GOOD + "\ndef broken(options, environment):\n    raise ZeroDivisionError('s3cret')\nKIND = Kind(Options, broken)\n"
)
TALKATIVE = GOOD + "\nfrom pydantic import BaseModel\nclass O(BaseModel): pass\nKIND = Kind(O, traffic)\n"
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a package on the path as an installer would: one module, one entry."""

    def put(package: str, code: str, entry: str, group: str = "perch.traffic", version: str = "1.0") -> None:
        site = tmp_path / package
        info = site / f"{package}-{version}.dist-info"
        info.mkdir(parents=True)
        (site / f"{package}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{entry} = {package}:KIND\n")
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(sys.modules, package, raising=False)

    return put


def test_nothing_of_a_package_is_imported_before_a_plan_names_its_kind(install: Install) -> None:
    install("acme_late", "raise SystemError('too early')", "acme_late")
    kinds = all_kinds()
    assert kinds.traffic.get("http") is TRAFFIC["http"]
    assert "acme_late" not in kinds.sources
    assert "acme_late" not in sys.modules
    assert kinds.traffic.get("acme_late") is None
    assert kinds.why_not("traffic", "acme_late") == (
        "acme_late 1.0 brings it and breaks when it is loaded: SystemError: too early"
    )


@pytest.mark.parametrize(
    ("code", "entry", "words"),
    [
        ("import nothing_like_it", "acme", "No module named 'nothing_like_it'"),
        ("x = 1", "acme", "breaks when it is loaded: AttributeError"),
        ("KIND = 7", "acme", "acme_bad:KIND is no bot.domain.kinds.Kind"),
        (TALKATIVE, "acme", "its options are no subclass of adapters.options.Options"),
        (GOOD, "Acme-Dial", "a kind's name is lower-case letters, digits and _"),
        (GOOD, "redis_flag", "'redis_flag' is Perch's own: its author must rename it"),
        ("raise ValueError('a\\nb\\x07' * 999)", "acme", "ValueError: a"),
    ],
)
def test_what_is_wrong_is_told_by_name_and_nothing_else_suffers(
    code: str, entry: str, words: str, install: Install
) -> None:
    """Also law 8: an error in options would quote what was filled in."""
    install("acme_bad", code, entry)
    [plugin] = all_plugins()
    assert plugin == Plugin("traffic", entry, "acme_bad 1.0", plugin.trouble)
    assert words in plugin.trouble
    assert plugin.trouble.startswith("acme_bad 1.0 brings it")
    assert plugin.trouble.isprintable()
    [line] = plugins([plugin])
    assert line.grade is Grade.BAD
    assert "mend or uninstall the package" in line.said
    assert set(all_kinds().traffic) == set(TRAFFIC)
    assert all_kinds().traffic["redis_flag"] is TRAFFIC["redis_flag"]


def test_two_packages_that_bring_the_same_kind_are_both_refused(install: Install) -> None:
    install("acme_one", GOOD, "acme")
    install("acme_two", GOOD, "acme", version="2.1")
    assert all_kinds().traffic.get("acme") is None
    assert all_kinds().why_not("traffic", "acme") == "acme_one 1.0 and acme_two 2.1 both bring it: uninstall one"
    install("acme_three", GOOD, "acme", group="perch.kill")
    assert isinstance(all_kinds().kill.get("acme"), Kind), "the same name in another role is another kind"


def test_a_plan_that_names_a_broken_one_is_told_why(install: Install, tmp_path: Path) -> None:
    install("acme_bad", "import nothing_like_it", "acme")
    plan = (
        (Path(__file__).parents[2] / "plans" / "materializers.yaml")
        .read_text()
        .replace("kind: kubernetes_env", "kind: acme")
    )
    (tmp_path / "m.yaml").write_text(plan)
    told = CliRunner().invoke(perch, ["plan", "check", str(tmp_path / "m.yaml")], obj=given({}))
    assert told.exit_code == 1
    assert "the traffic kind 'acme' can't be used: acme_bad 1.0 brings it and breaks" in told.output
    assert "perch doctor lists what other packages bring" in told.output


def test_railway_is_led_to_the_command_kind(tmp_path: Path) -> None:
    """T6: its API has no traffic split."""
    text = (Path(__file__).parents[2] / "plans" / "materializers.yaml").read_text()
    (tmp_path / "m.yaml").write_text(text.replace("kind: kubernetes_env", "kind: railway"))
    told = CliRunner().invoke(perch, ["plan", "check", str(tmp_path / "m.yaml")], obj=given({}))
    assert "there is no traffic kind 'railway' — its API has no traffic split; use `kind: command`" in told.output
    assert set(INSTEAD) == {"railway"}


# Live rollouts


async def test_a_live_rollout_whose_kind_is_gone_keeps_its_other_ways_down(install: Install) -> None:
    """Law 2: a package that was uninstalled, or breaks while it's built, takes no kill method with it."""
    install("acme_built", BROKEN_WHEN_BUILT, "acme_built")
    equipment = Equipment(all_kinds(), {})
    gone = Part(kind="acme_gone", options={})
    plan = a_plan().model_copy(
        update={
            "sources": {"prom": gone},
            "traffic": (gone, Part(kind="acme_built", options={}), Part(kind="dry_run", options={})),
            "kill_switch": ((gone, Part(kind="dry_run", options={})),),
        }
    )
    gear = equipment.gear(plan)
    for traffic, words in ((gear.traffic[0], "no traffic of kind 'acme_gone'"), (gear.traffic[1], "ZeroDivisionError")):
        with pytest.raises(Denied, match=words) as denied:
            await traffic.read()
        assert "s3cret" not in str(denied.value)
    with pytest.raises(Denied, match="no kill of kind 'acme_gone'"):
        await gear.methods[0].act.engage()
    await gear.methods[1].act.engage()
    assert await gear.methods[1].act.engaged()
    assert str(question(plan, all_kinds(), Part(kind="acme_gone", options={}), {"x": 1}).ask) == ""
    await equipment.aclose()
