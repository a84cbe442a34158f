"""What Perch knows to be secret is taken out of texts, however it is spelled there. Law 8."""

from __future__ import annotations

import base64
import html
import json
import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.secret_names import sounds_secret
from bot.redaction import (
    REDACTED,
    SHORTEST,
    RedactedLog,
    Redactor,
    redacted_logs,
    secrets_in,
    secrets_named,
    secrets_of,
)

QUICK = settings(max_examples=30, deadline=None)
SECRET = "tr0ub4dor&3-x/y+z"
SECRETS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs")), min_size=SHORTEST, max_size=40).filter(
    lambda secret: secret not in REDACTED
)

ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded, slashes kept": quote,
    "percent-encoded, small letters": lambda secret: quote(secret, safe="").lower().replace(secret.lower(), secret),
    "as a form's field": quote_plus,
    "in JSON": json.dumps,
    "in JSON as it is": lambda secret: json.dumps(secret, ensure_ascii=False),
    "as Python shows it": repr,
    "in HTML": html.escape,
    "as basic credentials": lambda secret: base64.b64encode(f"ana:{secret}".encode()).decode(),
    "in base64 for addresses": lambda secret: base64.urlsafe_b64encode(f"{secret}:".encode()).decode(),
}


@QUICK
@given(secrets=st.lists(SECRETS, min_size=1, max_size=3), data=st.data())
@example(secrets=["%41%41%41", "&amp;&amp;"], data=None)
def test_looking_only_where_one_may_begin_finds_what_looking_everywhere_does(secrets: list[str], data: Any) -> None:
    """Law 8: the shortcut for long texts leaves nothing out."""
    forms = Redactor(secrets)._forms
    echoes = st.sampled_from([echo(secret) for echo in ECHOES.values() for secret in secrets])
    pieces = echoes | st.text(st.sampled_from("%&\\+4 1a;#x" + "".join(secrets)), max_size=6)
    text = "".join(data.draw(st.lists(pieces, max_size=8))) if data else "%2541%41%2541&amp;amp;&amp;"
    assert forms.without_spelled(text) == forms.spelled.sub(REDACTED, text)


@pytest.mark.parametrize("echo", ECHOES)
@QUICK
@given(secret=SECRETS)
@example(secret=SECRET)
@example(secret="pä'ss\\w\"ör<d>")
@example(secret="  lead and trail  ".strip())
def test_a_known_secret_is_found_however_a_far_side_spells_it(echo: str, secret: str) -> None:
    """Law 8."""
    spelled = ECHOES[echo](secret)
    if echo.endswith("small letters") and not secret.islower():
        return
    assert spelled not in Redactor([secret])(f"before {spelled} after")


@QUICK
@given(secret=SECRETS, cut=st.integers(SHORTEST, 40))
def test_the_beginning_of_a_secret_before_an_ellipsis_goes_as_well(secret: str, cut: int) -> None:
    """Law 8: far sides' texts are cut, and a cut secret is most of a secret."""
    assert secret[:cut] not in Redactor([secret])(f"it said: {secret[:cut]}…")


@pytest.mark.parametrize(
    "text",
    ["a…" + "b" * 60_000, "…" * 60_000, "eyJ" * 20_000, "%two" + " " * 40_000, "-----BEGIN PRIVATE KEY-----" * 2_000],
    ids=["after an ellipsis", "ellipses", "beginnings of tokens", "blanks", "beginnings of keys"],
)
def test_a_long_text_is_looked_through_once(text: str) -> None:
    """Law 2: everything waits while a text is looked through, a kill as well. A report of a few hundred kB with one
    ellipsis in it took half an hour. Each of these takes milliseconds; half a minute if time grows with its square."""
    redact, began = Redactor(["two  words  and more", "a-secret-0123456789"]), time.process_time()
    redact(text)
    assert time.process_time() - began < 8


@QUICK
@given(secret=SECRETS.filter(lambda secret: len(secret) > 12))
def test_a_cut_off_basic_password_goes_as_well(secret: str) -> None:
    """Law 8: base64 can be read back from its beginning."""
    whole = base64.b64encode(f"ana:{secret}".encode()).decode()
    assert whole[6:14] not in Redactor([secret])(f"Authorization: Basic {whole[:14]}…")


@QUICK
@given(st.text(max_size=200))
def test_texts_without_secrets_stay_as_they_are(text: str) -> None:
    redact = Redactor(["a-secret-that-isnt-there-0123456789"])
    assert redact(text) == text
    assert not redact.holds(text)


def test_a_tree_is_redacted_to_its_leaves_and_keys() -> None:
    """Law 8."""
    tree: Any = {"a": [SECRET, 1, None, {SECRET: (f"x{SECRET}", True)}]}
    assert Redactor([SECRET]).tree(tree) == {"a": [REDACTED, 1, None, {REDACTED: [f"x{REDACTED}", True]}]}


def test_short_words_are_no_secrets() -> None:
    """`dev` as a password would take `dev` out of everything."""
    assert Redactor(["dev", "", "  "])("dev goes on") == "dev goes on"


def test_the_name_of_a_plan_is_no_secret_though_it_is_a_password() -> None:
    """Law 2: nobody could stop a rollout that is called `[redacted]`."""
    redact = Redactor(["materializers", SECRET])
    redact.spare(["materializers-async"])
    redact.learn(["materializers"])
    assert redact(f"rollback materializers {SECRET}") == f"rollback materializers {REDACTED}"


def test_a_redactor_shows_nothing_of_what_it_knows() -> None:
    assert SECRET not in repr(Redactor([SECRET])) + str(Redactor([SECRET]))


# ---- what is secret ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "SLACK_BOT_TOKEN",
        "PGPASSWORD",
        "DB_PASS",
        "api_key",
        "apikey",
        "X-Api-Key",
        "PERCH_SIGNING_KEY",
        "client_secret",
    ],
)
def test_names_that_sound_secret(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize("name", ["SSH_AUTH_SOCK", "HOME", "PERCH_PLANS", "KEYBOARD", "PROMETHEUS_URL", "PATH"])
def test_names_that_dont(name: str) -> None:
    assert not sounds_secret(name)


def test_a_folder_is_no_secret_whatever_its_variable_is_called() -> None:
    """`PWD` may be a password, and is where one works: that is in every path."""
    assert secrets_of("PWD", "/srv/perch") == set()


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("postgresql://perch:hunter2x@db:5432/perch", "hunter2x"),
        ("postgresql://perch:hun%2Fter2@db/perch", "hun/ter2"),
        ("https://hc-ping.com/0b9a7c1e-1f2d-4c3b-9a8e-7f6d5c4b3a21", "0b9a7c1e-1f2d-4c3b-9a8e-7f6d5c4b3a21"),
        ("https://hooks.slack.com/services/T000/B000/XXyyXXyy12XXyyXXyy34", "XXyyXXyy12XXyyXXyy34"),
        ("https://grafana/api?api_key=s3cr3ts", "s3cr3ts"),
    ],
)
def test_the_secret_parts_of_an_address_are_known_and_the_rest_is_not(address: str, secret: str) -> None:
    """Law 8."""
    redact = Redactor(secrets_in({"SOME_URL": address}))
    assert secret not in redact(address)
    assert redact("perch on db:5432, sslmode=require") == "perch on db:5432, sslmode=require"


def test_the_path_of_a_hook_is_its_password() -> None:
    """Law 8: ntfy's topics are words."""
    assert "our-topic" not in Redactor(secrets_of("PERCH_FALLBACK_URL", "https://ntfy.sh/our-topic"))("at /our-topic")


def test_what_a_plan_names_is_secret_whatever_it_is_called() -> None:
    """Law 8: a frozen plan holds names; the values are known from the environment."""
    environment = {
        "A": "first-secret",
        "B": "second-secret",
        "C": "third-secret",
        "D": "http://u:fourth-secret@h/",
        "U": "ana-maria",
    }
    options = {
        "token_env": "A",
        "env": {"TOKEN": "B"},
        "tasks": [{"load": {"users_env": ["C"]}}],
        "url": "${D}/metrics",
        "username_env": "U",
        "headers": {"X-Gone": "${GONE}"},
    }
    named = secrets_named(options, environment)
    assert {"first-secret", "second-secret", "third-secret", "fourth-secret"} <= named
    assert "ana-maria" not in named


# ---- logs -------------------------------------------------------------------------------------------------------


def _logged(log: Callable[[logging.Logger], None]) -> str:
    """What a handler writes of a record."""
    written: list[str] = []

    class Writer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    logger, writer = logging.Logger("test"), Writer()
    writer.addFilter(RedactedLog(Redactor([SECRET])))
    logger.addHandler(writer)
    log(logger)
    return "\n".join(written)


def test_a_log_line_is_written_without_secrets_its_traceback_included() -> None:
    """Law 8."""

    def log(logger: logging.Logger) -> None:
        try:
            try:
                raise ValueError(f"GET http://h/?q={quote(SECRET, safe='')}")
            except ValueError as first:
                raise RuntimeError(f"password {SECRET}") from first
        except RuntimeError:
            logger.exception("it broke: %s", SECRET)

    written = _logged(log)
    assert "RuntimeError" in written
    assert "direct cause" in written
    assert SECRET not in written
    assert quote(SECRET, safe="") not in written


def test_a_log_line_stays_one_line_whatever_is_in_it() -> None:
    """Law 8, log injection: what somebody types can't look like a line of the log's own."""
    written = _logged(
        lambda logger: logger.warning("reason: %s", "x\n2026-03-02 ERROR perch: all is lost\r\x1b[31m\u202e")
    )
    assert written == r"reason: x\n2026-03-02 ERROR perch: all is lost\r\x1b[31m\u202e"


def test_logs_are_redacted_from_start_to_stop(caplog: pytest.LogCaptureFixture) -> None:
    """Law 8: libraries' loggers included, for it's the handlers that look."""
    caplog.set_level(logging.DEBUG)
    redact = Redactor()
    with redacted_logs(redact):
        redact.learn([SECRET])
        logging.getLogger("httpx").debug("GET http://host/?token=%s", SECRET)
        logging.getLogger("slack_sdk").debug("sent %s", {"token": SECRET})
    assert SECRET not in caplog.text
    assert not any(isinstance(each, RedactedLog) for each in logging.getLogger().handlers[0].filters)


PASTED = (
    "xoxb-" + "1234567890-abcdefABCDEF",
    "xapp-1-A0123-" + "456-abcdef",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "11AAAA_" * 5,
    "glpat-" + "x1Y2-" * 4,
    "AKIA" + "ABCDEFGH12345678",
    "sk_live_" + "4eC39HqLyjWDarjt",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwIn0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEow and what was cut off",
)


@pytest.mark.parametrize("token", PASTED, ids=lambda token: token[:12])
def test_a_token_that_its_form_gives_away_goes_though_nobody_told_of_it(token: str) -> None:
    """E7, law 8: what people paste into a reason."""
    assert Redactor()(f"see {token}") == f"see {REDACTED}"
    assert Redactor([SECRET]).tree({"why": [token]}) == {"why": [REDACTED]}


@pytest.mark.parametrize(
    "text",
    ["highest through ghosts", "AKIA is a name", "the PRIVATE KEY is lost", "xoxb- is how they begin", "eyJoe.eyJim.x"],
)
def test_what_only_looks_a_little_like_one_stays(text: str) -> None:
    assert Redactor()(text) == text


def test_a_plans_name_stays_whatever_it_looks_like() -> None:
    """Law 2: nobody could stop what is called [redacted]."""
    redact = Redactor()
    redact.spare(["ghp_" + "a1B2" * 9])
    assert redact("ghp_" + "a1B2" * 9) == "ghp_" + "a1B2" * 9
