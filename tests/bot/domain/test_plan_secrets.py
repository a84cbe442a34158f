"""A plan names secrets and never holds them. Law 8."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from bot.domain.secret_names import PERCHS_OWN
from bot.settings import Settings
from tests.bot.domain.plan_trees import a_tree, report

KIND = {"kind": "probe", "url": "http://denis/health"}
SECRET = "s3cr3t-s3cr3t"


def _said(source: dict[str, Any]) -> list[str]:
    tree = a_tree()
    tree["sources"] = {**tree["sources"], "other": {**KIND, **source}}
    return [f"{mistake.what} {mistake.hint}" for mistake in report(tree).mistakes if "secret" in mistake.what]


@pytest.mark.parametrize(
    "source",
    [
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"headers": {"X-Api-Key": SECRET}},
        {"headers": {"cookie": f"session={SECRET}"}},
        {"url": f"http://ana:{SECRET}@denis/health"},
        {"url": f"http://denis/health?api_key={SECRET}"},
        {"url": f"http://denis/health?a=1&token={SECRET}"},
    ],
)
def test_a_secret_that_is_written_out_is_a_mistake_that_doesnt_repeat_it(source: dict[str, Any]) -> None:
    """Law 8: the plan is frozen with each rollout, shown, and exported with its evidence."""
    said = _said(source)
    assert len(said) == 1
    assert "name it here" in said[0]
    assert SECRET not in said[0]


@pytest.mark.parametrize("name", sorted(PERCHS_OWN))
@pytest.mark.parametrize("written", ["token_env: NAME", "${NAME}", "env"])
def test_perchs_own_secrets_are_not_a_plans(name: str, written: str) -> None:
    """Law 8: whoever edits a plan could send them anywhere."""
    tree = a_tree()
    ways: dict[str, dict[str, Any]] = {
        "token_env: NAME": {**KIND, "token_env": name},
        "${NAME}": {"kind": "probe", "url": f"http://denis/${{{name}}}"},
        "env": {**KIND, "env": {"X": name}},
    }
    tree["sources"] = {**tree["sources"], "other": ways[written]}
    assert f"{name} is Perch's own and can't be used by a plan" in [each.what for each in report(tree).mistakes]


def test_perchs_own_secrets_are_those_of_its_settings() -> None:
    hidden = {
        field.alias for field in Settings.model_fields.values() if field.annotation is SecretStr or not field.repr
    }
    assert hidden == PERCHS_OWN


@pytest.mark.parametrize(
    "source",
    [
        {"headers": {"Authorization": "Bearer ${DENIS_TOKEN}"}},
        {"headers": {"X-Scope-OrgID": "7", "Accept": "application/json"}},
        {"url": "http://${WHO}:${WORD}@denis/health"},
        {"url": "${DENIS_URL}/health?token=${DENIS_TOKEN}"},
        {"url": "http://denis:8080/health?verbose=1&monkey=2"},
        {"url": "http://denis/a@b:c"},
        {"token_env": "DENIS_TOKEN"},
    ],
)
def test_a_secret_that_is_named_is_right(source: dict[str, Any]) -> None:
    assert _said(source) == []
