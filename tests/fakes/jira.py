"""Jira's REST API 2 as far as Perch asks it, Cloud's or Data Center's: issues, comments, attachments, transitions.

Cloud's search finds what was created only when the index has got so far (`index`).
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any

from aiohttp import web

from tests.fakes.far_web import FarWeb, told

USER, TOKEN = "perch@example.org", "ATATTtoken-of-a-robot-0123456789"
FLOW = {"Open": ["Start work", "Done"], "In Progress": ["Done"], "Done": []}


@dataclass
class JiraServer(FarWeb):
    """One project, OPS, with tasks and bugs."""

    cloud: bool = True
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    indexed: set[str] = field(default_factory=set)
    lagging: bool = False
    rights: set[str] = field(default_factory=lambda: {"CREATE_ISSUES", "ADD_COMMENTS"})
    takes_files: bool = True

    async def answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        basic = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        wanted = f"Basic {basic}" if self.cloud else f"Bearer {TOKEN}"
        if request.headers.get("Authorization") != wanted:
            return told(401, message=f"who is {request.headers.get('Authorization')}?")
        path = request.path.removeprefix("/rest/api/2")
        if found := re.fullmatch(r"/issue/([A-Z]+-\d+)(/\w+)?", path):
            return self._issue(request, found[1], found[2] or "", body)
        match request.method, path:
            case "POST", "/search/jql" if self.cloud:
                return self._search(json.loads(body))
            case "POST", "/search":
                return told(410, errorMessages=["removed"]) if self.cloud else self._search(json.loads(body))
            case "POST", "/issue":
                return self._create(json.loads(body)["fields"])
            case "GET", "/project/OPS":
                return told(200, key="OPS", issueTypes=[{"name": "Task"}, {"name": "Bug"}])
            case "GET", "/mypermissions":
                asked = request.query["permissions"].split(",")
                return told(200, permissions={each: {"havePermission": each in self.rights} for each in asked})
        return told(404, errorMessages=[f"nothing at {path}"])

    def index(self) -> None:
        """The search catches up."""
        self.indexed |= set(self.issues)

    def _search(self, asked: dict[str, Any]) -> web.Response:
        found = re.fullmatch(r'project = "(\w+)" AND labels = "(.+)" ORDER BY created ASC', asked["jql"])
        if found is None:
            return told(400, errorMessages=[f"can't parse {asked['jql']}"])
        there = [
            self._shown(key, asked["fields"])
            for key, issue in self.issues.items()
            if found[2] in issue["labels"] and key.startswith(f"{found[1]}-") and key in self.indexed
        ]
        return told(200, issues=there[: asked["maxResults"]], isLast=True)

    def _create(self, fields: dict[str, Any]) -> web.Response:
        wrong = {}
        if fields["issuetype"]["name"] not in ("Task", "Bug"):
            wrong["issuetype"] = "The issue type selected is invalid."
        if not 0 < len(fields["summary"]) <= 255 or "\n" in fields["summary"]:
            wrong["summary"] = "The summary is invalid."
        if len(fields["description"]) > 32767 or any(" " in label for label in fields["labels"]):
            wrong["description"] = "The entered text is too long."
        if fields["project"]["key"] != "OPS" or wrong:
            return told(400, errorMessages=[], errors=wrong or {"project": "valid project is required"})
        key = f"OPS-{len(self.issues) + 1}"
        self.issues[key] = {**fields, "comments": [], "attachment": [], "files": {}, "status": {"name": "Open"}}
        if not self.lagging:
            self.index()
        return told(201, id=str(10_000 + len(self.issues)), key=key)

    def _issue(self, request: web.BaseRequest, key: str, part: str, body: bytes) -> web.Response:
        issue = self.issues.get(key)
        if issue is None:
            return told(404, errorMessages=["Issue does not exist or you do not have permission to see it."])
        match request.method, part:
            case "GET", "":
                return web.json_response(self._shown(key, request.query["fields"].split(",")))
            case "GET", "/comment":
                return told(200, comments=list(reversed(issue["comments"])))
            case "POST", "/comment":
                issue["comments"].append({"body": json.loads(body)["body"]})
                return told(201, id="1")
            case "POST", "/attachments":
                return self._attach(request, issue, body)
            case "GET", "/transitions":
                names = FLOW[issue["status"]["name"]]
                return told(200, transitions=[{"id": name, "name": name, "to": {"name": name}} for name in names])
            case "POST", "/transitions":
                issue["status"] = {"name": json.loads(body)["transition"]["id"]}
                return web.Response(status=204)
        return told(405)

    def _attach(self, request: web.BaseRequest, issue: dict[str, Any], body: bytes) -> web.Response:
        if request.headers.get("X-Atlassian-Token") != "no-check":
            return told(403, message="XSRF check failed")
        if not self.takes_files:
            return told(413, message="The attachment exceeds the maximum size")
        form = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode() + body
        for part in BytesParser().parsebytes(form).walk():
            if name := part.get_filename():
                issue["attachment"].append({"filename": name})
                issue["files"][name] = part.get_payload(decode=True)
        return web.json_response(issue["attachment"])

    def _shown(self, key: str, fields: list[str]) -> dict[str, Any]:
        return {"key": key, "fields": {name: self.issues[key].get(name) for name in fields}}
