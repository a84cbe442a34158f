"""`perch plan check|show|diff|schema`, as a shell user sees them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from bot import sandbox
from bot.domain.plan import Plan, Task
from bot.engine.equipment import Gear, Tasked
from commands.terminal.live import task_problems
from commands.terminal.plan import plan
from tests.bot.domain.plan_trees import KINDS, a_tree, spoiled
from tests.fakes.tasks import FakeExercise

Run = Callable[..., Result]


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    (tmp_path / "materializers.yaml").write_text(yaml.safe_dump(a_tree(), sort_keys=False))
    return tmp_path


@pytest.fixture
def run(plans: Path) -> Run:
    def perch_plan(*words: str, live: Callable[[Plan], Awaitable[list[str]]] | None = None) -> Result:
        given = {"kinds": lambda: KINDS, "plans": plans, "live": live}
        return CliRunner().invoke(plan, words, obj=given, prog_name="perch plan")

    return perch_plan


def write(file: Path, tree: object) -> str:
    file.write_text(yaml.safe_dump(tree, sort_keys=False))
    return str(file)


def test_a_good_plan_is_said_to_be_good(run: Run, plans: Path) -> None:
    file = str(plans / "materializers.yaml")
    result = run("check", file)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"{file}: good"


def test_mistakes_are_told_with_file_line_column_hint_and_caret(run: Run, plans: Path) -> None:
    tree = spoiled("stages.0.promote_when", ["sucess_rate > 95%"])
    file = write(plans / "materializers.yaml", tree)
    result = run("check", file)
    assert result.exit_code == 1
    line = 1 + (plans / "materializers.yaml").read_text().splitlines().index("  - sucess_rate > 95%")
    assert result.stdout.splitlines()[:3] == [
        f"{file}:{line}:5: there is no metric 'sucess_rate' — did you mean success_rate?",
        "    - sucess_rate > 95%",
        "      ^",
    ]
    assert result.stdout.splitlines()[-1] == f"{file}: 1 mistake"


def test_findings_are_there_for_scripts(run: Run, plans: Path) -> None:
    file = write(plans / "materializers.yaml", spoiled("stages.0.bake", 5))
    result = run("check", "--json", file)
    assert result.exit_code == 1
    [found] = json.loads(result.stdout)
    assert (found["file"], found["good"]) == (file, False)
    assert found["mistakes"][0]["what"] == "5 has no unit"
    assert found["mistakes"][0]["line"] > 1


def test_a_folder_stands_for_all_its_plans(run: Run, plans: Path) -> None:
    names = sorted(file.name for file in plans.iterdir())
    assert names
    assert [line for line in run("check", str(plans)).stdout.splitlines() if line.endswith(": good")] == [
        f"{plans / name}: good" for name in names
    ]


def test_a_mistake_that_an_anchor_repeats_is_told_once(run: Run, plans: Path) -> None:
    shipped = (Path(sandbox.__file__).parent / "plans" / "materializers.yaml").read_text(encoding="utf-8")
    file = plans / "materializers.yaml"
    file.write_text(shipped.replace("error_rate > 5%", "error_rate > 5"), encoding="utf-8")
    assert "*triggers" in shipped
    assert sum("has no unit" in line for line in run("check", str(file)).stdout.splitlines()) == 1


def test_a_file_that_is_not_there_is_wrong_usage(run: Run, plans: Path) -> None:
    result = run("check", str(plans / "nothing.yaml"))
    assert result.exit_code == 2
    assert "nothing.yaml can't be read: No such file or directory" in result.stderr


def test_no_file_is_wrong_usage(run: Run) -> None:
    assert run("check").exit_code == 2


def test_live_asks_and_its_problems_fail_the_check(run: Run, plans: Path) -> None:
    async def live(plan: Plan) -> list[str]:
        return [f"{name}: no answer" for name in plan.sources]

    file = str(plans / "materializers.yaml")
    result = run("check", "--live", file, live=live)
    assert result.exit_code == 1
    assert f"{file}: live: page: no answer" in result.stdout
    assert result.stdout.splitlines()[-1] == f"{file}: not good (1 live problem)"


def test_live_says_what_it_asked_where_all_is_well(run: Run, plans: Path) -> None:
    async def live(plan: Plan) -> list[str]:
        return []

    told = run("check", "--live", str(plans / "materializers.yaml"), live=live).stdout.splitlines()[-1]
    assert told.endswith("; live: 7 metrics, 1 target, 1 kill method asked, and all is well")


def test_live_without_a_way_to_ask_is_wrong_usage(run: Run, plans: Path) -> None:
    result = run("check", "--live", str(plans / "materializers.yaml"))
    assert result.exit_code == 2


def test_an_environment_can_be_chosen(run: Run, plans: Path) -> None:
    file = write(plans / "materializers.yaml", spoiled("stages.0.bake", "4h @production, 5m @lab"))
    assert "bakes 5m" in run("show", file, "--environment", "lab").stdout
    assert "bakes 4h" in run("show", file).stdout
    assert run("check", file, "--environment", "staging").exit_code == 1


def test_a_plan_is_shown_with_what_each_stage_asks(run: Run) -> None:
    result = run("show", "materializers")
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "materializers (denis), production, #canary-live"
    assert "1%  bakes 4h" in lines
    assert "promote when    success_rate > 95%" in lines
    assert "if it fails     hold; on a breach rollback to 0%" in lines
    assert "kill switch, tier 1: door" in lines


def test_a_stage_is_shown_with_what_it_runs(run: Run, plans: Path) -> None:
    """R24."""
    burst = {"at": "5m", "load": {"url": "http://x"}, "expect": ["p95 < 2s"], "on_fail": "rollback"}
    crash = {"name": "crash", "command": ["inject.sh", "5"], "needed": False}
    write(plans / "materializers.yaml", {**spoiled("stages.0.tasks", [burst, crash]), "load_hosts": ["x:80"]})
    lines = [line.strip() for line in run("show", "materializers").stdout.splitlines()]
    assert "tasks           load at T+5m: load http://x  (must show p95 < 2s; else rollback)" in lines
    assert "crash at T+0s: inject.sh 5  (not needed)" in lines
    assert "load may go to: x:80" in lines


@pytest.mark.anyio
async def test_live_says_which_tasks_could_not_be_run() -> None:
    """X5."""
    task = Task.model_validate({"name": "burst", "load": {"url": "http://x"}})
    good, bad = FakeExercise(), FakeExercise()
    bad.refuses = "the environment variable TOKEN is not set"
    tasks = (Tasked("well at 1%", task, good), Tasked("burst at 1%", task, bad))
    gear = Gear(sources={}, traffic=(), mirrors=(), methods=(), confirmation=None, tasks=tasks)
    assert await task_problems(gear) == ["task burst at 1%: the environment variable TOKEN is not set"]


def test_an_unknown_plan_is_wrong_usage_and_names_the_known(run: Run) -> None:
    result = run("show", "materialisers")
    assert result.exit_code == 2
    assert "There is no plan called 'materialisers'. Known: materializers." in result.stderr


def test_a_broken_plan_is_not_shown_but_its_mistakes(run: Run, plans: Path) -> None:
    write(plans / "materializers.yaml", spoiled("stages.0.bake", 5))
    result = run("show", "materializers")
    assert result.exit_code == 1
    assert "5 has no unit — 5s, 5m or 5h" in result.stderr


def test_a_difference_names_stage_list_and_both_thresholds(run: Run, plans: Path) -> None:
    tree = spoiled("stages.0.promote_when", ["success_rate > 98%", "queue < 10"])
    tree["stages"][1]["bake"] = "2d"
    tree["cooldown"] = "12h"
    (plans / "other").mkdir()
    other = write(plans / "other" / "materializers.yaml", tree)
    result = run("diff", "materializers", other)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "cooldown: 1d → 12h",
        "stage 1% promote_when: success_rate > 95% → success_rate > 98%",
        "stage 1% promote_when: + queue < 10",
        "stage 100% bake: 1d → 2d",
    ]


def test_plans_that_say_the_same_have_no_difference(run: Run, plans: Path) -> None:
    (plans / "other").mkdir()
    other = write(plans / "other" / "materializers.yaml", spoiled("cooldown", "1d"))
    result = run("diff", "materializers", other)
    assert (result.exit_code, result.stdout) == (0, "no difference in what the plans say\n")


def test_a_stage_that_came_or_went_is_named(run: Run, plans: Path) -> None:
    (plans / "other").mkdir()
    other = write(plans / "other" / "materializers.yaml", spoiled("stages.0.weight", "5%"))
    assert run("diff", "materializers", other).stdout.splitlines() == ["stages: - stage 1%", "stages: + stage 5%"]


def test_a_draft_beside_its_plan_may_be_called_as_its_author_likes(run: Run, tmp_path: Path) -> None:
    draft = write(tmp_path / "new.yaml", spoiled("cooldown", "12h"))
    assert run("diff", "materializers", draft).stdout == "cooldown: 1d → 12h\n"
    assert "cooldown 12h" in run("show", draft).stdout
    assert "rename the file" in run("check", draft).stdout


def test_the_schema_is_printed(run: Run) -> None:
    result = run("schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "Perch plan"


def test_a_dashboard_is_printed_and_put_where_the_plan_says(run: Run, plans: Path, tmp_path: Path) -> None:
    """O1, from the shell."""
    file = str(plans / "materializers.yaml")
    printed = run("dashboard", file)
    assert json.loads(printed.stdout)["uid"] == "perch-materializers"
    nowhere = run("dashboard", file, "--push")
    assert nowhere.exit_code == 1
    assert "names no Grafana. Nothing was sent. Add to the plan: notifiers:" in nowhere.stderr
