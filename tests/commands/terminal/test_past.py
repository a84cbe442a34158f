"""The past in a shell: `perch rollouts NAME`, `--trends`, `perch trends` and `perch falsealarm`."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.past_rollouts import fill
from bot.assembly import utc_now
from bot.domain.machine import State
from bot.domain.record.alarms import Alarm, Cause
from bot.domain.record.durations import Phase
from bot.domain.record.summary import Summary
from bot.domain.record.trends_of_plans import trends
from bot.domain.record.waits_of_people import Wait
from commands.terminal import perch
from commands.terminal.trends.page import Chapter, page
from commands.terminal.trends.pictures import Bar, lying, stacked
from storage.database import open_database
from storage.rollouts import SqlRollouts
from tests.builders import START
from tests.commands.terminal.shop import Shop

COUNT = 24


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A database with rollouts of two plans, none of whose files is there any more."""
    made = Shop(tmp_path_factory.mktemp("shop"))
    asyncio.run(_filled(made))
    (made.folder / "plans").mkdir()
    return made


async def _filled(shop: Shop) -> None:
    database = await open_database(shop.environment["DATABASE_URL"])
    await fill(SqlRollouts(database, utc_now), COUNT, plans=2)
    await database.aclose()


def typed(shop: Shop, *words: str) -> Result:
    return CliRunner().invoke(perch, words, env=shop.environment)


def facts(shop: Shop, *words: str) -> object:
    asked = typed(shop, *words, "--json")
    assert asked.exit_code == 0, asked.stderr
    return json.loads(asked.output)


def test_a_plans_past_is_a_table_and_a_script_gets_lengths_in_seconds(shop: Shop) -> None:
    asked = typed(shop, "rollouts", "service-00", "--last", "3")
    assert asked.output.splitlines()[0].split()[:6] == ["STARTED", "PLAN", "VERSION", "OUTCOME", "AT", "TOOK"]
    assert asked.output.count("service-00-") == 3
    assert f"… and {COUNT // 2 - 3} older; --last {COUNT // 2} shows all" in asked.output
    told = facts(shop, "rollouts", "service-00")
    assert isinstance(told, list)
    assert {each["plan"] for each in told} == {"service-00"}
    assert all(abs(sum(each["spent_s"].values()) - each["took_s"]) < 0.01 for each in told)
    assert any(wait["waited_s"] > 0 and wait["of"] == ["@sre-leads"] for each in told for wait in each["waits"])


def test_filters_choose_by_plan_outcome_and_time(shop: Shop) -> None:
    down = facts(shop, "rollouts", "--plan", "service-01", "--outcome", "down")
    assert isinstance(down, list)
    assert {each["state"] for each in down} <= {"rolled_back", "killed"}
    assert facts(shop, "rollouts", "--since", "1h") == []
    assert typed(shop, "rollouts", "service-01", "--since", "1h").output == (
        "No rollout fits that. All of them: perch rollouts service-01\n"
    )


def test_one_rollout_is_told_in_full_by_its_id(shop: Shop) -> None:
    told = facts(shop, "rollouts", "service-00")
    assert isinstance(told, list)
    approved = next(each for each in told if each["waits"])
    shown = typed(shop, "rollouts", approved["rollout"]).output
    assert "Where time went: baking" in shown
    assert "for @sre-leads; U0BEN approved" in shown


def test_trends_are_added_up_for_people_and_for_scripts(shop: Shop) -> None:
    told = facts(shop, "rollouts", "service-00", "--trends")
    assert isinstance(told, dict)
    assert (told["count"], told["pending"]) == (COUNT // 2, 0)
    assert 0 < told["shares"]["baking"] < 1
    assert sum(told["ended"].values()) == told["count"]
    shown = typed(shop, "rollouts", "--trends").output
    assert shown.startswith(f"Trends of all plans: {COUNT} rollouts ended since")
    assert "Plans: service-00 and service-01" in shown


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (("rollouts", "servce-00"), "Next: perch rollouts service-00", 1),
        (("trends", "nobody"), "Known plans: service-00, service-01.", 1),
        (("rollouts", "--since", "lots"), "'lots' is no length of time; write it as 12h, 30d or 8w.", 2),
        (("rollouts", "--since", "99999999w"), "'99999999w' is no length of time", 2),
        (("rollouts", "--outcome", "rolledback"), "Did you mean rolled_back?", 2),
        (("falsealarm", "service-00"), 'perch falsealarm service-00 --reason "what really happened"', 2),
        (("trends", "service-00", "-o", "/nowhere/at/all.html"), "choose another with -o", 1),
    ],
)
def test_a_mistake_is_one_line_with_the_way_on(shop: Shop, words: tuple[str, ...], told: str, code: int) -> None:
    asked = typed(shop, *words)
    assert (asked.exit_code, asked.stderr.count("\n")) == (code, 1)
    assert told in asked.stderr


def test_a_plan_without_a_past_says_how_to_begin(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.begin()
    asked = typed(shop, "rollouts", "shop", "--outcome", "completed")
    assert asked.output == "No rollout fits that. All of them: perch rollouts shop\n"
    assert typed(shop, "rollouts", "shop", "--trends").output.startswith("Trends of shop: no rollout has ended so far.")
    assert "No rollout has ended in this time." in typed(shop, "trends", "-o", "-").output


def test_a_false_alarm_is_marked_and_taken_back_from_a_shell(shop: Shop) -> None:
    told = facts(shop, "rollouts", "--outcome", "down")
    assert isinstance(told, list)
    down = next(each for each in told if each["alarms"] and not each["false_alarms"])
    assert typed(shop, "falsealarm", down["rollout"], "--reason", "the probe was moved").exit_code == 0
    again = typed(shop, "falsealarm", down["rollout"], "--reason", "really")
    assert (again.exit_code, "is called a false one already" in again.stderr) == (1, True)
    marked = facts(shop, "rollouts", down["rollout"])
    assert isinstance(marked, dict)
    assert [mark["reason"] for mark in marked["false_alarms"]] == ["the probe was moved"]
    assert typed(shop, "falsealarm", down["rollout"], "--undo").exit_code == 0
    unmarked = facts(shop, "rollouts", down["rollout"])
    assert isinstance(unmarked, dict)
    assert unmarked["false_alarms"] == []


class Page(HTMLParser):
    """What a page is made of; every tag that is opened is closed, but those that can't be."""

    VOID = ("meta", "rect", "line", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.read = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.read += data


def test_the_page_is_one_file_without_a_script_that_loads_nothing_and_names_nobody(shop: Shop) -> None:
    file = shop.folder / "page.html"
    assert typed(shop, "trends", "-o", str(file)).output == f"{file}: {COUNT} ended rollouts\n"
    text = file.read_text()
    read = Page(text)
    assert read.open == []
    assert "script" not in read.tags
    assert set(read.links) == {"#service-00", "#service-01"}
    assert "url(" not in text
    assert "U0" not in read.read
    for said in ("Trends of all plans", "Where time goes", "Why they came down", "@sre-leads", "overrides turned out"):
        assert said in read.read


NASTY = '<script>alert(1)</script>"&'


def test_what_comes_from_outside_is_escaped_in_the_page() -> None:
    """A plan's name, a version, a reason, a role or a condition may be anything."""
    wait = Wait(kind="gate", since=START, until=START + timedelta(hours=1), of=(NASTY,), ended="approved")
    alarm = Alarm(number=1, kind="held", at=START, conditions=(NASTY,))
    each = Summary(
        rollout=NASTY,
        plan=NASTY,
        version=NASTY,
        environment=NASTY,
        state=State.ROLLED_BACK,
        weight=0,
        highest=1,
        by=NASTY,
        reason=NASTY,
        started_at=START,
        ended_at=START + timedelta(hours=2),
        spent_s={Phase.BAKING: 7200.0},
        waits=(wait,),
        alarms=(alarm,),
        causes=(Cause(kind="condition", what=NASTY), Cause(kind="no_data", what=NASTY)),
    )
    told = trends([each], plan=NASTY)
    written = Page(page([Chapter(told, [each]), Chapter(told, [each])], START, NASTY))
    drawn = Page(stacked([Bar(NASTY, {"completed": 2}, NASTY)], NASTY) + lying({"baking": 1.0}, NASTY))
    assert (written.open, drawn.open) == ([], [])
    assert "script" not in (*written.tags, *drawn.tags)
    assert written.read.count("<script>alert(1)</script>") > 8
