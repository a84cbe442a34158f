"""HTML and SVG elements put together so that nothing can be forgotten to be escaped: text is text until it's markup."""

from __future__ import annotations

import html
from collections.abc import Iterable


class Markup(str):
    """What is markup already; everything else that goes into an element is escaped."""

    __slots__ = ()


Content = str | Markup | None


def element(name: str, *content: Content, attributes: Iterable[tuple[str, object]] = (), of: str = "") -> Markup:
    """`<name …>content</name>`; `of` is the class, attributes that are None or "" are left out."""
    told = [("class", of), *attributes]
    shown = "".join(f' {key}="{escaped(str(value))}"' for key, value in told if value not in (None, ""))
    return Markup(f"<{name}{shown}>{together(content)}</{name}>")


def together(content: Iterable[Content]) -> Markup:
    """Contents one after the other; text among them is escaped."""
    return Markup("".join(each if isinstance(each, Markup) else escaped(each or "") for each in content))


def escaped(text: str) -> Markup:
    """Text for between tags and inside quoted attributes."""
    return Markup(html.escape(text, quote=True))
