"""Modals that people have open, and everybody's App Home."""

import copy
from dataclasses import dataclass, field

from bot.sandbox.workspace.cast import TEAM_ID
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.refusals import Refused

MODALS_IN_A_STACK = 3
_CONTENT = ("type", "title", "blocks", "submit", "close", "callback_id", "private_metadata", "external_id")
_SWITCHES = ("clear_on_close", "notify_on_close")


@dataclass
class View:
    """One view. `errors` are those that the app answered to the last submission, by block id."""

    id: str
    user: str
    hash: str
    content: Json
    root_id: str
    previous_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    values: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """The view as Slack sends it to the app."""
        blank: Json = {"callback_id": "", "private_metadata": "", "external_id": "", "submit": None, "close": None}
        content = {name: copy.deepcopy(self.content[name]) for name in _CONTENT if name in self.content}
        return (
            blank
            | content
            | {name: bool(self.content.get(name)) for name in _SWITCHES}
            | {"id": self.id, "team_id": TEAM_ID, "hash": self.hash, "state": {"values": self.values}}
            | {"root_view_id": self.root_id, "previous_view_id": self.previous_id}
        )


class Views:
    """The open modals of each person, bottom first, and their App Homes."""

    def __init__(self) -> None:
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def open(self, view: View) -> None:
        """Begin a new stack with this view: what was open before is gone."""
        self._refuse_double(view)
        self._stacks[view.user] = [view]

    def push(self, view: View) -> None:
        """Put the view on top. Raises Refused `push_limit_reached` at three."""
        self._refuse_double(view)
        stack = self._stacks.setdefault(view.user, [])
        if len(stack) >= MODALS_IN_A_STACK:
            raise Refused("push_limit_reached")
        if stack:
            view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)

    def close(self, view: View, *, whole_stack: bool = False) -> None:
        """Take the view away, and those above it."""
        stack = self._stacks.get(view.user, [])
        self._stacks[view.user] = [] if whole_stack else stack[: stack.index(view)]

    def publish(self, view: View) -> None:
        """Set a person's App Home."""
        self._homes[view.user] = view

    def home(self, user: str) -> View | None:
        """What the person's App Home shows, when something was published."""
        return self._homes.get(user)

    def stack(self, user: str) -> list[View]:
        """The person's open modals, the visible one last."""
        return list(self._stacks.get(user, []))

    def find(self, view_id: str | None, external_id: str | None = None) -> View:
        """The view with this id. Raises Refused `not_found`."""
        for view in [*self._homes.values(), *(v for stack in self._stacks.values() for v in stack)]:
            if view_id == view.id or (external_id and external_id == view.content.get("external_id")):
                return view
        raise Refused("not_found")

    def _refuse_double(self, view: View) -> None:
        name = view.content.get("external_id")
        taken = {v.content.get("external_id") for stack in self._stacks.values() for v in stack}
        if name and name in taken:
            raise Refused("duplicate_external_id")
