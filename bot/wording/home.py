"""A person's page (Slack's App Home): what waits for them, what is live, what is frozen, how the last ones ended.

It is about many plans at once, so it speaks English; what is said of one rollout speaks that plan's language.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.ports.homes import Glimpse, Home, Turn
from bot.wording.blocks import Block, actions, context, header, section
from bot.wording.conditions import verdict_text
from bot.wording.freezes import standing_text
from bot.wording.gate import given_to
from bot.wording.language import speaking, t, t_many
from bot.wording.languages import language_of
from bot.wording.sentences import code, moment, plain, span, state_words, who
from bot.wording.status import controls
from bot.wording.telling import Telling
from bot.wording.waiting import waiting_lines

WAITING_SHOWN = 10
LIVE_SHOWN = 15


def home(page: Home) -> Sequence[Block]:
    """The whole page, well within a hundred blocks."""
    return [
        *_waiting(page),
        *_live(page),
        *_freezes(page),
        *_ended(page),
        context(t("This page follows by itself. Every verb: `/canary help`")),
    ]


def _waiting(page: Home) -> list[Block]:
    if not page.waiting:
        return [header(t("Nothing waits for you"))]
    blocks = [header(t_many(len(page.waiting), "{count} thing waits for you", "{count} things wait for you"))]
    for turn, each in page.waiting[:WAITING_SHOWN]:
        with speaking(language_of(each.plan)):
            lines = [f"*{_why(turn, each)}*", *_asked(turn, _telling(each, page))]
            blocks += [section((*lines, *_link(each))), actions(*_controls(each, page))]
    left = len(page.waiting) - WAITING_SHOWN
    return [*blocks, *([context(t("… and {count} more", count=left))] if left > 0 else []), {"type": "divider"}]


def _controls(each: Glimpse, page: Home) -> Sequence[Block]:
    """The buttons of the status, but an approval only for whom the gate waits: others would be refused."""
    theirs = any(turn is Turn.APPROVE and other.rollout.id == each.rollout.id for turn, other in page.waiting)
    return [button for button in controls(each.rollout) if theirs or button["action_id"] != "approve"]


def _asked(turn: Turn, telling: Telling) -> list[str]:
    """What is waited for; before a yes, what it is given to. Whose turn it is, the page's reader knows."""
    gate = telling.rollout.gate
    if turn is Turn.APPROVE and gate is not None:
        return [*given_to(telling, gate), *waiting_lines(telling)[:2]]
    return waiting_lines(telling)[:3]


def _why(turn: Turn, each: Glimpse) -> str:
    name = _name(each.rollout)
    match turn:
        case Turn.APPROVE if each.rollout.state is State.START_GATE:
            return t("{name} waits for your approval of its start", name=name)
        case Turn.APPROVE:
            return t("{name} waits for your approval at {weight}", name=name, weight=each.rollout.confirmed)
        case Turn.ACKNOWLEDGE:
            return t("{name} asks you to look at a checkpoint", name=name)
        case Turn.HOLD:
            return t("{name} is on hold at {weight}, and the hold is yours", name=name, weight=each.rollout.confirmed)
        case Turn.WATCH:
            return t("You watch {name}, at {weight}", name=name, weight=each.rollout.confirmed)


def _how_many(count: int, *, besides: bool) -> str:
    if besides:
        return t_many(count, "{count} more is live", "{count} more are live")
    return t_many(count, "{count} rollout is live", "{count} rollouts are live")


def _live(page: Home) -> list[Block]:
    """What isn't shown above already."""
    shown = {each.rollout.id for _, each in page.waiting[:WAITING_SHOWN]}
    others = [each for each in page.live if each.rollout.id not in shown]
    if not page.live:
        return [section((t("Nothing is being rolled out. `/canary start` begins."),))]
    blocks = [header(_how_many(len(others), besides=bool(shown)))] if others else []
    for each in others[:LIVE_SHOWN]:
        with speaking(language_of(each.plan)):
            blocks += [section((_stands(each, page), *_link(each))), actions(*_controls(each, page))]
    left = len(others) - LIVE_SHOWN
    return [*blocks, *([context(t("… and {count} more: `/canary list`", count=left))] if left > 0 else [])]


def _stands(each: Glimpse, page: Home) -> str:
    rollout = each.rollout
    return t(
        "*{name}* in {environment}: {weight}, {state}; {verdict}; since {started}",
        name=_name(rollout),
        environment=plain(rollout.environment, 40),
        weight=rollout.confirmed,
        state=state_words(rollout.state),
        verdict=verdict_text(rollout.check),
        started=moment(rollout.started_at, page.now),
    )


def _freezes(page: Home) -> list[Block]:
    frozen = [t("❄️ Frozen: {freeze}.", freeze=standing_text(each, page.now)) for each in page.freezes[:10]]
    return [section(frozen)] if frozen else []


def _ended(page: Home) -> list[Block]:
    if not page.ended:
        return []
    return [header(t("How the last ones ended")), section([_end(each, page) for each in page.ended])]


def _end(each: Glimpse, page: Home) -> str:
    rollout = each.rollout
    lasted = span(rollout.ended_at - rollout.started_at) if rollout.ended_at else "?"
    line = t(
        "{at} {name}: {state} at {weight} after {lasted}, started by {by}",
        at=moment(rollout.ended_at or rollout.started_at, page.now),
        name=_name(rollout),
        state=state_words(rollout.state),
        weight=rollout.confirmed,
        lasted=lasted,
        by=who(rollout.requester),
    )
    told = rollout.reason and rollout.state is not State.COMPLETED
    why = f": {plain(rollout.reason, 80)}" if told else ""
    return " · ".join((f"{line}{why}", *_link(each)))


def _name(rollout: Rollout) -> str:
    version = f" {plain(rollout.version, 40)}" if rollout.version else ""
    return f"{code(rollout.plan)}{version}"


def _link(each: Glimpse) -> list[str]:
    return [f"<{each.link}|{t('Open its message')}>"] if each.link else []


def _telling(each: Glimpse, page: Home) -> Telling:
    return Telling({}, each.rollout, each.plan, page.now)
