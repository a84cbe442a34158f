"""The rights behind `response_url`: five posts within thirty minutes of one interaction."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.workspace.ids import Ids
from bot.sandbox.workspace.refusals import Refused

RESPONSE_URL_LIFE_S = 30 * 60.0
RESPONSE_URL_POSTS = 5


@dataclass
class ResponseUrl:
    """What an interaction may answer to: whom, where, and the message that it came from (if any)."""

    user: str
    channel: str
    message_ts: str | None
    expires_at: float
    posts_left: int = RESPONSE_URL_POSTS


class ResponseUrls:
    """Issues the secret part of response URLs and counts their use."""

    def __init__(self, clock: Callable[[], float], ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, user: str, channel: str, message_ts: str | None = None) -> str:
        """The path of a new response URL, without a leading slash."""
        key = self._ids.secret()
        self._issued[key] = ResponseUrl(user, channel, message_ts, self._clock() + RESPONSE_URL_LIFE_S)
        return f"response/{key}"

    def spend(self, key: str) -> ResponseUrl:
        """Use one of its posts. Raises Refused: `expired_url`, `used_url` (five posts made)."""
        right = self._issued.get(key)
        if right is None or self._clock() > right.expires_at:
            raise Refused("expired_url", status=404)
        if right.posts_left <= 0:
            raise Refused("used_url", status=404)
        right.posts_left -= 1
        return right
