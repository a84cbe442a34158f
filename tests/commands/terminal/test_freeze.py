"""`perch freeze` and `perch unfreeze`: for when Slack is gone (U4, U6)."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.domain.machine import State
from commands.terminal import perch
from tests.commands.terminal.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def typed(shop: Shop, *words: str) -> Result:
    return CliRunner().invoke(perch, words, env=shop.environment)


def test_a_freeze_from_a_shell_holds_what_would_rise_with_the_shells_user_as_owner(shop: Shop) -> None:
    begun = shop.begin()
    frozen = typed(shop, "freeze", "shop", "--for", "4h", "--reason", "incident 7")
    assert (frozen.exit_code, "shop is frozen by" in frozen.output) == (0, True)
    assert "incident 7" in frozen.output
    held = shop.load(begun.id)
    assert held.hold is not None
    assert (held.state, held.hold.cause, held.hold.owner) == (State.HELD, "freeze", f"shell:{getpass.getuser()}")
    shown = typed(shop, "rollouts").output
    assert "Frozen: shop, by" in shown
    assert "incident 7" in typed(shop, "status", "shop").output


def test_what_is_frozen_cannot_be_resumed_and_says_what_to_type(shop: Shop) -> None:
    shop.begin()
    typed(shop, "freeze", "--all", "--until-lifted")
    refused = typed(shop, "resume", "shop")
    assert refused.exit_code == 1
    assert "everything is frozen" in refused.stderr
    lifted = typed(shop, "unfreeze", "--all", "--reason", "over")
    assert (lifted.exit_code, "Still on hold" in lifted.output) == (0, True)
    assert typed(shop, "resume", "shop").exit_code == 0


def test_rollback_works_under_a_freeze(shop: Shop) -> None:
    """Law 2."""
    shop.begin()
    typed(shop, "freeze", "shop")
    assert typed(shop, "rollback", "shop").exit_code == 0
    assert shop.percent() == 0


def test_an_exempt_plan_goes_on_and_one_can_be_let_through_later(shop: Shop) -> None:
    first, second = shop.begin("shop"), shop.begin("bakery")
    typed(shop, "freeze", "--all", "--except", "shop")
    assert (shop.load(first.id).state, shop.load(second.id).state) == (State.BAKING, State.HELD)
    told = json.loads(typed(shop, "unfreeze", "--all", "--only", "bakery", "--json").output)
    assert [each["exempt"] for each in told["left"]] == [["shop", "bakery"]]
    assert shop.load(second.id).frozen is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["freeze"], "perch freeze SERVICE, or perch freeze --all"),
        (["freeze", "shop", "--all"], "perch freeze SERVICE, or perch freeze --all"),
        (["freeze", "shop", "--for", "soon"], "not a duration"),
        (["freeze", "shop", "--for", "1h", "--until-lifted"], "either --for or --until-lifted"),
        (["unfreeze"], "perch unfreeze SERVICE, or perch unfreeze --all"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(shop: Shop, words: list[str], says: str) -> None:
    asked = typed(shop, *words)
    assert (asked.exit_code, says in asked.stderr) == (2, True)


def test_a_service_or_plan_that_is_not_there_is_refused(shop: Shop) -> None:
    shop.begin()
    assert "No plan is of the service 'shoop'" in typed(shop, "freeze", "shoop").stderr
    assert "There is no plan called 'shoop'" in typed(shop, "freeze", "--all", "--except", "shoop").stderr
    assert "Nothing is frozen" in typed(shop, "unfreeze", "shop").stderr
