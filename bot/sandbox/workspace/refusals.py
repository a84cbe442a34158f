"""How the workspace says no: one exception, raised anywhere below the Web API, answered there."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox.workspace.json_value import Json


class Refused(Exception):
    """A Web API call that Slack would answer with `ok: false`.

    `error` is Slack's code; `messages` explain it (as `response_metadata.messages`); `retry_after_s` becomes
    the `Retry-After` header; `details` are further keys of the answer, such as `needed` and `provided`.
    """

    def __init__(
        self,
        error: str,
        *messages: str,
        status: int = 200,
        retry_after_s: int | None = None,
        **details: Any,
    ) -> None:
        super().__init__(error, *messages)
        self.error = error
        self.messages: Sequence[str] = messages
        self.status = status
        self.retry_after_s = retry_after_s
        self.details = details

    def as_json(self) -> Json:
        """The body that Slack answers with."""
        body: Json = {"ok": False, "error": self.error, **self.details}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        if self.error == "invalid_blocks":
            body["errors"] = list(self.messages)
        return body


def missing_argument(name: str) -> Refused:
    """What Slack answers when a required argument is absent."""
    return Refused("invalid_arguments", f"missing required field: {name}")
