"""Kind `silence` (U9): alerts that a planned change will fire are silenced in Alertmanager, for a bounded time.

The silence ends by itself after `lasting`, whatever becomes of Perch. It carries its key in its comment, so that one is
found again after a crash, made longer instead of made twice, and taken back alone. Alerts that ask Perch for a way down
are never silenced: each silence leaves out what has a label `perch_action`.
API v2: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from adapters.http import Address, Credentials, client, credentials, excerpt, fetch, redact
from adapters.json_places import parsed
from adapters.matchers import Matcher, checked
from adapters.options import Deadline
from bot.domain.kinds import Environment, Kind
from bot.domain.planning.actions import Lasts
from bot.domain.planning.fields import Duration, misread
from bot.ports import Nonsense, OutsideFault

CREATED_BY = "perch"
ACTION = "perch_action"
LONGEST = timedelta(days=7)
STANDING = ("active", "pending")


def _matcher(text: str) -> str:
    if Matcher.read(checked(text)).name == ACTION:
        raise misread(f"alerts with {ACTION} ask Perch for a way down, and are never silenced", "leave this one out")
    return text.strip()


def _lasting(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise misread("a silence lasts between 0 and 7d", "write it as 4h, and let a later stage begin it anew")
    return span


class Options(Credentials):
    """`before: [{kind: silence, url: "${ALERTMANAGER_URL}", matchers: ['service="denis"'], lasting: 4h}]`."""

    url: Address
    matchers: tuple[Annotated[str, AfterValidator(_matcher)], ...] = Field(min_length=1, max_length=20)
    lasting: Annotated[Duration, AfterValidator(_lasting)] = timedelta(hours=4)
    comment: str = Field(default="a planned rollout", max_length=200)
    timeout: Deadline = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Standing:
    """A silence that isn't over."""

    id: str
    starts_at: str
    ends_at: datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Silence:
    """The `Effect` port: one silence in one Alertmanager, or in the cluster that it belongs to."""

    def __init__(self, options: Options, environment: Environment, clock: Callable[[], datetime] = _utc_now) -> None:
        self._options, self._clock = options, clock
        self._url = options.url.rstrip("/")
        headers = credentials(options, environment)
        self._client = client(deadline_s=options.timeout.total_seconds(), headers=headers)
        matchers = [Matcher.read(text) for text in options.matchers]
        self._matchers = [asdict(each) for each in (*matchers, Matcher(ACTION, ""))]

    @property
    def target(self) -> str:
        return f"silence of {', '.join(self._options.matchers)} at {redact(self._url)}"

    async def begin(self, key: str) -> str:
        """Silence from now on for `lasting`. One that stands already ends so much later, and never earlier."""
        now = self._clock()
        known = await self._standing(key)
        last = max(known, key=lambda each: each.ends_at, default=None)
        until = max(now + self._options.lasting, last.ends_at) if last else now + self._options.lasting
        wanted = {
            "matchers": self._matchers,
            "startsAt": last.starts_at if last else _spelled(now),
            "endsAt": _spelled(until),
            "createdBy": CREATED_BY,
            "comment": self._comment(key),
        }
        await self._call("POST", "/api/v2/silences", wanted | ({"id": last.id} if last else {}))
        # The answer's id alone would be believed too early: it is in force when it is found again.
        if not await self._standing(key):
            raise Nonsense(f"{redact(self._url)} took the silence, and doesn't have it")
        return f"silent until {until:%Y-%m-%d %H:%M} UTC"

    async def end(self, key: str) -> str:
        """Expire it. What had expired by itself, or was taken away by somebody, is good as well."""
        known = await self._standing(key)
        failed: OutsideFault | None = None
        for silence in known:
            try:
                await self._call("DELETE", f"/api/v2/silence/{silence.id}", expect=(200, 404))
            except OutsideFault as fault:
                # It may have expired in between, which Alertmanager calls a mistake.
                failed = fault
        if known and await self._standing(key):
            raise failed or Nonsense(f"{redact(self._url)} said that the silence is over, and still has it")
        return "the silence is over" if known else "no silence stood"

    async def rehearse(self) -> str:
        """Looks at Alertmanager and at its silences; whether it would take a new one isn't tried."""
        status = await self._call("GET", "/api/v2/status")
        match status:
            case {"versionInfo": {"version": str(version)}}:
                await self._silences()
            case _:
                raise Nonsense(f"{redact(self._url)} doesn't say that it is an Alertmanager")
        return f"Alertmanager {excerpt(version, length=20)} shows its silences"

    async def _standing(self, key: str) -> Sequence[Standing]:
        return [
            _read(each)
            for each in await self._silences()
            if each["createdBy"] == CREATED_BY
            and each["comment"].endswith(_mark(key))
            and each["status"]["state"] in STANDING
        ]

    async def _silences(self) -> Sequence[Any]:
        found = await self._call("GET", "/api/v2/silences")
        if not isinstance(found, list) or not all(map(_is_silence, found)):
            raise Nonsense(f"{redact(self._url)} answered something other than a list of silences")
        return found

    def _comment(self, key: str) -> str:
        return self._options.comment + _mark(key)

    async def _call(self, method: str, path: str, body: Any = None, expect: Sequence[int] = (200,)) -> Any:
        fetched = await fetch(self._client, method, self._url + path, json=body, expect=expect)
        return parsed(fetched.text, redact(self._url)) if method != "DELETE" else None

    async def aclose(self) -> None:
        await self._client.aclose()


def _mark(key: str) -> str:
    return f" [{key}]"


def _is_silence(given: Any) -> bool:
    match given:
        case {
            "id": str(),
            "createdBy": str(),
            "comment": str(),
            "startsAt": str(),
            "endsAt": str(),
            "status": {"state": str()},
        }:
            return True
    return False


def _read(silence: Any) -> Standing:
    try:
        ends_at = datetime.fromisoformat(silence["endsAt"])
    except ValueError as wrong:
        raise Nonsense("a silence has an end that is no time") from wrong
    return Standing(silence["id"], silence["startsAt"], ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=UTC))


def _spelled(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


KIND: Kind[Silence] = Kind(options=Options, build=Silence, lasts=Lasts.STAGE)
