"""What the engine needs from outside: one Protocol each. The only room that an adapter's author must read.

All calls are async. The engine gives each call its deadline and cancels it then; an adapter must leave nothing
half-open when cancelled, and must be safe to call again. Adapters translate their library's exceptions into
`faults`, cause kept (`raise … from`), with a text that is safe to show: one line, redacted, no secrets.

A source reads `numbers`, a traffic system or kill switch `traffic`, a messenger `people`, a notifier `notices`, a
store `memory`, what is looked at when a metric goes bad `diagnosis`, what else a plan changes `effects`, what its
stages run `tasks`. The flags that Perch answers for itself are in `flags`.
What was measured comes back through `histories`; `charts` draws it, and `shelf` takes in what is long over. What has
ended comes back through `summaries`.
"""

from bot.ports.charts import Chart, Charts, Level, Mark, Panel
from bot.ports.chronicles import Chronicles, Told
from bot.ports.diagnosis import Diagnosis, Seen
from bot.ports.effects import Effect
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
from bot.ports.files import Files
from bot.ports.flags import Counts, Flags
from bot.ports.histories import Histories
from bot.ports.kill_files import Card, KillFiles, Spooled
from bot.ports.leases import Leases, NotOurs, Taken
from bot.ports.memory import Change, Clock, Delivery, Freezes, Inbox, Outbox, Plans, Queued, Rollouts
from bot.ports.notices import Enclosing, Notice, Notifier
from bot.ports.numbers import Answer, Question, Sample, Source
from bot.ports.people import (
    SECOND_WAY,
    Attachment,
    Directory,
    Lane,
    Messenger,
    Outgoing,
    Picture,
    Posted,
    Said,
    SecondWay,
)
from bot.ports.shelf import Archived, Due, Shelf, ShelfAway
from bot.ports.summaries import Chronicle, Summaries
from bot.ports.tasks import Attempt, Exercise, Ran
from bot.ports.traffic import Confirmation, KillMethod, Traffic, TrafficState

__all__ = [
    "SECOND_WAY",
    "Answer",
    "Archived",
    "Attachment",
    "Attempt",
    "Card",
    "Change",
    "Chart",
    "Charts",
    "Chronicle",
    "Chronicles",
    "Clock",
    "Confirmation",
    "Counts",
    "Delivery",
    "Denied",
    "Diagnosis",
    "Directory",
    "Due",
    "Effect",
    "Enclosing",
    "Exercise",
    "Files",
    "Flags",
    "Freezes",
    "Histories",
    "Inbox",
    "KillFiles",
    "KillMethod",
    "Lane",
    "Leases",
    "Level",
    "Mark",
    "Messenger",
    "Nonsense",
    "NotOurs",
    "Notice",
    "Notifier",
    "OutOfReach",
    "Outbox",
    "Outgoing",
    "OutsideFault",
    "Panel",
    "Picture",
    "Plans",
    "Posted",
    "Question",
    "Queued",
    "Ran",
    "Rollouts",
    "Said",
    "Sample",
    "SecondWay",
    "Seen",
    "Shelf",
    "ShelfAway",
    "ShutOut",
    "SlowDown",
    "Source",
    "Spooled",
    "StoreAway",
    "Summaries",
    "Taken",
    "Told",
    "Traffic",
    "TrafficState",
    "Uncertain",
    "Unwelcome",
]
