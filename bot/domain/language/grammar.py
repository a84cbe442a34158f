"""The one reader of conditions: text in, `Condition` out, or a mistake that points at a character.

    condition = subject [op value] clauses          clauses = ["after" D] ["for" D | N "times in a row"] ["within" D]
    subject   = NAME | NAME down|up | NAME never decreases | check fails
              | slos violated | all slos pass | no slo fails
              | age_of(METRIC) | availability(PROBE) | budget(SLO) | burn(SLO, D [, D …])
    value     = number with unit | (baseline | stable | D ago) [("+" | "-") (N% | number with unit | N pp)]

Which names exist, and whether units agree, is the plan's to say: `plan_conditions.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from bot.domain.conditions import About, Condition, Number, Op, Reference, Relative, Subject
from bot.domain.language.misread import Misread
from bot.domain.language.quantities import read_duration, read_number
from bot.domain.language.spelling import exactly
from bot.domain.language.tokens import Sort, Token, tokenise
from bot.domain.units import Unit

_CALLS = {about.value: about for about in (About.AGE_OF, About.AVAILABILITY, About.BUDGET, About.BURN)}
_STATES = {"down": About.DOWN, "up": About.UP}
_PHRASES = (About.SLOS_VIOLATED, About.ALL_SLOS_PASS, About.NO_SLO_FAILS, About.CHECK_FAILS)
_TIMED = ("after", "for", "within")
RESERVED = frozenset({"slos", "all", "no", "check", *_CALLS})
"""Names that no metric, event or SLO may have."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a condition's parts begin, counted in characters from 0."""

    name: int
    value: int | None = None
    change: int | None = None
    clauses: tuple[tuple[str, int], ...] = ()

    def clause(self, word: str) -> int | None:
        """Where `after`, `for`, `times` or `within` stands, if it does."""
        return dict(self.clauses).get(word)


def parse(text: str) -> Condition:
    """Read one condition. Raises Misread."""
    return _read(text)[0]


def places(text: str) -> Places:
    """Where the parts of a readable condition stand. Raises Misread as `parse` does."""
    return _read(text)[1]


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Condition, Places]:
    """Remembered: each of a plan's many checks, and each thaw of its frozen copy, comes with the same few texts."""
    reader = _Reader(text)
    condition = reader.condition()
    return condition, reader.places()


class _Reader:
    """One pass over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        self._text = " ".join(text.split())
        self._tokens = tokenise(text)
        self._next = 0
        self._name_at = self._tokens[0].at
        self._value_at: int | None = None
        self._change_at: int | None = None
        self._clauses: dict[str, int] = {}

    def places(self) -> Places:
        return Places(self._name_at, self._value_at, self._change_at, tuple(self._clauses.items()))

    def condition(self) -> Condition:
        subject = self._subject()
        op, value = self._comparison(subject)
        spans: dict[str, timedelta] = {}
        times: int | None = None
        while self._peek().sort is not Sort.END:
            if self._peek().sort is Sort.QUANTITY:
                times = self._times()
            else:
                self._timed(spans)
        after, lasting, within = (spans.get(word) for word in _TIMED)
        return Condition(self._text, subject, op, value, after, lasting, times, within)

    # ---- the left side ----

    def _subject(self) -> Subject:
        phrase = self._phrase()
        if phrase is not None:
            return Subject(phrase)
        first = self._take(Sort.WORD, "a condition starts with a metric", "METRIC < VALUE, as: latency < 5s")
        self._name_at = first.at
        if first.text in _CALLS and self._peek().text == "(":
            return self._call(_CALLS[first.text])
        state = self._peek()
        if state.text == "never":
            self._advance()
            decreases = self._take(Sort.WORD, "'never' needs 'decreases'", f"{first.text} never decreases")
            if decreases.text != "decreases":
                raise Misread(f"'never {decreases.text}' can't be judged", f"{first.text} never decreases", state.at)
            return Subject(About.NEVER_DECREASES, first.text)
        if state.sort is Sort.WORD and state.text in _STATES:
            self._advance()
            return Subject(_STATES[state.text], first.text)
        return Subject(About.METRIC, first.text)

    def _phrase(self) -> About | None:
        for about in _PHRASES:
            words = about.value.split()
            ahead = [token.text for token in self._tokens[self._next : self._next + len(words)]]
            if ahead == words:
                self._next += len(words)
                return about
        first = self._peek().text
        for about in _PHRASES:
            if about.value.split()[0] == first:
                raise Misread(f"'{first}' begins no condition but '{about}'", f"write '{about}'", self._peek().at)
        return None

    def _call(self, about: About) -> Subject:
        self._advance()
        name = self._take(Sort.WORD, f"{about}() needs a name", f"{about}(NAME)")
        self._name_at = name.at
        over = self._windows(name.text) if about is About.BURN else ()
        self._punctuation(")", f"{about}( is not closed", "add )")
        return Subject(about, name.text, over)

    def _windows(self, name: str) -> tuple[timedelta, ...]:
        """One window, or several that are looked at together."""
        if self._peek().text != ",":
            raise Misread("burn() needs its window", f"burn({name}, 1h)", self._peek().at)
        found: list[timedelta] = []
        while self._peek().text == ",":
            self._advance()
            at = self._peek().at
            window = self._duration("the window of burn()")
            if window <= timedelta(0) or window in found:
                what = "stands here twice" if window in found else "is no time at all"
                raise Misread(f"the window {exactly(window)} {what}", f"burn({name}, 1h, 5m)", at)
            found.append(window)
        return tuple(found)

    # ---- comparison and value ----

    def _comparison(self, subject: Subject) -> tuple[Op | None, Number | Relative | None]:
        token = self._peek()
        compared = subject.about in (About.METRIC, *_CALLS.values())
        if token.sort is not Sort.OP:
            if compared:
                raise self._no_comparison(subject, token)
            return None, None
        if not compared:
            raise Misread(f"'{subject.about}' is not compared with anything", "leave the comparison out", token.at)
        self._advance()
        return Op(token.text), self._value()

    def _no_comparison(self, subject: Subject, token: Token) -> Misread:
        if token.sort is Sort.END:
            hint = f"{subject.name} < VALUE, or {subject.name} down for a probe"
            return Misread("the comparison is missing", hint, token.at)
        return Misread(f"a comparison is expected, not '{token.text}'", "one of > >= < <= == !=", token.at)

    def _value(self) -> Number | Relative:
        token = self._peek()
        self._value_at = token.at
        if token.sort is Sort.WORD and token.text in (Reference.BASELINE, Reference.STABLE):
            self._advance()
            return self._relative(Reference(token.text), None)
        negative = token.text == "-"
        if negative:
            self._advance()
        token = self._take(Sort.QUANTITY, "a value is expected", "a number with its unit, or baseline + 10%")
        if self._peek().text == "ago" and not negative:
            self._advance()
            return self._relative(Reference.AGO, read_duration(token, "how long ago"))
        number = read_number(token)
        return Number(-number.value, number.unit) if negative else number

    def _relative(self, reference: Reference, ago: timedelta | None) -> Relative:
        sign = self._peek()
        if sign.sort is not Sort.SIGN:
            return Relative(reference, ago=ago)
        self._advance()
        token = self._take(Sort.QUANTITY, f"how much is expected after '{sign.text}'", f"{reference} {sign.text} 10%")
        self._change_at = token.at
        points = token.text.endswith("pp")
        number = read_number(token, points=True)
        change = -number.value if sign.text == "-" else number.value
        unit = None if number.unit is Unit.PERCENT and not points else number.unit
        return Relative(reference, change, unit, ago)

    # ---- clauses ----

    def _timed(self, spans: dict[str, timedelta]) -> None:
        token = self._peek()
        if token.text not in _TIMED:
            hint = "after DURATION, for DURATION, N times in a row, or within DURATION"
            raise Misread(f"'{token.text}' is not expected here", hint, token.at)
        self._once(token.text, token.at)
        self._advance()
        spans[token.text] = self._duration(f"the time of '{token.text}'")

    def _times(self) -> int:
        token = self._peek()
        ahead = tuple(found.text for found in self._tokens[self._next + 1 : self._next + 5])
        if not token.text.isdecimal() or ahead != ("times", "in", "a", "row"):
            hint = "3 times in a row; two conditions are two list items"
            raise Misread(f"'{token.text}' is not expected here", hint, token.at)
        if int(token.text) < 1:
            raise Misread("0 times in a row is never", "1 times in a row, or more", token.at)
        self._once("times", token.at)
        self._next += 5
        return int(token.text)

    def _once(self, clause: str, at: int) -> None:
        if clause in self._clauses:
            raise Misread(f"'{clause}' stands here twice", "keep one", at)
        if {clause, *self._clauses} >= {"for", "times"}:
            raise Misread("'for' and 'times in a row' don't go together", "keep one of the two", at)
        self._clauses[clause] = at

    # ---- tokens ----

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._tokens[self._next]
        if token.sort is not Sort.END:
            self._next += 1
        return token

    def _take(self, sort: Sort, what: str, hint: str) -> Token:
        token = self._peek()
        if token.sort is not sort:
            found = f", not '{token.text}'" if token.text else ""
            raise Misread(what + found, hint, token.at)
        return self._advance()

    def _punctuation(self, mark: str, what: str, hint: str) -> None:
        if self._peek().text != mark:
            raise Misread(what, hint, self._peek().at)
        self._advance()

    def _duration(self, what: str) -> timedelta:
        token = self._take(Sort.QUANTITY, f"{what} is expected", "write it as 30s, 5m, 4h, 1h30m or 7d")
        return read_duration(token, what)
