"""What a far side did instead of what was asked. Adapters translate their library's exceptions into these."""

from __future__ import annotations


class OutsideFault(Exception):
    """The far side didn't do what was asked. `str()` is safe to show."""


class OutOfReach(OutsideFault):
    """No answer, or not in time, or an overloaded far side: trying again later may help."""


class Denied(OutsideFault):
    """The far side refused us (credentials, rights, no such thing): trying again won't help until a person acts."""


class ShutOut(Denied):
    """The far side doesn't know us any more (a revoked token): until a person mends it nothing gets through at all."""


class Unwelcome(Denied):
    """This one place refuses us (an archived channel, one that we were removed from); others may not."""


class Nonsense(OutsideFault):
    """The far side answered something that can't be understood, or something other than what was set."""


class SlowDown(OutsideFault):
    """Too much at once: nothing was posted; wait `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"asked to wait {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class Uncertain(OutsideFault):
    """The connection broke in the middle: the message may stand, or not. Look before repeating."""


class StoreAway(Exception):
    """The database can't be reached, written, or read in time."""
