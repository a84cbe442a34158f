"""What is asked of Grafana's HTTP API: dashboards by their uid, annotations by their tags.

https://grafana.com/docs/grafana/v11.6/developers/http_api/dashboard/ and …/annotations/: an uid has 40 characters at
most; a dashboard that somebody changed meanwhile is refused with 412; annotations that belong to no dashboard are found
by tags, all of which must be there. A service account with the role Editor of one folder may do all of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from adapters.http import Fetched, client, fetch, redact
from bot.ports import Denied, Nonsense

OURS = "perch"
"""The tag of all that Perch made there."""
AROUND = timedelta(minutes=1)
_GRAFANAS_OWN = ("id", "version", "iteration")
"""What Grafana puts into a dashboard by itself."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A moment that is marked on dashboards."""

    at: datetime
    text: str
    tags: Sequence[str]


class Grafana:
    """Raises the faults of `adapters.http.fetch`, and Nonsense for an answer that isn't Grafana's."""

    def __init__(self, url: str, token: str, deadline_s: float) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._client = client(deadline_s=deadline_s, kept_open=1)

    async def put(self, dashboard: str, folder: str = "") -> str:
        """Bring a dashboard (JSON) to what is given, if it isn't already; its address.

        Raises Denied where another has the uid: one that isn't tagged as Perch's is nobody's to overwrite.
        """
        wanted = json.loads(dashboard)
        path = f"/api/dashboards/uid/{quote(wanted['uid'], safe='')}"
        found = await self._call("GET", path, also={404})
        standing = None if found.status == 404 else _object(found, self._url).get("dashboard")
        if standing is not None:
            if not isinstance(standing, dict) or OURS not in (standing.get("tags") or ()):
                raise Denied(f"another dashboard in Grafana has the uid {wanted['uid']}; rename it there")
            if _bare(standing) == _bare(wanted):
                return self.address(wanted["uid"])
        body = {"dashboard": {**wanted, "id": None}, "overwrite": True, "message": "Drawn from the plan by Perch"}
        answered = await self._call("POST", "/api/dashboards/db", {**body, "folderUid": folder} if folder else body)
        if _object(answered, self._url).get("uid") != wanted["uid"]:
            raise Nonsense(f"{redact(self._url)} took the dashboard and calls it by another uid")
        return self.address(wanted["uid"])

    def address(self, uid: str) -> str:
        """Where people see a dashboard."""
        return f"{self._url}/d/{quote(uid, safe='')}"

    async def annotate(self, annotation: Annotation) -> None:
        """Mark a moment, once: one with the same tags at about that time is taken for the same."""
        if await self._marked(annotation):
            return
        body = {"time": _millis(annotation.at), "tags": list(annotation.tags), "text": annotation.text}
        if not isinstance(_object(await self._call("POST", "/api/annotations", body), self._url).get("id"), int):
            raise Nonsense(f"{redact(self._url)} doesn't say which annotation it made")

    async def _marked(self, annotation: Annotation) -> bool:
        around = {"from": _millis(annotation.at - AROUND), "to": _millis(annotation.at + AROUND), "limit": 1}
        asked = urlencode([*around.items(), *(("tags", tag) for tag in annotation.tags)])
        return bool(_list(await self._call("GET", f"/api/annotations?{asked}"), self._url))

    async def look(self, folder: str = "") -> str:
        """Whether the token reads annotations and the folder is there; one line on what was found."""
        _list(await self._call("GET", "/api/annotations?limit=1"), self._url)
        if not folder:
            return "reads annotations; writing isn't tried"
        title = _object(await self._call("GET", f"/api/folders/{quote(folder, safe='')}"), self._url).get("title")
        return f"reads annotations, and the folder '{title}'; writing isn't tried"

    async def _call(self, method: str, path: str, body: Any = None, also: Collection[int] = ()) -> Fetched:
        url = f"{self._url}{path}"
        return await fetch(self._client, method, url, json=body, headers=self._headers, expect={200, *also})

    async def aclose(self) -> None:
        await self._client.aclose()


def _bare(dashboard: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in dashboard.items() if key not in _GRAFANAS_OWN}


def _millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _read(fetched: Fetched, url: str) -> Any:
    try:
        return json.loads(fetched.text)
    except ValueError as garbage:
        raise Nonsense(f"{redact(url)} answered {fetched.status} with something that isn't JSON") from garbage


def _object(fetched: Fetched, url: str) -> Mapping[str, Any]:
    found = _read(fetched, url)
    if not isinstance(found, dict):
        raise Nonsense(f"{redact(url)} answered JSON that isn't Grafana's")
    return found


def _list(fetched: Fetched, url: str) -> Sequence[Any]:
    found = _read(fetched, url)
    if not isinstance(found, list):
        raise Nonsense(f"{redact(url)} answered JSON that isn't Grafana's")
    return found
