"""What is told of a rollout that Perch only watches, and of one that it took over (U2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.conditions import line_texts
from bot.wording.language import t
from bot.wording.sentences import joined, span
from bot.wording.telling import Telling

LINES = 8


def observing(telling: Telling) -> Said:
    """The beginning: what is judged, and how to end it."""
    return told(
        t("👀 {name} is at {weight}; Perch watches it.", name=telling.name, weight=telling.percent("weight")),
        t(
            "The stage at {stage} counts. Perch judges and says what it would do; it touches nothing.",
            stage=telling.text("stage"),
        ),
        _stop(telling),
    )


def observed_weight(telling: Telling) -> Said:
    """Somebody moved it; what Perch would still have waited for before."""
    lines = []
    if telling.has("skipped"):
        lines.append(t("It skipped {stages}.", stages=joined(telling.words("skipped"))))
    if telling.has("early"):
        lines.append(t("Perch would have waited for: {waits}.", waits="; ".join(telling.words("early")[:LINES])))
    if telling.facts.get("weight"):
        lines.append(t("The stage at {stage} counts from now on.", stage=telling.text("stage")))
    return told(
        t(
            "👀 Somebody moved {name}: {before} → {weight}.",
            name=telling.name,
            before=telling.percent("before"),
            weight=telling.percent("weight"),
        ),
        *lines,
    )


def would(telling: Telling) -> Said:
    """A decision that wasn't carried out."""
    say = _WOULD.get(telling.text("do"), _held)
    bad = line_texts(telling.lines(), telling.now, LINES) if telling.has("lines") else []
    return told(say(telling), *bad, t("Perch only watches, and did nothing."))


def _asked(telling: Telling) -> str:
    stage = telling.stage.approvals
    need = t("with {need} approvals", need=stage.need) if stage.need != 1 else t("with 1 approval")
    return t(
        "👀 Perch would ask now: {name} could go {weight} → {to}, {need}.",
        name=telling.name,
        weight=telling.percent("weight"),
        to=telling.percent("to"),
        need=need,
    )


def _completed(telling: Telling) -> str:
    return t("👀 Perch would call {name} complete at {weight}.", name=telling.name, weight=telling.percent("weight"))


def _rolled_back(telling: Telling) -> str:
    return t(
        "👀 Perch would roll {name} back now, {weight} → {to}: {why}.",
        name=telling.name,
        weight=telling.percent("weight"),
        to=telling.percent("to"),
        why=telling.text("why"),
    )


def _killed(telling: Telling) -> str:
    return t("👀 Perch would throw the kill switch of {name} now: {why}.", name=telling.name, why=telling.text("why"))


def _held(telling: Telling) -> str:
    return t(
        "👀 Perch would hold {name} at {weight} now: {why}.",
        name=telling.name,
        weight=telling.percent("weight"),
        why=telling.text("why", t("no reason given")),
    )


def _longer(telling: Telling) -> str:
    return t("👀 Perch would let {name} bake longer: {why}.", name=telling.name, why=telling.text("why"))


_WOULD: Mapping[str, Callable[[Telling], str]] = {
    "ask": _asked,
    "complete": _completed,
    "rollback": _rolled_back,
    "kill": _killed,
    "hold": _held,
    "extend": _longer,
    "retry": _longer,
}


def observed(telling: Telling) -> Said:
    """The end. Nothing here reads as a success: Perch decided nothing."""
    rollout = telling.rollout
    lasted = span((rollout.ended_at or telling.now) - rollout.started_at)
    by = t(" by {who}", who=telling.by()) if telling.by() != "Perch" else ""
    return told(
        t("👀 Watching {title} is over{by}: {why}.", title=telling.title, by=by, why=telling.text("reason")),
        t("It is at {weight}, and Perch watched for {lasted}.", weight=telling.percent("weight"), lasted=lasted),
        t("Perch moved no traffic. What it would have done: `/canary evidence {plan}`", plan=rollout.plan),
        t("To let Perch do it next time: `{start}`", start=telling.start),
    )


def adopted(telling: Telling) -> Said:
    """Loud: gates were skipped on one person's word."""
    skipped = telling.words("skipped")
    lines = [t("Skipped without a check by Perch: {stages}.", stages=joined(skipped))] if skipped else []
    return told(
        t(
            "⚠️ {who} had Perch take {name} over at {weight}.",
            who=telling.by(),
            name=telling.name,
            weight=telling.percent("weight"),
        ),
        *lines,
        t("The bake of this stage begins now: {bake}. From here on every gate counts.", bake=span(telling.stage.bake)),
    )


def _stop(telling: Telling) -> str:
    return t("Stop watching: `/canary rollback {plan}`; the weight stays as it is.", plan=telling.rollout.plan)
