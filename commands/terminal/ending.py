"""How a command ends that couldn't do its work: one line on stderr (what happened, what Perch did, what to do)."""

from __future__ import annotations

import os
import traceback

import click

from bot.domain.errors import PerchError
from bot.ports import OutsideFault, StoreAway
from bot.redaction import Redactor, secrets_in
from bot.settings import BadSetting

FAILED = 1
WRONG_USAGE = 2


class Failed(click.ClickException):
    """A command's own sentence for what went wrong; exit code 1."""


def exit_code(error: BaseException) -> int:
    """2 where the words were wrong, 1 for all else."""
    return WRONG_USAGE if isinstance(error, click.UsageError) else FAILED


def line(error: BaseException) -> str:
    """One line for people, redacted. An error of Perch's own shows its kind and place, never its text."""
    return Redactor(secrets_in(os.environ))(_line(error))


def _line(error: BaseException) -> str:
    match error:
        case click.UsageError():
            return _usage(error)
        case click.ClickException():
            return one_line(error.format_message())
        case click.Abort() | KeyboardInterrupt():
            return "Stopped before it was done; what was asked for may be half done. Look: perch rollouts"
        case PerchError():
            return one_line(f"{error} {_next(error.next_step)}")
        case StoreAway():
            return one_line(f"Nothing was done: {str(error).removesuffix('.')}.")
        case BadSetting() | OutsideFault():
            return one_line(str(error))
        case _:
            return _broken(error)


def one_line(text: str) -> str:
    """All of it, on one line."""
    return " ".join(text.split())


def _usage(error: click.UsageError) -> str:
    said = one_line(error.format_message())
    path = error.ctx.command_path if error.ctx else "perch"
    said = said if said.endswith((".", "?", "!")) else f"{said}."
    return f"{said} Nothing was done. See: {path} --help"


_IN_SHELL = {
    "list": "rollouts",
    "history": "rollouts",
    **{verb: verb for verb in ("status", "hold", "resume", "rollback", "kill")},
}


def _next(step: str) -> str:
    """The next step with the shell's verbs where there are such; others are Slack's alone."""
    words = step.split()
    if len(words) > 1 and words[0] == "/canary":
        verb = words[1]
        return (
            f"Next: perch {' '.join([_IN_SHELL[verb], *words[2:]])}" if verb in _IN_SHELL else f"Next, in Slack: {step}"
        )
    return f"Next: {step}" if step else ""


def _broken(error: BaseException) -> str:
    if os.environ.get("PERCH_LOG_LEVEL", "").upper() == "DEBUG":
        redact = Redactor(secrets_in(os.environ))
        click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    if isinstance(error, ModuleNotFoundError):
        return (
            f"Perch isn't installed completely: there is no Python module '{error.name}'. Nothing more was done. "
            "Install it again with pip, where the command perch lies."
        )
    return (
        f"Perch hit an error of its own ({type(error).__name__}{place}) and stopped. "
        "Nothing more was done. Run it again with PERCH_LOG_LEVEL=DEBUG for the traceback."
    )
