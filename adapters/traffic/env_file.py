"""Kind `env_file` (T8): a variable in a file of `NAME=value` lines, and a command that has the file read again."""

from __future__ import annotations

from pydantic import model_validator

from adapters import placeholders
from adapters.commands.line import Argv, CommandLine, CommandOptions
from adapters.options import VariableName
from adapters.traffic.env_lines import value_of, with_value
from adapters.traffic.file_options import FileOptions
from adapters.traffic.kept_values import KeptKill, KeptTraffic
from adapters.traffic.options import Text
from adapters.traffic.values import Share, Standing
from bot.domain.kinds import Environment
from bot.domain.planning.fields import WeightField, misread
from bot.domain.units import ZERO


class EnvFileOptions(FileOptions):
    """The variable, and the command that has the service read the file again."""

    variable: VariableName
    reload: Argv | None = None

    @model_validator(mode="after")
    def _nothing_to_fill(self) -> EnvFileOptions:
        placeholders.check(self.reload, ())
        return self


class EnvFileTrafficOptions(EnvFileOptions):
    """`traffic: {kind: env_file, …}`. `absent_is` is the weight that a missing variable means; `mirror` another
    variable, for the share that is mirrored (a missing one: nothing)."""

    fraction: bool = False
    absent_is: WeightField | None = None
    mirror: VariableName | None = None

    @model_validator(mode="after")
    def _two_variables(self) -> EnvFileTrafficOptions:
        if self.mirror == self.variable:
            raise misread("the mirror has a variable of its own", "write mirror: another name")
        return self


class EnvFileKillOptions(EnvFileOptions):
    """`kill_switch: {kind: env_file, …}`: the texts that mean off and, for the rehearsal, on."""

    off: Text
    on: Text | None = None


class Variable:
    """One variable of one file. The file is changed first, then `reload` runs, also when nothing had to be changed:
    an earlier try may have been cut short between the two."""

    def __init__(self, options: EnvFileOptions, environment: Environment) -> None:
        self._options, self._file = options, options.file
        self._line = CommandLine(CommandOptions(timeout=options.timeout), environment)

    @property
    def target(self) -> str:
        return f"env_file {self._options.place} {self._options.variable}"

    async def get(self) -> Standing:
        text = await self._file.text()
        return Standing(absent=True) if text is None else value_of(text, self._options.variable)

    async def put(self, standing: Standing) -> None:
        name = self._options.variable
        await self._file.rewrite(lambda text: with_value(text or "", name, standing))
        if self._options.reload:
            await self._line.output(self._options.reload)

    async def rehearse(self) -> str:
        reload = self._options.reload
        allowed = f"; may run {self._line.allowed([reload])}" if reload else ""
        return await self._file.rehearse() + allowed


def traffic(options: EnvFileTrafficOptions, environment: Environment) -> KeptTraffic:
    """A weight in a variable."""
    share = Share.FRACTION if options.fraction else Share.PERCENT
    return KeptTraffic(Variable(options, environment), share, options.absent_is)


def mirror(options: EnvFileTrafficOptions, environment: Environment) -> KeptTraffic:
    """The mirrored share in its own variable."""
    return traffic(options.model_copy(update={"variable": options.mirror, "absent_is": ZERO}), environment)


def kill(options: EnvFileKillOptions, environment: Environment) -> KeptKill:
    """A switch in a variable."""
    return KeptKill(Variable(options, environment), options.off, options.on)
