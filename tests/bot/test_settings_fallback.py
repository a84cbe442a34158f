"""The two settings for when Slack, or a channel, doesn't take what matters: a bad value is one line."""

from __future__ import annotations

import pytest

from bot.settings import BadSetting, read_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PERCH_FALLBACK_URL", "hooks.example.org/services/T0/B0/xyz"),
        ("PERCH_FALLBACK_URL", "ftp://hooks.example.org"),
        ("PERCH_FALLBACK_CHANNEL", "canary-backup"),
        ("PERCH_FALLBACK_CHANNEL", "#two words"),
        ("PERCH_FALLBACK_CHANNEL", "@ana"),
    ],
)
def test_a_second_way_that_can_not_be_is_refused_without_showing_it(name: str, value: str) -> None:
    """Law 8: a webhook's address is its password."""
    with pytest.raises(BadSetting) as refused:
        read_settings({name: value})
    assert str(refused.value).startswith(f"{name}: is no ")
    assert "\n" not in str(refused.value)
    assert "xyz" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PERCH_FALLBACK_URL", "https://hooks.example.org/services/T0/B0/xyz"),
        ("PERCH_FALLBACK_CHANNEL", "#canary-backup"),
        ("PERCH_FALLBACK_CHANNEL", "C0123ABCD"),
        ("PERCH_FALLBACK_CHANNEL", ""),
    ],
)
def test_a_good_one_is_taken(name: str, value: str) -> None:
    settings = read_settings({name: value})
    assert value in (settings.fallback_url.get_secret_value(), settings.fallback_channel)
    assert "xyz" not in repr(settings)
