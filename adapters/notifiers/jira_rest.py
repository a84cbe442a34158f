"""What is asked of Jira: each call by its path, its answer read strictly."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from adapters.http import Fetched, client, fetch, redact
from bot.ports import Denied, Nonsense

log = logging.getLogger(__name__)

API = "/rest/api/2"
FIELDS = ["description", "attachment", "status"]
COMMENTS = 100
GONE = frozenset({404, 405, 410})


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as far as it matters here."""

    key: str
    description: str = ""
    status: str = ""
    attached: frozenset[str] = frozenset()


class JiraRest:
    """With a user it's basic authentication (Cloud's API tokens), without a bearer token (Data Center's). Raises the
    faults of `adapters.http.fetch`."""

    def __init__(self, url: str, user: str, token: str, deadline_s: float) -> None:
        self._url = url.rstrip("/")
        basic = base64.b64encode(f"{user}:{token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}" if user else f"Bearer {token}", "Accept": "application/json"}
        self._client = client(deadline_s=deadline_s, kept_open=1)
        self._searches = [f"{API}/search/jql", f"{API}/search"]
        """Cloud's search, and Data Center's: neither knows the other's."""

    async def issue(self, key: str) -> Issue | None:
        """By its key; None where it is gone."""
        path = f"{API}/issue/{quote(key, safe='')}?fields={','.join(FIELDS)}"
        fetched = await self._call("GET", path, also={404})
        return None if fetched.status == 404 else self._read(_object(fetched, self._url))

    async def first_with(self, project: str, label: str) -> Issue | None:
        """The oldest issue of a project with a label."""
        jql = f"project = {_quoted(project)} AND labels = {_quoted(label)} ORDER BY created ASC"
        asked = {"jql": jql, "maxResults": 1, "fields": FIELDS}
        for path in tuple(self._searches):
            fetched = await self._call("POST", path, asked, also=GONE if len(self._searches) > 1 else ())
            if fetched.status in GONE:
                continue
            self._searches = [path]
            found = _list(_object(fetched, self._url).get("issues"), self._url)
            return self._read(found[0]) if found else None
        raise Denied(f"{redact(self._url)} has no search of Jira's: is that its address?")

    async def create(self, fields: Mapping[str, Any]) -> Issue:
        made = _object(await self._call("POST", f"{API}/issue", {"fields": fields}), self._url)
        return Issue(_text(made, "key", self._url), str(fields["description"]))

    async def has_comment(self, issue: Issue, mark: str) -> bool:
        """Among its newest comments."""
        path = f"{self._at(issue)}/comment?orderBy=-created&maxResults={COMMENTS}"
        told = _list(_object(await self._call("GET", path), self._url).get("comments"), self._url)
        return any(mark in str(each.get("body", "")) for each in told if isinstance(each, dict))

    async def comment(self, issue: Issue, text: str) -> None:
        await self._call("POST", f"{self._at(issue)}/comment", {"body": text})

    async def attach(self, issue: Issue, name: str, content: bytes) -> None:
        """https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-attachments/: as a form, and with
        a header that says it's no browser's."""
        url = f"{self._url}{self._at(issue)}/attachments"
        form = httpx.Request("POST", url, files={"file": (name, content, "application/octet-stream")})
        kind = {"Content-Type": form.headers["Content-Type"], "X-Atlassian-Token": "no-check"}
        await fetch(self._client, "POST", url, content=form.read(), headers=self._headers | kind)

    async def move(self, issue: Issue, transition: str) -> None:
        """Take a transition by its name, or by the status that it leads to; nothing where it is there already."""
        if issue.status.lower() == transition.lower():
            return
        known = _object(await self._call("GET", f"{self._at(issue)}/transitions"), self._url)
        offered = [each for each in _list(known.get("transitions"), self._url) if isinstance(each, dict)]
        wanted = [
            each for each in offered if transition.lower() in (_lower(each, "name"), _lower(each.get("to"), "name"))
        ]
        if not wanted:
            names = ", ".join(str(each.get("name")) for each in offered) or "none"
            raise Denied(f"{issue.key} can't take the transition '{transition}' from here; there are: {names}")
        await self._call("POST", f"{self._at(issue)}/transitions", {"transition": {"id": wanted[0].get("id")}})

    async def issue_types(self, project: str) -> Sequence[str]:
        """Raises Denied where there is no such project, or it's hidden from us."""
        fetched = await self._call("GET", f"{API}/project/{quote(project, safe='')}")
        kinds = _list(_object(fetched, self._url).get("issueTypes"), self._url)
        return [str(each.get("name")) for each in kinds if isinstance(each, dict)]

    async def lacking(self, project: str, rights: Mapping[str, str]) -> Sequence[str]:
        """Which of some permissions our user hasn't, in words."""
        path = f"{API}/mypermissions?projectKey={quote(project, safe='')}&permissions={','.join(rights)}"
        known = _object(await self._call("GET", path), self._url).get("permissions")
        given = known if isinstance(known, dict) else {}
        return [words for right, words in rights.items() if not (given.get(right) or {}).get("havePermission")]

    async def aclose(self) -> None:
        await self._client.aclose()

    def _at(self, issue: Issue) -> str:
        return f"{API}/issue/{quote(issue.key, safe='')}"

    async def _call(self, method: str, path: str, body: Any = None, also: Any = ()) -> Fetched:
        expect = {*range(200, 300), *also}
        return await fetch(self._client, method, self._url + path, json=body, headers=self._headers, expect=expect)

    def _read(self, told: Any) -> Issue:
        if not isinstance(told, dict) or not isinstance(told.get("fields"), dict):
            raise Nonsense(f"{redact(self._url)} answered an issue without its fields")
        fields = told["fields"]
        attached = [each for each in fields.get("attachment") or () if isinstance(each, dict)]
        return Issue(
            key=_text(told, "key", self._url),
            description=str(fields.get("description") or ""),
            status=str((fields.get("status") or {}).get("name", "")),
            attached=frozenset(str(each.get("filename")) for each in attached),
        )


def _quoted(text: str) -> str:
    """As a string of JQL: https://support.atlassian.com/jira-software-cloud/docs/jql-fields/."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _object(fetched: Fetched, url: str) -> dict[str, Any]:
    try:
        told = json.loads(fetched.text)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Nonsense(f"{redact(url)} answered something that isn't Jira's JSON")
    return told


def _list(told: Any, url: str) -> list[Any]:
    if not isinstance(told, list):
        raise Nonsense(f"{redact(url)} answered JSON without the list that Jira's has there")
    return told


def _text(told: Mapping[str, Any], key: str, url: str) -> str:
    value = told.get(key)
    if not isinstance(value, str) or not value:
        raise Nonsense(f"{redact(url)} answered JSON without the '{key}' that Jira's has there")
    return value


def _lower(told: Any, key: str) -> str:
    return str(told.get(key, "")).lower() if isinstance(told, dict) else ""
