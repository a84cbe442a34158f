"""What Perch knows to be secret, and texts without it (law 8).

A pattern can only guess what a secret looks like; whoever knows its value finds it in any text, in plain form and as
far sides echo it: percent-encoded, in base64 (a basic password has any user's name before it), escaped as in JSON.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from html import escape
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.domain.secret_names import sounds_secret

REDACTED = "[redacted]"
SHORTEST = 6
"""Shorter values are left: taking `dev` or `1` out of every text would ruin more than it hides."""

_HOOK = re.compile(r"HOOK|HEARTBEAT|FALLBACK", re.I)
_TOKEN_LIKE = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_\-.=~]{16,}")


_SHAPES = {
    "xox": r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "xapp-": r"xapp-[A-Za-z0-9-]{10,}",
    "gh": r"gh[opsur]_[A-Za-z0-9]{30,}",
    "github_pat_": r"github_pat_\w{30,}",
    "glpat-": r"glpat-[\w-]{20,}",
    "AKIA": r"AKIA(?<![A-Z0-9]AKIA)[A-Z0-9]{16}(?![A-Z0-9])",
    "sk_": r"sk_(?:live|test)_[A-Za-z0-9]{16,}",
    "eyJ": r"eyJ[\w-]{10,1000}\.eyJ[\w-]{4,}\.[\w-]{10,}",
    "PRIVATE KEY": r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
}
"""Tokens that can be nothing else, by a piece of each that is quick to look for: whoever pastes one into a reason.
Each begins with a letter that stands for itself: `re` leaps over whatever none of them begins with."""
_SHAPED = re.compile("|".join(_SHAPES.values()))


class _Forms:
    """All ways in which known secrets may stand in a text. Each is made when a text is first looked through: they're
    learned one after the other, and an expression of all of them is costly."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._longest_first = sorted(secrets, key=len, reverse=True)

    @cached_property
    def each(self) -> tuple[str, ...]:
        """As they are and in base64, the longest first."""
        forms = {form for each in self._longest_first for form in (each, " ".join(each.split()), *_base64(each))}
        return tuple(sorted(forms, key=len, reverse=True))

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """What may be left of one where a text was cut."""
        return frozenset(form[:end] for form in self.each for end in range(SHORTEST, len(form) + 1))

    @cached_property
    def plain(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.each)))

    @cached_property
    def spelled(self) -> re.Pattern[str]:
        """Escaped as in addresses, JSON, Python and HTML."""
        return re.compile("|".join(map(_spelled, self._longest_first)))

    @cached_property
    def starts(self) -> re.Pattern[str]:
        """Where `spelled` may match at all: to try it everywhere takes seconds for a report of a megabyte."""
        pairs = {rf"{re.escape(each[0])}(?=[{re.escape(each[1])}%&\\+\s])" for each in self._longest_first}
        return re.compile("|".join([*sorted(pairs), "%(?=[0-9A-Fa-f]{2})", "&", r"\\"]))

    def without_spelled(self, text: str) -> str:
        """The text with each secret replaced that stands in it escaped."""
        kept, end = [], 0
        for start in self.starts.finditer(text):
            if start.start() >= end and (found := self.spelled.match(text, start.start())):
                kept += [text[end : found.start()], REDACTED]
                end = found.end()
        return "".join([*kept, text[end:]])


class Redactor:
    """Takes known secrets out of texts, and what is plainly a token by its form. It learns more of them as plans name
    them; it never shows what it knows."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._spared: set[str] = set()
        self._forms = _Forms(())
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know these too. What is shorter than `SHORTEST` characters is left out."""
        found = {each for each in map(str.strip, secrets) if len(each) >= SHORTEST and not self._names(each)}
        if not found <= self._known:
            self._know(self._known | found)

    def spare(self, names: Iterable[str]) -> None:
        """Leave these names alone, whatever a password is: without them nobody could stop what they name (law 2)."""
        self._spared.update(names)
        public = {secret for secret in self._known if self._names(secret)}
        if public:
            self._know(self._known - public)

    def _names(self, text: str) -> bool:
        return any(text in name for name in self._spared)

    def _know(self, secrets: set[str]) -> None:
        self._known, self._forms = secrets, _Forms(secrets)

    def __call__(self, text: str) -> str:
        """The text with each known secret replaced, and each token that its form gives away."""
        if any(piece in text for piece in _SHAPES):
            text = _SHAPED.sub(self._shaped, text)
        if not self._known:
            return text
        text = self._forms.plain.sub(REDACTED, text)
        text = self._forms.without_spelled(text) if _ESCAPES.search(text) else text
        *cut, rest = text.split("…")
        return "".join([*map(self._cut, cut), rest])

    def _shaped(self, found: re.Match[str]) -> str:
        return found[0] if self._names(found[0]) else REDACTED

    def _cut(self, text: str) -> str:
        """What stands before an ellipsis, and that, without the beginning of a secret before it."""
        longest, beginnings = len(self._forms.each[0]), self._forms.beginnings
        for start in range(max(0, len(text) - longest), len(text) - SHORTEST + 1):
            if text[start:] in beginnings:
                return f"{text[:start]}{REDACTED}…"
        return f"{text}…"

    def holds(self, text: str) -> bool:
        """Whether there is a known secret in a text."""
        return self(text) != text

    def tree(self, value: Any) -> Any:
        """The same for every text in a JSON-able value, keys included; tuples become lists."""
        match value:
            case str():
                return self(value)
            case Mapping():
                return {self.tree(key): self.tree(item) for key, item in value.items()}
            case list() | tuple():
                return [self.tree(item) for item in value]
            case _:
                return value


_ESCAPES = re.compile(r"[%&\\+]")


def _spelled(secret: str) -> str:
    """An expression for a secret in all its spellings. White space is one expression for each run of it: two that may
    both take the same blanks are tried in every way to share them."""
    words = re.split(r"(\s+)", secret)
    return "".join(_white(each) if each.isspace() else "".join(map(_letter, each)) for each in words)


@cache
def _letter(letter: str) -> str:
    return f"(?:{'|'.join([re.escape(letter), *_escaped(letter)])})"


def _white(run: str) -> str:
    escaped = dict.fromkeys(way for letter in run for way in _escaped(letter))
    return f"(?:{'|'.join([*_WHITE, *escaped])})+"


_WHITE = (r"\s", r"\+")


def _escaped(letter: str) -> list[str]:
    """Expressions for one letter escaped as in addresses, JSON, Python and HTML."""
    percent = "".join(f"%{byte:02x}" for byte in letter.encode(errors="surrogatepass"))
    ways = {json.dumps(letter)[1:-1], repr(letter)[1:-1], escape(letter), f"&#{ord(letter)};", "\\" + letter}
    return [f"(?i:{percent})", *map(re.escape, sorted(ways - {letter}))]


def _base64(secret: str) -> set[str]:
    """The part of its base64 that stays the same whatever stands before and after it, for each of three positions."""
    raw = secret.encode(errors="surrogateescape")
    found: set[str] = set()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).decode()
        # A letter has six bits: those that share bits with a neighbour are left out.
        core = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        found |= {core, core.translate(_URL_SAFE)}
    return {core for core in found if len(core) >= SHORTEST}


_URL_SAFE = str.maketrans("+/", "-_")


# ---- what is secret ---------------------------------------------------------------------------------------------


def secrets_of(name: str, value: str) -> set[str]:
    """What is secret in one environment variable: all of it, by its name, or the secret parts of an address."""
    found = {value} if sounds_secret(name) and not value.startswith("/") else set()
    if "://" in value:
        found |= _in_address(value)
        # Whoever knows such an address may use it, however its path looks.
        found |= {value.split("://", 1)[1].partition("/")[2]} if _HOOK.search(name) else set()
    return found


def _in_address(url: str) -> set[str]:
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:
        return {url}
    asked = {value for name, value in parse_qsl(parts.query) if sounds_secret(name) or _TOKEN_LIKE.fullmatch(value)}
    steps = {step for step in parts.path.split("/") if _TOKEN_LIKE.fullmatch(step)} if parts.hostname else set()
    return {password, unquote(password)} | asked | steps


def secrets_in(environment: Mapping[str, str]) -> set[str]:
    """All that is secret in an environment, as far as names and addresses tell."""
    return {secret for name, value in environment.items() for secret in secrets_of(name, value)}


def secrets_named(options: Any, environment: Mapping[str, str]) -> set[str]:
    """The values of the variables that a plan names: by `*_env`, by `env: {…}`, and in `${…}` within its texts."""
    match options:
        case str():
            names = _VARIABLE.findall(options)
            return {secret for name in names for secret in secrets_of(name, environment.get(name, ""))}
        case Mapping():
            found = {secret for key, item in options.items() for secret in _entry(str(key), item, environment)}
            return found | {secret for item in options.values() for secret in secrets_named(item, environment)}
        case list() | tuple():
            return {secret for item in options for secret in secrets_named(item, environment)}
        case _:
            return set()


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")


def _entry(key: str, item: Any, environment: Mapping[str, str]) -> Collection[str]:
    if key == "env" and isinstance(item, Mapping):
        named = [name for name in item.values() if isinstance(name, str)]
    elif key.endswith("_env") and key != "username_env":
        named = [item] if isinstance(item, str) else [name for name in item or () if isinstance(name, str)]
    else:
        return ()
    return {environment[name] for name in named if name in environment}


# ---- logs -------------------------------------------------------------------------------------------------------


class RedactedLog(logging.Filter):
    """For handlers: every record is written without secrets, the text of its exception included."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor
        self._formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redactor(one_line(record.getMessage())), None
        if record.exc_info:
            # The formatter would write the exception anew; its text is made here, and that's all that is kept.
            record.exc_text = self._redactor(self._formatter.formatException(record.exc_info))
            record.exc_info = None
        if record.stack_info:
            record.stack_info = self._redactor(record.stack_info)
        return True


def one_line(text: str) -> str:
    """What comes from outside must not look like a line of the log's own (CWE-117)."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


@contextmanager
def redacted_logs(redactor: Redactor) -> Iterator[None]:
    """Let nothing that `redactor` knows through any handler of the root logger that is there now."""
    handlers, redacting = list(logging.getLogger().handlers), RedactedLog(redactor)
    for handler in handlers:
        handler.addFilter(redacting)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(redacting)
