"""Kind `apprise` (O4): the hundred others, by Apprise (`pip install 'perch[apprise]'`).

An Apprise address holds its secrets, so a plan names the variable that holds it. The library is synchronous and may
hang: each notice has a thread of its own, a deadline, and no more than `AT_ONCE` are under way; a thread that hangs on
keeps its place until it ends. It says only whether it worked, and its log may hold addresses, so that is hushed.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.http import secret
from adapters.notifiers.options import Deadline, cut, one_line
from adapters.options import Options, VariableName
from adapters.threads import in_own_thread
from bot.domain.kinds import Environment
from bot.domain.urgencies import Act, Urgency
from bot.ports import Denied, Notice, OutOfReach

if TYPE_CHECKING:
    from apprise import Apprise

AT_ONCE = 4
SUBJECT, TEXT = 250, 30_000
_MISSING = "apprise isn't installed where Perch runs: pip install 'perch[apprise]'"


class AppriseOptions(Options):
    """`notifiers: {others: {kind: apprise, url_env: OTHERS_URL}}`; the variable may hold several, spaces between."""

    url_env: VariableName
    timeout: Deadline = timedelta(seconds=20)


class AppriseNotifier:
    """The `Notifier` port over one Apprise address, or several."""

    def __init__(self, options: AppriseOptions, environment: Environment) -> None:
        self._urls = secret(options.url_env, environment).split()
        self._name = options.url_env
        self._within_s = options.timeout.total_seconds()
        self._room = threading.BoundedSemaphore(AT_ONCE)

    @property
    def target(self) -> str:
        return f"apprise by {self._name}"

    async def tell(self, notice: Notice) -> str:
        links = "\n".join(f"{name}: {link}" for name, link in notice.links.items())
        body = cut("\n\n".join(each for each in (notice.text, links) if each), TEXT)
        told = {"title": one_line(notice.subject, SUBJECT), "body": body, "notify_type": _kind(notice)}
        if not self._room.acquire(blocking=False):
            raise OutOfReach(f"{self.target}: {AT_ONCE} notices hang there already")
        if not await self._in_thread(told):
            raise OutOfReach(f"{self.target}: Apprise says that it wasn't delivered, and not why")
        return f"delivered by {self._name}"

    async def _in_thread(self, told: dict[str, Any]) -> bool:
        def work(given_up: threading.Event) -> bool:
            try:
                made = self._made()
                return not given_up.is_set() and bool(made.notify(**told))
            finally:
                self._room.release()

        try:
            return await in_own_thread(work, self._within_s)
        except TimeoutError:
            raise OutOfReach(f"{self.target} didn't answer within {self._within_s:g} s") from None

    async def rehearse(self) -> str:
        """Apprise has no way to try an address without telling: so whether it knows what each is."""
        made = await in_own_thread(lambda _: self._made(), self._within_s)
        return f"knows its {len(made)} addresses" if len(made) > 1 else "knows its address"

    def _made(self) -> Apprise:
        try:
            from apprise import Apprise
        except ImportError:
            raise Denied(_MISSING) from None
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        made = Apprise()
        if not all(map(made.add, self._urls)):
            raise Denied(f"{self._name} holds an address that Apprise can't read; see its list of services")
        return made

    async def aclose(self) -> None: ...


def _kind(notice: Notice) -> str:
    """How the services that know colours show it: https://appriseit.com/."""
    if notice.act is Act.OVER:
        return "success" if notice.event in ("completed", "resumed") else "warning"
    if notice.act is Act.OPENS:
        return "warning" if notice.urgency is Urgency.WARNING else "failure"
    return "info"
