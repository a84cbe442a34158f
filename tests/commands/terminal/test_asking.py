"""What a shell command asks, and what of it is kept."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from commands.terminal.asking import reason_option


@pytest.mark.parametrize("pasted", ["correct horse battery", "ghp_" + "a1B2" * 9])
def test_a_reason_is_kept_without_secrets(pasted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """E7, law 8: a bug of before: one typed in Slack lost them, one typed in a shell went on record."""
    monkeypatch.setenv("PROMETHEUS_TOKEN", "correct horse battery")

    @click.command()
    @reason_option
    def say(reason: str) -> None:
        click.echo(reason)

    assert CliRunner().invoke(say, ["--reason", f"because of {pasted}"]).output == "because of [redacted]\n"
