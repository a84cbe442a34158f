"""The report as Markdown (GitHub's): for git, tickets and mail. Figures become a spark and their numbers in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.wording.language import t
from bot.wording.report.pieces import Bar, Cell, Figure, Lines, Piece, Prose, Report, Table

_MEANT = re.compile(r"([\\`*_\[\]<>|~#])")
_FIRST = re.compile(r"^(\d*)([-+.)])(?=\s|$)")
BLOCKS = 40


def markdown(report: Report) -> str:
    """One document. Whatever stands in it is text: no markup from outside gets through."""
    return "\n".join(_document(report)).rstrip() + "\n"


def _document(report: Report) -> Iterator[str]:
    yield f"# {text(t('Deployment report: {name}', name=report.title))}"
    yield ""
    yield f"**{text(report.badge.text)}**"
    yield ""
    yield f"> **{text(report.seal.text)}**"
    yield ""
    yield text(report.summary)
    yield from _heading(t("Recommendation"))
    yield from _list(report.advice)
    yield from _heading(t("At a glance"))
    yield from _list(Cell(f"{name}: {value.text}") for name, value in report.facts)
    for section in report.sections:
        yield from _heading(section.title)
        for piece in section.pieces:
            yield from _piece(piece)
            yield ""
    yield "---"
    yield ""
    yield text(report.written)


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {text(title)}"
    yield ""


def _piece(piece: Piece) -> Iterator[str]:
    match piece:
        case Prose():
            yield text(piece.text)
        case Lines():
            yield from _list(piece.items)
        case Table():
            yield from _table(piece)
        case Bar():
            for share in piece.shares:
                blocks = "█" * round(share.part * BLOCKS) or "▏"
                yield f"- {text(share.name)}: {text(share.length)} ({text(share.percent)}) {blocks}"
        case Figure():
            spark = f" {piece.spark}" if piece.spark else ""
            yield f"- **{text(piece.title)}**{spark}: {text(piece.caption)}"


def _list(items: Iterable[Cell]) -> Iterator[str]:
    for item in items:
        yield f"- {_cell(item)}"


def _table(table: Table) -> Iterator[str]:
    yield _row([text(name) for name in table.head])
    yield _row(["---"] * len(table.head))
    for row in table.rows:
        yield _row([_cell(cell) for cell in row])
    if table.aside:
        yield ""
        yield text(table.aside)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return code(cell.text) if cell.code else text(cell.text)


def text(words: str) -> str:
    """Words with all that Markdown would read as markup taken literally; HTML, too."""
    plain = " ".join(words.split()).replace("&", "&amp;")
    return _FIRST.sub(lambda found: f"{found[1]}\\{found[2]}", _MEANT.sub(r"\\\1", plain)) if plain else ""


def code(words: str) -> str:
    """Words as code. A backtick in it would end it; a bar would end the table's cell."""
    plain = " ".join(words.split()).replace("`", "'")
    return f"`{plain}`".replace("|", "\\|") if plain else ""
