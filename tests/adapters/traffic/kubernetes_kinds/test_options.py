"""Options of the Kubernetes kinds that can't be right."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.traffic import KILL, TRAFFIC


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("kubernetes_env", {"deployment": "d", "variable": "A B"}),
        ("kubernetes_env", {"deployment": "D", "variable": "A"}),
        ("kubernetes_env", {"deployment": "d", "variable": "A", "restart": False}),
        ("kubernetes_env", {"deployment": "d", "variable": "A", "rollout": "2h"}),
        ("gateway_route", {"route": "r", "canary": "a", "stable": "a"}),
        ("gateway_route", {"route": "r", "canary": "a", "stable": "b", "rule": -1}),
    ],
)
def test_options_that_cannot_be_right_are_refused(kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TRAFFIC[kind].options(namespace="denis", **options)


def test_a_switch_whose_off_is_its_on_is_refused() -> None:
    with pytest.raises(ValidationError):
        KILL["kubernetes_env"].options(namespace="n", deployment="d", variable="A", off="1", on=1)
