"""What makes a message safe and readable for everybody: escaped, no colour alone, each picture and button named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MARKS = "✅❌⚠🛑❔⏰🔴🟢🟡🟠⛔🔥❄🔒✋📍"
"""Signs that say something by their colour or picture; a word has to say it, too."""

_LONE = re.compile(rf"[{MARKS}]\ufe0f?+(?![ \u00a0]?[*_`~ ]*[\w<&\"“‘'(])")
_MARKUP = re.compile(r"<(?:@|!subteam\^|!date\^|#|https?:|mailto:)[^<>]*>")
_UNESCAPED = re.compile(r".{0,20}[<>].{0,20}")
_ENDS = (".", "?", "!", ":", "…")


def unreadable(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What somebody couldn't read, see or hear of these blocks."""
    for thing in _things(blocks):
        yield from _unnamed(thing)
        text = thing.get("text")
        if isinstance(text, str) and thing.get("type") == "mrkdwn":
            yield from _loose(text)


def unreadable_text(text: str) -> Iterator[str]:
    """The same of a notification."""
    yield from _loose(text)


def lone_marks(shown: Any) -> list[str]:
    """Marks of our own without a word beside them; what comes from outside may have any."""
    found = (_LONE.search(text) for thing in _things(shown) if isinstance(text := thing.get("text"), str))
    return [f"lone: {each.string[max(each.start() - 20, 0) :][:50]!r}" for each in found if each]


def not_a_sentence(text: str) -> str:
    """Why `text` is no whole sentence (or several), "" when it is; a command may stand last, ready to copy."""
    if not text or not _begins(text):
        return f"it begins with {text[:20]!r}"
    last = re.split(r"[.:?!] ", text)[-1]
    if text.endswith(_ENDS) or "/canary " in last or "perch " in last:
        return ""
    return f"it ends with {text[-20:]!r}"


def _begins(text: str) -> bool:
    return unicodedata.category(text[0])[0] in "LNSMC" or text[0] in "<@&\"'“‘([-" or not text[0].isascii()


def _things(value: Any) -> Iterator[Mapping[str, Any]]:
    match value:
        case Mapping():
            yield value
            for item in value.values():
                yield from _things(item)
        case list() | tuple():
            for item in value:
                yield from _things(item)


def _unnamed(thing: Mapping[str, Any]) -> Iterator[str]:
    kind = thing.get("type")
    if kind == "image" and not str(thing.get("alt_text") or "").strip():
        yield "an image without alt_text"
    if kind == "button" and not str(thing.get("accessibility_label") or "").strip():
        yield f"button {thing.get('action_id')} without an accessibility_label"
    if kind in ("button", "overflow", "static_select", "checkboxes", "radio_buttons") and not thing.get("action_id"):
        yield f"a {kind} without an action_id"


def _loose(text: str) -> Iterator[str]:
    if found := _UNESCAPED.search(_MARKUP.sub("", text)):
        yield f"not escaped: {found[0]}"
