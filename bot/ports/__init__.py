"""What the engine needs from outside: one Protocol each. The only room that an adapter's author must read.

All calls are async. The engine gives each call its deadline and cancels it then; an adapter must leave nothing
half-open when cancelled, and must be safe to call again. Adapters translate their library's exceptions into
`faults`, cause kept (`raise … from`), with a text that is safe to show: one line, redacted, no secrets.

A source reads `numbers`, a traffic system or kill switch `traffic`, a notifier `people`, a store `memory`.
"""

from bot.ports.faults import (
    Denied,
    Nonsense,
    OutOfReach,
    OutsideFault,
    ShutOut,
    SlowDown,
    StoreAway,
    Uncertain,
    Unwelcome,
)
from bot.ports.kill_files import Card, KillFiles, Spooled
from bot.ports.leases import Leases, NotOurs, Taken
from bot.ports.memory import Change, Clock, Delivery, Freezes, Inbox, Outbox, Plans, Queued, Rollouts
from bot.ports.numbers import Answer, Question, Sample, Source
from bot.ports.people import SECOND_WAY, Directory, Lane, Messenger, Outgoing, Posted, Said, SecondWay
from bot.ports.traffic import Confirmation, KillMethod, Traffic, TrafficState

__all__ = [
    "SECOND_WAY",
    "Answer",
    "Card",
    "Change",
    "Clock",
    "Confirmation",
    "Delivery",
    "Denied",
    "Directory",
    "Freezes",
    "Inbox",
    "KillFiles",
    "KillMethod",
    "Lane",
    "Leases",
    "Messenger",
    "Nonsense",
    "NotOurs",
    "OutOfReach",
    "Outbox",
    "Outgoing",
    "OutsideFault",
    "Plans",
    "Posted",
    "Question",
    "Queued",
    "Rollouts",
    "Said",
    "Sample",
    "SecondWay",
    "ShutOut",
    "SlowDown",
    "Source",
    "Spooled",
    "StoreAway",
    "Taken",
    "Traffic",
    "TrafficState",
    "Uncertain",
    "Unwelcome",
]
