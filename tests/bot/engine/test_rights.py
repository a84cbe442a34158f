"""Who may do what: closed for up where Slack can't say, open for down to whom the kill card names. Law 8, S6."""

from __future__ import annotations

import pytest

from bot.assembly import all_kinds
from bot.domain.errors import NotAllowed
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.planning.reading import read_plan
from bot.domain.rollout import Person
from bot.engine.requests import Request, Right, Surface
from bot.engine.rights import Rights
from bot.ports import Denied, OutOfReach, OutsideFault, SlowDown
from tests.builders import START
from tests.laws.leaky_story import plan
from tests.rig import People

pytestmark = pytest.mark.anyio

UPWARD: tuple[Right, ...] = ("operate", "approve", "override")
FAULTS = (OutOfReach("Slack can't be reached"), Denied("Slack says missing_scope"), SlowDown(30))


def asked(surface: Surface = "button", who: str = "U0ANA") -> Request:
    return Request(verb="approve", actor=Person(id=who), key="k", at=START, surface=surface)


@pytest.fixture
def planned() -> Plan:
    return read_plan(plan("web"), "production", all_kinds())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("what", UPWARD)
async def test_nothing_goes_up_while_slack_cant_say_who_somebody_is(
    planned: Plan, what: Right, fault: OutsideFault
) -> None:
    """Not even for whom the kill card names."""
    people = People({"U0ANA": {"@sre", "@sre-leads"}}, away=fault)
    with pytest.raises(NotAllowed, match="can't say"):
        await Rights(people).permit(asked(), what, planned, known=["U0ANA"])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_whom_the_kill_card_names_may_stop_and_nobody_else(planned: Plan, fault: OutsideFault) -> None:
    """Law 2."""
    rights = Rights(People({}, away=fault))
    await rights.permit(asked(), "stop", planned, known=["U0ANA"])
    with pytest.raises(NotAllowed, match="can't say"):
        await rights.permit(asked(who="U0DEV"), "stop", planned, known=["U0ANA"])


async def test_an_approval_doesnt_count_for_a_group_that_nobody_can_ask_about() -> None:
    """One of each: Slack answered a moment ago, and now it doesn't."""
    with pytest.raises(NotAllowed, match="can't say"):
        await Rights(People({}, away=FAULTS[0])).stands_for(asked(), ("@sre-leads",))


@pytest.mark.parametrize("what", UPWARD)
async def test_a_webhook_may_stop_and_nothing_else(planned: Plan, what: Right) -> None:
    rights = Rights(People({}))
    await rights.permit(asked("webhook", "webhook:alertmanager"), "stop", planned)
    with pytest.raises(NotAllowed):
        await rights.permit(asked("webhook", "webhook:alertmanager"), what, planned)


async def test_a_plan_that_names_nobody_lets_nobody_in() -> None:
    """An empty list of a role isn't "everybody"."""
    tree = plan("web", roles={"operators": ["@sre"], "approvers": ["@sre"]})
    nobody = read_plan(tree, "production", all_kinds())
    with pytest.raises(NotAllowed, match="takes the override role") as refused:
        await Rights(People({"U0ANA": {"@sre"}})).permit(asked(), "override", nobody)
    assert "whoever keeps the plan web" in refused.value.next_step


class Guests(People):
    """Everybody is in the group that a plan names, and a guest all the same."""

    async def refused(self, user: str) -> str:
        return "guests may not act"


@pytest.mark.parametrize("what", [*UPWARD, "stop"])
async def test_a_guest_in_the_right_group_may_nothing(planned: Plan, what: Right) -> None:
    """Law 8: user groups may hold guests, bots and people of other workspaces."""
    rights = Rights(Guests({"U0ANA": {"@sre", "@sre-leads"}}))
    with pytest.raises(NotAllowed, match="guests may not act"):
        await rights.permit(asked(), what, planned)
    with pytest.raises(NotAllowed, match="guests may not act"):
        await rights.permit_among(asked(), Phrase("tick this"), ["@sre"])
    assert not await rights.is_among("U0ANA", ["@sre"])
