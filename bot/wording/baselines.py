"""A frozen baseline in words."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.domain.rollout import BaselineValue
from bot.wording.numbers import number
from bot.wording.sentences import code, many, plain


def baseline_text(name: str, base: BaselineValue, plan: Plan) -> str:
    """`` Baseline of `chat_p99`: 410 ms from 30 samples (median of the 30m before the start) ``."""
    how = plain(base.how, 80)
    if base.value is None:
        return f"Baseline of {code(name)}: none so far ({how})"
    metric = plan.metrics.get(name)
    value = number(base.value, metric.unit.value if metric is not None else "")
    return f"Baseline of {code(name)}: {value} from {many(base.samples, 'sample')} ({how})"
