"""The report as files, in the language of its plan: what is posted, kept, mailed and written by the shell."""

from __future__ import annotations

import re

from bot.domain.chronicle import Chronicle
from bot.ports import Attachment
from bot.wording.language import speaking
from bot.wording.languages import language_of
from bot.wording.report.html import html
from bot.wording.report.markdown import markdown
from bot.wording.report.plainly import times_of
from bot.wording.report.story import story

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def as_markdown(chronicle: Chronicle) -> str:
    """The report as Markdown."""
    with speaking(language_of(chronicle.plan)):
        return markdown(story(chronicle))


def as_html(chronicle: Chronicle) -> str:
    """The report as one HTML page that needs nothing but itself."""
    with speaking(language_of(chronicle.plan)):
        return html(story(chronicle), times_of(chronicle).zone)


def files(chronicle: Chronicle) -> tuple[Attachment, Attachment]:
    """Both, with names that say which rollout they are about."""
    with speaking(language_of(chronicle.plan)):
        told, zone = story(chronicle), times_of(chronicle).zone
        name = file_name(chronicle.rollout.id)
        return (
            Attachment(f"{name}.html", html(told, zone), told.title),
            Attachment(f"{name}.md", markdown(told), told.title),
        )


def file_name(rollout: str) -> str:
    """`report-materializers-7`: fit for every file system, whatever the id is."""
    return f"report-{_UNFIT.sub('-', rollout).strip('.-')[:80] or 'rollout'}"
