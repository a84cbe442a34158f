"""The one paragraph (what, which version, how it ended, how long, why, who decided), the badge and the seal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.chronicle import Chronicle
from bot.domain.machine import State
from bot.domain.record.durations import Phase, Stretch
from bot.wording.language import t, t_many
from bot.wording.records import BEGINNING
from bot.wording.report.approvals import counted
from bot.wording.report.courses import weights
from bot.wording.report.incidents import troubles
from bot.wording.report.passage import lengths
from bot.wording.report.pieces import Cell, Tone
from bot.wording.report.plainly import People, Times, clear
from bot.wording.sentences import span, state_words

TONES: Mapping[State, Tone] = {
    State.COMPLETED: "good",
    State.ROLLED_BACK: "bad",
    State.KILLED: "bad",
    State.STUCK: "bad",
    State.ABORTED: "mute",
    State.OBSERVED: "mute",
}


def title(chronicle: Chronicle) -> str:
    """Plan, version and environment."""
    rollout = chronicle.rollout
    version = f" {clear(rollout.version, 60)}" if rollout.version else ""
    return f"{clear(rollout.plan, 80)}{version} · {clear(rollout.environment, 60)}"


def badge(chronicle: Chronicle) -> Cell:
    """How it ended, in a word or two."""
    state = chronicle.rollout.state
    return Cell(state_words(state), TONES.get(state, "warn"))


def seal(chronicle: Chronicle) -> Cell:
    """How far the record can be trusted; what isn't signed is said loudly, never hidden."""
    signing, broken = chronicle.signing, chronicle.broken
    every = signing.signed + signing.unsigned + signing.unchecked
    if broken is not None:
        what = clear(broken.what, 200)
        return Cell(t("🛑 THE RECORD IS NOT WHOLE: record {number}: {what}.", number=broken.number, what=what), "bad")
    if not every:
        return Cell(t("⚠️ UNSIGNED: there is no record to be signed."), "bad")
    if signing.unsigned:
        text = t(
            "⚠️ UNSIGNED: {unsigned} of {every} records carry no signature; only the chain of hashes speaks for them.",
            unsigned=signing.unsigned,
            every=every,
        )
        return Cell(text, "bad")
    if signing.unchecked:
        text = t("Signed, NOT CHECKED: no known public key for {count} signatures.", count=signing.unchecked)
        return Cell(text, "warn")
    return Cell(t("✅ Signed and whole: {count} records, each by a known key.", count=every), "good")


def summary(chronicle: Chronicle, found: list[Stretch], people: People, times: Times) -> str:
    """One paragraph, fit to forward."""
    return " ".join(_sentences(chronicle, found, people, times))


def _sentences(chronicle: Chronicle, found: list[Stretch], people: People, times: Times) -> Iterator[str]:
    rollout, plan = chronicle.rollout, chronicle.plan
    what = f" ({clear(plan.what, 120)})" if plan.what else ""
    facts = {"name": f"{title(chronicle).split(' · ')[0]}{what}", "environment": clear(rollout.environment, 60)}
    yield _outcome(chronicle, facts)
    begun = {"person": people.name(rollout.requester.id), "at": times.full(chronicle.began)}
    length = span(chronicle.until - chronicle.began)
    if rollout.ended_at is None:
        yield t("Started by {person} at {at}, {span} ago.", **begun, span=length)
    else:
        yield t("Started by {person} at {at}; it took {span}.", **begun, span=length)
    if rollout.reason and rollout.state is not State.COMPLETED:
        yield t("Why: {reason}.", reason=clear(rollout.reason, 300).rstrip("."))
    yield _decided(chronicle, people)
    yield from _counts(chronicle, found)
    yield _signed(chronicle)


def _outcome(chronicle: Chronicle, facts: Mapping[str, str]) -> str:
    """How it ended or stands, at which weight, and from which it came down."""
    rollout = chronicle.rollout
    top, now = max(weight for _, weight in weights(chronicle)), rollout.confirmed.percent
    told = {**facts, "top": f"{top:g}%", "weight": f"{now:g}%"}
    match rollout.state:
        case State.COMPLETED:
            return t("{name} in {environment} is complete at {weight}.", **told)
        case State.ROLLED_BACK:
            return t("{name} in {environment} was rolled back from {top} to {weight}.", **told)
        case State.KILLED:
            return t("{name} in {environment} was killed; it had {top} of the traffic at most.", **told)
        case State.ABORTED:
            return t("{name} in {environment} was aborted before any traffic moved.", **told)
        case _:
            return t("{name} in {environment} is {state} at {weight}.", **told, state=state_words(rollout.state))


def _decided(chronicle: Chronicle, people: People) -> str:
    """Who had the last word: a person, or the plan's own rule."""
    rollout = chronicle.rollout
    match rollout.state:
        case State.ROLLED_BACK | State.ROLLING_BACK:
            begun = chronicle.of_kind("rolling_back")
            by = str(begun[-1].body.get("by") or "perch") if begun else "perch"
        case State.KILLED | State.KILLING:
            by = rollout.kill.by.id if rollout.kill else "perch"
        case State.ABORTED | State.OBSERVED:
            ended = chronicle.of_kind("aborted", "observed")
            by = ended[-1].actor if ended else "perch"
        case State.COMPLETED:
            yes = [person for record in chronicle.of_kind("promoted") for person in record.body.get("by") or ()]
            if not yes:
                return t("Nobody was asked for an approval: the plan's conditions decided.")
            return t("{people} approved it, and the plan's last bake held.", people=people.all(yes))
        case _:
            return t("Nothing is decided yet.")
    if by == "perch":
        return t("Perch decided that by the plan's rules.")
    return t("{person} decided that.", person=people.name(by))


def _counts(chronicle: Chronicle, found: list[Stretch]) -> Iterator[str]:
    passed, used = chronicle.of_kind("promoted"), len(chronicle.rollout.overrides)
    parts = [counted(chronicle)] if passed else []
    parts += [t_many(used, "{count} override was used", "{count} overrides were used")] if used else []
    parts.append(t("{troubles} on record", troubles=troubles(chronicle)))
    yield ", ".join(parts) + "."
    waited = lengths(found).get(Phase.WAITING)
    if waited is not None:
        yield t("It waited {span} for people.", span=span(waited))
    if blind := lengths(found).get(Phase.UNSEEN):
        yield t("Perch wasn't looking for {span}.", span=span(blind))


def _signed(chronicle: Chronicle) -> str:
    count, hash = chronicle.head.number, chronicle.head.hash[:BEGINNING]
    signing = chronicle.signing
    if chronicle.broken is not None:
        return t("Its record is NOT WHOLE.")
    if signing.unsigned or not signing.signed + signing.unchecked:
        return t("Its record has {count} entries, is UNSIGNED, and ends with {hash}.", count=count, hash=hash)
    if signing.unchecked:
        return t(
            "Its record has {count} entries, is signed but NOT CHECKED, and ends with {hash}.", count=count, hash=hash
        )
    return t("Its record has {count} entries, is signed, and ends with {hash}.", count=count, hash=hash)
