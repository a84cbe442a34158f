"""Who acts on a rollout."""

from __future__ import annotations

from bot.domain.value import Value


class Person(Value):
    """Who acted: a Slack user id, or `shell:NAME`, `alertmanager`, `perch`."""

    id: str
    name: str = ""


PERCH = Person(id="perch", name="Perch")
