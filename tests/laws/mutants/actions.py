"""Planted bugs in actions and in several traffic targets: each a small, plausible mistake."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.domain import acting, moves, progress
from bot.domain.acting import Job
from bot.domain.actions import Act, Done
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.engine import targets
from bot.engine.effects import Effects

_job, _done, _owing, _asked, _retreat = acting.job, acting.done, acting._owing, acting._asked, moves.retreat


def what_is_taken_back_goes_in_the_order_of_doing(patch: pytest.MonkeyPatch) -> None:
    def job(rollout: Rollout, now: datetime) -> Job | None:
        found = _job(rollout, now)
        if found is None or found.way == "begin":
            return found
        return Job(next(act for act in rollout.acts if act.how is Done.LEAVING), "end")

    patch.setattr(acting, "job", job)


def it_is_taken_back_before_the_traffic_is_down(patch: pytest.MonkeyPatch) -> None:
    """Traffic goes to what has lost its exporter."""
    down = {State.ROLLING_BACK, State.STUCK}
    patch.setattr(acting, "_WAYS_BACK", acting._WAYS_BACK | down)
    patch.setattr(acting, "_RESTS", acting._RESTS | down)

    def job(rollout: Rollout, now: datetime) -> Job | None:
        return _job(rollout.but(intent=None) if rollout.state in down else rollout, now)

    patch.setattr(acting, "job", job)


def a_crash_forgets_what_was_to_be_taken_back(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at what has ended."""
    patch.setattr(Rollout, "watched", property(lambda self: self.state.live or bool(self.verify_left)))


def the_raise_goes_on_though_its_before_failed(patch: pytest.MonkeyPatch) -> None:
    """A warning is thought to be enough."""

    def failed(rollout: Rollout, key: str, fault: str, intent: str, now: datetime, id: str) -> Step | None:
        return _done(rollout, key, fault, now)

    patch.setattr(acting, "failed", failed)


def the_raise_waits_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """Its actions run beside it."""
    patch.setattr(acting, "unready", lambda rollout: False)


def a_kill_takes_nothing_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(acting, "_WAYS_BACK", acting._WAYS_BACK - {State.KILLED})


def an_abort_takes_nothing_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(acting, "_WAYS_BACK", acting._WAYS_BACK - {State.ABORTED})


def a_hold_does_it_all_again(patch: pytest.MonkeyPatch) -> None:
    def owing(acts: tuple[Act, ...], *rest: Any) -> tuple[Act, ...]:
        again = (act.model_copy(update={"how": Done.FAILED}) if act.how is Done.DONE else act for act in acts)
        return _owing(tuple(again), *rest)

    patch.setattr(acting, "_owing", owing)


def a_silence_outlives_a_completed_rollout(patch: pytest.MonkeyPatch) -> None:
    """Only ways down are thought of as ends."""

    def asked(was: State, after: Rollout, plan: Any) -> tuple[Act, ...]:
        acts = _asked(was, after, plan)
        if after.state is not State.COMPLETED:
            return acts
        return tuple(act.model_copy(update={"how": Done.DONE}) if act.how is Done.LEAVING else act for act in acts)

    patch.setattr(acting, "_asked", asked)


def what_nobody_knows_of_is_thought_done(patch: pytest.MonkeyPatch) -> None:
    """It was begun, so it'll stand."""

    def unready(rollout: Rollout) -> bool:
        return any(act.how is Done.OWED and act.begun_at is None for act in rollout.acts)

    def job(rollout: Rollout, now: datetime) -> Job | None:
        found = _job(rollout, now)
        return None if found is not None and found.way == "begin" and found.act.begun_at else found

    patch.setattr(acting, "unready", unready)
    patch.setattr(acting, "job", job)


def what_lands_late_stays(patch: pytest.MonkeyPatch) -> None:
    def done(rollout: Rollout, key: str, said: str, now: datetime) -> Step | None:
        act = next((act for act in rollout.acts if act.key == key), None)
        return None if act is not None and act.how is Done.GONE else _done(rollout, key, said, now)

    patch.setattr(acting, "done", done)


def a_call_under_way_is_waited_for(patch: pytest.MonkeyPatch) -> None:
    """Whatever has become of its rollout."""
    patch.setattr(acting, "wanted", lambda rollout, job: True)


def every_process_does_it(patch: pytest.MonkeyPatch) -> None:
    async def work(self: Effects, rollout: str) -> None:
        await self._all(rollout)

    patch.setattr(Effects, "_work", work)


# ---- several targets -------------------------------------------------------------------------------------------------


def targets_come_down_in_the_order_of_rising(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(targets, "reversed", list, raising=False)


def the_first_target_stays_up_where_the_second_fails(patch: pytest.MonkeyPatch) -> None:
    """The rollout is held, and nobody lowers what has risen already."""

    def retreat(*given: Any, **named: Any) -> Step:
        step = _retreat(*given, **named)
        return Step(step.rollout.but(intent=None), step.happenings)

    patch.setattr(moves, "retreat", retreat)


def drift_is_told_without_whose_it_is(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(progress, "_by_target", lambda step, look: step)
