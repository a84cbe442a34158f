"""Slack's wording for where there is no Slack: the same sentences without its markup."""

from __future__ import annotations

import html
import re

_TIME = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<([^@#!|>][^|>]*)\|([^>]*)>")
_NAMED = re.compile(r"<(?:@|#|!subteam\^)([A-Z0-9]+)(?:\|([^>]*))?>")
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain_text(said: str) -> str:
    """What people would read in Slack; control characters, which could drive a terminal, are left out."""
    text = _TIME.sub(r"\1", said)
    text = _NAMED.sub(lambda found: found[2] or found[1], text)
    text = _LINK.sub(r"\2 (\1)", text)
    return _UNSAFE.sub("", html.unescape(text))
