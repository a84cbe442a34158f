"""A text of the plan that can't be read."""

from __future__ import annotations


class Misread(ValueError):
    """`what` is wrong at character `offset` (from 0; None: the whole text); `hint` shows the fix, or is ""."""

    def __init__(self, what: str, hint: str, offset: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.offset = offset
