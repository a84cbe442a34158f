"""Texts that were agreed, each kept as a file that a reviewer reads."""

from __future__ import annotations

import os
from pathlib import Path


def reads_as_in(kept: Path, said: str) -> None:
    """Asserts that what is said is what was agreed; with `PERCH_GOLDEN=write` it is agreed from now on."""
    if os.environ.get("PERCH_GOLDEN") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(said, encoding="utf-8")
    assert kept.exists(), f"PERCH_GOLDEN=write pytest tests/bot/wording makes {kept.name}: read it, and keep it"
    assert said == kept.read_text(encoding="utf-8")
