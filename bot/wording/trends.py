"""A plan's trends on one screen of a phone: how often, how long, how they ended, and why some came down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.record.trends_of_plans import Lengths, OfCondition, Reason, Trends
from bot.ports import Said
from bot.wording.blocks import context, said, section
from bot.wording.judging import outcomes_text
from bot.wording.language import t, t_many
from bot.wording.sentences import code, joined, moment, plain, prose, who
from bot.wording.spending import coarse, late, phase_words, share_text

FEW = 5
ENOUGH = 10
"""Of fewer nobody can tell a 90th percentile."""


def trends(told: Trends, now: datetime, names: Sequence[str] = ()) -> Said:
    """All that matters of many rollouts; `names` are the plans that are counted where no one is meant."""
    title = t("Trends of {plan}", plan=plain(told.plan, 60)) if told.plan else t("Trends of all plans")
    if not told.count:
        text = t("{title}: no rollout has ended {since}.", title=title, since=_since(told, now))
        return said(text, section((f"*{text}*", *filter(None, (late(told.pending),)))))
    head = t_many(
        told.count,
        "{title}: {count} rollout ended {since}.",
        "{title}: {count} rollouts ended {since}.",
        title=title,
        since=_since(told, now),
    )
    lines = [ends_text(told), *_lasted(told), *_time(told), *_waited(told), *_why(told)]
    lines += [*_trouble(told), *_overrides(told), *_false_alarms(told)]
    page = f"perch trends {plain(told.plan, 60)}".strip()
    more = t("As a page with pictures, from a shell: `{command} -o trends.html`", command=page)
    listed = [t("Plans: {names}", names=joined([code(name) for name in names], most=12))] if names else []
    ways = [each for each in (*listed, late(told.pending), more) if each]
    return said(prose((head, *lines)), section((f"*{head}*", *lines)), context(*ways))


def _since(told: Trends, now: datetime) -> str:
    if told.since is not None:
        return t("in the last {span}", span=coarse(now - told.since))
    return t("since {at}", at=moment(told.first, now)) if told.first else t("so far")


def ends_words(ended: Mapping[State, int]) -> list[str]:
    """`33 completed`, `6 rolled back`, …; what didn't happen isn't there."""
    words = {
        State.COMPLETED: t("{count} completed", count=ended.get(State.COMPLETED, 0)),
        State.ROLLED_BACK: t("{count} rolled back", count=ended.get(State.ROLLED_BACK, 0)),
        State.KILLED: t("{count} killed", count=ended.get(State.KILLED, 0)),
        State.ABORTED: t("{count} aborted before any traffic", count=ended.get(State.ABORTED, 0)),
    }
    return [text for state, text in words.items() if ended.get(state)]


def ends_text(told: Trends) -> str:
    ends = ", ".join(ends_words(told.ended))
    if told.good is None:
        return f"{ends}."
    return t("{ends}: {share} of those with traffic ended well.", ends=ends, share=share_text(told.good))


def lengths_text(lengths: Lengths) -> str:
    """`5 h (median), 9 h (p90)`; of few the longest instead of a percentile, of one its length."""
    if lengths.count == 1:
        return coarse(lengths.median)
    if lengths.count < ENOUGH:
        longest = coarse(lengths.longest)
        return t("{median} (median), {longest} (longest)", median=coarse(lengths.median), longest=longest)
    return t("{median} (median), {p90} (p90)", median=coarse(lengths.median), p90=coarse(lengths.p90))


def _lasted(told: Trends) -> list[str]:
    lines = [t("⏱️ To complete takes {lengths}.", lengths=lengths_text(told.took))] if told.took.count else []
    if told.took_down.count:
        lines.append(t("Those that came down lasted {lengths}.", lengths=lengths_text(told.took_down)))
    return lines


def _time(told: Trends) -> list[str]:
    ranked = sorted(told.shares.items(), key=lambda each: -each[1])
    parts = ", ".join(f"{phase_words(phase)} {share_text(share)}" for phase, share in ranked[:FEW])
    lines = [t("Where time goes: {parts}.", parts=parts)] if parts else []
    if told.for_people:
        share = share_text(told.for_people)
        lines.append(t("👥 Waiting for people (gates and holds): {share} of all time.", share=share))
    return lines


def _waited(told: Trends) -> list[str]:
    return [
        t(
            "{whom}: gates waited {lengths}; {count} of them.",
            whom=who(each.whom),
            lengths=lengths_text(each.lengths),
            count=each.lengths.count,
        )
        for each in told.waited[:3]
        if each.lengths.longest >= timedelta(seconds=1)
    ]


def reason_text(reason: Reason) -> str:
    """A cause in words, without its count."""
    what = code(reason.what, 80) if reason.what else ""
    match reason.kind:
        case "condition":
            return what
        case "no_data":
            return t("no data for {condition}", condition=what) if what else t("no data")
        case "person":
            return t("a person")
        case "alert":
            return t("an alert from outside")
        case _:
            return t("a deadline that nobody kept")


def _why(told: Trends) -> list[str]:
    if not told.reasons:
        return []
    ranked = ", ".join(f"{reason_text(reason)} × {reason.count}" for reason in told.reasons[:FEW])
    return [t("⏪ Why they came down: {ranked}.", ranked=ranked)]


def _trouble(told: Trends) -> list[str]:
    lines = []
    if told.to_zero_mean is not None and told.to_zero.count == 1:
        lines.append(t("From breach to weight 0: {span}.", span=coarse(told.to_zero_mean)))
    elif told.to_zero_mean is not None:
        lines.append(
            t(
                "From breach to weight 0: {mean} on average, {longest} at most; {count} of them.",
                mean=coarse(told.to_zero_mean),
                longest=coarse(told.to_zero.longest),
                count=told.to_zero.count,
            )
        )
    if told.blind:
        lines.append(t("❔ Without data: {share} of all time.", share=share_text(told.blind)))
    return lines


def _overrides(told: Trends) -> list[str]:
    if not told.overrides:
        return []
    lines = [t("🔓 Overrides: {outcomes}.", outcomes=outcomes_text(told.overrides))]
    wrong = [each for each in told.conditions if each.overruled.get(Outcome.WRONG)]
    return lines + [_overruled(each) for each in wrong[:2]]


def _overruled(each: OfCondition) -> str:
    return t(
        "{condition} was overruled {count} ×: {outcomes}.",
        condition=code(each.condition, 80),
        count=sum(each.overruled.values()),
        outcomes=outcomes_text(each.overruled),
    )


def _false_alarms(told: Trends) -> list[str]:
    false = sorted((each for each in told.conditions if each.false), key=lambda each: -each.false)
    if not told.false_alarms:
        return []
    ranked = ", ".join(false_text(each) for each in false[:FEW])
    if not ranked:
        return [t("🔕 False alarms, say people: {count}.", count=told.false_alarms)]
    return [t("🔕 False alarms, say people: {ranked}.", ranked=ranked)]


def false_text(each: OfCondition) -> str:
    """`chat down` 2 of 3."""
    return t(
        "{condition} {false} of {fired}",
        condition=code(each.condition, 80),
        false=each.false,
        fired=max(each.fired, each.false),
    )
