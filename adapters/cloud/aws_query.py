"""Amazon's query protocol, without a model of what is said in it: an answer's XML can be sent back as parameters.

Lists are `<member>`s and maps are `<entry>`s there, and NAME.member.1… and NAME.entry.1.key… here, so an action that
Perch has never heard of goes back as it came. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, ParseError, fromstring

from bot.ports import Nonsense


def read(text: str) -> Element:
    """Parse an answer. Raises ValueError, also for a document type: with its entities XML can be made to explode."""
    if "<!" in text:
        raise ValueError("an answer has no document type")
    try:
        return fromstring(text)  # noqa: S314
    except ParseError as error:
        raise ValueError("that is no XML") from error


def name_of(node: Element) -> str:
    """Without the namespace."""
    return node.tag.rpartition("}")[2]


def fields_of(node: Element) -> dict[str, Element]:
    return {name_of(child): child for child in node}


def child_text(node: Element, name: str) -> str:
    """The text of a field; "" where it's missing."""
    child = fields_of(node).get(name)
    return "" if child is None else (child.text or "").strip()


def members(node: Element | None) -> Sequence[Element]:
    """The members of a list; none where it's missing. Raises Nonsense for what is no list."""
    if node is None:
        return ()
    if strange := [name_of(child) for child in node if name_of(child) != "member"]:
        raise Nonsense(f"AWS answered {strange[0][:40]} where a list was expected")
    return list(node)


def put(node: Element, name: str, text: str) -> None:
    """Set a field's text; a field that isn't there is added."""
    child = fields_of(node).get(name)
    if child is None:
        space = node.tag.rpartition("}")[0]
        child = Element(f"{space}}}{name}" if space else name)
        node.append(child)
    child.text = text


def parameters(name: str, node: Element) -> Iterator[tuple[str, str]]:
    """`node` as request parameters under `name`."""
    if len(node) == 0:
        yield name, node.text or ""
        return
    for number, child in enumerate(node, start=1):
        tag = name_of(child)
        yield from parameters(f"{name}.{tag}.{number}" if tag in ("member", "entry") else f"{name}.{tag}", child)
