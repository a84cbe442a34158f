"""The kill card: what a kill or a rollback needs when nothing else answers."""

from __future__ import annotations

from bot.domain import moves
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.ports import Card


def kill_card(rollout: Rollout, plan: Plan, tree: dict[str, object], operators: tuple[str, ...]) -> Card:
    """The card of a rollout as it stands. `operators` are the user ids that may stop it when Slack can't be asked."""
    return Card(
        rollout=rollout.id,
        plan=rollout.plan,
        environment=rollout.environment,
        revision=rollout.revision,
        tree=tree,
        confirmed=rollout.confirmed.percent,
        back_to=moves.back_to(rollout, plan).percent,
        operators=operators,
        former=rollout.former,
        made_at=rollout.started_at,
    )
