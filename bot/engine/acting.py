"""For which delivery this task acts, so that its effect is committed once, and by the process that has it (law 6).

A context variable and no argument: between the worker that takes a delivery up and the save lies every verb's own
code, which has nothing to do with it.
"""

from __future__ import annotations

from contextvars import ContextVar

acting_for: ContextVar[str] = ContextVar("acting_for", default="")
"""The delivery's key; "" for what no delivery asked for, and for rollback and kill: they wait for nobody's claim."""
