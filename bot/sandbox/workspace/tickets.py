"""Single-use rights to open one Socket Mode connection."""

from bot.sandbox.workspace.ids import Ids


class Tickets:
    """`apps.connections.open` issues one; the connection that shows it uses it up."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._open: set[str] = set()

    def issue(self) -> str:
        """A new ticket."""
        ticket = self._ids.secret(32)
        self._open.add(ticket)
        return ticket

    def spend(self, ticket: str) -> bool:
        """Use the ticket up; False when it isn't one, or no longer."""
        if ticket not in self._open:
            return False
        self._open.discard(ticket)
        return True
