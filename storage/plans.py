"""Plans from a folder of YAML files, read again whenever a file has changed; a broken one hides no other."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.errors import BrokenPlan, UnknownPlan
from bot.domain.kinds import Kinds
from bot.domain.plan import Plan
from bot.domain.planning.reading import report_on, thaw_plan
from bot.domain.planning.report import Mistake, Note, PlanMistakes, PlanReport, dotted
from storage.plan_text import Place, PlanText, Unreadable, read_text

log = logging.getLogger(__name__)

_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Remark:
    """One mistake or note in its file: `plans/x.yaml:12:9: what — hint`, and the line with a caret under it."""

    file: str
    place: Place
    what: str
    hint: str
    excerpt: str = ""

    def __str__(self) -> str:
        hint = f" — {self.hint}" if self.hint else ""
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.what}{hint}"

    @property
    def caret(self) -> str:
        """The line as written, and a caret under the character."""
        if not self.excerpt:
            return ""
        margin = len(self.excerpt) - len(self.excerpt.lstrip())
        return f"    {self.excerpt.strip()}\n    {' ' * (self.place.column - 1 - margin)}^"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan file as it was read: what was found, with places, and the tree (None where it isn't YAML)."""

    file: str
    tree: Mapping[str, Any] | None
    report: PlanReport
    mistakes: tuple[Remark, ...]
    notes: tuple[Remark, ...]


class PlanFolder:
    """The `Plans` port over a folder. Files are looked at on each call; what hasn't changed isn't read again."""

    def __init__(self, folder: Path, kinds: Kinds) -> None:
        self._folder = folder
        self._kinds = kinds
        self._read: dict[tuple[Path, str, bool], tuple[tuple[int, int], PlanFile]] = {}

    def names(self) -> Sequence[str]:
        """The names of all plan files, broken ones included."""
        try:
            return sorted(file.stem for file in self._folder.iterdir() if file.suffix in _ENDINGS and file.is_file())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as fault:
            log.error("the plans in %s can't be listed: %s", self._folder, fault)
            return []

    def find(self, name: str, environment: str = "") -> tuple[Plan, Mapping[str, Any]]:
        """A plan as it stands in its file now, and its tree. Raises UnknownPlan or BrokenPlan."""
        found = self.look(name, environment)
        if found.report.plan is None or found.tree is None:
            raise BrokenPlan(name, "\n".join(str(mistake) for mistake in found.mistakes))
        return found.report.plan, found.tree

    def look(self, name: str, environment: str = "") -> PlanFile:
        """Everything about a plan by name, mistakes included. Raises UnknownPlan."""
        for ending in _ENDINGS:
            file = self._folder / f"{name}{ending}"
            if name not in self.names() or not file.is_file():
                continue
            try:
                return self.read_file(file, environment)
            except FileNotFoundError:
                continue  # Taken away at this moment.
            except OSError as fault:
                what = f"the file can't be read ({fault.strerror or fault})"
                return _unreadable(file, Unreadable(what, "give Perch's user the right to read it", Place(1, 1)))
        raise UnknownPlan(name, self._correction(name))

    def thaw(self, tree: Mapping[str, Any], environment: str) -> Plan:
        """A frozen plan, read again; plans that an older Perch froze included. Raises BrokenPlan."""
        try:
            return thaw_plan(tree, environment, self._kinds)
        except PlanMistakes as broken:
            raise BrokenPlan(str(tree.get("name", "?")), str(broken)) from broken

    def read_file(self, file: Path, environment: str = "", *, any_name: bool = False) -> PlanFile:
        """Read one file, wherever it lies; `any_name`: it needn't be called like its plan. Raises OSError."""
        status = file.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        kept = self._read.get((file, environment, any_name))
        if kept is None or kept[0] != stamp:
            kept = (stamp, self._examine(file, environment, any_name))
            self._read[(file, environment, any_name)] = kept
        return kept[1]

    def _correction(self, name: str) -> str:
        known = self.names()
        near = difflib.get_close_matches(name, known, 1, 0.5)
        if near:
            return f"/canary start {near[0]}"
        return f"/canary plan {known[0]} (known: {', '.join(known)})" if known else f"put {name}.yaml in {self._folder}"

    def _examine(self, file: Path, environment: str, any_name: bool) -> PlanFile:
        try:
            text = read_text(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            return _unreadable(file, Unreadable("the file isn't UTF-8", "save it as UTF-8", Place(1, 1)))
        except Unreadable as broken:
            return _unreadable(file, broken)
        report = report_on(text.tree, environment, self._kinds)
        mistakes = [*_repeated(file, text), *_remarks(file, text, report.mistakes)]
        if not any_name:
            mistakes += _misnamed(file, text)
        if mistakes:
            report = PlanReport(None, report.mistakes, report.notes)
        return PlanFile(
            file=str(file),
            tree=text.tree if isinstance(text.tree, Mapping) else None,
            report=report,
            mistakes=_in_order(mistakes),
            notes=_in_order(_remarks(file, text, report.notes)),
        )


def _unreadable(file: Path, broken: Unreadable) -> PlanFile:
    remark = Remark(str(file), broken.place, broken.what, broken.hint)
    return PlanFile(str(file), None, PlanReport(None, (Mistake((), broken.what, broken.hint),)), (remark,), ())


def _remarks(file: Path, text: PlanText, found: Sequence[Mistake | Note]) -> list[Remark]:
    remarks = []
    for each in found:
        place = text.place(each.path, each.offset, at_key=each.at_key)
        excerpt = text.lines[place.line - 1] if each.offset is not None and each.path in text.values else ""
        remarks.append(Remark(str(file), place, each.what, each.hint, excerpt))
    return remarks


def _repeated(file: Path, text: PlanText) -> list[Remark]:
    what = "'{}' stands here twice"
    return [Remark(str(file), at, what.format(dotted(path)), "keep one of the two") for path, at in text.repeated]


def _misnamed(file: Path, text: PlanText) -> list[Remark]:
    name = text.tree.get("name") if isinstance(text.tree, Mapping) else None
    if not isinstance(name, str) or name == file.stem:
        return []
    what = f"the plan is called '{name}' in a file called {file.name}"
    return [Remark(str(file), text.place(("name",)), what, f"write name: {file.stem}, or rename the file")]


def _in_order(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """Each once: where anchors repeat a part of a plan, so they would its mistakes."""
    return tuple(sorted(dict.fromkeys(remarks), key=lambda remark: (remark.place.line, remark.place.column)))
