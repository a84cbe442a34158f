"""What a watched roll-out costs, and how late it's seen, when streams are well and when they're ill (T1).

On a clock that leaps, so a roll-out of five minutes is counted to the second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from msgspec import convert

from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.deployments import PAUSE_S, Deployed
from adapters.kubernetes.options import ClusterOptions
from adapters.kubernetes.watch import AGAIN_S, SILENT_S
from bot.ports import Denied, Nonsense, OutOfReach
from tests.fakes.hours import in_no_time
from tests.fakes.kubernetes.controller import Step, waiting
from tests.fakes.kubernetes.server import ApiServer, deployment

MINUTES = 5
LONG_S = 60.0 * MINUTES
WITHIN = timedelta(minutes=2 * MINUTES)
STARTING = Step(updated=1, available=0, old=3)
FURTHER = Step(updated=2, available=1, old=1)
CRASHED = replace(FURTHER, container=waiting("CrashLoopBackOff"))
"""Nothing that the Deployment would show."""


class Streams(Enum):
    """How the cluster's watches are."""

    WELL = auto()
    CUT = auto()
    """Well until the server ends them, three seconds before the end."""
    DENIED = auto()
    MUTE = auto()
    SILENT = auto()
    END = auto()
    GARBAGE = auto()
    GONE = auto()
    FLOOD = auto()


class Played(Cluster):
    """One Deployment that has nothing to do with a network. Counts what it's asked."""

    def __init__(self, streams: Streams) -> None:
        super().__init__(ClusterOptions(namespace="denis"), {})
        self._how, self._told = streams, dict[str, asyncio.Event]()
        self.looks, self.opened, self.open, self.ended = 0, 0, 0, False
        self.api = ApiServer()
        self.api.create("deployments", deployment("denis", {"PCT": "0"}))

    def come_to(self, step: Step) -> None:
        before = deepcopy((self.api.body("deployments", "denis"), self._pods))
        self.api.come_to("denis", step)
        after = (self.api.body("deployments", "denis"), self._pods)
        for kind, was, now in zip(("Deployment", "Pod"), before, after, strict=True):
            if was != now and kind in self._told:
                self._told[kind].set()

    def end_streams(self) -> None:
        if self._how is Streams.CUT:
            self.ended = True
            for each in self._told.values():
                each.set()

    @property
    def _pods(self) -> list[dict[str, Any]]:
        return self.api.controllers["denis"].pods

    async def get(self, kind: type[Any], name: str) -> Any:
        self.looks += 1
        assert self.looks < 10 * WITHIN.total_seconds(), "it looks without a pause"
        return convert(self.api.body("deployments", name), kind)

    async def list(self, kind: type[Any], labels: Mapping[str, str]) -> Sequence[Any]:
        assert labels == {"app": "denis"}
        found = self._pods if kind is Pod else self.api.controllers["denis"].sets
        return [convert(each, kind) for each in found]

    async def changes(
        self, kind: type[Any], longest: timedelta, name: str = "", labels: Mapping[str, str] | None = None
    ) -> AsyncGenerator[str]:
        assert (name, labels) == (("denis", None) if kind is Deployment else ("", {"app": "denis"}))
        self.opened += 1
        self.open += 1
        try:
            async for each in self._streamed(kind.__name__):
                yield each
        finally:
            self.open -= 1

    async def _streamed(self, kind: str) -> AsyncGenerator[str]:
        match self._how:
            case Streams.DENIED:
                raise Denied("kubernetes denis doesn't allow that")
            case Streams.GONE:
                raise OutOfReach("kubernetes denis has forgotten the version")
            case Streams.MUTE:
                await asyncio.Event().wait()
        yield "ADDED"
        match self._how:
            case Streams.SILENT:
                await asyncio.Event().wait()
            case Streams.GARBAGE:
                raise Nonsense("kubernetes denis answered something")
            case Streams.FLOOD:
                while True:
                    await asyncio.sleep(0.2)
                    yield "MODIFIED"
            case Streams.WELL | Streams.CUT:
                change = self._told[kind] = asyncio.Event()
                while await change.wait() and not self.ended:
                    change.clear()
                    yield "MODIFIED"


class Seen:
    """One roll-out that begins at once, takes five minutes, and comes to `end`."""

    def __init__(self, streams: Streams, end: Step | None = None) -> None:
        self.cluster = Played(streams)
        self.late_s = 0.0
        self.said = ""
        in_no_time(self._story(end))
        assert self.cluster.open == 0, "no stream outlives its roll-out"

    async def _story(self, end: Step | None) -> None:
        clock = asyncio.get_running_loop().time
        self.cluster.come_to(STARTING)
        waits = asyncio.create_task(Deployed(self.cluster, "denis", "perch-test", force=True).rolled_out(WITHIN))
        await asyncio.sleep(LONG_S / 2)
        self.cluster.come_to(FURTHER)
        await asyncio.sleep(LONG_S / 2 - 2.5)
        self.cluster.end_streams()
        await asyncio.sleep(3)
        self.cluster.come_to(end or Step())
        ended = clock()
        try:
            await waits
        except Denied as fault:
            self.said = str(fault)
        self.late_s = clock() - ended


def test_a_watched_roll_out_costs_a_tenth_of_the_looks_and_is_seen_as_soon() -> None:
    watched, polled = Seen(Streams.WELL), Seen(Streams.DENIED)
    assert polled.cluster.looks == pytest.approx(LONG_S / PAUSE_S, abs=3)
    assert watched.cluster.looks <= LONG_S / SILENT_S + 6
    assert watched.cluster.opened == 2
    assert watched.late_s <= PAUSE_S
    assert polled.late_s <= PAUSE_S


def test_a_pod_that_is_lost_is_told_as_soon_as_it_is() -> None:
    """The Deployment says nothing for ten minutes then; its pods do."""
    seen = Seen(Streams.WELL, end=CRASHED)
    assert "pod denis-1-a: CrashLoopBackOff" in seen.said
    assert seen.late_s <= PAUSE_S


@pytest.mark.parametrize("streams", [Streams.DENIED, Streams.MUTE, Streams.END, Streams.GARBAGE, Streams.GONE])
@pytest.mark.parametrize("end", [Step(), CRASHED])
def test_where_a_stream_is_ill_it_is_looked_at_as_if_there_were_none(streams: Streams, end: Step) -> None:
    seen = Seen(streams, end)
    assert seen.late_s <= PAUSE_S
    assert seen.cluster.looks == pytest.approx(LONG_S / PAUSE_S, abs=3)
    assert bool(seen.said) == (end is CRASHED)


@pytest.mark.parametrize("streams", [Streams.END, Streams.GARBAGE, Streams.GONE])
def test_a_stream_that_ends_is_opened_again_and_never_in_haste(streams: Streams) -> None:
    """lightkube's own watch would ask for the next one at once, a hundred times a second."""
    assert Seen(streams).cluster.opened == pytest.approx(2 * LONG_S / AGAIN_S, abs=4)


def test_a_stream_that_ends_ends_the_wait_for_it() -> None:
    seen = Seen(Streams.CUT)
    assert seen.cluster.looks <= LONG_S / SILENT_S + 10
    assert seen.late_s <= PAUSE_S


def test_a_right_that_we_lack_is_asked_for_once() -> None:
    assert Seen(Streams.DENIED).cluster.opened == 2


def test_a_stream_that_kept_a_change_from_us_is_not_trusted_again() -> None:
    """A wire that was cut says nothing, as one does on which nothing happens."""
    seen = Seen(Streams.SILENT)
    first_half = LONG_S / 2 / SILENT_S
    assert seen.cluster.looks == pytest.approx(first_half + LONG_S / 2 / PAUSE_S, abs=SILENT_S + 6)
    assert seen.cluster.opened == 2
    assert seen.late_s <= PAUSE_S


def test_a_change_that_nothing_told_is_seen_a_silence_later_at_the_latest() -> None:
    seen = Seen(Streams.SILENT, end=CRASHED)
    assert seen.said
    assert seen.late_s <= SILENT_S + PAUSE_S


def test_a_stream_that_never_stops_talking_costs_no_more_looks_than_none() -> None:
    assert Seen(Streams.FLOOD).cluster.looks <= LONG_S / PAUSE_S + 3


def test_a_roll_out_that_is_done_opens_no_stream() -> None:
    cluster = Played(Streams.WELL)
    in_no_time(Deployed(cluster, "denis", "perch-test", force=True).rolled_out(WITHIN))
    assert (cluster.looks, cluster.opened) == (1, 0)


@pytest.mark.parametrize("streams", Streams)
def test_no_stream_outlasts_the_deadline(streams: Streams) -> None:
    cluster = Played(streams)
    cluster.come_to(STARTING)

    async def story() -> float:
        with pytest.raises(OutOfReach, match=r"isn't done after 600 s: 1 of 3 pods updated"):
            await Deployed(cluster, "denis", "perch-test", force=True).rolled_out(WITHIN)
        return asyncio.get_running_loop().time()

    assert in_no_time(story()) == pytest.approx(WITHIN.total_seconds(), abs=0.1)
    assert cluster.open == 0


@pytest.mark.parametrize("streams", Streams)
def test_a_way_down_ends_the_wait_and_its_streams_at_once(streams: Streams) -> None:
    """Law 2, law 7."""
    cluster = Played(streams)
    cluster.come_to(STARTING)

    async def story() -> float:
        waits = asyncio.create_task(Deployed(cluster, "denis", "perch-test", force=True).rolled_out(WITHIN))
        await asyncio.sleep(30)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        return asyncio.get_running_loop().time()

    assert in_no_time(story()) == pytest.approx(30, abs=0.1)
    assert cluster.open == 0
