"""The second way to people: one address outside of Slack, to which a text is posted as JSON (PERCH_FALLBACK_URL).

`{"text": "…"}` is what most chat systems' incoming webhooks take as it is, and what a small relay to a pager can read.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.http import client, fetch

DEADLINE_S = 10.0


class Webhook:
    """The `SecondWay` port. The address is a secret: it is never shown but redacted."""

    def __init__(self, url: str, redact: Callable[[str], str]) -> None:
        self._url = url
        self._redact = redact
        self._client = client(deadline_s=DEADLINE_S, kept_open=0)

    async def tell(self, text: str) -> None:
        """Post it once; nothing is retried here."""
        await fetch(self._client, "POST", self._url, json={"text": self._redact(text)})

    async def aclose(self) -> None:
        await self._client.aclose()
