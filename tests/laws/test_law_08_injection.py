"""Law 8's other side: what comes in is text, and never markup, a query, a path, an argument, a header or a log line."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sources import KINDS
from adapters.traffic import TRAFFIC
from bot.assembly import all_kinds
from bot.domain.errors import UnknownPlan
from bot.domain.evidence import Entry, Head, extend
from bot.domain.measurements import NoData
from bot.ports import OutsideFault, Question
from bot.redaction import RedactedLog, Redactor
from commands.terminal.evidence import _line
from storage.plan_text import Unreadable, read_text
from storage.plans import PlanFolder
from storage.spool import KillFolder
from tests.builders import START
from tests.laws.echoing import MARKUP, Echo, echoing
from tests.laws.leaky_story import Leaky, by_command, leaky_story, plan

pytestmark = pytest.mark.anyio

ACTIVE = re.compile(r"<!(?!date\^)|<@U0VICTIM|<#C0VICTIM|<https?://evil|<mailto:|<!subteam\^S0VICTIM")
SILENT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")
CONTROLS = {"approve", "reject", "hold", "resume", "rollback", "more"}


def _texts(value: Any) -> Iterator[str]:
    """All texts of a message that Slack reads as markup."""
    match value:
        case {"type": "plain_text"}:
            return
        case dict():
            for key, item in value.items():
                if key == "text" and isinstance(item, str):
                    yield item
                else:
                    yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)


def _controls(value: Any) -> Iterator[str]:
    match value:
        case dict():
            if "action_id" in value:
                yield str(value["action_id"])
            for item in value.values():
                yield from _controls(item)
        case list() | tuple():
            for item in value:
                yield from _controls(item)


async def tell(leaky: Leaky) -> None:
    """Markup from everybody: who types, what is rolled out, and the far sides."""
    story = leaky.story
    version = MARKUP.replace('"', "'")
    for name in ("web", "cli"):
        await story.types("ana", f'start {name} 1% version="{version}"')
        await leaky.tick(2)
    for mood in ("markup", "markup in labels"):
        leaky.echo.mood = mood
        await leaky.tick(3)
        for verb in ("status", "why", "evidence"):
            await story.types("ben", f"{verb} web")
    leaky.echo.mood = "well"
    for verb in ("list", "history", "plan web", f"status {MARKUP}", f'rollback web "{MARKUP}"'):
        await story.types("ben", verb)
    await leaky.tick(2)
    await story.types("ben", f"kill cli {MARKUP}")
    await story.types("dev", f"kill cli {MARKUP}")
    await leaky.tick()


async def tell_shortly(leaky: Leaky) -> None:
    """One version, one far side."""
    await leaky.story.types("ana", f'start cli 1% version="{MARKUP.replace(chr(34), chr(39))}"')
    await leaky.tick(2)
    leaky.echo.mood = "markup"
    await leaky.tick()
    for verb in ("status cli", "why cli", "list", f"status {MARKUP}", f"hold cli {MARKUP}"):
        await leaky.story.types("ben", verb)
    await leaky.tick()


async def broken_out(folder: Path, telling: Callable[[Leaky], Awaitable[None]] = tell) -> list[str]:
    """What of a story's hostile texts became more than text in Slack."""
    hostile = {"what": f"materializers {MARKUP[:200]}"}
    async with leaky_story(folder, [plan("web", **hostile), plan("cli", traffic=by_command(), **hostile)]) as leaky:
        await telling(leaky)
        found, seen = [], 0
        for call in leaky.story.workspace.calls():
            arguments = {key: _read(value) for key, value in call.__dict__.items()}
            texts = list(_texts(arguments))
            seen += sum("evil.example" in text for text in texts)
            found += [f"{text!r} is active" for text in texts if ACTIVE.search(text)]
            found += [f"{text!r} holds silent characters" for text in texts if SILENT.search(text)]
            found += [f"control {name}" for name in set(_controls(arguments)) - CONTROLS]
        assert seen > 5, "the hostile texts were never shown"
        heard = (folder / "bin" / "heard").read_text().splitlines()
        typed = [word for line in heard for word in json.loads(line)[0][1:] if word not in ("set", "show", "0", "1")]
        return found + [f"argument {word!r}" for word in typed]


def _read(value: Any) -> Any:
    """A call's arguments; Slack gets blocks as JSON in a form's field."""
    match value:
        case dict():
            return {key: _read(item) for key, item in value.items()}
        case str() if value[:1] in ("[", "{"):
            try:
                return json.loads(value)
            except ValueError:
                return value
        case _:
            return value


async def test_hostile_texts_stay_texts_in_slack_and_reach_no_argument(tmp_path: Path) -> None:
    """Law 8, S2: no mention, no link, no button, nothing that turns the reading direction; no argument of a command."""
    assert await broken_out(tmp_path) == []


def test_a_log_line_of_a_stranger_stays_inside_our_line() -> None:
    record = logging.LogRecord("perch", logging.WARNING, __file__, 1, "refused: %s", (MARKUP,), None)
    assert RedactedLog(Redactor()).filter(record)
    assert "\n" not in record.getMessage()
    assert not SILENT.search(record.getMessage())


def test_a_record_shown_in_a_terminal_cant_drive_it() -> None:
    """Escape sequences and turned reading directions are shown, not obeyed."""
    (record,), _ = extend("web-1", Head(), [Entry("held", START, "U0ANA", {"reason": MARKUP})])
    assert not SILENT.search(_line(record))
    assert "<!channel>" in _line(record)


# ---- names and paths --------------------------------------------------------------------------------------------

PATHS = st.one_of(
    st.sampled_from(
        ["../x", "../../etc/passwd", "/etc/passwd", "..", ".", "", "a/../../b", "a\0b", "~root", "x" * 300]
    ),
    st.text(max_size=40),
)
OVER_ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)


@OVER_ONE_FOLDER
@given(name=PATHS)
def test_a_plans_name_is_a_name_and_no_path(tmp_path: Path, name: str) -> None:
    """`plans/../../etc`: only what lies in the folder itself has a name."""
    (tmp_path / "plans").mkdir(exist_ok=True)
    (tmp_path / "x.yaml").write_text("name: x\n")
    with pytest.raises(UnknownPlan):
        PlanFolder(tmp_path / "plans", all_kinds()).find(name)


@OVER_ONE_FOLDER
@given(rollout=PATHS)
def test_a_rollouts_id_leads_to_no_file_outside_the_kill_folder(tmp_path: Path, rollout: str) -> None:
    """Ids come from buttons and shells."""
    (tmp_path / "outside.json").write_text("{}")
    files = KillFolder(tmp_path / "state")
    assert files.card(rollout) is None
    assert files._card(rollout).resolve().is_relative_to(tmp_path / "state" / "cards")
    files.drop_card(rollout)
    assert (tmp_path / "outside.json").exists()


BOMBS = {
    "aliases of aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
    "an alias of itself": "a: &a [*a]",
    "deep": "[" * 3000,
    "deep keys": "? " * 3000,
    "many keys": "a: 1\n" * 60_000,
    "bytes": "a: !!binary aGk=",
    "a zero byte": "x: \x00",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_plan_that_blows_up_is_refused_in_words(bomb: str) -> None:
    with pytest.raises(Unreadable):
        read_text(BOMBS[bomb])


def test_a_tag_that_would_run_something_is_read_as_plain_data() -> None:
    assert read_text("a: !!python/object/apply:os.system {args: [id]}").tree == {"a": {"args": ["id"]}}


def test_a_number_of_a_hundred_thousand_digits_is_a_text() -> None:
    """Python refuses to read it as a number, with an error of its own."""
    assert read_text("a: " + "9" * 100_000).tree == {"a": "9" * 100_000}


# ---- headers and hosts ------------------------------------------------------------------------------------------

SPLITTING = "tok-8a7b6c5d\r\nX-Evil: yes\r\n\r\nGET /evil HTTP/1.1"


async def _asked_with(echo: Echo, token: str) -> list[str]:
    """What sources and targets say when their token is this."""
    environment, said = {"ACCESS": token}, []
    for name, ask in {"prometheus": {"query": "x"}, "metrics_page": {"value": "rate"}, "probe": {}}.items():
        kind = KINDS[name]
        source = kind.build(kind.options(url=echo.url, token_env="ACCESS"), environment)
        assert kind.ask is not None
        answer = await source.ask(Question(kind.ask(**ask)), START.now(START.tzinfo))
        said.append(str(answer) if isinstance(answer, NoData) else answer[0].labels)
        await source.aclose()
    place = {"url": f"{echo.url}/flag", "path": "percent"}
    put = {"method": "PUT", "url": f"{echo.url}/flag", "json": {"percent": "{percent}"}}
    kind_of_target = TRAFFIC["http"]
    target = kind_of_target.build(kind_of_target.options(apply=put, read=place, token_env="ACCESS"), environment)
    with pytest.raises(OutsideFault) as fault:
        await target.read()
    await target.aclose()
    return [*said, str(fault.value)]


async def test_a_line_break_in_a_token_sends_nothing_and_shows_nothing() -> None:
    """Header injection: the request isn't written at all."""
    async with echoing() as echo:
        said = await _asked_with(echo, SPLITTING)
        assert echo.asked == []
    assert not any("8a7b6c5d" in each or "Evil" in each for each in said)


async def redirects_lead_nowhere() -> None:
    """Each kind says that it was redirected, and the other host hears nothing."""
    async with echoing() as echo, echoing() as other:
        echo.mood = "elsewhere"
        echo.elsewhere = other.url
        for said in await _asked_with(echo, "tok-8a7b6c5d"):
            assert "redirect" in said or "302" in said, said
        assert echo.asked
        assert other.asked == []


async def test_a_far_side_cant_send_perch_to_another_host() -> None:
    """SSRF: hosts stand in the plan, and a redirect isn't followed, by any kind."""
    await redirects_lead_nowhere()
