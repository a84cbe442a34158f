"""A frozen baseline in words."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.domain.rollout import BaselineValue
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.sentences import code, plain


def baseline_text(name: str, base: BaselineValue, plan: Plan) -> str:
    """`` Baseline of `chat_p99`: 410 ms from 30 samples (median of the 30m before the start) ``."""
    how, metric = plain(base.how, 80), plan.metrics.get(name)
    if base.value is None:
        return t("Baseline of {metric}: none so far ({how})", metric=code(name), how=how)
    return t_many(
        base.samples,
        "Baseline of {metric}: {value} from {count} sample ({how})",
        "Baseline of {metric}: {value} from {count} samples ({how})",
        metric=code(name),
        value=number(base.value, metric.unit.value if metric is not None else ""),
        how=how,
    )
