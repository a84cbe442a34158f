"""Ids and time stamps of Slack's shapes."""

import random
import secrets
import string
from collections.abc import Callable

_LETTERS = string.ascii_uppercase + string.digits


class Ids:
    """Makes ids and stamps; the same seed gives the same ids.

    A message's `ts` is `seconds.microseconds` of the workspace's clock, raised where needed so that no two are
    equal: Slack uses it as the message's id.
    """

    def __init__(self, clock: Callable[[], float], seed: int | None = None) -> None:
        self._clock = clock
        self._random = random.Random(secrets.randbits(64) if seed is None else seed)
        self._last_stamp_us = 0

    def new(self, prefix: str) -> str:
        """An id such as `F0A1B2C3D4`: the prefix tells the kind of thing."""
        return prefix + "0" + "".join(self._random.choices(_LETTERS, k=9))

    def secret(self, length: int = 24) -> str:
        """A random lower-case hexadecimal word, for tokens and single-use addresses."""
        return f"{self._random.getrandbits(length * 4):0{length}x}"

    def stamp(self) -> str:
        """A `ts` that is later than every one before it."""
        self._last_stamp_us = max(int(self._clock() * 1_000_000), self._last_stamp_us + 1)
        return f"{self._last_stamp_us // 1_000_000}.{self._last_stamp_us % 1_000_000:06d}"
