"""Whether the world is as it should be again after a way down, with how long each thing took (R12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.conditions import Condition
from bot.domain.verified import Verified
from bot.domain.verifying import PATIENCE, outstanding
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.claims import claim, read
from bot.wording.diagnosis import runbook_lines
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.remarks import remark
from bot.wording.sentences import by_when, code, joined, span
from bot.wording.telling import Telling

SHOWN = 12
IN_STATUS = 4


def verified(telling: Telling) -> Said:
    """The end of it: PASS or FAIL for each, with its time."""
    results = _results(telling)
    if any(not each.met for each in results):
        return _not_well(telling, results)
    healed = joined([_met(each) for each in results], most=SHOWN) or t("there was nothing to check")
    facts = {"name": telling.name, "healed": healed, "span": telling.span("took_s")}
    if _after_kill(telling):
        return told(t("✅ Checked after the kill of {name}: {healed} (took {span}).", **facts))
    return told(t("✅ Checked after the rollback of {name}: {healed} (took {span}).", **facts))


def verify_missed(telling: Telling) -> Said:
    """Something has run out of its time; the rest is still looked for."""
    return _not_well(telling, _results(telling))


def _not_well(telling: Telling, results: Sequence[Verified]) -> Said:
    name = telling.name
    if _after_kill(telling):
        head = t("❌ Checked after the kill of {name}: things are NOT back to normal.", name=name)
    else:
        head = t("❌ Checked after the rollback of {name}: things are NOT back to normal.", name=name)
    failed = [each for each in results if not each.met]
    passed = [each for each in results if each.met]
    metrics = [condition.subject.name for each in failed if (condition := read(each.condition))]
    return told(
        head,
        *(f"❌ {_failed(each)}" for each in failed[:SHOWN]),
        *(f"✅ {_passed(each)}" for each in passed[:SHOWN]),
        *runbook_lines(telling, metrics),
        *_next(telling),
    )


def _next(telling: Telling) -> list[str]:
    plan = telling.rollout.plan
    lines = [t("Next: look at once; this isn't over.")]
    if _after_kill(telling):
        lines.append(t("The new way is off, so it may be something else. Is it? `/canary snapshot {plan}`", plan=plan))
    else:
        lines.append(t("No traffic is on the new way. If it still does harm: `/canary kill {plan}`", plan=plan))
    return [*lines, t("On record as an incident: `/canary incident {plan} sev2 what happened`", plan=plan)]


def _after_kill(telling: Telling) -> bool:
    return telling.facts.get("after") == "kill"


def _results(telling: Telling) -> list[Verified]:
    """Those of the record; one of an older Perch has only texts."""
    if telling.has("results"):
        return [Verified.model_validate(each) for each in telling.facts["results"]]
    passed = [Verified(condition=each, met=True, within_s=0) for each in telling.texts("passed")]
    return [*passed, *(Verified(condition=each, met=False, within_s=0) for each in telling.texts("failed"))]


def _met(result: Verified) -> str:
    return claim(result.condition, holds=True)


def _passed(result: Verified) -> str:
    if result.took_s is None:
        return _met(result)
    return t("{claim}, after {span}", claim=_met(result), span=_seconds(result.took_s))


def _failed(result: Verified) -> str:
    """What isn't so, with what it is, or that nobody could measure it."""
    said = claim(result.condition, holds=False)
    if result.took_s is not None:
        return t("{claim}; seen only after {span}", claim=said, span=_seconds(result.took_s))
    if not result.within_s:
        return said
    if result.value is None:
        return t("{claim}: no data ({why})", claim=said, why=remark(result.detail) or t("nothing came"))
    return t("{claim}: it is {value}", claim=said, value=number(result.value, result.unit))


def _seconds(seconds: float) -> str:
    return span(timedelta(seconds=seconds))


def verification_lines(telling: Telling) -> list[str]:
    """What the status says of it: what is still looked for and until when, and what came of the rest."""
    rollout = telling.rollout
    if rollout.live or not (rollout.verified or rollout.verify_left):
        return []
    lines = [_came(each) for each in sorted(rollout.verified, key=lambda each: each.met)[:IN_STATUS]]
    if (more := len(rollout.verified) - IN_STATUS) > 0:
        lines.append(t_many(more, "… and {count} more that was looked at", "… and {count} more that were looked at"))
    return [*lines, *(_waits(each, telling) for each in outstanding(rollout, telling.plan)[:IN_STATUS])]


def _came(result: Verified) -> str:
    return f"✅ {_passed(result)}" if result.met else f"❌ {_failed(result)}"


def _waits(condition: Condition, telling: Telling) -> str:
    since = telling.rollout.verify_since or telling.now
    when = by_when(since + (condition.within or PATIENCE), telling.now)
    wanted = code(condition.text.partition(" within ")[0])
    return t("⏳ Perch looks whether {condition} again, until {when}", condition=wanted, when=when)


def in_a_word(verified: Sequence[Verified], *, left: bool) -> str:
    """For a list: `verified after 4.2 s`, `NOT back to normal`, or "". `left`: some of it is still looked at."""
    if left:
        return t("still being verified")
    if not verified:
        return ""
    if any(not each.met for each in verified):
        return t("NOT back to normal afterwards")
    return t("verified after {span}", span=_seconds(max(each.took_s or 0 for each in verified)))
