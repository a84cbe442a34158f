"""A shell command as a request: who asks (the operating system's user), what, and why."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import uuid4

import click

from bot.domain.rollout import Person
from bot.engine.requests import Request
from bot.ports import Clock
from bot.redaction import Redactor, secrets_in

Command = TypeVar("Command", bound=Callable[..., Any])


def shell_user(environment: Mapping[str, str]) -> Person:
    """Who runs this process; behind sudo also who called it, as far as sudo says."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid-{uid}"
    caller = environment.get("SUDO_USER", "")
    return Person(id=f"shell:{name}", name=f"{name} (sudo by {caller})" if caller and caller != name else name)


def request(verb: str, name: str, reason: str, clock: Clock, environment: Mapping[str, str] = os.environ) -> Request:
    """One request; its key is fresh, as typing a command twice is asking twice."""
    return Request(
        verb=verb,
        words=(name,) if name else (),
        actor=shell_user(environment),
        key=f"shell:{uuid4().hex}",
        at=clock(),
        surface="shell",
        reason=reason,
    )


def reason_option(command: Command) -> Command:
    """`--reason TEXT`, kept in the evidence, without the secrets of the environment (law 8)."""
    return click.option(
        "--reason", default="", metavar="TEXT", callback=_without_secrets, help="Why; kept in the evidence."
    )(command)


def _without_secrets(_: click.Context, __: click.Parameter, reason: str) -> str:
    return Redactor(secrets_in(os.environ))(reason)


def json_option(command: Command) -> Command:
    """`--json`, for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(command)
