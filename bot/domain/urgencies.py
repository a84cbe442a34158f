"""How urgent something is for people (R22), and what it means for what they were told before (O4)."""

from __future__ import annotations

from enum import StrEnum


class Urgency(StrEnum):
    """Three steps, the worst first: somebody is woken, something is to be done, somebody should know."""

    PAGE = "page"
    TICKET = "ticket"
    WARNING = "warning"


class Act(StrEnum):
    """What a happening does to the trouble that people hear of."""

    OPENS = "opens"
    """There is trouble, or more of it."""
    TAKEN = "taken"
    """A person has acted: it has somebody."""
    OVER = "over"
    """It has ended, or recovered."""
    NEWS = "news"
    """Good to know, and no trouble."""


class Hears(StrEnum):
    """Of what a kind of notifier is told."""

    EACH = "each"
    """What the plan names it for, and nothing else."""
    FOLLOWS = "follows"
    """Also what becomes of what it was told: a ticket that nobody brings up to date misleads."""
    PAGES = "pages"
    """Only trouble, that somebody has it, and that it is over. What is over is told no more, for it wakes people."""
