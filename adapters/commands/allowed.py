"""Which programs Perch may run, and in which environment. The list is the operator's, not the plan's.

`PERCH_ALLOWED_COMMANDS` holds names (`kubectl`) and absolute paths (`/opt/denis/set-canary.sh`), separated by commas.
A name allows what PATH finds under it, a path that one file. When it isn't set, nothing may be run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from bot.domain.kinds import Environment, MissingEnvironment
from bot.ports import Denied

ALLOWED = "PERCH_ALLOWED_COMMANDS"

_PASSED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "KUBECONFIG",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""What every program gets of Perch's environment; everything else must be named in `env`."""


def resolved(program: str, environment: Environment) -> str:
    """The absolute path of a program that may be run. Raises Denied, with what to do."""
    entries = {entry.strip() for entry in environment.get(ALLOWED, "").split(",")} - {""}
    if not entries:
        raise Denied(f"{program} was not run: no command is allowed; set {ALLOWED}={program} for Perch, and restart it")
    search = environment.get("PATH") or os.defpath
    found = shutil.which(program, path=search)
    allowed_paths = {shutil.which(entry, path=search) for entry in entries if "/" not in entry}
    allowed_paths |= {entry for entry in entries if entry.startswith("/")}
    if program not in entries and found not in allowed_paths:
        raise Denied(f"{program} was not run: it is not in {ALLOWED} (allowed: {', '.join(sorted(entries))})")
    if found is None:
        raise Denied(f"{program} was not run: there is no such program that can be executed on PATH")
    if not Path(found).is_absolute():
        raise Denied(f"{program} was not run: write its absolute path, or its bare name with absolute folders on PATH")
    return found


def minimal(environment: Environment, named: Mapping[str, str]) -> dict[str, str]:
    """A program's whole environment. `named` maps the program's variable to Perch's. Raises MissingEnvironment."""
    passed = {name: environment[name] for name in _PASSED_ON if name in environment}
    return passed | secrets(environment, named)


def secrets(environment: Environment, named: Mapping[str, str]) -> dict[str, str]:
    """The named variables with their values. Raises MissingEnvironment."""
    for source in named.values():
        if source not in environment:
            raise MissingEnvironment(source)
    return {name: environment[source] for name, source in named.items()}
