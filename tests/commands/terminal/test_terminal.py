"""The console command: its table of words, its exit codes, and how it ends when something is wrong."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bot.domain.errors import NotNow, UnknownRollout
from bot.domain.machine import State
from bot.ports import StoreAway
from bot.settings import BadSetting
from bot.wording.plain_text import plain_text
from commands.terminal import COMMANDS, perch
from commands.terminal.ending import exit_code, line
from tests.commands.terminal.shop import Shop, perch_process


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def typed(shop: Shop, *words: str, **more: str) -> Result:
    return CliRunner().invoke(perch, words, env={**shop.environment, **more})


@pytest.mark.parametrize("word", COMMANDS)
def test_every_word_is_a_command_with_a_sentence_of_help(shop: Shop, word: str) -> None:
    module, _, attribute = COMMANDS[word].partition(":")
    assert getattr(importlib.import_module(module), attribute).name == word
    asked = typed(shop, word, "--help")
    assert asked.exit_code == 0
    assert re.search(r"\n\n  [A-Z][^\n]+", asked.output)


def test_help_lists_every_word(shop: Shop) -> None:
    listed = typed(shop, "--help").output
    assert [word for word in COMMANDS if f"\n  {word} " not in listed] == []


def test_a_mistyped_word_is_wrong_usage_and_gets_a_suggestion(shop: Shop) -> None:
    asked = typed(shop, "rolback", "shop")
    assert asked.exit_code == 2
    assert asked.stderr == (
        "There is no 'perch rolback'. Did you mean perch rollback? Nothing was done. See: perch --help\n"
    )


@pytest.mark.parametrize(
    ("word", "instead"), [("history", "perch rollouts"), ("why", "perch status NAME"), ("approve", "/canary approve")]
)
def test_a_verb_of_slacks_own_says_where_it_is_to_be_had(shop: Shop, word: str, instead: str) -> None:
    asked = typed(shop, word, "shop")
    assert asked.exit_code == 2
    assert instead in asked.stderr


def test_what_was_wrong_ends_as_a_sentence(shop: Shop) -> None:
    assert "unexpected extra argument (x). Nothing was done." in typed(shop, "falsealarm", "shop", "x").stderr


def test_a_missing_name_is_wrong_usage_in_one_line(shop: Shop) -> None:
    asked = typed(shop, "status")
    assert asked.exit_code == 2
    assert asked.stderr == "Missing argument 'NAME'. Nothing was done. See: perch status --help\n"


def test_without_a_database_a_status_says_what_to_do_and_makes_none(shop: Shop) -> None:
    asked = typed(shop, "status", "shop")
    assert asked.exit_code == 1
    assert asked.stderr.count("\n") == 1
    assert "start Perch once to make it" in asked.stderr
    assert not shop.database.exists()


def test_a_bad_setting_is_one_line_that_names_it(shop: Shop) -> None:
    asked = typed(shop, "rollouts", SLACK_BOT_TOKEN="xoxp-secret")
    assert asked.exit_code == 1
    assert asked.stderr.startswith("SLACK_BOT_TOKEN: is not a bot token")
    assert "xoxp-secret" not in asked.stderr


def test_a_bad_slack_token_does_not_stop_a_plan_check(shop: Shop) -> None:
    shop.begin()
    asked = typed(shop, "plan", "check", str(shop.folder / "plans" / "shop.yaml"), SLACK_BOT_TOKEN="xoxp-1")
    assert asked.exit_code == 0, asked.output


def test_a_live_plan_check_asks_the_sources_and_names_what_is_unreachable(shop: Shop) -> None:
    shop.begin()
    asked = typed(shop, "plan", "check", "--live", str(shop.folder / "plans" / "shop.yaml"))
    assert asked.exit_code == 1
    assert "metric errors: " in asked.output
    assert "traffic" not in asked.output


def test_rollouts_lists_live_ones_first_and_what_ended(shop: Shop) -> None:
    shop.begin("shop", State.COMPLETED)
    shop.begin("cart")
    listed = typed(shop, "rollouts")
    assert listed.exit_code == 0
    head, live, ended = listed.output.splitlines()
    assert head.split()[:4] == ["PLAN", "ENVIRONMENT", "WEIGHT", "STATE"]
    assert live.startswith("cart  production   10%     baking")
    assert "completed" in ended
    told = json.loads(typed(shop, "rollouts", "--json").output)
    assert [(each["plan"], each["live"], each["weight"]) for each in told] == [("cart", True, 10), ("shop", False, 10)]


def test_no_rollout_yet_says_how_to_start_one(shop: Shop) -> None:
    typed(shop, "db", "upgrade")
    assert "/canary start PLAN 1%" in typed(shop, "rollouts").output


def test_status_says_where_it_stands_and_what_it_waits_for(shop: Shop) -> None:
    shop.begin()
    shown = typed(shop, "status", "shop")
    assert shown.exit_code == 0
    assert "shop v2 in production is at 10%, baking" in shown.output
    assert "Waits for: " in shown.output
    assert "<!date" not in shown.output
    assert json.loads(typed(shop, "status", "shop-1", "--json").output)["state"] == "baking"


def test_hold_and_resume_are_the_shell_users_acts_on_record(shop: Shop) -> None:
    """U6"""
    rollout = shop.begin()
    held = typed(shop, "hold", "shop", "--reason", "looking into it", "--for", "2h", "--json")
    assert held.exit_code == 0, held.output
    hold = json.loads(held.output)["hold"]
    assert (hold["why"], hold["owner"][:6]) == ("looking into it", "shell:")
    assert hold["until"] is not None
    resumed = typed(shop, "resume", "shop", "--reason", "all is well")
    assert resumed.exit_code == 0, resumed.output
    assert "baking" in resumed.output
    acts = [record for record in shop.records(rollout.id) if record.kind in ("held", "resumed")]
    assert [act.actor.startswith("shell:") for act in acts] == [True, True]


def test_a_duration_that_cannot_be_read_is_wrong_usage(shop: Shop) -> None:
    shop.begin()
    asked = typed(shop, "hold", "shop", "--for", "soon")
    assert asked.exit_code == 2
    assert "30s, 5m, 4h" in asked.stderr


def test_a_refusal_carries_the_shells_own_next_step() -> None:
    unknown = UnknownRollout("shoop", "/canary status shop")
    assert line(unknown) == "There is no rollout called 'shoop'. Next: perch status shop"
    assert line(NotNow("Not now.", "/canary rearm shop")) == "Not now. Next, in Slack: /canary rearm shop"
    assert line(NotNow("Not now.", "/canary list")) == "Not now. Next: perch rollouts"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.UsageError("what?"), 2),
        (StoreAway("gone"), 1),
        (BadSetting("PORT: no"), 1),
        (KeyboardInterrupt(), 1),
        (ZeroDivisionError("secret"), 1),
    ],
)
def test_every_failure_is_one_line_and_1_or_2(error: BaseException, code: int) -> None:
    assert exit_code(error) == code
    assert "\n" not in line(error)


def test_an_error_of_perchs_own_never_shows_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 8"""
    monkeypatch.delenv("PERCH_LOG_LEVEL", raising=False)
    try:
        raise RuntimeError("token xoxb-1-2-3")
    except RuntimeError as error:
        told = line(error)
    assert "xoxb" not in told
    assert told.startswith("Perch hit an error of its own (RuntimeError in test_an_error_of_perchs_own")
    assert "PERCH_LOG_LEVEL=DEBUG" in told


def test_a_reader_that_goes_away_is_not_complained_about(shop: Shop) -> None:
    with perch_process(["--help"], shop.environment, shop.folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_slacks_markup_is_read_as_people_see_it() -> None:
    said = "<@U0ANA> since <!date^1760000000^{time}|08:53 UTC>: 1 &lt; 2, see <https://x.test|the book> \x1b[31m"
    assert plain_text(said) == "U0ANA since 08:53 UTC: 1 < 2, see the book (https://x.test) [31m"


def test_every_command_works_where_no_optional_library_is_installed() -> None:
    """`pip install perch` without extras: what an extra brings is missed by what needs it, and by nothing else."""
    extras = (
        "obstore",
        "botocore",
        "google.auth",
        "apprise",
        "grafana_foundation_sdk",
        "duckdb",
        "pytest",
        "hypothesis",
    )
    script = f"""
import importlib, sys
sys.modules.update(dict.fromkeys({extras!r}))
from commands.terminal import COMMANDS
for place in (*COMMANDS.values(), "bot.app:", "bot.wiring:"):
    importlib.import_module(place.partition(":")[0])
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120)
    assert ran.stderr == ""
