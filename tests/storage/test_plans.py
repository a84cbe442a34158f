"""A folder of plans: read with places, read again when changed, one broken file hiding no other (U5)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from bot.domain.errors import BrokenPlan, UnknownPlan
from storage.plans import PlanFolder
from tests.bot.domain.plan_trees import KINDS, a_tree

GOOD = yaml.safe_dump(a_tree(), sort_keys=False)


@pytest.fixture
def folder(tmp_path: Path) -> PlanFolder:
    (tmp_path / "materializers.yaml").write_text(GOOD)
    return PlanFolder(tmp_path, KINDS)


def test_a_plan_is_found_by_its_files_name(folder: PlanFolder) -> None:
    plan, tree = folder.find("materializers")
    assert (plan.name, tree["service"]) == ("materializers", "denis")
    assert folder.names() == ["materializers"]


def test_a_changed_file_is_read_again(folder: PlanFolder, tmp_path: Path) -> None:
    folder.find("materializers")
    file = tmp_path / "materializers.yaml"
    file.write_text(GOOD.replace("bake: 4h", "bake: 5h"))
    os.utime(file, (1, 1))
    assert folder.find("materializers")[0].stages[0].bake.total_seconds() == 5 * 3600


def test_an_unchanged_file_is_not_read_again(folder: PlanFolder) -> None:
    assert folder.find("materializers")[0] is folder.find("materializers")[0]


def test_an_unknown_name_gets_the_nearest_one_ready_to_copy(folder: PlanFolder) -> None:
    with pytest.raises(UnknownPlan) as caught:
        folder.find("materialisers")
    assert caught.value.next_step == "/canary start materializers"


@pytest.mark.parametrize("name", ["../materializers", "/etc/passwd", "", "."])
def test_a_name_is_never_a_path(folder: PlanFolder, name: str) -> None:
    with pytest.raises(UnknownPlan):
        folder.find(name)


def test_a_broken_plan_hides_no_other(folder: PlanFolder, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        GOOD.replace("name: materializers", "name: broken").replace("success_rate > 95%", "sucess_rate > 95")
    )
    assert folder.names() == ["broken", "materializers"]
    assert folder.find("materializers")
    with pytest.raises(BrokenPlan) as caught:
        folder.find("broken")
    line = 1 + broken.read_text().splitlines().index("  - sucess_rate > 95")
    assert f"{broken}:{line}:5: there is no metric 'sucess_rate' — did you mean success_rate?" in str(caught.value)
    assert caught.value.next_step == "mend the file, then: perch plan check plans/broken.yaml"


def test_mistakes_come_in_the_files_order_with_a_caret_under_conditions(folder: PlanFolder, tmp_path: Path) -> None:
    file = tmp_path / "materializers.yaml"
    file.write_text(GOOD.replace("success_rate > 95%", "success_rate > 95").replace("name: materializers", "nam: x", 1))
    found = folder.read_file(file)
    assert [str(each).removeprefix(f"{file}:") for each in found.mistakes[:2]] == [
        "1:1: unknown key 'nam' — did you mean name?",
        f"{found.mistakes[1].place.line}:20: 95 has no unit: success_rate is in percent — write 95%",
    ]
    assert found.mistakes[1].caret == f"    - success_rate > 95\n    {' ' * 17}^"


def test_a_key_that_stands_twice_is_a_mistake(folder: PlanFolder, tmp_path: Path) -> None:
    file = tmp_path / "materializers.yaml"
    file.write_text(GOOD + "service: other\n")
    [mistake] = folder.read_file(file).mistakes
    assert (mistake.what, mistake.hint) == ("'service' stands here twice", "keep one of the two")
    assert folder.read_file(file).report.plan is None


def test_a_name_that_is_not_the_files_is_a_mistake(folder: PlanFolder, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(GOOD)
    [mistake] = folder.read_file(file).mistakes
    assert str(mistake) == (
        f"{file}:1:7: the plan is called 'materializers' in a file called other.yaml — "
        "write name: other, or rename the file"
    )


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: [", b"", b"- 1\n", b"just words\n"])
def test_garbage_is_one_mistake(folder: PlanFolder, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "garbage.yaml"
    file.write_bytes(content)
    assert len(folder.read_file(file).mistakes) == 1
    with pytest.raises(BrokenPlan):
        folder.find("garbage")


def test_a_folder_that_is_not_there_has_no_plans(tmp_path: Path) -> None:
    assert PlanFolder(tmp_path / "nowhere", KINDS).names() == []


def test_a_frozen_plan_thaws(folder: PlanFolder) -> None:
    plan, tree = folder.find("materializers")
    assert folder.thaw(tree, "production") == plan
    with pytest.raises(BrokenPlan):
        folder.thaw({"name": "materializers"}, "production")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that nobody can read")
def test_a_file_that_cannot_be_read_is_a_broken_plan_and_hides_no_other(folder: PlanFolder, tmp_path: Path) -> None:
    """Law 2: a freeze asks every plan for its service, and mustn't fail because of one file."""
    (tmp_path / "locked.yaml").symlink_to("/proc/self/mem")
    with pytest.raises(BrokenPlan, match="can't be read"):
        folder.find("locked")
    assert folder.names() == ["locked", "materializers"]
    assert folder.find("materializers")[0].name == "materializers"


def test_a_folder_that_cannot_be_listed_has_no_plans(tmp_path: Path) -> None:
    """Frozen plans go on without it."""
    nowhere = tmp_path / ("x" * 300)
    assert PlanFolder(nowhere, KINDS).names() == []
    with pytest.raises(UnknownPlan):
        PlanFolder(nowhere, KINDS).find("materializers")
