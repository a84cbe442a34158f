"""One act of one person, as JSON: what the page sends is what tests call in Python."""

from collections.abc import Awaitable, Callable

from bot.sandbox.workspace.acts import Acts
from bot.sandbox.workspace.delivery import Outcome
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.modals import Modals

Act = Callable[[Json], Awaitable[Outcome]]


class Acting:
    """Understands `{"act": "command", "user": "ana", …}`; the table names the acts and what each needs."""

    def __init__(self, acts: Acts, modals: Modals) -> None:
        self._acts = acts
        self._modals = modals
        self._table: dict[str, Act] = {
            "command": self._command,
            "click": self._click,
            "click_view": self._click_view,
            "react": self._react,
            "unreact": self._unreact,
            "post": self._post,
            "submit": self._submit,
            "close": self._close,
            "home": self._home,
        }

    async def act(self, wanted: Json) -> Json:
        """Do it; how the app took it. Raises LookupError or ValueError when it can't be done."""
        name = wanted["act"]
        if name not in self._table:
            raise ValueError(f"no act {name!r}; there are {', '.join(self._table)}")
        outcome = await self._table[name](wanted)
        return {"acked": outcome.acked, "app_error": outcome.error, "body": outcome.body}

    async def _command(self, wanted: Json) -> Outcome:
        return await self._acts.command(wanted["user"], wanted["channel"], wanted["text"])

    async def _click(self, wanted: Json) -> Outcome:
        place = wanted["user"], wanted["channel"], wanted["ts"], wanted["action_id"]
        chosen, typed = wanted.get("value"), wanted.get("typed", {})
        return await self._acts.click(*place, chosen, wanted.get("seen"), typed, wanted.get("block_id"))

    async def _click_view(self, wanted: Json) -> Outcome:
        place = wanted["user"], wanted["view_id"], wanted["action_id"]
        chosen, typed = wanted.get("value"), wanted.get("typed", {})
        return await self._modals.click(*place, chosen, typed, wanted.get("block_id"), wanted.get("seen"))

    async def _react(self, wanted: Json) -> Outcome:
        self._acts.react(wanted["user"], wanted["channel"], wanted["ts"], wanted["name"])
        return Outcome()

    async def _unreact(self, wanted: Json) -> Outcome:
        self._acts.unreact(wanted["user"], wanted["channel"], wanted["ts"], wanted["name"])
        return Outcome()

    async def _post(self, wanted: Json) -> Outcome:
        self._acts.post(wanted["user"], wanted["channel"], wanted["text"], wanted.get("thread_ts"))
        return Outcome()

    async def _submit(self, wanted: Json) -> Outcome:
        return await self._modals.submit(wanted["user"], wanted["view_id"], wanted["values"])

    async def _close(self, wanted: Json) -> Outcome:
        return await self._modals.close(wanted["user"], wanted["view_id"])

    async def _home(self, wanted: Json) -> Outcome:
        self._acts.open_app_home(wanted["user"], wanted.get("tab", "home"))
        return Outcome()
