"""The dialogs, a line each: how one is built, how its answer is read, and what to type where it can't be opened.

A further dialog is its view in `bot.wording`, a reader here or beside its verb, and a line in `DIALOGS`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.errors import PerchError
from bot.engine.requests import Desk, Request
from bot.wording import modals
from bot.wording.language import ENGLISH, Catalogue, speaking
from bot.wording.languages import language_of
from commands.slack import start_dialog
from commands.slack.dialog import Ask, Dialog, Filled, Mistaken, View
from commands.slack.words import command

__all__ = ["DIALOGS", "Ask", "Dialog", "Filled", "Mistaken", "View"]


async def _with_reason(filled: Filled, desk: Desk) -> Request:
    return filled.request.model_copy(update={"reason": filled.text("reason")})


def _reason_typed(request: Request, desk: Desk) -> str:
    return command(request.verb, [request.rollout, "REASON"])


async def _reject(request: Request, desk: Desk) -> View:
    with speaking(_language(request, desk)):
        return modals.reject_modal(request.rollout)


async def _kill(request: Request, desk: Desk) -> View:
    with speaking(_language(request, desk)):
        return modals.kill_modal(request.rollout)


def _language(request: Request, desk: Desk) -> Catalogue:
    """By the plan's file as it is now: no dialog waits for the database to say in which language it asks."""
    try:
        return language_of(desk.plan(request.rollout.rpartition("-")[0]))
    except PerchError:
        return ENGLISH


DIALOGS: Mapping[str, Dialog] = {
    "start": start_dialog.DIALOG,
    "reject": Dialog(_reject, _with_reason, _reason_typed),
    "kill": Dialog(
        _kill,
        _with_reason,
        _reason_typed,
        unasked="asked for by the menu; Slack couldn't open the question, so nothing was asked back",
    ),
}
"""Verb → its dialog: the verb is the view's `callback_id`."""
