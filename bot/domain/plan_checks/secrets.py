"""Plan check: a plan names secrets and never holds them (law 8): it is frozen, shown, exported and kept for years.

Perch's own secrets aren't even named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Path
from bot.domain.secret_names import PERCHS_OWN, sounds_secret

_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})
_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@:\s]*:(?!\$\{)[^/?#@\s]+@", re.I)
_ASKED = re.compile(r"[?&]([^=&#\s]+)=(?!\$\{)[^&#\s]+")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")
_WHAT = "a secret would stand in the plan, which is kept and shown"
_HINT = "put it into Perch's environment, and name it here: "


def check_secrets(draft: Draft) -> Iterator[Finding]:
    """Credentials in headers and addresses that are written out, and names of Perch's own secrets."""
    yield from _walk(draft.tree, ())


def _walk(tree: Any, place: Path) -> Iterator[Finding]:
    match tree:
        case Mapping():
            for key, value in tree.items():
                if key == "headers" and isinstance(value, Mapping):
                    yield from _headers(value, (*place, key))
                yield from _names(str(key), value, (*place, key))
                yield from _walk(value, (*place, key))
        case list() | tuple():
            for number, value in enumerate(tree):
                yield from _walk(value, (*place, number))
        case str():
            yield from _own(_VARIABLE.findall(tree), place)
            yield from _address(tree, place)


def _names(key: str, value: Any, place: Path) -> Iterator[Finding]:
    """The variables that an entry names without `${…}`."""
    if key.endswith("_env"):
        yield from _own(value if isinstance(value, list | tuple) else [value], place)
    elif key == "env" and isinstance(value, Mapping):
        for name, variable in value.items():
            yield from _own([variable], (*place, name))


def _own(names: Sequence[Any], place: Path) -> Iterator[Finding]:
    for name in names:
        if isinstance(name, str) and name in PERCHS_OWN:
            yield Mistake(place, f"{name} is Perch's own and can't be used by a plan", "give the plan one of its own")


def _headers(headers: Mapping[str, Any], place: Path) -> Iterator[Finding]:
    for name, value in headers.items():
        secret = str(name).lower() in _CREDENTIALS or sounds_secret(str(name))
        if secret and "${" not in str(value):
            yield Mistake((*place, name), _WHAT, f"{_HINT}token_env: NAME, or ${{NAME}} in the header")


def _address(text: str, place: Path) -> Iterator[Finding]:
    if _PASSWORD.search(text):
        yield Mistake(place, _WHAT, f"{_HINT}username_env and password_env, or ${{NAME}} for the whole address")
    elif any(sounds_secret(found[1]) for found in _ASKED.finditer(text)):
        yield Mistake(place, _WHAT, f"{_HINT}${{NAME}} after the =")
