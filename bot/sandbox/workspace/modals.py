"""What people do in modals and App Home: use a control, submit, close."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.controls import action, find_control, is_blank, states
from bot.sandbox.workspace.delivery import Delivery, Kind, Outcome
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.methods.view_calls import change, new_view
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused
from bot.sandbox.workspace.view_checks import checked_view
from bot.sandbox.workspace.views import View


class Modals:
    """Acts on views. People are named by id or handle."""

    def __init__(self, records: Records, delivery: Delivery) -> None:
        self._records = records
        self._delivery = delivery

    async def click(
        self,
        user: str,
        view_id: str,
        action_id: str,
        chosen: Any,
        typed: Mapping[str, Any],
        within: str | None,
        seen: list[Json] | None = None,
    ) -> Outcome:
        """Use a control; the app is told what is `typed` into the others. Raises LookupError when it isn't there.

        `seen` are the blocks as they were on the screen: a page that follows by itself may be drawn anew meanwhile.
        """
        view = self._view(user, view_id)
        block_id, element = find_control(seen or view.content["blocks"], action_id, within)
        chose = action(block_id, element, chosen, self._records.ids)
        view.values = states(view.content["blocks"], view.values, {**typed, f"{block_id}/{action_id}": chosen})
        payload = payloads.view_click(self._records, self._records.person(user), view, chose)
        return await self._delivery.ask(Kind.INTERACTION, payload)

    async def submit(self, user: str, view_id: str, values: Mapping[str, Any]) -> Outcome:
        """Submit with these values, by action id; then do what the app's answer says.

        Raises ValueError when an input that is not optional is left blank: Slack doesn't send such a form.
        """
        view = self._view(user, view_id)
        view.values = states(view.content["blocks"], view.values, values)
        _refuse_blanks(view)
        payload = payloads.submission(self._records, self._records.person(user), view)
        outcome = await self._delivery.ask(Kind.INTERACTION, payload)
        if not outcome.acked:
            return outcome
        try:
            self._follow(view, outcome.body)
        except Refused as refused:
            return Outcome(refused.error, outcome.body, outcome.after_s)
        self._records.changes.note("view", user=view.user)
        return outcome

    async def close(self, user: str, view_id: str) -> Outcome:
        """Close without submitting; the app is told when the view asked for it."""
        view = self._view(user, view_id)
        self._records.views.close(view)
        self._records.changes.note("view", user=view.user)
        if not view.content.get("notify_on_close"):
            return Outcome()
        payload = payloads.closing(self._records, self._records.person(user), view, cleared=False)
        return await self._delivery.ask(Kind.INTERACTION, payload)

    def _view(self, user: str, view_id: str) -> View:
        try:
            view = self._records.views.find(view_id)
        except Refused:
            raise LookupError(f"no view {view_id} is open") from None
        if view.user != self._records.person(user).id:
            raise LookupError(f"view {view_id} is not {user}'s")
        return view

    def _follow(self, view: View, answer: Json) -> None:
        match answer.get("response_action"):
            case "errors":
                view.errors = dict(answer.get("errors", {}))
            case "update":
                change(self._records, view, self._checked(answer))
            case "push":
                self._records.views.push(new_view(self._records, view.user, self._checked(answer)))
            case "clear":
                self._records.views.close(view, whole_stack=True)
            case _:
                self._records.views.close(view)

    def _checked(self, answer: Json) -> Json:
        return checked_view(answer.get("view"), self._records, "modal")


def _refuse_blanks(view: View) -> None:
    for block in view.content["blocks"]:
        if block["type"] == "input" and not block.get("optional"):
            name = block["element"]["action_id"]
            if is_blank(view.values[block["block_id"]][name]):
                raise ValueError(f"{name} must be filled in")
