"""Jira: one issue for each rollout, whatever breaks on the way, with the reason and the papers (O4, R11)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.notifiers.jira import Jira, JiraOptions
from bot.domain.kinds import Kind
from bot.domain.urgencies import Act, Hears
from bot.ports import Denied, Nonsense, Notice, Notifier, Uncertain
from storage.keepings import DONE
from tests.adapters.notifiers.far_sides import AtJira, Wrong, a_notice
from tests.bot.engine.notifying.story import breached, down, taken, told
from tests.fakes.jira import TOKEN, USER
from tests.rig import beside, rig, tree
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

PAPERS = {"materializers-1.perch.zip": b"PK\x03\x04 a bundle", "report-materializers-1.md": b"# So ging es\n"}


@pytest.fixture
async def there() -> AsyncIterator[AtJira]:
    async with AtJira().open() as made:
        assert isinstance(made, AtJira)
        yield made


def with_papers(notice: Notice, files: Mapping[str, bytes] = PAPERS) -> Notice:
    async def enclosing() -> Mapping[str, bytes]:
        return files

    return replace(notice, enclosing=enclosing)


async def test_a_rollback_is_an_issue_with_its_reason_and_its_papers(there: AtJira) -> None:
    """R11."""
    place = await there.notifier().tell(with_papers(a_notice("rolled_back", Act.OVER, classes=("security",))))
    assert place == f"OPS-1 at {there.web.url}/browse/OPS-1"
    [issue] = there.web.issues.values()
    assert issue["summary"] == "[Perch] materializers v2 in production: rolled back"
    assert issue["labels"] == ["perch-materializers-1a2b3c"]
    assert "errors is 7.5 %" in issue["description"]
    assert "Class: security" in issue["description"]
    assert "Grafana: https://grafana.example/d/1" in issue["description"]
    assert issue["files"] == PAPERS


async def test_later_events_are_comments_and_the_same_one_again_is_none(there: AtJira) -> None:
    notices = [a_notice(), a_notice("rolled_back", Act.OVER)]
    for notice in (*notices, *notices):
        await there.notifier().tell(with_papers(notice))
    [issue] = there.web.issues.values()
    assert len(issue["comments"]) == 1
    assert len(issue["attachment"]) == len(PAPERS)


async def test_what_was_created_a_moment_ago_is_known_by_its_key_while_the_search_lags(there: AtJira) -> None:
    """Cloud's search may lag by seconds to minutes; the record of the first notice doesn't."""
    there.web.lagging = True
    place = await there.notifier().tell(a_notice())
    await there.notifier().tell(a_notice("rolled_back", Act.OVER, earlier=(place,)))
    assert len(there.web.issues) == 1
    del there.web.issues["OPS-1"]
    await there.notifier().tell(a_notice("completed", Act.OVER, earlier=(place,)))
    assert len(there.web.issues) == 1, "an issue that somebody deleted is made anew"


async def test_where_nobody_knows_whether_it_was_created_it_is_uncertain(there: AtJira) -> None:
    answers = there.web.answer

    async def answer(request: Any, body: bytes) -> Any:
        there.web.wrong = Wrong.LATE if request.path.endswith("/issue") else None
        return await answers(request, body)

    there.web.answer = answer  # type: ignore[method-assign]
    jira = there.notifier()
    with pytest.raises(Uncertain, match="may have been created"):
        await jira.tell(a_notice())
    there.web.wrong = None
    there.web.answer = answers  # type: ignore[method-assign]
    await there.notifier().tell(a_notice())
    assert len(there.web.issues) == 1


async def test_data_center_is_spoken_to_in_its_own_way() -> None:
    """Its search is another, and its token a bearer's."""
    async with AtJira().open() as there:
        assert isinstance(there, AtJira)
        there.web.cloud = False
        jira = there.notifier()
        await jira.tell(a_notice())
        await jira.tell(a_notice("rolled_back", Act.OVER))
        assert [len(issue["comments"]) for issue in there.web.issues.values()] == [1]
        assert there.web.asked.count("POST /rest/api/2/search/jql") == 1, "asked for once, and remembered"


async def test_what_others_wrote_is_never_markup(there: AtJira) -> None:
    """A version or a reason with a mention or a closing mark in it reads as it was written, and pings nobody."""
    await there.notifier().tell(a_notice(text="{noformat}[~accountid:5] h1. see!", subject="a {noformat} b\nc"))
    [issue] = there.web.issues.values()
    told, _, after = issue["description"].removeprefix("{noformat}").partition("\n{noformat}\n")
    assert "[~accountid:5]" in told
    assert "[~" not in after
    assert issue["summary"] == "a {noformat} b c"


async def test_the_longest_texts_are_cut_to_what_it_takes(there: AtJira) -> None:
    await there.notifier().tell(a_notice(text="ü" * 100_000, subject="s" * 1000))
    [issue] = there.web.issues.values()
    assert len(issue["summary"]) == 255


async def test_files_that_it_refuses_are_told_and_hold_nothing_up(there: AtJira) -> None:
    there.web.takes_files = False
    place = await there.notifier().tell(with_papers(a_notice("rolled_back", Act.OVER)))
    assert "materializers-1.perch.zip isn't attached" in place
    assert "413" in place


async def test_a_completed_rollout_takes_the_transition_that_is_named_once() -> None:
    async with AtJira(transition="Done").open() as there:
        assert isinstance(there, AtJira)
        await there.notifier().tell(a_notice())
        for _ in range(2):
            await there.notifier().tell(a_notice("completed", Act.OVER))
        assert there.web.issues["OPS-1"]["status"] == {"name": "Done"}
        assert there.web.asked.count("POST /rest/api/2/issue/OPS-1/transitions") == 1


async def test_a_transition_that_is_not_there_says_which_are(there: AtJira) -> None:
    there.options = {"transition": "Archive"}
    with pytest.raises(Denied, match="there are: Start work, Done"):
        await there.notifier().tell(a_notice("completed", Act.OVER))


@pytest.mark.parametrize("body", ["[]", "{}", '{"issues": 3}', '{"issues": [{"key": 3}]}', "nonsense"])
async def test_an_answer_that_is_not_jiras_is_told_as_such(there: AtJira, body: str) -> None:
    async def answer(request: object, given: bytes) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    there.web.answer = answer  # type: ignore[method-assign, assignment]
    with pytest.raises(Nonsense):
        await there.notifier().tell(a_notice())


async def test_a_rehearsal_says_what_a_person_must_mend(there: AtJira) -> None:
    assert "Task" in await there.notifier().rehearse()
    there.web.rights = {"CREATE_ISSUES"}
    with pytest.raises(Denied, match="may not add comments"):
        await there.notifier().rehearse()
    there.options = {"issue_type": "Incident"}
    with pytest.raises(Denied, match="no issue type 'Incident', but Task, Bug"):
        await there.notifier().rehearse()
    there.options = {"project": "NOPE"}
    with pytest.raises(Denied, match="404"):
        await there.notifier().rehearse()
    assert there.web.issues == {}


async def test_a_process_that_dies_after_the_issue_was_created_leaves_one_issue(there: AtJira, tmp_path: Path) -> None:
    """Law 5, R11: the whole way from a breach. Jira's search lags, too, and has caught up by the next try."""
    options = {"kind": "jira", "url": there.web.url, "project": "OPS", "user_env": "U", "token_env": "T"}
    plan = tree(notifiers={"board": options}, routes={"ticket": ["board"]})
    made: list[Jira] = []

    def build(given: JiraOptions, environment: object) -> Notifier:
        made.append(Jira(given, {"U": USER, "T": TOKEN}))
        return made[-1]

    kinds = {"jira": Kind(JiraOptions, build, hears=Hears.FOLLOWS)}
    there.web.lagging = True
    async with rig(tmp_path, plan, notifiers=kinds) as story:
        id = await breached(story)
        await down(story, id)
        await taken(story)
        answers, created = there.web.answer, asyncio.Event()

        async def answer(request: Any, body: bytes) -> Any:
            answered = await answers(request, body)
            if request.method == "POST" and request.path == "/rest/api/2/issue":
                created.set()
                await asyncio.Event().wait()
            return answered

        there.web.answer = answer  # type: ignore[method-assign]
        await story.engine.keeping.begin()
        async with asyncio.timeout(HANGS_S):
            await created.wait()
        await story.engine.keeping.aclose()
        there.web.answer = answers  # type: ignore[method-assign]
        assert list(there.web.issues) == ["OPS-1"]
        there.web.index()
        async with beside(story, tmp_path, ahead_s=101) as other:
            await told(other)
            [kept] = await other.engine.keepings.of(id)
    assert (kept.state, kept.place) == (DONE, f"OPS-1 at {there.web.url}/browse/OPS-1")
    [issue] = there.web.issues.values()
    assert issue["comments"] == []
    assert sorted(name.partition(".")[2] for name in issue["files"]) == ["html", "md", "perch.zip"]
    assert "errors > 5%" in issue["description"]
