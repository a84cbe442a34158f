"""Planted bugs for law 8: each a small, plausible mistake in a place where a secret or a stranger is stopped."""

from __future__ import annotations

import hmac
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from adapters.commands import line
from adapters.notify.slack import directory
from adapters.subprocesses import run
from bot import app, redaction
from bot.domain.plan import Plan
from bot.engine import equipment, rights
from bot.engine.desk import FrontDesk
from bot.engine.requests import Request
from bot.ports import OutsideFault
from bot.wording import sentences
from commands.slack import intake, signed

# ---- secrets ----------------------------------------------------------------------------------------------------


def far_sides_are_heard_as_they_are(patch: pytest.MonkeyPatch) -> None:
    """An adapter's texts go on record without a look at them."""
    patch.setattr(equipment, "scrubbed", lambda role, built, redact: built)


def only_one_spelling_is_known(patch: pytest.MonkeyPatch) -> None:
    """A token that comes back percent-encoded, or in base64, isn't taken for one."""
    patch.setattr(redaction, "_base64", lambda secret: set())
    patch.setattr(redaction, "_ESCAPES", re.compile(r"(?!)"))


def what_a_plan_names_isnt_learned(patch: pytest.MonkeyPatch) -> None:
    """Only names that sound secret are."""
    patch.setattr(equipment, "secrets_named", lambda options, environment: set())


def logs_are_written_as_they_come(patch: pytest.MonkeyPatch) -> None:
    """Perch's own texts are clean; the libraries' aren't."""

    @contextmanager
    def unredacted(redactor: redaction.Redactor) -> Iterator[None]:
        yield

    patch.setattr(app, "redacted_logs", unredacted)


def what_people_paste_is_kept(patch: pytest.MonkeyPatch) -> None:
    """A token in a reason goes into the inbox and on record."""
    take = intake.Intake.take

    async def as_typed(self: intake.Intake, request: Request) -> intake.Kept:
        self._redact = cast(Any, str)
        return await take(self, request)

    patch.setattr(intake.Intake, "take", as_typed)


def a_command_gets_its_secret_as_an_argument(patch: pytest.MonkeyPatch) -> None:
    """Everybody on the machine can read it."""

    async def shown(argv: Sequence[str], environment: Mapping[str, str], timeout_s: float) -> Any:
        return await run([*argv, f"--token={environment.get('CLI_OWN', '')}"], environment, timeout_s)

    patch.setattr(line, "run", shown)


def tracebacks_are_logged_whole(patch: pytest.MonkeyPatch) -> None:
    """The line is redacted, and the exception under it isn't."""

    def only_the_line(self: redaction.RedactedLog, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redactor(record.getMessage()), None
        return True

    patch.setattr(redaction.RedactedLog, "filter", only_the_line)


# ---- doors ------------------------------------------------------------------------------------------------------


def guests_count(patch: pytest.MonkeyPatch) -> None:
    """Who is in the group is in, whatever their account is."""
    _forgotten(patch, "guests")


def strangers_count(patch: pytest.MonkeyPatch) -> None:
    """A shared channel's other side is taken for our own people."""
    _forgotten(patch, "another workspace")


def _forgotten(patch: pytest.MonkeyPatch, reason: str) -> None:
    refused = directory.SlackDirectory.refused

    async def lenient(self: directory.SlackDirectory, user: str) -> str:
        found = await refused(self, user)
        return "" if reason in found else found

    patch.setattr(directory.SlackDirectory, "refused", lenient)


def groups_are_remembered_for_an_hour(patch: pytest.MonkeyPatch) -> None:
    """Who was taken out of one may go on."""
    patch.setattr(directory, "FRESH", timedelta(hours=1))


def approvals_count_while_the_directory_is_down(patch: pytest.MonkeyPatch) -> None:
    """It fails open."""
    permit = rights.Rights.permit

    async def open_(self: rights.Rights, request: Request, what: Any, plan: Plan, known: Any = ()) -> None:
        try:
            await self._directory.groups_of(request.actor.id, rights.entitled(what, plan.roles))
        except OutsideFault:
            return
        await permit(self, request, what, plan, known)

    patch.setattr(rights.Rights, "permit", open_)


def reactions_need_no_right(patch: pytest.MonkeyPatch) -> None:
    """One door forgot to ask."""
    permit = rights.Rights.permit

    async def lax(self: rights.Rights, request: Request, what: Any, plan: Plan, known: Any = ()) -> None:
        if request.surface != "reaction":
            await permit(self, request, what, plan, known)

    patch.setattr(rights.Rights, "permit", lax)


def refusals_leave_no_trace(patch: pytest.MonkeyPatch) -> None:
    """Told, and not on record (E1)."""

    async def silent(self: FrontDesk, request: Request, why: Any) -> None: ...

    patch.setattr(FrontDesk, "refused", silent)


def any_signature_is_good(patch: pytest.MonkeyPatch) -> None:
    """The comparison is skipped."""
    patch.setattr(SignatureVerifier, "is_valid", lambda *_, **__: True)


def old_requests_are_as_good_as_new(patch: pytest.MonkeyPatch) -> None:
    """A recorded request can be played again for ever."""
    patch.setattr(signed, "_fresh", lambda stamp, now: True)

    def timeless(self: SignatureVerifier, body: str, timestamp: str, signature: str) -> bool:
        right = self.generate_signature(timestamp=timestamp, body=body)
        return right is not None and hmac.compare_digest(right, signature or "")

    patch.setattr(SignatureVerifier, "is_valid", timeless)


# ---- injection --------------------------------------------------------------------------------------------------


def markup_isnt_escaped(patch: pytest.MonkeyPatch) -> None:
    """A reason such as `<!channel>` calls everybody."""
    for module in [each for name, each in sys.modules.items() if name.startswith("bot.wording")]:
        if getattr(module, "plain", None) is sentences.plain and module is not sentences:
            patch.setattr(module, "plain", lambda text, limit=300: str(text)[:limit])


def silent_characters_pass(patch: pytest.MonkeyPatch) -> None:
    """What turns the reading direction makes 1% of 001%."""
    patch.setattr(sentences, "_SILENT", re.compile(r"(?!)"))


def redirects_are_followed(patch: pytest.MonkeyPatch) -> None:
    """Whoever answers says which host is asked next."""
    send = httpx.AsyncClient.send

    async def anywhere(self: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        return await send(self, request, **options | {"follow_redirects": True})

    patch.setattr(httpx.AsyncClient, "send", anywhere)
