"""A letter reads like one: the outcome in the subject, no markup, people by name where it is known (S8)."""

from __future__ import annotations

import re

import pytest

from bot.domain.machine import State
from bot.ports import Outgoing
from bot.wording.mail import mail
from tests.bot.wording.stories import NOW, a_plan, a_rollout

REASON = {"reason": "latency_p99 > 5s", "from": 1.0, "to": 0.0, "took_s": 0.5, "by": "U0BEN"}
MARKUP = re.compile(r"<[!@#]|&(?:lt|gt|amp);|(?:^|\s)\*\S")


@pytest.mark.parametrize("event", ["started", "promoted", "rolled_back", "killed", "completed", "held", "stuck"])
def test_every_event_makes_a_letter_without_slacks_markup(event: str) -> None:
    facts = {"event": event, "weight": 10.0, "approvals": [{"person": {"id": "U0BEN", "name": "ben"}}], **REASON}
    subject, text = mail(Outgoing("announcement", "k", facts), a_rollout(), a_plan(), NOW)
    assert subject.startswith("[Perch] ")
    assert "_" not in subject.rpartition(":")[2]
    assert MARKUP.search(text) is None, text
    assert text.endswith("\n")
    assert "\n\n\n" not in text


def test_whoever_is_known_by_name_is_called_by_it() -> None:
    facts = {"event": "promoted", "by": "U0BEN", "from": 1.0, "to": 10.0, "weight": 10.0}
    facts["approvals"] = [{"person": {"id": "U0BEN", "name": "ben"}, "at": NOW.isoformat(), "how": "button"}]
    _, text = mail(Outgoing("announcement", "k", facts), a_rollout(), a_plan(), NOW)
    assert "U0BEN" not in text


def test_a_letter_speaks_the_plans_language() -> None:
    plan = a_plan().model_copy(update={"language": "es"})
    rollout = a_rollout().but(state=State.ROLLED_BACK, ended_at=NOW)
    subject, text = mail(Outgoing("announcement", "k", {"event": "rolled_back", **REASON}), rollout, plan, NOW)
    assert "con rollback hecho" in subject
    assert "Despliegue:" in text
