"""How rollouts went, from their record: many of them, a line or two each, or one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.record.alarms import AlarmKind, FalseAlarm
from bot.domain.record.durations import Phase
from bot.domain.record.summary import Summary
from bot.domain.record.waits_of_people import Wait
from bot.ports import Said
from bot.wording.blocks import Block, context, said, section, told
from bot.wording.judging import outcome_text, outcome_words
from bot.wording.language import t, t_many
from bot.wording.numbers import percent
from bot.wording.rosters import roster
from bot.wording.sentences import code, joined, moment, plain, prose, quoted, state_words, who
from bot.wording.spending import coarse, late, spent_text, wait_text, waits_text
from bot.wording.verification import in_a_word

MARKS: Mapping[State, str] = {
    State.COMPLETED: "✅ ",
    State.ROLLED_BACK: "⏪ ",
    State.KILLED: "🛑 ",
}
SHORT = timedelta(seconds=30)
"""What took less isn't told in a list."""


def history(
    ended: Sequence[Summary],
    live: Sequence[Summary],
    now: datetime,
    *,
    total: int,
    pending: int = 0,
    links: Mapping[str, str] | None = None,
    plan: str = "",
    narrowed: bool = False,
    all_live: int = 0,
) -> Said:
    """The newest first; of what isn't shown only how many. `links` lead to threads, by rollout.

    `plan` and `narrowed` are what was asked for: some plan, and not all of its past.
    """
    if not ended and not live:
        return _nothing(plan, pending, narrowed=narrowed)
    rows = [_row(each, now, (links or {}).get(each.rollout, "")) for each in (*live, *ended)]
    head = _headline(len(ended), max(all_live, len(live)))
    return roster(head, rows, _more, beyond=total - len(ended), last=late(pending))


def _nothing(plan: str, pending: int, *, narrowed: bool) -> Said:
    every = f"/canary history {plain(plan, 60)}".strip()
    if narrowed:
        text, way = t("No rollout fits that."), t("All of them: `{command}`", command=every)
    elif plan:
        start = f"/canary start {plain(plan, 60)}"
        text = t("There was no rollout of {plan} yet.", plan=plain(plan, 60))
        way = t("Start one: `{command}`", command=start)
    else:
        text, way = t("There was no rollout yet."), t("`/canary plan` lists the plans.")
    return told(text, way, *filter(None, (late(pending),)))


def _headline(ended: int, live: int) -> str:
    if not ended:
        return t_many(live, "{count} rollout is live; none has ended.", "{count} rollouts are live; none has ended.")
    text = t_many(ended, "The last rollout that ended.", "The last {count} rollouts, newest first.")
    if not live:
        return text
    first = t_many(live, "{count} is live.", "{count} are live.")
    return f"{first} {text}"


def _more(left: int) -> str:
    return t(
        "… and {count} older; `/canary history NAME since=90d` narrows it, `/canary history NAME trends` adds it up.",
        count=left,
    )


def _row(each: Summary, now: datetime, link: str) -> str:
    first = t(
        "• {started} {name}: {end} (by {by}, {id})",
        started=moment(each.started_at, now),
        name=_named(each),
        end=_end(each, now),
        by=who(each.by),
        id=code(each.rollout),
    )
    more = " · ".join(_notes(each, now))
    thread = f"<{link}|{t('thread')}>" if link else ""
    rest = " · ".join(filter(None, (more, thread)))
    return f"{first}\n    {rest}" if rest else first


def _notes(each: Summary, now: datetime) -> list[str]:
    """What a reader of many lines wants to know besides: who was waited for, what stood still, what was overruled."""
    held = [wait for wait in each.waits if wait.kind == "hold"]
    still = sum((each.time(phase) for phase in (Phase.HELD, Phase.FROZEN)), timedelta(0))
    notes = [in_a_word(each.verified, left=each.verifying), waits_text(each.waits, now)]
    if len(held) == 1 and still >= SHORT:
        notes.append(wait_text(held[0], now))
    elif still >= SHORT:
        notes.append(t("on hold {span}", span=coarse(still)))
    if each.time(Phase.UNSEEN) >= SHORT:
        notes.append(t("Perch down {span}", span=coarse(each.time(Phase.UNSEEN))))
    used = [word for word in each.overrides if word.outcome is not Outcome.UNUSED]
    notes += [t("🔓 overridden: {outcome}", outcome=outcome_words(word.outcome)) for word in used[-1:]]
    notes += [t("🔕 a false alarm, says {who}", who=who(mark.by)) for mark in each.false_alarms[-1:]]
    return [note for note in notes if note]


def _named(each: Summary) -> str:
    return f"{code(each.plan)} {plain(each.version, 40)}" if each.version else code(each.plan)


def _end(each: Summary, now: datetime) -> str:
    state, weight = state_words(each.state), percent(each.weight)
    lasted = coarse(each.lasted(now))
    if each.live:
        return t("{state} at {weight}, {span} so far", state=state, weight=weight, span=lasted)
    end = t("{state} at {weight} after {span}", state=state, weight=weight, span=lasted)
    why = each.reason.removeprefix("killed: ") if each.state is State.KILLED else each.reason
    ended = f"{end}: {plain(why, 120)}" if why and each.state is not State.COMPLETED else end
    return f"{MARKS.get(each.state, '')}{ended}"


def one(each: Summary, now: datetime, link: str = "") -> Said:
    """One rollout in full: where its time went, who was waited for, what fired, what was overruled."""
    head = t(
        "{name} in {environment}: {end}.",
        name=_name(each),
        environment=plain(each.environment, 60),
        end=_end(each, now),
    )
    facts = [_started(each, now), *_spent(each), *_course(each)]
    blocks: list[Block] = [section((f"*{head}*", *facts))]
    waits = [_wait(wait, now) for wait in each.waits if wait.lasted(now) >= timedelta(seconds=1)]
    for title, lines in (
        (t("Who was waited for"), waits[-12:]),
        (t("Overrides"), [outcome_text(word, each.plan, now) for word in each.overrides[-8:]]),
        (t("False alarms"), [false_alarm_text(mark) for mark in each.false_alarms[-8:]]),
    ):
        blocks += [section((f"*{title}*", *lines))] if lines else []
    blocks.append(context(*_ways_on(each, link)))
    return said(prose((head, *facts)), *blocks)


def _name(each: Summary) -> str:
    name = plain(each.plan, 60)
    return f"{name} {plain(each.version, 40)}" if each.version else name


def _started(each: Summary, now: datetime) -> str:
    return t(
        "Started {at} by {person} ({id}).",
        at=moment(each.started_at, now),
        person=who(each.by),
        id=code(each.rollout),
    )


def _spent(each: Summary) -> list[str]:
    lines = [t("Where time went: {spent}.", spent=spent_text(each.spent_s))] if each.spent_s else []
    if not each.whole:
        lines.append(t("Its record can't be read here, so this is only what the rollout itself says."))
    return lines


def _course(each: Summary) -> list[str]:
    lines = []
    if each.highest > each.weight:
        lines.append(t("The highest weight was {weight}.", weight=percent(each.highest)))
    if each.to_zero_s is not None:
        span = coarse(timedelta(seconds=each.to_zero_s))
        lines.append(t("From the breach to weight 0 it took {span}.", span=span))
    if each.blind_s:
        lines.append(t("Without data for {span}.", span=coarse(timedelta(seconds=each.blind_s))))
    fired = list(dict.fromkeys(condition for alarm in each.alarms for condition in alarm.conditions))
    if fired:
        lines.append(t("Fired: {conditions}.", conditions=joined([code(each, 80) for each in fired])))
    return lines


def _wait(wait: Wait, now: datetime) -> str:
    where = percent(wait.weight) if wait.to is None else f"{percent(wait.weight)} → {percent(wait.to)}"
    return f"• {where}: {wait_text(wait, now)}"


def false_alarm_text(mark: FalseAlarm) -> str:
    """`🔕 The rollback was a false alarm, says Ben: “probe restarted” (`chat down`)`."""
    line = t(
        "🔕 {what} was a false alarm, says {who}: {reason}",
        what=alarm_words(mark.kind),
        who=who(mark.by),
        reason=quoted(mark.reason, 160),
    )
    conditions = ", ".join(code(condition, 80) for condition in mark.conditions[:4])
    return f"{line} ({conditions})" if conditions else line


def alarm_words(kind: AlarmKind) -> str:
    """What Perch did that was for nothing, at the beginning of a sentence."""
    return {
        "rolled_back": t("The rollback"),
        "killed": t("The kill"),
        "held": t("The hold"),
        "no_data": t("The missing data"),
        "verdict": t("The bad verdict"),
    }[kind]


def _ways_on(each: Summary, link: str) -> list[str]:
    ways = [f"<{link}|{t('Open its thread')}>"] if link else []
    ways.append(
        t(
            "`/canary report {id}` · `/canary evidence {id}` · `/canary history {plan} trends`",
            id=plain(each.rollout, 60),
            plan=plain(each.plan, 60),
        )
    )
    if each.alarms and not each.false_alarms:
        ways.append(t("Was it a false alarm? `/canary falsealarm {id} REASON`", id=plain(each.rollout, 60)))
    return ways
