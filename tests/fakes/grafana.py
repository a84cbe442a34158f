"""Grafana's HTTP API as its reference states it: dashboards by uid, annotations by tags, one folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.far_web import FarWeb, told

TOKEN = "glsa_0123456789abcdefghijklmnop_deadbeef"
FOLDER = "rollouts"


@dataclass
class GrafanaServer(FarWeb):
    """`saved` counts versions by uid; `annotations` as they are given out."""

    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    saved: dict[str, int] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return told(401, message="Invalid API key")
        match request.method, request.path.split("/")[2:]:
            case "GET", ["dashboards", "uid", uid]:
                found = self.dashboards.get(uid)
                return told(200, dashboard=found, meta={}) if found else told(404, message="Dashboard not found")
            case "POST", ["dashboards", "db"]:
                return self._save(json.loads(body))
            case "GET", ["folders", uid] if uid == FOLDER:
                return told(200, uid=FOLDER, title="Rollouts")
            case "GET", ["annotations"]:
                return web.json_response(self._found(request))
            case "POST", ["annotations"]:
                return self._annotate(json.loads(body))
            case _:
                return told(404, message="Not found")

    def _save(self, asked: dict[str, Any]) -> web.Response:
        dashboard, uid = asked["dashboard"], asked["dashboard"].get("uid", "")
        if not dashboard.get("title") or len(uid) > 40:
            return told(400, message="Dashboard title cannot be empty, and an uid is no longer than 40")
        if asked.get("folderUid", FOLDER) != FOLDER:
            return told(400, message="folder not found")
        if uid in self.dashboards and not asked.get("overwrite"):
            return told(412, status="version-mismatch", message="The dashboard has been changed by someone else")
        self.saved[uid] = self.saved.get(uid, 0) + 1
        self.dashboards[uid] = {**dashboard, "id": len(self.dashboards) + 1, "version": self.saved[uid]}
        self.folders[uid] = asked.get("folderUid", "")
        return told(200, uid=uid, status="success", version=self.saved[uid], url=f"/d/{uid}/x")

    def _found(self, request: web.BaseRequest) -> list[dict[str, Any]]:
        asked = request.query
        begin, end = int(asked.get("from", 0)), int(asked.get("to", 1 << 62))
        tags = set(asked.getall("tags", []))
        found = [each for each in self.annotations if begin <= each["time"] <= end and tags <= set(each["tags"])]
        return found[: int(asked.get("limit", 100))]

    def _annotate(self, asked: dict[str, Any]) -> web.Response:
        if not asked.get("text") or not isinstance(asked.get("time"), int):
            return told(400, message="Failed to save annotation")
        self.annotations.append({"id": len(self.annotations) + 1, **asked})
        return told(200, message="Annotation added", id=len(self.annotations))
