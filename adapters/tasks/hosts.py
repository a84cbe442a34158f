"""Which hosts a burst may be sent to: those that the plan lists, and no other, however an address is spelled.

Addresses are read by httpx, which also connects to them: what is compared is what is called.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from contextlib import suppress

import httpx

from bot.domain.planning.fields import misread

_ENTRY = re.compile(r"(\[[^\]]+\]|[^:\[\]]+)(?::(\d{1,5}))?")
_PORTS = {"http": 80, "https": 443}


def permit(url: str, listed: Sequence[str]) -> None:
    """Raise a mistake unless this address, with nothing left to fill in, is on a listed host.

    An entry without a port stands for http on 80 and https on 443.
    """
    if any(not each.isprintable() or each in " \\" for each in url):
        raise misread("the address has spaces, backslashes or control characters in it", "write them as %20 and so on")
    try:
        read = httpx.URL(url)
        name, port = _name(read.raw_host.decode()), read.port or _PORTS.get(read.scheme)
    except (httpx.InvalidURL, ValueError):
        raise misread("the address can't be read", "as: https://denis.internal:8080/chat") from None
    if port is None or not name or read.scheme not in _PORTS:
        raise misread("an address begins with http:// or https://, and a host", "as: https://denis.internal/chat")
    if read.userinfo:
        raise misread("an address with a user in it isn't called", "tokens go by users_env, hosts by load_hosts")
    if not any(_fits(each, name, port, _PORTS[read.scheme]) for each in listed):
        where = f"[{name}]" if ":" in name else name
        shown = where if port == _PORTS[read.scheme] else f"{where}:{port}"
        raise misread(f"load may not be sent to {shown}: the plan doesn't list it", f"load_hosts: [{shown}]")


def _fits(entry: str, name: str, port: int, usual: int) -> bool:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        return False
    try:
        same = _name(httpx.URL(f"http://{found[1]}/").raw_host.decode()) == name
    except (httpx.InvalidURL, ValueError):
        return False
    return same and port == (int(found[2]) if found[2] else usual)


def _name(host: str) -> str:
    """A name in lower case without its last dot; an IP address in its one canonical form."""
    bare = host.strip("[]").removesuffix(".").lower()
    with suppress(ValueError):
        return str(ipaddress.ip_address(bare))
    return bare
