"""Kind `openfeature` (X6): how Perch itself has answered for a flag lately, as a share or a number of decisions.

Counted over all processes of this Perch, per variant and never per key, to the nearest few seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from adapters.options import Options
from bot.domain.flags import Variant
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration, misread
from bot.ports import Answer, Flags, Question, Sample, Source, StoreAway

LONGEST = timedelta(hours=1)


class Nothing(Options):
    """`sources: {flags: {kind: openfeature}}`: there is nothing to say."""


def _window(over: timedelta) -> timedelta:
    if not timedelta(seconds=10) <= over <= LONGEST:
        raise misread("decisions are counted over 10s to 1h", "write over: 1m")
    return over


class Ask(BaseModel):
    """`show`: the canary's `share` of all decisions in percent, or how many were `canary`, `stable`, or `all`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flag: str = Field(min_length=1)
    show: Literal["share", "canary", "stable", "all"] = "share"
    over: Annotated[Duration, AfterValidator(_window)] = timedelta(minutes=1)


class Decisions:
    """The counts of all flags."""

    def __init__(self, options: Nothing, environment: Environment, flags: Flags) -> None:
        self._flags = flags
        self._closed = False

    async def ask(self, question: Question, at: datetime) -> Answer:
        """One sample; no data where nobody asked for the flag in that time: then nothing is known of its share."""
        ask = question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump())
        if self._closed:
            return NoData(Missing.NOT_ASKED, "the source was closed", at)
        try:
            counted = await self._flags.counted(ask.flag, at - ask.over, at)
        except StoreAway as away:
            return NoData(Missing.UNREACHABLE, f"Perch's own store of flags: {away}", at)
        total = sum(counted.values())
        if not total:
            return NoData(Missing.EMPTY, f"nobody has asked for flag {ask.flag} lately", at)
        canary = counted[Variant.CANARY]
        shows = {"share": 100 * canary / total, "canary": canary, "stable": total - canary, "all": total}
        return (Sample(float(shows[ask.show]), at),)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """No baseline: before the start nobody is on the canary."""
        return NoData(Missing.NO_BASELINE, "before a start nobody is on the canary", end)

    async def aclose(self) -> None:
        """Nothing is kept open."""
        self._closed = True


def _window_of(ask: Any) -> timedelta:
    window: timedelta = ask.over
    return window


def _now_only(ask: Any) -> timedelta:
    return timedelta(0)


KIND: Kind[Source] = Kind(
    options=Nothing, build=Decisions, ask=Ask, longest_range=_window_of, reach=_now_only, flags=True
)
