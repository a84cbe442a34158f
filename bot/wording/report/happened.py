"""What a record tells, in one line for people who weren't there. `WORDS` has the kinds that a report tells of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.evidence import Record
from bot.domain.record.reading import moment_of
from bot.wording.language import t
from bot.wording.numbers import number
from bot.wording.report.pieces import Cell, Tone
from bot.wording.report.plainly import People, Times, clear, mappings, moment_in, weight_in
from bot.wording.sentences import span, took

Word = Callable[[Mapping[str, Any], People, Times], str]


def happened(record: Record, people: People, times: Times) -> Cell:
    """One line, with the tone of what it tells, of a record whose kind is in `WORDS`."""
    return Cell(clear(WORDS[record.kind](record.body, people, times), 400), tone_of(record))


def tone_of(record: Record) -> Tone:
    """Good news, warnings and bad news."""
    if record.kind == "verdict_changed":
        return VERDICTS.get(str(record.body.get("verdict")), "")
    if record.kind == "verified":
        return "bad" if record.body.get("failed") else "good"
    if record.kind == "task_ended":
        return {"passed": "good", "failed": "bad"}.get(str(record.body.get("outcome")), "warn")  # type: ignore[return-value]
    return TONES.get(record.kind, "")


VERDICTS: Mapping[str, Tone] = {"pass": "good", "warn": "warn", "no_data": "warn", "fail": "bad", "breach": "bad"}
TONES: Mapping[str, Tone] = {
    **dict.fromkeys(("promoted", "completed", "rearmed"), "good"),
    **dict.fromkeys(("early", "overruled", "held", "extended", "retried", "no_data", "unseen", "gate_expired"), "warn"),
    "version_changed": "warn",
    **dict.fromkeys(("acknowledgement_missed", "rejected", "replanned", "hold_over", "rehearsal_failed"), "warn"),
    **dict.fromkeys(("rolling_back", "rolled_back", "killing", "killed", "stuck", "late_raise"), "bad"),
    **dict.fromkeys(("drift", "mirror_drift", "action_failed", "action_stands"), "bad"),
    **dict.fromkeys(("unconfirmed", "kill_partly", "kill_tier", "aborted", "incident"), "bad"),
}


def _text(body: Mapping[str, Any], *facts: str) -> str:
    """The first of these facts that says something."""
    for fact in facts:
        if isinstance(value := body.get(fact), str) and value.strip():
            return clear(value, 240)
    return t("no reason given")


def _took(body: Mapping[str, Any], fact: str = "took_s") -> str:
    value = body.get(fact)
    return took(timedelta(seconds=value)) if isinstance(value, int | float) and 0 <= value < 1e9 else ""


def _seconds(body: Mapping[str, Any], fact: str) -> str:
    value = body.get(fact)
    return span(timedelta(seconds=value)) if isinstance(value, int | float) and 0 <= value < 1e9 else "–"


def _started(body: Mapping[str, Any], people: People, times: Times) -> str:
    reason = clear(body.get("reason") or "", 200)
    weight = weight_in(body, "weight") if body.get("weight") is not None else ""
    match body.get("how"):
        case "observe":
            text = t("started to observe only")
        case "adopt":
            text = t("started to take over at {weight}", weight=weight)
        case _:
            text = t("started at {weight}", weight=weight) if weight else t("started")
    return f"{text}: {reason}" if reason else text


def _verdict(body: Mapping[str, Any], people: People, times: Times) -> str:
    lines = mappings(body.get("lines"))
    bad = [line for line in lines if line.get("counts", True) and _bad(line)]
    words = {
        "pass": t("verdict: pass"),
        "warn": t("verdict: pass with warnings"),
        "fail": t("verdict: fail"),
        "no_data": t("verdict: no data"),
        "breach": t("verdict: breach"),
    }.get(str(body.get("verdict")), clear(body.get("verdict"), 40))
    told = [_line(line) for line in bad[:4]] + ([t("{count} more", count=len(bad) - 4)] if len(bad) > 4 else [])
    return f"{words}: {', '.join(told)}" if told else words


def _bad(line: Mapping[str, Any]) -> bool:
    """A trigger is bad when it fired, all else when it isn't met; a trigger without data is no news here."""
    if line.get("role") == "trigger":
        return line.get("met") is True
    return line.get("met") is not True


def _line(line: Mapping[str, Any]) -> str:
    """A condition, and what was measured."""
    condition, value = clear(line.get("condition"), 80), line.get("value")
    if line.get("met") is None:
        return t("{condition} (no data)", condition=condition)
    if not isinstance(value, int | float):
        return condition
    threshold = line.get("threshold")
    beside = float(threshold) if isinstance(threshold, int | float) else None
    return f"{condition} ({number(float(value), str(line.get('unit') or ''), beside)})"


def _lines(body: Mapping[str, Any]) -> str:
    told = [_line(line) for line in mappings(body.get("lines"))[:4]]
    return ", ".join(told)


def _held(body: Mapping[str, Any], people: People, times: Times) -> str:
    until = moment_in(body, "until")
    text = t("held: {why}", why=_text(body, "why"))
    return t("{what}, until {at}", what=text, at=times.clock(until)) if until is not None else text


def _rolling_back(body: Mapping[str, Any], people: People, times: Times) -> str:
    return t(
        "rollback begins, {before} → {after}: {reason}",
        before=weight_in(body, "from"),
        after=weight_in(body, "to"),
        reason=_lines(body) or _text(body, "reason"),
    )


def _rolled_back(body: Mapping[str, Any], people: People, times: Times) -> str:
    return t("rolled back to {weight}, read back {took}", weight=weight_in(body, "to"), took=_took(body))


def _killed(body: Mapping[str, Any], people: People, times: Times) -> str:
    measured = _seconds(body, "measured_s")
    unmeasured = clear(body.get("not_measured") or "", 160)
    text = t(
        "killed: applied after {applied}, read back after {read}",
        applied=_seconds(body, "applied_s"),
        read=_seconds(body, "read_back_s"),
    )
    if unmeasured:
        return f"{text}; " + t("not measured: {why}", why=unmeasured)
    return f"{text}; " + t("measured off after {measured}", measured=measured)


def _verified(body: Mapping[str, Any], people: People, times: Times) -> str:
    failed = [clear(each, 80) for each in body.get("failed") or ()]
    if failed:
        return t("afterwards still not well: {conditions}", conditions=", ".join(failed))
    return t("afterwards all is well again, {took}", took=_took(body))


def _drift(body: Mapping[str, Any], people: People, times: Times) -> str:
    return t("drift: {recorded} was set, {real} stood there; {did}", **_moved(body))


def _mirror_drift(body: Mapping[str, Any], people: People, times: Times) -> str:
    return t("drift of the mirror: {recorded} was set, {real} stood there; {did}", **_moved(body))


def _moved(body: Mapping[str, Any]) -> dict[str, str]:
    set_and_real = {"recorded": weight_in(body, "recorded"), "real": weight_in(body, "real")}
    return {**set_and_real, "did": clear(body.get("did"), 80)}


def _incident(body: Mapping[str, Any], people: People, times: Times) -> str:
    severity, what = clear(body.get("severity") or "", 30), _text(body, "what", "id")
    return t("incident ({severity}): {what}", severity=severity, what=what) if severity else what


def _task(body: Mapping[str, Any], people: People, times: Times) -> str:
    name, why = clear(body.get("task") or "?", 60), _text(body, "why")
    match body.get("outcome"):
        case "passed":
            return t("task '{name}' passed", name=name)
        case "failed":
            return t("task '{name}' failed: {why}", name=name, why=why)
        case "stopped":
            return t("task '{name}' was stopped: {why}", name=name, why=why)
        case _:
            return t("task '{name}' has no result: {why}", name=name, why=why)


def _missing(body: Mapping[str, Any], people: People, times: Times) -> str:
    missing = [clear(each, 100) for each in body.get("missing") or ()]
    return t("no data: {missing}", missing=", ".join(missing[:4]))


def _by(body: Mapping[str, Any], people: People) -> str:
    by = body.get("by")
    return people.all(by) if isinstance(by, list | tuple) else people.name(by)


WORDS: Mapping[str, Word] = {
    "started": _started,
    "observing": lambda body, people, times: t("observing at {weight}", weight=weight_in(body, "weight")),
    "observed": lambda body, people, times: t("observation over: {reason}", reason=_text(body, "reason")),
    "observed_weight": lambda body, people, times: t(
        "somebody moved it: {before} → {after}", before=weight_in(body, "before"), after=weight_in(body, "weight")
    ),
    "would": lambda body, people, times: t("Perch would: {what}", what=clear(body.get("do"), 30)),
    "adopted": lambda body, people, times: t("taken over at {weight}", weight=weight_in(body, "weight")),
    "stage_confirmed": lambda body, people, times: t(
        "{before} → {after} confirmed, {took}",
        before=weight_in(body, "before"),
        after=weight_in(body, "weight"),
        took=_took(body),
    ),
    "verdict_changed": _verdict,
    "budget": lambda body, people, times: t(
        "error budget of {slo}: {left} left", slo=clear(body.get("slo"), 60), left=number(body.get("left"), "percent")
    ),
    "overspent": lambda body, people, times: t(
        "went on with a used-up error budget: {reason}", reason=_text(body, "reason")
    ),
    "gate": lambda body, people, times: t(
        "gate opens: {before} → {after}?", before=weight_in(body, "from"), after=weight_in(body, "to")
    ),
    "gate_closed": lambda body, people, times: t("gate closes: {why}", why=_text(body, "why")),
    "gate_expired": lambda body, people, times: t("nobody answered the gate in time"),
    "promoted": lambda body, people, times: t(
        "promoted {before} → {after}, approved by {people}",
        before=weight_in(body, "from"),
        after=weight_in(body, "to"),
        people=_by(body, people) or "–",
    ),
    "early": lambda body, people, times: t("bake ended early: {reason}", reason=_text(body, "reason")),
    "overruled": lambda body, people, times: t("verdict overruled: {reason}", reason=_text(body, "reason")),
    "replanned": lambda body, people, times: t("plan changed under way: {reason}", reason=_text(body, "reason")),
    "rejected": lambda body, people, times: t("gate rejected: {reason}", reason=_text(body, "reason")),
    "held": _held,
    "hold_over": lambda body, people, times: t("nobody acted on the hold: {why}", why=_text(body, "why")),
    "resumed": lambda body, people, times: t("resumed"),
    "frozen": lambda body, people, times: t("frozen: {why}", why=_text(body, "why")),
    "unfrozen": lambda body, people, times: t("the freeze is over"),
    "extended": lambda body, people, times: t("bake extended by {span}", span=_seconds(body, "lasting_s")),
    "retried": lambda body, people, times: t("bake begins anew"),
    "no_data": _missing,
    "unseen": lambda body, people, times: t("the weight couldn't be read any more"),
    "seen_again": lambda body, people, times: t("the weight could be read again"),
    "unconfirmed": lambda body, people, times: t(
        "{weight} wasn't confirmed: {fault}", weight=weight_in(body, "wanted"), fault=_text(body, "fault")
    ),
    "drift": _drift,
    "version_changed": lambda body, people, times: t(
        "another version: {before} → {after}",
        before=clear(body.get("before"), 60),
        after=clear(body.get("after"), 60),
    ),
    "mirror_drift": _mirror_drift,
    "late_raise": lambda body, people, times: t("a raise landed late and was undone"),
    "acknowledgement_missed": lambda body, people, times: t(
        "nobody acknowledged checkpoint {name}", name=clear(body.get("name"), 40)
    ),
    "rolling_back": _rolling_back,
    "rolled_back": _rolled_back,
    "killing": lambda body, people, times: t("kill: {reason}", reason=_text(body, "reason")),
    "kill_tier": lambda body, people, times: t("the kill widens: {why}", why=_text(body, "why")),
    "kill_partly": lambda body, people, times: t(
        "still on: {what}", what=", ".join(clear(each, 100) for each in body.get("still_on") or ())
    ),
    "killed": _killed,
    "rearmed": lambda body, people, times: t("rearmed: the former values stand again"),
    "rehearsal_failed": lambda body, people, times: t("the kill couldn't be rehearsed"),
    "stuck": lambda body, people, times: t("STUCK: {fault}", fault=_text(body, "fault", "what")),
    "verified": _verified,
    "completed": lambda body, people, times: t("complete at {weight}", weight=weight_in(body, "weight")),
    "aborted": lambda body, people, times: t("aborted: {reason}", reason=_text(body, "reason")),
    "incident": _incident,
    "refused": lambda body, people, times: t(
        "refused '{verb}': {why}", verb=clear(body.get("verb"), 30), why=_text(body, "why")
    ),
    "task_begun": lambda body, people, times: t("task '{name}' begins", name=clear(body.get("task") or "?", 60)),
    "task_ended": _task,
    "action_done": lambda body, people, times: t("done: {what}, {took}", what=_text(body, "what"), took=_took(body)),
    "action_failed": lambda body, people, times: t(
        "action failed: {what}: {fault}", what=_text(body, "what"), fault=_text(body, "fault")
    ),
    "action_undone": lambda body, people, times: (
        t("taken back: {what}", what=_text(body, "what"))
        if body.get("said")
        else t("stays as it is: {what}", what=_text(body, "what"))
    ),
    "action_stands": lambda body, people, times: t(
        "STILL STANDS: {what}: {fault}", what=_text(body, "what"), fault=_text(body, "fault")
    ),
    "actions_given_up": lambda body, people, times: t(
        "left to people: {what}",
        what=", ".join(clear(each.get("what"), 80) for each in mappings(body.get("acts"))[:4]),
    ),
    "false_alarm": lambda body, people, times: t("marked as a false alarm: {reason}", reason=_text(body, "reason")),
}
"""What isn't told here is in the record: intents, outcomes, snapshots, checklists, approvals one by one."""


def when(record: Record, times: Times) -> tuple[Cell, ...]:
    """A record's moment, as cells."""
    moment = moment_of(record)
    return tuple(map(Cell, times.cells(moment))) if moment is not None else (Cell("?"),) * len(times.heads())
