"""What `/canary help` shows: verbs by what people want, all with their usage, or one in full with examples to copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.ports import Said
from bot.wording.blocks import context, said, section
from bot.wording.language import t
from bot.wording.sentences import plain, prose

Who = Literal["all", "start", "operate", "tick", "asked", "approve", "reject", "replan", "override", "lift"]
TOGETHER = 10


@dataclass(frozen=True, slots=True)
class Manual:
    """How a verb is used; `examples` are whole commands without `/canary`."""

    usage: str
    summary: str
    who: Who
    examples: Sequence[str]


DOWN = ("hold", "rollback", "kill", "freeze")
GROUPS: Sequence[tuple[Callable[[], str], Sequence[str]]] = (
    (
        lambda: t("Look"),
        ("status", "list", "why", "details", "snapshot", "diagnose", "plan", "history", "report", "evidence"),
    ),
    (lambda: t("At a gate"), ("approve", "reject", "tick", "untick", "acknowledge", "promote", "override")),
    (
        lambda: t("Begin and steer"),
        ("start", "resume", "rearm", "unfreeze", "watch", "replan", "incident", "falsealarm", "help"),
    ),
)
"""All other verbs, by what people want. `/canary help` is one screen of a phone: what stops a thing comes first."""


def overview(verbs: Mapping[str, Manual]) -> Said:
    """The ways down with their usage, all other verbs by name."""
    down = [f"`/canary {plain(verbs[name].usage)}`\n{plain(verbs[name].summary)}" for name in DOWN if name in verbs]
    rows = {head(): [name for name in names if name in verbs] for head, names in GROUPS}
    others = [f"*{head}:* {' '.join(f'`{plain(name)}`' for name in names)}" for head, names in rows.items()]
    text = t("Down, at any time, alone:")
    more = t("`/canary help VERB` tells how to use it, who may, what happens then; `/canary help all` tells all.")
    spoken = [f"{head}: {', '.join(names)}" for head, names in rows.items()]
    return said(
        prose((text, *(verbs[name].usage for name in DOWN if name in verbs), *spoken)),
        section((f"*{text}*", *down)),
        section(others),
        context(more, _down()),
    )


def usages(verbs: Mapping[str, Manual]) -> Said:
    """Every verb with its usage and what it does; verbs that share a usage are shown once."""
    once = dict.fromkeys((each.usage, each.summary) for each in verbs.values())
    rows = [f"`/canary {plain(usage)}`\n{plain(summary)}" for usage, summary in once]
    text = t("What I understand:")
    shown = [section(rows[first : first + TOGETHER]) for first in range(0, len(rows), TOGETHER)]
    more = t("`/canary help VERB` tells who may, what happens then, and examples.")
    return said(prose((text, *(usage for usage, _ in once))), section((f"*{text}*",)), *shown, context(more, _down()))


def manual(verb: str, how: Manual) -> Said:
    """One verb, for somebody who is about to type it."""
    text = t("How to use {verbs}:", verbs=plain(verb))
    usage, summary = f"`/canary {plain(how.usage)}`", plain(how.summary)
    who, then = t("*Who may:* {who}.", who=_who(how.who)), t("*Then:* {what}", what=_then(verb))
    examples = "\n".join(f"/canary {plain(each)}" for each in how.examples)
    return said(
        prose((text, plain(how.usage), summary, who, then)),
        section((f"*{text}*", usage, summary, who, then, f"```{examples}```")),
        context(_down()),
    )


def _down() -> str:
    return t("Buttons and reactions do the same. Without Slack: `perch rollback NAME`, `perch kill NAME` in a shell.")


def _who(who: Who) -> str:
    return {
        "all": t("anybody in the channel"),
        "start": t("the plan's operators, approvers and override role; `adopt` and `override` take the override role"),
        "operate": t("the plan's operators, approvers and override role"),
        "tick": t("whom the item names, else the plan's operators, approvers and override role"),
        "asked": t("whoever was asked at the checkpoint"),
        "approve": t("the plan's approvers; where it wants four eyes, not whoever started or resumed it"),
        "reject": t("the plan's approvers"),
        "replan": t("all may look, whoever may operate it asks, its approvers approve; never who asked"),
        "override": t("the plan's override role"),
        "lift": t("whoever froze it, while they may operate, and the override role"),
    }[who]


def _then(verb: str) -> str:
    return _THEN.get(verb, lambda: t("the answer is for you alone; nothing changes."))()


def _shared() -> str:
    return t("the answer is for you alone or, with `share`, for the channel; nothing changes.")


def _ticked() -> str:
    return t("the gate's checklist shows it to all.")


_THEN: Mapping[str, Callable[[], str]] = {
    "start": lambda: t("preflight asks every source and target, then the first weight is set. A thread begins."),
    "approve": lambda: t(
        "your yes counts for the open gate. With the last one and a fresh check it goes up; the thread tells."
    ),
    "reject": lambda: t("the gate closes and it goes on hold, which is yours. The thread tells."),
    "tick": _ticked,
    "untick": _ticked,
    "acknowledge": lambda: t("the thread tells that you have seen it."),
    "promote": lambda: t("the bake is over. A passing check and others' approvals are still needed; all are told."),
    "override": lambda: t("a gate opens for exactly what fails now. Somebody else must approve; all are told."),
    "hold": lambda: t(
        "it stays where it is, for 24 h unless said otherwise. Rollback triggers stay on; the thread tells."
    ),
    "resume": lambda: t("the bake goes on where it stopped. You may not approve leaving this stage; the thread tells."),
    "rollback": lambda: t("traffic goes to 0% at once. The thread tells when that is read back, and what comes next."),
    "kill": lambda: t("every method of the switch and weight 0, at once. What is still on is named until it's off."),
    "rearm": lambda: t("the former values are put back, so that it may start again; the thread tells."),
    "falsealarm": lambda: t("the thread tells, and the plan's trends count it. The rollout itself stays as it is."),
    "freeze": lambda: t("what would rise goes on hold; down stays open. The channels of its rollouts are told."),
    "unfreeze": lambda: t("what it held waits for a resume. The channels are told."),
    "watch": lambda: t("holds and unanswered gates are theirs now, and they hear the outcome. The thread tells."),
    "incident": lambda: t("the thread tells, of sev1 and sev2 the channel. An open sev1 keeps it from completion."),
    "diagnose": lambda: t("Perch looks, and changes nothing. The thread tells what it saw, with the remedies to try."),
    "replan": lambda: t(
        "what is different is posted, with buttons for the approvers; nothing changes until they say yes."
    ),
    "snapshot": _shared,
    "report": _shared,
    "history": _shared,
}
