"""The report as one HTML page that needs nothing but itself: no script, no address, light and dark, fit to print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from functools import cache
from importlib import resources
from string import Template

from bot.wording.language import t
from bot.wording.report.elements import Markup, element, escaped, together
from bot.wording.report.pieces import Bar, Cell, Figure, Lines, Piece, Prose, Report, Row, Section, Table
from bot.wording.report.svg import drawn, hatch

NARROW = 12
"""A cell as short as this stays on one line."""


def html(report: Report, zone: tzinfo | None = None) -> str:
    """One page. `zone` is what the figures' times are written in; None is UTC. Whatever stands in it is text."""
    body = together(
        (
            hatch(),
            element("header", _title(report), element("p", report.summary, of="summary")),
            _sealed(report),
            _advice(report),
            _glance(report),
            *(_section(section, zone) for section in report.sections),
            element("footer", report.written),
        )
    )
    name = escaped(t("Deployment report: {name}", name=report.title))
    return Template(_file("page.html")).substitute(
        language=escaped(report.language), title=name, style=_file("page.css"), body=body
    )


@cache
def _file(name: str) -> str:
    """The page's skeleton and its style: a part of this program that isn't Python."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _title(report: Report) -> Markup:
    badge = element("span", report.badge.text, of=f"badge {report.badge.tone}".strip())
    kicker = element("p", t("Deployment report"), of="kicker")
    return together((kicker, element("h1", report.title, Markup(" "), badge)))


def _sealed(report: Report) -> Markup:
    return element("p", report.seal.text, of=f"seal {report.seal.tone}".strip())


def _advice(report: Report) -> Markup:
    first, *rest = report.advice or (Cell("–"),)
    heading = element("h2", t("Recommendation"))
    told = element("p", first.text, of=f"first {first.tone}".strip())
    return element("section", heading, told, _list(rest) if rest else None, of="advice")


def _glance(report: Report) -> Markup:
    pairs = (element("div", element("dt", name), element("dd", _cell(value))) for name, value in report.facts)
    return element("section", element("h2", t("At a glance")), element("dl", *pairs))


def _section(section: Section, zone: tzinfo | None) -> Markup:
    return element("section", element("h2", section.title), *(_piece(piece, zone) for piece in section.pieces))


def _piece(piece: Piece, zone: tzinfo | None) -> Markup:
    match piece:
        case Prose():
            return element("p", piece.text, of=piece.tone)
        case Lines():
            return _list(piece.items)
        case Table():
            return _table(piece)
        case Bar():
            return _bar(piece)
        case Figure():
            return _figure(piece, zone)


def _list(items: Sequence[Cell]) -> Markup:
    return element("ul", *(element("li", _cell(item), of=item.tone) for item in items))


def _cell(cell: Cell) -> Markup:
    return element("code", cell.text) if cell.code else escaped(cell.text)


def _table(table: Table) -> Markup:
    head = element("tr", *(element("th", name, attributes=(("scope", "col"),)) for name in table.head))
    rows = (_row(table, row) for row in table.rows)
    whole = element("table", element("thead", head), element("tbody", *rows))
    aside = element("p", table.aside, of="aside") if table.aside else None
    return together((element("div", whole, of="scroll"), aside))


def _data(name: str, cell: Cell, moment: bool) -> Markup:
    """A cell, which knows its column's name: on a phone each row is a card, and says it."""
    short = "short" if len(cell.text) <= NARROW else ""
    kind = "none" if cell.text in ("", "–") else "time" if moment else short
    return element("td", _cell(cell), attributes=(("data-name", name),), of=f"{kind} {cell.tone}".strip())


def _row(table: Table, row: Row) -> Markup:
    cells = zip(table.head, row, strict=False)
    return element("tr", *(_data(name, cell, place < table.times) for place, (name, cell) in enumerate(cells)))


def _bar(bar: Bar) -> Markup:
    """One line in as many colours as there are kinds, and below it a list that says the same."""
    parts = (
        element("span", attributes=(("style", f"width:{share.part * 100:.2f}%"),), of=f"part-{share.kind}")
        for share in bar.shares
    )
    whole = element("div", *parts, attributes=(("role", "img"), ("aria-label", bar.alt)), of="bar")
    return together((whole, element("ul", *_legend(bar), of="legend")))


def _legend(bar: Bar) -> Iterator[Markup]:
    for share in bar.shares:
        dot = element("i", of=f"part-{share.kind}")
        told = element("b", share.length)
        yield element("li", dot, f" {share.name} ", told, f" {share.percent}")


def _figure(figure: Figure, zone: tzinfo | None) -> Markup:
    heading = element("h3", element("code", figure.title) if not figure.steps else figure.title)
    caption = element("figcaption", figure.caption)
    return element("figure", heading, drawn(figure, zone), caption)
