"""The kill path's own files: cards of rollouts that are over, and acts that are in the evidence already."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

from bot.domain.evidence import canonical
from bot.domain.redactions import Scrub
from bot.ports import StoreAway
from storage import durable


def scrub_files(folder: Path, live: Collection[str], scrub: Scrub) -> tuple[int, int]:
    """How many files were changed, and how many that hold it were left, for a kill still needs them (law 2).

    Raises StoreAway.
    """
    changed = left = 0
    try:
        for file, needed in _files(folder, live):
            content = file.read_text(errors="replace")
            fresh, places = _lines(content, scrub)
            if not places:
                continue
            if needed:
                left += 1
            else:
                durable.replace(file, fresh.encode())
                changed += 1
    except OSError as fault:
        raise StoreAway(f"{folder} can't be used ({fault.strerror}); what it holds wasn't redacted") from fault
    return changed, left


def _files(folder: Path, live: Collection[str]) -> Iterator[tuple[Path, bool]]:
    for file in sorted((folder / "cards").glob("*.json")):
        yield file, _rollout(file) in live
    for file in sorted((folder / "spool").glob("*.jsonl")):
        yield file, True
    for file in sorted((folder / "done").glob("*")):
        yield file, False


def _rollout(card: Path) -> str:
    try:
        return str(json.loads(card.read_text()).get("rollout", ""))
    except (ValueError, AttributeError):
        return ""


def _lines(content: str, scrub: Scrub) -> tuple[str, int]:
    """Each line of JSON without it. The delivery's key stays: by it a request is known when it comes twice."""
    lines, places = [], 0
    for line in content.split("\n"):
        try:
            value = json.loads(line)
        except ValueError:
            lines.append(line)
            continue
        fresh, found = scrub.tree(value)
        if isinstance(value, dict) and "key" in value:
            found -= scrub.tree(value["key"])[1]
            fresh["key"] = value["key"]
        lines.append(canonical(fresh) if found else line)
        places += found
    return "\n".join(lines), places
