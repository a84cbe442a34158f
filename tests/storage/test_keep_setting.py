"""PERCH_KEEP: written as in a plan, and a mistake in it is one line."""

from __future__ import annotations

import pytest

from bot.assembly import all_kinds, keep_of
from bot.settings import BadSetting, read_settings


def test_one_destination_and_a_list_of_them() -> None:
    one = keep_of(read_settings({"PERCH_KEEP": "{kind: folder, path: /srv/rollouts}"}), all_kinds())
    assert [(part.kind, part.options) for part in one] == [("folder", {"path": "/srv/rollouts"})]
    text = '[{kind: folder, path: "${PAPERS}"}, {kind: git, url: "git@x.org:r.git"}]'
    assert [part.kind for part in keep_of(read_settings({"PERCH_KEEP": text}), all_kinds())] == ["folder", "git"]
    assert keep_of(read_settings({}), all_kinds()) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{kind: vault}", "there is no destination kind 'vault'; known: folder, git, s3"),
        ("/srv/rollouts", "kind"),
        ("{kind: folder", "isn't readable"),
        ("{kind: folder}", "path"),
        ("{kind: folder, path: srv}", "/srv/rollouts"),
        ("{path: /srv}", "doesn't say its kind"),
        ("{kind: git, url: 'https://me:word-of-mine@x.org/r'}", "no user or password"),
    ],
)
def test_a_mistake_is_one_line_that_doesnt_repeat_what_was_set(text: str, says: str) -> None:
    """Law 8."""
    with pytest.raises(BadSetting, match="PERCH_KEEP") as bad:
        keep_of(read_settings({"PERCH_KEEP": text}), all_kinds())
    assert says in str(bad.value)
    assert "\n" not in str(bad.value)
    assert "word-of-mine" not in str(bad.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PERCH_SMTP_URL", "mail.x.org"),
        ("PERCH_SMTP_URL", "http://mail.x.org"),
        ("PERCH_SMTP_URL", "smtp://:hidden-word@"),
        ("PERCH_SMTP_URL", "smtp://x.org:port"),
        ("PERCH_SMTP_URL", "smtp+plain://me:hidden-word@x.org"),
        ("PERCH_MAIL_FROM", "Perch"),
        ("PERCH_MAIL_FROM", "Perch <perch@x.org>\nBcc: thief@x.org"),
    ],
)
def test_a_mail_setting_that_can_not_be_is_refused_without_showing_it(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({name: value})
    assert str(refused.value).startswith(f"{name}: ")
    assert "\n" not in str(refused.value)
    assert "hidden-word" not in str(refused.value)
