"""Plan check: whoever is told can be told: an address is one (S8), a notifier and a class exist (O4, R22)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.audiences import everybody
from bot.domain.plan import Plan
from bot.domain.planning.draft import Draft, Where
from bot.domain.planning.report import Finding, Mistake, Note, Path
from bot.domain.planning.shape import suggest
from bot.domain.urgencies import Hears

MAIL = "mail:"
_ADDRESS = re.compile(r"[^@\s,;:<>()\"\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_IN_SLACK = ("#", "@", "U", "W", "C", "S")
_GOOD_NEWS = frozenset({"started", "promoted", "completed"})


def is_mail(target: str) -> bool:
    """Whether an entry of `notify:` is told by mail."""
    return target.startswith(MAIL)


def mailed_to(plan: Plan) -> tuple[str, ...]:
    """Everybody whom a plan has told by mail, each once."""
    return tuple(dict.fromkeys(target.removeprefix(MAIL) for _, target in everybody(plan) if is_mail(target)))


def check_notify(draft: Draft) -> Iterator[Finding]:
    """One address for each entry: a list of them in one would be a way to slip in headers."""
    for path, target in everybody(draft.plan):
        place = draft.place(*path)
        if is_mail(target):
            if not _ADDRESS.fullmatch(target.removeprefix(MAIL)):
                yield Mistake(place, f"'{target}' isn't one mail address", "as: mail:deployment-lead@example.com")
        elif not target.startswith(_IN_SLACK):
            yield from _notifier(draft, place, path, target)
    yield from _unused(draft)
    yield from _classes(draft)


def _notifier(draft: Draft, place: Path, path: Path, name: str) -> Iterator[Finding]:
    known = draft.names("notifiers")
    if name not in known:
        kind = name if name in draft.kinds.notifiers else "pagerduty"
        hint = suggest(name, known) if known else f"add: notifiers: {{{name}: {{kind: {kind}, …}}}}"
        yield Mistake(place, f"there is no notifier '{name}'", hint)
        return
    part = draft.plan.notifiers.get(name)
    kind_of = draft.kinds.notifiers.get(part.kind) if part else None
    if kind_of is not None and kind_of.hears is Hears.PAGES and path[:1] == ("notify",) and path[1] in _GOOD_NEWS:
        what = f"'{path[1]}' is no reason to wake anybody: the pager '{name}' isn't told of it"
        yield Mistake(place, what, "name it for breach, stuck or held; that it's over it hears by itself")


def _unused(draft: Draft) -> Iterator[Finding]:
    named = {target for _, target in everybody(draft.plan)}
    for name in draft.plan.notifiers:
        if name not in named:
            hint = f"as: notify: {{breach: [{name}]}}, or routes: {{page: [{name}]}}"
            yield Note(draft.place("notifiers", name), f"nothing is told to '{name}'", hint)


def _classes(draft: Draft) -> Iterator[Finding]:
    used: set[str] = set()
    for use in draft.uses():
        name = use.rule.danger if use.rule is not None and use.where is Where.TRIGGER else None
        if not name:
            continue
        used.add(name)
        if name not in draft.names("classes"):
            known = draft.names("classes")
            hint = suggest(name, known) if known else f"add: classes: {{{name}: {{severity: page, retry: never}}}}"
            yield Note(use.path, f"the plan doesn't say what class '{name}' means: it pages, and may be retried", hint)
    for name in draft.plan.classes:
        if name not in used:
            yield Note(draft.place("classes", name), f"no trigger has the class '{name}'", f"as: class: {name}")
