"""Law 8 at the shell: what `perch` prints when settings are wrong or databases fail, and what `ps` could show."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.terminal import perch
from commands.terminal.ending import line
from commands.terminal.logs import TALKATIVE, log_to_stderr
from tests.commands.terminal.shop import perch_process
from tests.laws.echoing import SECRETS, leaks
from tests.laws.leaky_story import plan
from tests.scenarios.opening import write_plan

WRONG = {
    "a bot token of another kind": {"SLACK_BOT_TOKEN": SECRETS["bearer"]},
    "an app token of another kind": {"SLACK_APP_TOKEN": SECRETS["bearer"]},
    "a port that is none": {"PORT": SECRETS["bearer"]},
    "a signing key that is none": {"PERCH_SIGNING_KEY": SECRETS["flag token"]},
    "a fallback address that is none": {"PERCH_FALLBACK_URL": SECRETS["hook"]},
    "a database of another kind": {"DATABASE_URL": f"mysql://perch:{SECRETS['bearer']}@127.0.0.1/x"},
    "a database address that is none": {"DATABASE_URL": SECRETS["flag token"]},
    "a database file in no folder": {"DATABASE_URL": "sqlite:////nowhere/perch.db", "GITHUB_TOKEN": SECRETS["pasted"]},
}
WORDS = (
    ("run",),
    ("rollouts",),
    ("status", "web"),
    ("kill", "web"),
    ("db", "check"),
    ("evidence", "verify"),
    ("doctor",),
)


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    """`perch run` sets up the whole process's log; other tests want theirs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in TALKATIVE}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell's environment; settings beyond it are a test's own."""
    write_plan(tmp_path, plan("web"))
    return {
        "SLACK_BOT_TOKEN": "xoxb-1-good",
        "SLACK_APP_TOKEN": "xapp-1-good",
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "PERCH_PLANS": str(tmp_path / "plans"),
        "PERCH_STATE": str(tmp_path / "state"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'perch.db'}",
        "PORT": "0",
    }


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_a_wrong_setting_is_named_and_not_repeated(environment: dict[str, str], wrong: str, level: str) -> None:
    """Law 8: one line that says which setting; its value may be a secret in the wrong place."""
    for words in WORDS:
        asked = CliRunner().invoke(perch, words, env=environment | WRONG[wrong] | {"PERCH_LOG_LEVEL": level})
        assert leaks(asked.output) == [], words
        assert asked.exception is None or isinstance(asked.exception, SystemExit), words


@contextmanager
def refusing_postgres(said: str) -> Iterator[int]:
    """A PostgreSQL that refuses everybody, in words of which a server would be ashamed; yields its port."""
    fields = f"SFATAL\0VFATAL\0C28P01\0M{said}\0D{said}\0\0".encode()
    refusal = b"E" + (len(fields) + 4).to_bytes(4, "big") + fields
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(1024)[4:8] == b"\x04\xd2\x16\x2f":
                        connection.sendall(b"N")
                        connection.recv(1024)
                    connection.sendall(refusal)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("words", WORDS)
def test_a_database_that_fails_is_told_without_its_password(
    environment: dict[str, str], words: tuple[str, ...]
) -> None:
    """Law 8: not when nobody listens, not when the server repeats it, not in the traceback of DEBUG."""
    with refusing_postgres(f"password {SECRETS['bearer']} of perch:{SECRETS['bearer']} is wrong") as port:
        for where in (port, 9):
            address = f"postgresql://perch:{SECRETS['bearer']}@127.0.0.1:{where}/perch?connect_timeout=2"
            given = environment | {"DATABASE_URL": address, "PERCH_LOG_LEVEL": "DEBUG"}
            asked = CliRunner().invoke(perch, words, env=given)
            assert leaks(asked.output) == []
            assert asked.exit_code != 0


def test_an_error_of_our_own_shows_no_secret_in_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law 8: PERCH_LOG_LEVEL=DEBUG prints tracebacks, and they quote what went wrong."""
    monkeypatch.setenv("PERCH_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("GITHUB_TOKEN", SECRETS["pasted"])
    try:
        raise RuntimeError(f"GET http://x/?token={SECRETS['pasted']}")
    except RuntimeError as error:
        said = line(error)
    traceback = capsys.readouterr().err
    assert "RuntimeError" in traceback
    assert leaks(traceback + said) == []


def test_a_shells_log_holds_no_secret_either(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law 8: the commands that open no Perch log as well."""
    monkeypatch.setenv("GITHUB_TOKEN", SECRETS["pasted"])
    log_to_stderr("DEBUG")
    try:
        raise RuntimeError(SECRETS["pasted"])
    except RuntimeError:
        logging.getLogger("perch.shell").exception("refused %s", SECRETS["pasted"])
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert leaks(said) == []


def test_a_running_perch_shows_no_secret_to_ps(environment: dict[str, str], tmp_path: Path) -> None:
    """Law 8: all users of a machine can read the arguments of all its processes."""
    given = environment | {"GITHUB_TOKEN": SECRETS["pasted"], "PERCH_WEBHOOK_TOKEN": SECRETS["webhook"]}
    with perch_process(["run"], given, tmp_path) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        shown = Path(f"/proc/{process.pid}/cmdline").read_text()
        process.terminate()
        said = "".join(process.communicate(timeout=20))
    assert "xoxb" not in shown + said
    assert leaks(shown + said) == []
