"""What each verb answers and each dialog asks, told once over the real desk: a day in the life of two rollouts.

A further verb or dialog is a line here; `PERCH_GOLDEN=write pytest tests/bot/wording/test_golden_answers.py` keeps what
it says, for a reviewer to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.domain.errors import PerchError
from bot.ports import Said
from bot.wording.refusals import refusal
from commands.slack import perform
from commands.slack.dialogs import DIALOGS
from commands.slack.words import split
from tests.bot.wording.rendering import rendered, rendered_view
from tests.rig import ANA, BEN, CLEO, DEV, Rig, tree

WHO = {"ana": ANA, "ben": BEN, "cleo": CLEO, "dev": DEV}

DAY = """
plan.all           ana   plan
plan               ana   plan materializers
help               ana   help
help.one           ana   help hold
help.override      ana   help overide
help.start         ana   help start
list.none          ana   list
history.none       ana   history
status.unknown     ana   status materialisers
unknown            ana   promte materializers
start.dialog       ana   [start]
start.wrong        ana   start materializers 10%
start.not_allowed  dev   start materializers 1%
start              ana   start materializers 1% version=2.4.1 reason="the new write path"
                         after 2
status             dev   status
list               dev   list
why.baking         dev   why materializers
details            dev   details materializers
acknowledge.not    ana   acknowledge materializers
acknowledge        ben   acknowledge materializers T+1m
evidence           dev   evidence materializers
snapshot           dev   snapshot materializers
override.early     ben   override materializers a false alarm
replan             dev   replan materializers
replan.same        ana   replan materializers the limit was a guess
promote.no_reason  ben   promote materializers
promote            ben   promote materializers hotfix for customers
hold               ana   hold materializers 2h the weekend
resume             ana   resume materializers
                         after a gate
why                dev   why materializers
approve.not_allowed dev  approve materializers
approve.own        ben   approve materializers
reject.dialog      ben   [reject] materializers
reject             ben   reject materializers the dashboard is red
resume.again       ana   resume materializers
                         after a gate
tick.which         ana   tick materializers
tick               ana   tick materializers 1
untick             ben   untick materializers dashboard
approve            cleo  approve materializers
tick.last          ben   tick 1
                         after 2
freeze             cleo  freeze denis for 4h incident 7
freeze.wrong       cleo  freeze deniss
start.frozen       ana   start materializers 1%
unfreeze.only      cleo  unfreeze denis only materializers it is the fix
unfreeze           cleo  unfreeze denis it was the network
resume.frozen      cleo  resume materializers
rollback.unnamed   ana   rollback
rollback           ana   rollback materializers customers complain
                         after 1
rollback.again     ana   rollback materializers
history            dev   history
report             dev   report materializers
start.cooldown     ana   start materializers 1%
start.override     ben   start materializers 1% version=2.4.2 override="index added" fix=DEN-12
                         number success 97
                         after 3
why.failing        dev   why materializers
diagnose.wrong     ana   diagnose materializers sucess
diagnose.not_allowed dev diagnose materializers
diagnose.again     ana   diagnose materializers success
diagnose           ana   diagnose materializers latency
incident.no_sev    ana   incident materializers the queue stands still
incident           ana   incident materializers sev1 the queue stands still
incident.list      dev   incident
incident.of_one    dev   incident materializers
incident.end_which ana   incident materializers end inc-7
incident.end       ana   incident materializers end
incident.end_again ana   incident end
incident.not_allowed dev incident materializers sev4 a typo
                         number success 99.5
                         after 1
kill.dialog        ana   [kill] materializers
kill.unnamed       ana   kill
kill.all           ana   kill all
kill               ana   kill materializers it burns
                         after 1
kill.again         ana   kill materializers
start.killed       ana   start materializers 1%
rearm              ana   rearm materializers
falsealarm.why     ana   falsealarm materializers
falsealarm.not_allowed dev falsealarm materializers nothing was wrong
falsealarm         ana   falsealarm materializers the probe was moved
falsealarm.again   ben   falsealarm materializers really
override.wrong.why ben   override wrong materializers
override.right     ben   override right materializers the fix held until the kill
override           dev   override
history.all        dev   history
history.trends     dev   history materializers trends
history.none_such  dev   history materializers since=1h outcome=aborted
history.unknown    dev   history materialisers trends
history.span       dev   history materializers --since lots
history.outcome    dev   history materializers outcome=rolledback
falsealarm.undo    ana   falsealarm materializers undo
falsealarm.undone  ana   falsealarm materializers undo
watch              ana   watch materializers
"""
MEANWHILE = ("after", "number")
"""What a line begins with that nobody types: time passes, a number changes."""


def the_plan() -> dict[str, Any]:
    """The small plan, with something to tick at its first gate, a checkpoint to acknowledge, and two runbooks."""
    plan = tree()
    look = {"source": "numbers", "number": "new_jobs", "what": "jobs that wait"}
    plan["metrics"]["success"]["runbook"] = {"link": "https://wiki.example/success", "diagnose": ["errors", look]}
    plan["metrics"]["latency"]["runbook"] = {"remedies": ["scale the workers up"], "diagnose": [look]}
    first, *rest = plan["stages"]
    asked = {"checklist": ["dashboard looked at"], "checkpoints": [{"at": "1m", "acknowledge": "@leads"}]}
    return {**plan, "stages": [{**first, **asked}, *rest]}


_HASH, _ID = re.compile(r"\b[0-9a-f]{16}\b"), re.compile(r"materializers-[0-9a-f]{6}\b")


@dataclass
class Told:
    """What came of the day: by name, how it reads; and what it was, to be checked."""

    read: dict[str, str] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)


def steps() -> list[tuple[str, str, str]]:
    """Name, who and what of each line; no name and nobody for time that passes and numbers that change."""
    lines = [line.split() for line in DAY.strip().splitlines()]
    return [
        _meanwhile(words) if words[0] in MEANWHILE else (words[0], words[1], " ".join(words[2:])) for words in lines
    ]


def _meanwhile(words: list[str]) -> tuple[str, str, str]:
    return "", "", " ".join(words)


def _typed(words: list[str]) -> tuple[str, str, str]:
    return words[0], words[1], " ".join(words[2:])


def verb_of(what: str) -> str:
    return split(what)[0].strip("[]")


async def tell(here: Rig) -> Told:
    """Live the day."""
    told = Told()
    for name, who, what in steps():
        if not name:
            await _pass(here, what)
        elif what.startswith("["):
            view = await _dialog(here, WHO[who], what)
            told.views[name] = view
            told.read[name] = _steady(f"{who}: (opens the dialog) {what}\n\n{rendered_view(view)}")
        else:
            said = await _answer(here, WHO[who], what)
            told.said[name] = said
            told.read[name] = _steady(f"{who}: /canary {what}\n\n{rendered(said)}")
    return told


def _steady(read: str) -> str:
    """Without what is made anew each time."""
    return _ID.sub("materializers-0a1b2c", _HASH.sub("0123456789abcdef", read))


async def _pass(here: Rig, what: str) -> None:
    match what.split():
        case ["number", name, value]:
            here.numbers.values[name] = float(value)
        case ["after", "a", "gate"]:
            await here.until_gate((await here.engine.desk.live())[0])
        case [_, minutes]:
            await here.minutes(float(minutes))


async def _answer(here: Rig, user: str, line: str) -> Said:
    verb, *words = split(line)
    try:
        reply = await perform(here.request(verb, user, words=tuple(words)), here.engine.desk)
    except PerchError as refused:
        return refusal(refused)
    return Said(reply.text, reply.blocks)


async def _dialog(here: Rig, user: str, line: str) -> dict[str, Any]:
    verb, *about = split(line)
    live = await here.engine.desk.live()
    request = here.request(verb.strip("[]"), user, rollout=live[0].id if about and live else "")
    return await DIALOGS[request.verb].build(request, here.engine.desk)
