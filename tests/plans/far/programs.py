"""Programs that a plan names, as small scripts on PATH that write down what they were asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SCRIPT = """#!/bin/sh
printf '%s' "${{0##*/}}" >> {log}
for word in "$@"; do printf ' %s' "$word" >> {log}; done
echo >> {log}
{does}
"""


class Programs:
    """A folder of them; `does` is shell by the program's name. `asked` are their command lines, in order."""

    def __init__(self, folder: Path, does: Mapping[str, str]) -> None:
        self._bin, self._log = folder / "bin", folder / "asked"
        self._bin.mkdir()
        self._log.touch()
        self._names = sorted(does)
        for name, lines in does.items():
            script = self._bin / name
            script.write_text(SCRIPT.format(log=self._log, does=lines), encoding="utf-8")
            script.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """What lets Perch find and run them."""
        return {"PATH": f"{self._bin}:{os.environ['PATH']}", "PERCH_ALLOWED_COMMANDS": ",".join(self._names)}

    @property
    def asked(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()
