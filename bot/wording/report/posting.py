"""The words above a report's files in the thread; and, where the files are refused, how to get them."""

from __future__ import annotations

from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t
from bot.wording.report.files import file_name
from bot.wording.sentences import plain, state_words
from bot.wording.telling import Telling


def report_posted(telling: Telling) -> Said:
    """Said with the files; `refused` is why they couldn't be posted."""
    rollout = telling.rollout
    if not telling.has("refused"):
        return told(t("📄 The report of {title}: {state}.", title=telling.title, state=state_words(rollout.state)))
    command = f"perch report {plain(rollout.id, 60)} --html -o {file_name(rollout.id)}.html"
    return told(
        t(
            "📄 The report of {title} couldn't be posted as a file: {why}.",
            title=telling.title,
            why=telling.text("refused"),
        ),
        t("In a shell: `{command}`", command=command),
        t("The short form: `{command}`", command=f"/canary report {rollout.plan}"),
    )
