"""Who we are at Google: a service account's file, a workload identity's, or the account of the machine; by google-auth.

https://google-auth.readthedocs.io/en/stable/user-guide.html
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.options import Deadline, Options, VariableName
from adapters.threads import in_own_thread
from bot.domain.kinds import Environment, MissingEnvironment
from bot.ports import Denied, OutOfReach

SCOPE = "https://www.googleapis.com/auth/compute"
USUAL = "GOOGLE_APPLICATION_CREDENTIALS"


class GoogleIdentity(Options):
    """`credentials_env` names the variable with the path of the file; without it, the usual variable or the machine."""

    credentials_env: VariableName | None = None
    timeout: Deadline = timedelta(seconds=10)


class Tokens:
    """Bearer tokens, renewed when they're about to expire."""

    def __init__(self, options: GoogleIdentity, environment: Environment) -> None:
        self._seconds = options.timeout.total_seconds()
        self._path = environment.get(options.credentials_env or USUAL, "")
        if options.credentials_env and not self._path:
            raise MissingEnvironment(options.credentials_env)
        self._found: Any = None
        # At debug level it writes down answers with tokens, some of them as they are.
        logging.getLogger("google.auth").setLevel(logging.WARNING)

    async def token(self) -> str:
        """Raises Denied where nobody says who we are, OutOfReach where that can't be found out in time."""
        if self._found is None or not self._found.valid:
            try:
                # Reading the file, and asking for a token, block.
                await in_own_thread(lambda _: self._renew(), self._seconds)
            except TimeoutError as error:
                raise OutOfReach(f"Google: no token within {self._seconds:g} s") from error
            except Exception as error:
                raise _in_our_words(error) from error
        return str(self._found.token)

    def _renew(self) -> None:
        import requests
        from google.auth.transport.requests import Request

        found = self._found or self._loaded()
        with requests.Session() as session:
            session.trust_env = False
            found.refresh(Request(session))
        self._found = found

    def _loaded(self) -> Any:
        """A file that would have a program run for its token is refused: it would see all of Perch's secrets."""
        from google.auth import compute_engine, identity_pool
        from google.oauth2 import service_account

        if not self._path:
            return compute_engine.Credentials(scopes=[SCOPE])  # type: ignore[no-untyped-call]
        told = json.loads(Path(self._path).read_text(encoding="utf-8"))
        match told:
            case {"type": "service_account"}:
                return service_account.Credentials.from_service_account_info(told, scopes=[SCOPE])  # type: ignore[no-untyped-call]
            case {"type": "external_account", "credential_source": {"executable": _}}:
                raise Denied("Google: the credentials file would have a program run, which Perch doesn't do")
            case {"type": "external_account"}:
                return identity_pool.Credentials.from_info(told, scopes=[SCOPE])  # type: ignore[no-untyped-call]
        raise Denied("Google: the credentials file is neither a service account's nor a workload identity's")


def _in_our_words(error: Exception) -> Denied | OutOfReach:
    """google-auth's trouble in finding a token. Its texts may quote files and answers, so they aren't."""
    if isinstance(error, Denied | OutOfReach):
        return error
    if isinstance(error, ImportError):
        return Denied("this needs a library: pip install 'perch[gcp]' where Perch runs")
    from google.auth import exceptions as theirs

    if isinstance(error, theirs.TransportError):
        return OutOfReach(f"Google: what gives tokens can't be reached ({type(error).__name__})")
    if isinstance(error, theirs.RefreshError) and error.retryable:
        return OutOfReach("Google: what gives tokens can't do it just now (RefreshError)")
    return Denied(f"Google: no token can be had ({type(error).__name__}); look at the credentials file or its account")
