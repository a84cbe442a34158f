"""Kind `jira` (O4, R11): one issue for each rollout, found again by its label; later events are comments.

REST API 2, which Jira Cloud and Data Center both have: https://developer.atlassian.com/cloud/jira/platform/rest/v2/.
Its texts are wiki markup, so all that others wrote stands between {noformat} marks, where nothing is read as markup and
nobody can be mentioned.

What was just created may not be found by Cloud's search for a while
(https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/): an issue that was told of before is read by
its key, and where a creation's end isn't known, it is `Uncertain`, for then the engine waits before it asks again.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from adapters.http import Address, redact, secret
from adapters.notifiers.jira_rest import Issue, JiraRest
from adapters.notifiers.options import Deadline, cut, one_line
from adapters.options import Options, VariableName
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.urgencies import Act
from bot.ports import Denied, Nonsense, Notice, OutOfReach, Uncertain

SUMMARY, BODY = 255, 30_000
"""Jira takes 255 characters of summary, and 32,767 of a text."""
RIGHTS = {"CREATE_ISSUES": "create issues", "ADD_COMMENTS": "add comments"}
_KEY = re.compile(r"[A-Z][A-Z0-9_]*-\d+\b")


def _project(value: str) -> str:
    if "${" not in value and not re.fullmatch(r"[A-Z][A-Z0-9_]+", value):
        raise misread("that is no project's key", "the letters before an issue's number: OPS, for OPS-12")
    return value


def _label(value: str) -> str:
    if not value or any(letter.isspace() for letter in value):
        raise misread("a label has no spaces", "write it with dashes: canary-rollback")
    return value


class JiraOptions(Options):
    """`notifiers: {board: {kind: jira, url: …, project: OPS, user_env: …, token_env: …}}`.

    With `user_env` it's Cloud's mail address and API token; without, Data Center's personal access token. `transition`
    is taken when the rollout is completed.
    """

    url: Address
    project: Annotated[str, AfterValidator(_project)]
    issue_type: str = "Task"
    user_env: VariableName | None = None
    token_env: VariableName
    labels: tuple[Annotated[str, AfterValidator(_label)], ...] = Field(default=(), max_length=10)
    transition: str | None = None
    attach: bool = True
    timeout: Deadline = timedelta(seconds=20)


class Jira:
    """The `Notifier` port over one project."""

    def __init__(self, options: JiraOptions, environment: Environment) -> None:
        user = secret(options.user_env, environment) if options.user_env else ""
        token = secret(options.token_env, environment)
        self._options = options
        self._rest = JiraRest(options.url, user, token, options.timeout.total_seconds())

    @property
    def target(self) -> str:
        return f"jira {self._options.project} at {redact(self._options.url)}"

    async def tell(self, notice: Notice) -> str:
        issue = await self._found(notice)
        if issue is None:
            issue = await self._created(notice)
        elif _mark(notice) not in issue.description and not await self._rest.has_comment(issue, _mark(notice)):
            await self._rest.comment(issue, _text(notice))
        lacks = await self._attached(issue, notice)
        if notice.act is Act.OVER and notice.event == "completed" and self._options.transition:
            await self._rest.move(issue, self._options.transition)
        return f"{issue.key} at {redact(self._options.url)}/browse/{issue.key}{lacks}"

    async def _found(self, notice: Notice) -> Issue | None:
        for place in notice.earlier:
            known = _KEY.match(place)
            if known and (issue := await self._rest.issue(known[0])):
                return issue
        return await self._rest.first_with(self._options.project, _label_of(notice))

    async def _created(self, notice: Notice) -> Issue:
        fields = {
            "project": {"key": self._options.project},
            "issuetype": {"name": self._options.issue_type},
            "summary": one_line(notice.subject, SUMMARY),
            "description": _text(notice),
            "labels": [_label_of(notice), *self._options.labels],
        }
        try:
            return await self._rest.create(fields)
        except (OutOfReach, Nonsense) as unsure:
            raise Uncertain(f"an issue may have been created or not: {unsure}") from unsure

    async def _attached(self, issue: Issue, notice: Notice) -> str:
        """What isn't there yet; what Jira refuses to take is told, and no reason to try for ever."""
        files = await notice.enclosing() if self._options.attach else {}
        refused = []
        for name, content in files.items():
            if name in issue.attached:
                continue
            try:
                await self._rest.attach(issue, name, content)
            except Denied as denied:
                refused.append(f"{name} isn't attached: {denied}")
        return "".join(f"; {each}" for each in refused)

    async def rehearse(self) -> str:
        """Who we are there, whether the project has such issues, and whether we may create and comment them."""
        options = self._options
        kinds = await self._rest.issue_types(options.project)
        if options.issue_type not in kinds:
            raise Denied(f"{self.target}: it has no issue type '{options.issue_type}', but {', '.join(kinds[:10])}")
        lacking = await self._rest.lacking(options.project, RIGHTS)
        if lacking:
            raise Denied(f"{self.target}: our user may not {' or '.join(lacking)} there")
        return f"takes us, and has the issue type {options.issue_type}"

    async def aclose(self) -> None:
        await self._rest.aclose()


def _label_of(notice: Notice) -> str:
    return "perch-" + re.sub(r"\s", "-", notice.rollout)[:200]


def _mark(notice: Notice) -> str:
    """By which a comment is known again."""
    return f"perch notice {notice.key}"


def _text(notice: Notice) -> str:
    """Wiki markup: what is told between marks, then what Perch's own plan says may be clicked."""
    told = f"{notice.subject}\n\n{notice.text}".replace("{noformat}", "{ noformat }")
    links = [f"{one_line(name, 100)}: {one_line(link, 500)}" for name, link in notice.links.items()]
    classes = [f"Class: {', '.join(notice.classes)}"] if notice.classes else []
    return "\n".join([f"{{noformat}}\n{cut(told, BODY)}\n{{noformat}}", *classes, *links[:20], _mark(notice)])
