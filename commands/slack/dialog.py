"""What a dialog is: it completes a request. What was clicked or typed says what it is about; its fields add to that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.engine.requests import Desk, Request

View = dict[str, Any]
"""A view as `views.open` takes it; what has to come back with the answer is put in by whoever opens it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A dialog to be opened: the request that its answer completes, and Slack's right to open it (3 s, once)."""

    request: Request
    trigger: str
    unasked: Request | None = None
    """What to do where a sick Slack can't open the dialog: a kill isn't kept waiting for a question (law 2)."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a dialog when it's submitted, or when a control in it was used."""

    request: Request
    """What the dialog was opened for; its key is the view's, so that one dialog acts once (law 6)."""
    fields: Mapping[str, str | tuple[str, ...]]
    """By action id: what was typed or chosen; blank fields are left out."""
    blocks: Mapping[str, str] = field(default_factory=dict)
    """The block id of each action id, for mistakes: Slack shows them by block."""

    def text(self, name: str) -> str:
        """What was typed or chosen, or ""."""
        value = self.fields.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def ticked(self, name: str, option: str) -> bool:
        """Whether this box of a group was ticked."""
        return option in self.fields.get(name, ())


class Mistaken(Exception):
    """What was filled in can't be right; `errors` are shown at the fields, by action id, and the dialog stays open."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Dialog:
    """One dialog. Building and reading may take a second: Slack gives all of it three."""

    build: Callable[[Request, Desk], Awaitable[View]]
    read: Callable[[Filled, Desk], Awaitable[Request]]
    """The whole request. Raises Mistaken."""
    instead: Callable[[Request, Desk], str]
    """What to type where the dialog can't be opened."""
    change: Callable[[Filled, Desk], Awaitable[View | None]] | None = None
    """The view after a control in it was used; None where it stays as it is."""
    alone: bool = False
    """Opened by the verb alone, typed without any words."""
    unasked: str = ""
    """The reason on record where a sick Slack can't open it and the request is carried out all the same."""
