"""The far sides that notifiers tell, each over a real socket, behind one face for the contract."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp import web

from adapters.contracts import Lack, NotifierWorld, Trouble, a_notice
from adapters.contracts.notifiers import PATIENT
from adapters.notifiers.apprise import AppriseNotifier, AppriseOptions
from adapters.notifiers.grafana import GrafanaNotifier, GrafanaOptions
from adapters.notifiers.jira import Jira, JiraOptions
from adapters.notifiers.pagerduty import PagerDuty, PagerDutyOptions
from adapters.notifiers.webhook import Webhook, WebhookOptions
from bot.ports import Notifier
from tests.fakes import grafana
from tests.fakes.far_web import FarWeb, Wrong
from tests.fakes.jira import TOKEN, USER, JiraServer
from tests.fakes.pagerduty import KEY, PagerDutyServer

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of pure chance!").decode()
APPRISE_PASSWORD = "tell-nobody-0123456789"
SECRETS = (KEY, TOKEN, SECRET, APPRISE_PASSWORD, grafana.TOKEN)


WRONGS: Mapping[Trouble, Wrong] = {
    Trouble.HANG: Wrong.HANGS,
    Trouble.FAIL: Wrong.BROKEN,
    Trouble.DENY: Wrong.REFUSES,
    Trouble.GARBAGE: Wrong.GARBAGE,
    Trouble.HALF: Wrong.LATE,
}


class FarSide(NotifierWorld, ABC):
    """A web server for each."""

    web: FarWeb
    troubles = frozenset(WRONGS)
    secrets = frozenset(SECRETS)
    lacks: frozenset[Lack] = frozenset()

    def __init__(self) -> None:
        self._made: list[Notifier] = []

    def notifier(self, within: timedelta = PATIENT) -> Notifier:
        """A new one: as another process would have it."""
        self._made.append(self._new(within))
        return self._made[-1]

    @abstractmethod
    def _new(self, within: timedelta) -> Notifier: ...

    @abstractmethod
    def heard(self) -> Counter[str]: ...

    async def get_into(self, trouble: Trouble | None) -> None:
        self.web.wrong = WRONGS[trouble] if trouble else None

    async def reached(self) -> None:
        while not self.web.asked:
            await asyncio.sleep(0.005)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        async with self.web.open():
            try:
                yield self
            finally:
                for each in self._made:
                    await each.aclose()


class AtPagerDuty(FarSide):
    def __init__(self) -> None:
        super().__init__()
        self.web: PagerDutyServer = PagerDutyServer()

    def _new(self, within: timedelta) -> Notifier:
        options = PagerDutyOptions(routing_key_env="PD_KEY", url=self.web.url, timeout=within)
        return PagerDuty(options, {"PD_KEY": KEY})

    def heard(self) -> Counter[str]:
        """One alert, however often it is triggered."""
        known = {(event["dedup_key"], event["event_action"]) for event in self.web.events}
        events = {"trigger": "rolling_back", "acknowledge": "held", "resolve": "rolled_back"}
        return Counter(events[action] for _, action in known)


class AtJira(FarSide):
    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.web: JiraServer = JiraServer()
        self.options = options

    def _new(self, within: timedelta) -> Notifier:
        user = {"user_env": "JIRA_USER"} if self.web.cloud else {}
        named = {"url": self.web.url, "project": "OPS", "token_env": "JIRA_TOKEN", "timeout": within, **user}
        return Jira(JiraOptions.model_validate({**named, **self.options}), {"JIRA_USER": USER, "JIRA_TOKEN": TOKEN})

    def heard(self) -> Counter[str]:
        texts = [
            text
            for issue in self.web.issues.values()
            for text in (issue["description"], *(each["body"] for each in issue["comments"]))
        ]
        return Counter(text.rpartition("perch notice ")[2].partition("-")[0] for text in texts)


@dataclass
class Receiver(FarWeb):
    """Verifies as Standard Webhooks asks, and takes each id once."""

    taken: dict[str, Any] = field(default_factory=dict)

    async def answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.method == "HEAD":
            return web.Response(status=405)
        id, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        secret = base64.b64decode(SECRET.removeprefix("whsec_"))
        digest = hmac.new(secret, f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signatures = request.headers["webhook-signature"].split()
        if f"v1,{base64.b64encode(digest).decode()}" not in signatures:
            return web.Response(status=401, text="that isn't signed by you")
        if abs(int(stamp) - datetime.now(UTC).timestamp()) > 300:
            return web.Response(status=400, text="too old")
        self.taken.setdefault(id, json.loads(body))
        return web.Response(status=204)


class AtHook(FarSide):
    """Its status is its word: nobody reads what else it says."""

    troubles = FarSide.troubles - {Trouble.GARBAGE}

    def __init__(self) -> None:
        super().__init__()
        self.web: Receiver = Receiver()

    def _new(self, within: timedelta) -> Notifier:
        options = WebhookOptions(url=f"{self.web.url}/perch", secret_env="HOOK_SECRET", timeout=within)
        return Webhook(options, {"HOOK_SECRET": SECRET})

    def heard(self) -> Counter[str]:
        return Counter(each["data"]["event"] for each in self.web.taken.values())


class AtGrafana(FarSide):
    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.web: grafana.GrafanaServer = grafana.GrafanaServer()
        self.options = options

    def _new(self, within: timedelta) -> Notifier:
        named = {"url": self.web.url, "token_env": "GRAFANA_TOKEN", "timeout": within, **self.options}
        return GrafanaNotifier(GrafanaOptions.model_validate(named), {"GRAFANA_TOKEN": grafana.TOKEN})

    def heard(self) -> Counter[str]:
        return Counter(each["tags"][3] for each in self.web.annotations)


@dataclass
class AppriseReceiver(FarWeb):
    """What Apprise's `json://` posts to."""

    posts: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        self.posts.append(json.loads(body))
        return web.Response()


class AtApprise(FarSide):
    """Its hundred services have no names for a notice in common, and it keeps their reasons to itself."""

    troubles = FarSide.troubles - {Trouble.GARBAGE}
    lacks = frozenset({Lack.NAMES, Lack.REASONS})

    def __init__(self) -> None:
        super().__init__()
        self.web: AppriseReceiver = AppriseReceiver()

    def _new(self, within: timedelta) -> Notifier:
        place = self.web.url.removeprefix("http://")
        urls = f"json://perch:{APPRISE_PASSWORD}@{place}/"
        return AppriseNotifier(AppriseOptions(url_env="OTHERS", timeout=within), {"OTHERS": urls})

    def heard(self) -> Counter[str]:
        """It has no name for a notice: once is as far as it goes where nothing broke."""
        return Counter(each["title"].rpartition(": ")[2].replace(" ", "_") for each in self.web.posts)


MADE: dict[str, Callable[[], FarSide]] = {
    "pagerduty": AtPagerDuty,
    "jira": AtJira,
    "webhook": AtHook,
    "grafana": AtGrafana,
    "apprise": AtApprise,
}
__all__ = ["MADE", "SECRETS", "FarSide", "Wrong", "a_notice"]
