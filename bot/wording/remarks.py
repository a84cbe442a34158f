"""What sources remark on their answers, as people read it: labels by their values, counts whole, times in words."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from bot.wording.language import t
from bot.wording.sentences import plain, span

_LABELS = re.compile(r"""\{(?:[\w:]+="[^"]*",?\s*)+\}""")
_LABEL = re.compile(r'([\w:]+)="([^"]*)"')
_FEW = re.compile(r"(\d+\.\d+) of (\d)")
_STATUS = re.compile(r"status (\d{3}) in (\d+(?:\.\d+)?) s")
NOT_TOLD = frozenset({"__name__", "job"})
_LASTING = re.compile(r"true for (\d+) s")
_ADDRESS = re.compile(r"https?://([^\s/@]+)/(?:[^\s/]+/)+([^\s/]+)")
UNSEEN_MS = 10
"""Shorter than this a probe's answer is too short for its two decimals."""


def remark(text: object, limit: int = 160) -> str:
    """One remark, harmless for Slack: `{component="database"}` becomes `database`."""
    told = _LABELS.sub(_values, str(text))
    told = _FEW.sub(lambda found: t("{some} of {wanted}", some=math.floor(float(found[1])), wanted=found[2]), told)
    told = _LASTING.sub(lambda found: t("true for {span}", span=span(timedelta(seconds=int(found[1][:9])))), told)
    return plain(_STATUS.sub(_answered, told), limit)


def shortly(text: object, limit: int = 120) -> str:
    """What is switched or moved, with long addresses shortened: `http api:8080/…/materializers percent`."""
    return plain(_ADDRESS.sub(lambda found: f"{found[1]}/…/{found[2]}", str(text)), limit)


def _values(labels: re.Match[str]) -> str:
    pairs = _LABEL.findall(labels[0])
    return ", ".join(value for name, value in pairs if name not in NOT_TOLD) or labels[0]


def _answered(status: re.Match[str]) -> str:
    """`status 200 in 0.12 s` → `200 in 120 ms`."""
    took_ms = float(status[2]) * 1000
    if took_ms == 0:
        return t("{status} in under {ms} ms", status=status[1], ms=UNSEEN_MS)
    took = f"{took_ms / 1000:.3g} s" if took_ms >= 1000 else f"{max(took_ms, 1):.0f} ms"
    return t("{status} in {took}", status=status[1], took=took)
