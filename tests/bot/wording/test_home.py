"""A person's page: what waits comes first, everything fits, and it is kept for a reviewer to read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.freezes import Freeze
from bot.domain.machine import State
from bot.domain.rollout import Hold
from bot.ports.homes import Glimpse, Home, Turn
from bot.wording.home import home
from tests.bot.wording.golden_facts import here, the_plan
from tests.bot.wording.golden_files import reads_as_in
from tests.bot.wording.limits import broken_view
from tests.bot.wording.rendering import rendered_view
from tests.bot.wording.stories import ANA, BEN, NOW, a_gate, a_plan

GOLDEN = Path(__file__).parent / "golden" / "home"
LINK = "https://slack.example/archives/C1/p1"
LONG = "ñ<!channel>`*_~ " * 20


def glimpse(state: State, name: str = "materializers", **changes: object) -> Glimpse:
    ended = {} if state.live else {"ended_at": NOW}
    return Glimpse(here(state, id=f"{name}-7", plan=name, **ended, **changes), the_plan(), LINK)


def full() -> Home:
    hold = Hold(why="the weekend", owner=BEN.id, since=NOW, until=NOW + timedelta(hours=24), cause="person")
    waiting = [
        (Turn.APPROVE, glimpse(State.GATE, gate=a_gate())),
        (Turn.HOLD, glimpse(State.HELD, "relay-memory", hold=hold)),
        (Turn.WATCH, glimpse(State.BAKING, "telemetry", watcher=BEN.id)),
    ]
    frozen = Freeze(id="freeze-1", service="denis", why="incident 7", owner=ANA, since=NOW)
    live = [each for _, each in waiting] + [glimpse(State.SHIFTING, "transport")]
    ended = [glimpse(State.COMPLETED), glimpse(State.ROLLED_BACK, reason="latency_p99 > 5s")]
    return Home(waiting, live, [frozen], ended, NOW)


PAGES = {"home": full(), "home.quiet": Home([], [], [], [], NOW)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_as_it_was_agreed(name: str) -> None:
    view = {"type": "home", "blocks": list(home(PAGES[name]))}
    reads_as_in(GOLDEN / f"{name}.txt", rendered_view(view))
    assert broken_view(view) == []


def test_only_whom_a_gate_waits_for_is_offered_to_approve_it() -> None:
    """Anybody else's click would be refused; the ways down are there for all."""
    gate = glimpse(State.GATE, gate=a_gate())
    for waiting, offered in (([(Turn.APPROVE, gate)], True), ([], False), ([(Turn.WATCH, gate)], False)):
        shown = str(home(Home(waiting, [gate], [], [], NOW)))
        assert ("'approve'" in shown) is offered
        assert "'rollback'" in shown


def test_fifty_rollouts_with_any_names_fit_on_a_page() -> None:
    """PLATFORM §2: a hundred blocks, 3,000 characters in a section."""
    many = [
        Glimpse(here(State.GATE, id=f"r-{each}", gate=a_gate(), version=LONG, reason=LONG), a_plan(what=LONG), LINK)
        for each in range(50)
    ]
    page = Home([(Turn.APPROVE, each) for each in many[:25]], many, [], many[:10], NOW)
    assert broken_view({"type": "home", "blocks": list(home(page))}) == []
