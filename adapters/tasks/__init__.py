"""What a stage's tasks may run: the kinds that plans may name under `tasks`."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.tasks.command import TELLS as OF_COMMAND
from adapters.tasks.command import CommandTask, CommandTaskOptions
from adapters.tasks.load import Load, LoadOptions
from adapters.tasks.tally import TELLS as OF_LOAD
from bot.domain.kinds import Kind
from bot.ports import Exercise

KINDS: Mapping[str, Kind[Exercise]] = {
    "load": Kind(LoadOptions, Load, tells=OF_LOAD, of_plan=("load_hosts",)),
    "command": Kind(CommandTaskOptions, CommandTask, tells=OF_COMMAND),
}
