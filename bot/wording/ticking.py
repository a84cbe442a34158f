"""A gate's checklist as people read and tick it: one line and one button per item (R19)."""

from __future__ import annotations

from bot.domain.checklists import Item, checklist
from bot.domain.gates import stage_left
from bot.domain.rollout import Gate
from bot.wording.blocks import Block, button, context
from bot.wording.claims import compact
from bot.wording.language import t
from bot.wording.sentences import cut, joined, moment, plain, who
from bot.wording.status import button_value
from bot.wording.telling import Telling
from bot.wording.waits import ITEM


def _items(gate: Gate, telling: Telling) -> list[Item]:
    stage = stage_left(gate, telling.plan)
    return checklist(gate, stage, telling.rollout.check) if stage is not None else []


def checklist_count(gate: Gate, telling: Telling) -> list[str]:
    """`Checklist: 1 of 3 ticked.`; nothing where there is none."""
    items = _items(gate, telling)
    done = sum(item.done for item in items)
    return [t("Checklist: {done} of {all} ticked.", done=done, all=len(items))] if items else []


def checklist_blocks(gate: Gate, telling: Telling) -> list[Block]:
    """A block for each item; a button only where a person ticks it."""
    items = _items(gate, telling)
    if not items:
        return []
    head = t("*Checklist:* {done} of {all} ticked; all are needed.", done=sum(i.done for i in items), all=len(items))
    limit = ITEM if len(items) <= FEW else SHORT
    return [context(head), *(_block(item, gate, telling, limit) for item in items)]


FEW, SHORT = 6, 40
"""More items than this have so many characters each: all of them must fit, for all are needed."""


def _block(item: Item, gate: Gate, telling: Telling, limit: int) -> Block:
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": _line(item, telling, limit)}}
    if item.wanted.auto is not None:
        return block
    says, value = cut(item.wanted.text, 30), button_value(telling.rollout, gate.id)
    if item.done:
        block["accessory"] = button(f"untick.{item.number}", t("Undo"), value, says=t("Take back: {item}", item=says))
    else:
        block["accessory"] = button(f"tick.{item.number}", t("Tick"), value, says=t("Tick: {item}", item=says))
    return block


def _line(item: Item, telling: Telling, limit: int) -> str:
    """`☑ 1. dashboard looked at` and, below it, who ticked it and when, or who may."""
    head = f"{'☑' if item.done else '☐'} {item.number}. {plain(item.wanted.text, limit)}"
    if item.wanted.auto is not None:
        return f"{head}\n{_checked(item)}"
    if item.tick is not None:
        by = t("{who}, {when}", who=who(item.tick.person), when=moment(item.tick.at, telling.now))
        return f"{head}\n{by}"
    if item.wanted.by:
        return f"{head}\n{t('for {people}', people=joined([who(each) for each in item.wanted.by], 'or'))}"
    return head


def _checked(item: Item) -> str:
    """What the newest check found."""
    if item.line is None:
        return t("by each check; none has looked yet")
    return t("by each check: {found}", found=compact(item.line))


def ticked_lines(gate: Gate, telling: Telling) -> list[str]:
    """For a gate that is over: what people had ticked, one line each."""
    return [
        t(
            "☑ {item} ({who}, {when})",
            item=plain(tick.item, ITEM),
            who=who(tick.person),
            when=moment(tick.at, telling.now),
        )
        for tick in gate.ticks
    ]
