"""Who is asked to have seen a checkpoint, who has, and what nobody saw (S9)."""

from __future__ import annotations

from datetime import datetime

from bot.domain.rollout import Asked
from bot.ports import Said
from bot.wording.blocks import actions, button, said, section, told
from bot.wording.language import t
from bot.wording.sentences import by_when, joined, moment, plain, span, who
from bot.wording.status import button_value
from bot.wording.telling import Telling


def asked(telling: Telling) -> Said:
    """Below its checkpoint: with a button while it is open, with a name when it isn't."""
    each = _newest(telling)
    if each is None:
        return told(t("A checkpoint of {name} was to be acknowledged.", name=telling.name))
    facts = {"checkpoint": plain(each.name), "name": telling.name}
    if each.by is not None and each.done_at is not None:
        return told(_seen(each, who(each.by), each.done_at, facts))
    people = joined([who(entry) for entry in each.of], "or")
    if each.missed:
        when = moment(each.until, telling.now)
        sentence = t(
            "⏰ {who}: checkpoint {checkpoint} of {name} isn't acknowledged; it was due {when}.",
            who=people,
            when=when,
            **facts,
        )
    else:
        sentence = t(
            "👀 {who}: please look at checkpoint {checkpoint} of {name} and acknowledge it until {when}.",
            who=people,
            when=by_when(each.until, telling.now),
            **facts,
        )
    says = t("Acknowledge checkpoint {checkpoint} of {name}", **facts)
    value = button_value(telling.rollout)
    return said(
        sentence, section((sentence,)), actions(button(f"acknowledge.{each.id}", t("Acknowledge"), value, says=says))
    )


def _newest(telling: Telling) -> Asked | None:
    """As the rollout knows it now, or, forgotten there, as it was when this was put in the outbox."""
    if not telling.has("asked"):
        return None
    frozen = Asked.model_validate(telling.facts["asked"])
    return next((known for known in telling.rollout.asked if known.id == frozen.id), frozen)


def _seen(each: Asked, person: str, at: datetime, facts: dict[str, str]) -> str:
    if at >= each.until:
        late = span(at - each.until)
        return t(
            "✅ {who} acknowledged checkpoint {checkpoint} of {name}, {late} late.", who=person, late=late, **facts
        )
    after = span(at - each.at)
    return t("✅ {who} acknowledged checkpoint {checkpoint} of {name} after {after}.", who=person, after=after, **facts)


def acknowledgement_missed(telling: Telling) -> Said:
    """Said where everybody reads it; it stops nothing."""
    people = joined([who(entry) for entry in telling.texts("of")], "or")
    return told(
        t(
            "⏰ Nobody acknowledged checkpoint {checkpoint} of {name} in time. Asked: {who}.",
            checkpoint=telling.text("name"),
            name=telling.name,
            who=people,
        ),
        t("Checks and rollback triggers go on as ever. It can still be acknowledged; the miss stays on record."),
    )
