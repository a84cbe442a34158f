"""Each verb over the real desk: what it answers, and what a mistake is answered with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.freezes import EVERYWHERE
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from commands.slack import DOWNWARD, VERBS, perform
from commands.slack.words import split
from tests.commands.slack.typed import answer, refuses, says
from tests.fakes.traffic import Trouble
from tests.rig import ANA, BEN, CLEO, DEV, Rig, rig, sick, tree

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as story:
        yield story


async def gated(here: Rig) -> Rollout:
    await says(here, "start materializers 1%")
    await here.settle()
    return await here.until_gate((await here.engine.desk.live())[0])


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_says_how_it_is_used(verb: str) -> None:
    assert VERBS[verb].USAGE
    assert VERBS[verb].SUMMARY.endswith(".")
    assert verb in VERBS[verb].USAGE


def test_the_verbs_of_law_2_are_the_downward_ones() -> None:
    assert {"rollback", "kill", "hold"} == DOWNWARD


async def test_start_begins_at_the_first_stage_and_nowhere_else(here: Rig) -> None:
    assert (await refuses(here, "start"))[1] == "/canary start materializers"
    assert (await refuses(here, "start materializers"))[1] == "/canary start materializers 1%"
    assert (await refuses(here, "start materializers 1"))[1] == "/canary start materializers 1%"
    assert (await refuses(here, "start materializers 10%"))[1] == "/canary start materializers 1%"
    assert (await refuses(here, "start materialisers 1%"))[1] == "/canary start materializers 1%"
    assert (await refuses(here, "start materializers 1% now"))[1] == "/canary start materializers 1%"
    assert (await refuses(here, "start materializers 1% verison=2"))[1] == "/canary start materializers 1% version=2"
    assert "materializers is started" in await says(here, "start materializers 1% version=2")


async def test_start_keeps_its_options_in_the_corrected_command(here: Rig) -> None:
    _, step = await refuses(here, 'start materializers override="mended it" fix=T-1')
    assert step == '/canary start materializers 1% override="mended it" fix=T-1'


async def test_a_reason_goes_on_record_and_into_the_channel(here: Rig) -> None:
    await says(here, 'start materializers 1% reason="the new write path"')
    rollout = (await here.engine.desk.live())[0]
    assert (await here.engine.desk.records(rollout))[0].body["reason"] == "the new write path"


async def test_all_that_stands_in_the_way_is_told_at_once_each_with_its_command(here: Rig) -> None:
    """U4, R3: nobody should find out one by one."""
    await gated(here)
    await says(here, "freeze denis incident 7", CLEO)
    happened, step = await refuses(here, "start materializers 10%")
    for way_on in ("/canary start materializers 1%", "/canary status materializers", "/canary unfreeze denis"):
        assert f"Next: `{way_on}`" in happened
    assert step == "/canary start materializers 1%"
    assert len(await here.engine.desk.latest()) == 1


async def test_a_plan_that_changed_says_so_at_its_next_start(here: Rig) -> None:
    """U5: on record with both digests, and in words."""
    former = await here.start()
    await says(here, "rollback materializers enough")
    await here.settle()
    here.plans.trees["materializers"] = tree(cooldown="2h")
    await says(here, 'start materializers 1% override="mended" fix=T-1', BEN)
    started = (await here.engine.desk.records((await here.engine.desk.live())[0]))[0].body["changed"]
    assert (started["since"], started["before"]) == (former.id, former.plan_digest)
    assert started["lines"] == [["cooldown", "1d", "2h"]]


async def test_a_second_rollback_says_that_it_is_down_already(here: Rig) -> None:
    """Two people at one button: the later one may come when all is done."""
    rollout = await gated(here)
    await says(here, "rollback materializers enough")
    await here.settle()
    late = await perform(here.request("rollback", BEN, rollout=rollout.id), here.engine.desk)
    assert "materializers is down already" in late.text
    assert "/canary kill materializers" in late.text


async def test_observe_is_a_word_of_its_own_and_not_taken_for_something_else(here: Rig) -> None:
    """U2."""
    assert "materializers is observed" in await says(here, "start materializers observe")
    await says(here, "rollback materializers")
    assert "materializers is observed" in await says(here, "start materializers 10% observe")


async def test_a_takeover_needs_its_reason_and_says_what_it_is(here: Rig) -> None:
    """U2."""
    _, step = await refuses(here, "start materializers 10% adopt", BEN)
    assert step == '/canary start materializers 10% adopt reason="why it is there already"'
    here.traffic[0].weight = Weight(10)
    assert "is being taken over" in await says(here, 'start materializers 10% adopt reason="it is there"', BEN)


async def test_readers_need_no_name_while_one_rollout_is_live(here: Rig) -> None:
    await gated(here)
    for verb in ("status", "why", "details", "evidence"):
        assert "materializers" in await says(here, verb, DEV)
    assert "1 live rollout" in await says(here, "list", DEV)


async def test_readers_answer_about_ended_rollouts_too(here: Rig) -> None:
    await gated(here)
    await says(here, "rollback materializers enough")
    await here.settle()
    assert "rolled back" in await says(here, "status")
    assert "rolled back" in await says(here, "history")
    assert "chain is whole" in await says(here, "evidence materializers")


async def test_why_lists_every_condition_and_what_is_waited_for(here: Rig) -> None:
    """X1."""
    await gated(here)
    told = await answer(here, "why", DEV)
    shown = str(told.blocks)
    assert all(part in shown for part in ("`success` ", "(&gt; 98%)", "`latency` ", "(&lt; 10 s)", "errors &gt; 5%"))
    assert "1 more approval" in told.text


async def test_approve_reject_and_withdraw_speak_to_the_open_gate(here: Rig) -> None:
    await gated(here)
    assert (await refuses(here, "approve materializers", DEV))[0].startswith("You may not")
    assert (await refuses(here, "reject materializers", BEN))[1].startswith("/canary reject materializers")
    assert "rejected" in await says(here, "reject materializers not today", BEN)
    assert (await here.engine.desk.live())[0].state is State.HELD
    assert "goes on" in await says(here, "resume materializers", CLEO)


async def test_hold_takes_a_time_and_a_reason(here: Rig) -> None:
    rollout = await gated(here)
    assert "on hold" in await says(here, "hold materializers 2h the weekend")
    held = (await here.load(rollout)).hold
    assert held is not None
    assert held.why == "the weekend"
    assert held.until is not None
    assert (held.until - held.since).total_seconds() == 7200


async def test_promote_needs_its_reason(here: Rig) -> None:
    await says(here, "start materializers 1%")
    await here.minutes(3)
    assert (await refuses(here, "promote materializers", BEN))[1].startswith("/canary promote materializers")
    assert "ended early" in await says(here, "promote materializers hotfix for customers", BEN)


async def test_ways_down_want_a_name_when_they_are_typed(here: Rig) -> None:
    """The wrong rollout going down is an incident too."""
    await gated(here)
    assert (await refuses(here, "rollback"))[1] == "/canary rollback materializers"
    assert (await refuses(here, "kill"))[1] == "/canary kill materializers"


async def test_kill_and_rearm(here: Rig) -> None:
    await gated(here)
    assert "kill switch of materializers is thrown" in await says(here, "kill materializers it burns")
    await here.minutes(1)
    assert (await here.engine.desk.latest())[0].state is State.KILLED
    assert (await refuses(here, "start materializers 1%"))[1] == "/canary rearm materializers"
    assert "rearmed" in await says(here, "rearm materializers")


async def test_a_kill_that_is_not_through_says_what_is_still_on(here: Rig) -> None:
    """T9: partial success is told, for one and for all."""
    await here.start()
    here.kills[0].far.trouble = Trouble.FAIL
    said = await says(here, "kill materializers it burns")
    assert "STILL ON: fake switch 0: the fake can't be reached" in said
    said = await says(here, "kill all now it burns")
    assert said.startswith("Killed, but something is STILL ON: materializers in production (fake switch 0: ")


async def test_kill_all_wants_to_be_said_twice(here: Rig) -> None:
    """U4."""
    await gated(here)
    assert (await refuses(here, "kill all"))[1] == "/canary kill all now"
    assert await says(here, "kill all now it burns") == "Killed: materializers in production."


async def test_freeze_reads_what_how_long_why_and_who_goes_on(here: Rig) -> None:
    """X11, U4."""
    assert "`/canary unfreeze denis`" in str((await answer(here, "freeze denis for 4h incident 7")).blocks)
    assert "until somebody lifts it" in await says(here, 'freeze all until lifted "black friday" except materializers')
    second, first = sorted(await here.engine.desk.standing(), key=lambda freeze: freeze.service)
    assert (first.service, first.why, first.until) == ("denis", "incident 7", here.now + timedelta(hours=4))
    assert (second.service, second.why, second.until) == (EVERYWHERE, "black friday", None)
    assert second.exempt == ("materializers",)


async def test_a_freeze_of_which_nobody_said_how_long_or_why_stands_for_a_day(here: Rig) -> None:
    """It's 3 a.m.: no word is missed."""
    await says(here, "freeze denis")
    (freeze,) = await here.engine.desk.standing()
    assert (freeze.until, freeze.why) == (here.now + timedelta(hours=24), "no reason given")


async def test_a_freeze_says_whose_it_is_why_and_until_when_and_the_channel_hears_of_its_end(here: Rig) -> None:
    """T7. Where nothing live is under it, the answer is all that the channel hears."""
    began = await answer(here, "freeze denis for 2 hours month end")
    assert began.in_channel
    assert f"is frozen by <@{ANA}> until" in began.text
    assert "month end" in began.text
    (freeze,) = await here.engine.desk.standing()
    assert (freeze.until, freeze.why) == (here.now + timedelta(hours=2), "month end")
    over = await answer(here, "unfreeze denis the books are closed")
    assert over.in_channel
    assert f"<@{ANA}> lifted it (the books are closed)" in over.text


async def test_what_is_not_live_is_told_apart_from_what_there_is_not(here: Rig) -> None:
    assert await refuses(here, "hold materializers") == (
        "materializers isn't being rolled out now, so nothing was done.",
        "/canary history materializers",
    )
    assert "There is no rollout called 'nonsense'" in (await refuses(here, "hold nonsense"))[0]
    assert await refuses(here, "approve") == ("Nothing is being rolled out.", "/canary history")


async def test_help_is_one_screen_with_the_ways_down_first_and_every_verb(here: Rig) -> None:
    short, whole = await answer(here, "help"), await answer(here, "help all")
    blocks = "\n".join(str(block) for block in short.blocks)
    assert [verb for verb in VERBS if f"`{verb}`" not in blocks and f"`/canary {verb} " not in blocks] == []
    assert blocks.index("/canary rollback") < blocks.index("`status`")
    assert len(blocks) < len(str(whole.blocks)) / 2
    assert [verb for verb in VERBS if VERBS[verb].SUMMARY[:20] not in str(whole.blocks)] == []


async def test_freezing_a_plan_freezes_its_service_and_a_reason_may_say_for_and_except(here: Rig) -> None:
    await says(here, "freeze materializers for the weekend, no one is here except Ana")
    (freeze,) = await here.engine.desk.standing()
    assert (freeze.service, freeze.exempt) == ("denis", ())
    assert freeze.why == "for the weekend, no one is here except Ana"


async def test_a_mistyped_freeze_is_answered_with_the_right_one(here: Rig) -> None:
    assert (await refuses(here, "freeze"))[1] == "/canary freeze denis"
    assert (await refuses(here, "freeze deniss for 4h incident"))[1] == "/canary freeze denis for 4h incident"
    assert (await refuses(here, "freeze the network burns"))[1] == "/canary freeze denis network burns"
    assert "materializers" in (await refuses(here, "freeze denis x except materializers, materialisers"))[1]
    assert (await refuses(here, "unfreeze deniss"))[1] == "/canary unfreeze denis"
    assert await here.engine.desk.standing() == []


async def test_unfreeze_lifts_all_of_it_or_lets_one_plan_through(here: Rig) -> None:
    await says(here, "freeze denis incident 7", CLEO)
    assert "`materializers` may go on" in str(
        (await answer(here, "unfreeze denis only materializers it is the fix", CLEO)).blocks
    )
    assert (await refuses(here, "unfreeze denis only materialisers"))[1] == "/canary unfreeze denis only materializers"
    assert "lifted it (it was nothing)" in await says(here, "unfreeze denis it was nothing", CLEO)
    assert (await refuses(here, "unfreeze denis"))[1] == "/canary list"


async def test_a_freeze_is_seen_in_list_status_and_why(here: Rig) -> None:
    await gated(here)
    await says(here, "freeze denis incident 7")
    for verb in ("list", "status", "why"):
        told = await says(here, verb, DEV)
        assert "incident 7" in told
        assert "frozen" in told.lower()


async def test_plans_are_listed_and_shown(here: Rig) -> None:
    assert "materializers" in await says(here, "plan", DEV)
    assert "1% → 10% → 100%" in await says(here, "plan materializers", DEV)
    assert (await refuses(here, "plan materialisers"))[1] == "/canary plan materializers"


async def test_help_shows_all_or_one_and_forgives_spelling(here: Rig) -> None:
    everything = await says(here, "help")
    assert all(verb in everything for verb in VERBS)
    assert "How to use rollback" in await says(here, "help rolback")


async def test_an_unknown_verb_is_answered_with_the_whole_command_corrected(here: Rig) -> None:
    assert (await refuses(here, "rolback materializers now"))[1] == "/canary rollback materializers now"
    assert (await refuses(here, "xyzzy"))[1] == "/canary help"


async def test_a_verdict_is_overruled_with_a_reason_and_kept_in_the_ledger(here: Rig) -> None:
    """X9."""
    assert "Nobody has overruled" in await says(here, "override")
    await says(here, "start materializers 1%")
    here.numbers.values["success"] = 97.0
    await here.minutes(7)
    assert (await refuses(here, "override materializers", BEN))[1].startswith("/canary override materializers ")
    assert "for this gate alone" in await says(here, "override materializers false alarm, INC-7", BEN)
    ledger = await says(here, "override list", DEV)
    assert "1 override: 1 still open." in ledger
    assert "success &gt; 98% at 1%" in ledger
    assert "INC-7" in ledger


async def test_why_says_what_would_change_the_verdict(here: Rig) -> None:
    """X1: value, distance, since when, what passes it, what comes if it stays, and where it goes down instead."""
    await says(here, "start materializers 1%")
    await here.minutes(1)
    here.numbers.values["success"] = 97.0
    await here.minutes(2)
    why = await says(here, "why", DEV)
    assert "1 pp under the limit of 98% (for 1 min). Passes at the first check with success &gt; 98%." in why
    assert "If it still fails when the bake is over: it goes on hold. If success &lt; 90%: it rolls back." in why
    here.numbers.values.update(success=99.5, errors=sick())
    await here.minutes(1)
    why = await says(here, "why", DEV)
    assert "errors &gt; 5%: no data (unreachable: refused the connection). Judged again at the first check" in why
    assert "Without data until 09:07 UTC (in 3 min): it goes on hold." in why
    here.numbers.values["errors"] = 0.1
    await here.minutes(1)
    assert "Judged again" not in await says(here, "why", DEV)


@pytest.mark.parametrize("verb", sorted(VERBS))
async def test_help_for_a_verb_has_who_may_and_examples_that_perch_understands(here: Rig, verb: str) -> None:
    helped = (await answer(here, f"help {verb}", DEV)).blocks[0]["text"]["text"]
    assert "*Who may:* " in helped
    assert "*Then:* " in helped
    for example in VERBS[verb].EXAMPLES:
        assert f"/canary {example}" in helped
        assert split(example)[0] == verb


async def test_list_is_narrowed_by_a_word_and_history_begins_with_what_is_live(here: Rig) -> None:
    await says(here, "start materializers 1%")
    await here.settle()
    assert "1 live rollout" in await says(here, "list denis")
    assert (await refuses(here, "list lab"))[1] == "/canary list"
    assert (await says(here, "history")).startswith("1 rollout is live; none has ended.")


async def test_a_snapshot_asks_the_sources_now_and_leaves_no_trace(here: Rig) -> None:
    """S3: every metric, what doesn't answer included; no state, no streak, no record."""
    await gated(here)
    before = (await here.engine.desk.live())[0]
    here.numbers.values |= {"latency": 44.0, "errors": sick()}
    told = await answer(here, "snapshot", DEV)
    assert "latency: 44 s" in told.text
    assert "1 metric didn't answer" in told.text
    assert "errors: no data, refused the connection" in told.text
    assert not told.in_channel
    assert (await answer(here, "snapshot materializers share", DEV)).in_channel
    assert (await here.engine.desk.live())[0] == before


async def test_a_report_tells_the_whole_story_from_the_evidence(here: Rig) -> None:
    """E6 in part."""
    rollout = await gated(here)
    await here.approve(rollout, CLEO)
    here.numbers.values["success"] = 60.0
    await here.minutes(2)
    told = str((await answer(here, "report materializers", DEV)).blocks)
    for said in ("rolled back at 0%", "approved by <@U0CLEO>", "success &gt; 98%", "perch evidence export"):
        assert said in told or said.replace("&gt;", ">") in told


def test_every_verb_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "verbs.md").read_text()
    assert [verb for verb in VERBS if f"`{verb}" not in text] == []
