"""The levels of an SLO: `99.9%` is at least that share, `<= 1500ms` at most that time, in the metric's own unit."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.conditions import Number, Op
from bot.domain.language.misread import Misread
from bot.domain.language.quantities import read_number
from bot.domain.language.spelling import spell_number
from bot.domain.language.tokens import Sort, tokenise
from bot.domain.units import Unit

_DIRECTIONS = (Op.AT_LEAST, Op.ABOVE, Op.AT_MOST, Op.BELOW)


@dataclass(frozen=True, slots=True)
class Level:
    """What a value must keep to: `op` says which side of `number` is the good one."""

    op: Op
    number: Number

    @property
    def low_is_good(self) -> bool:
        return self.op in (Op.AT_MOST, Op.BELOW)

    def __str__(self) -> str:
        """As plans write it."""
        number = spell_number(self.number)
        return number if self.op is Op.AT_LEAST and self.number.unit is Unit.PERCENT else f"{self.op} {number}"


def read_level(text: str) -> Level:
    """Read a level. Only of a share everybody knows which side is good, so all else says it. Raises Misread."""
    tokens = tokenise(text)
    op = Op(tokens[0].text) if tokens[0].sort is Sort.OP else None
    if op is not None and op not in _DIRECTIONS:
        raise Misread(f"'{op}' is no level to keep to", "at least (>= 99.9%) or at most (<= 1500ms)", tokens[0].at)
    token = tokens[1 if op else 0]
    if token.sort is not Sort.QUANTITY:
        what, hint = f"'{text.strip()}' is not a level", "a share, as: 99.9%, or a limit, as: <= 1500ms"
        raise Misread(what, hint, token.at)
    end = tokens[2 if op else 1]
    number = read_number(token)
    if end.sort is not Sort.END:
        raise Misread(f"'{end.text}' is not expected here", f"write {token.text} alone", end.at)
    if op is None and number.unit is not Unit.PERCENT:
        share = f"{token.text}% if a share is meant, or " if number.unit is Unit.COUNT else ""
        raise Misread(f"{token.text} doesn't say which side is good", f"write {share}<= {token.text}", token.at)
    if number.unit is Unit.PERCENT and number.value > 100:
        raise Misread(f"a share is never {token.text}", "0% to 100%", token.at)
    return Level(op or Op.AT_LEAST, number)
