"""The languages that Perch speaks: a further one is its file here, and its line in the table."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.plan import Plan
from bot.wording.language import ENGLISH, Catalogue
from bot.wording.languages.es import ES

LANGUAGES: Mapping[str, Catalogue] = {"en": ENGLISH, "es": ES}
"""By the code that a plan names as its `language`."""


def language_of(plan: Plan | None) -> Catalogue:
    """What is said about this plan is said in this language; about none, in English."""
    return LANGUAGES[plan.language] if plan is not None else ENGLISH
