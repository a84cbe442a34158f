"""What other packages bring: which kinds, in which version, and whether they can be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.plugins import Plugin
from commands.terminal.doctor.findings import Finding, bad, ok


def plugins(found: Iterable[Plugin]) -> Iterator[Finding]:
    """One line for each kind."""
    for plugin in found:
        what = f"plugin {plugin.role} {plugin.kind}"
        if plugin.trouble:
            yield bad(what, f"{plugin.trouble}. Plans can't name it; mend or uninstall the package")
        else:
            yield ok(what, plugin.package)
