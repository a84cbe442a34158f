"""Who we are at Amazon: keys by the names that a plan gives, or from the places where botocore usually finds them.

Those places are the environment, a web identity (a pod's service account), the shared files' profile, a container's
role and the machine's. What botocore would look up besides is left out: a `credential_process` is a program that would
see all of Perch's secrets.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from pydantic import model_validator

from adapters.options import Deadline, Options, VariableName
from adapters.threads import in_own_thread
from bot.domain.kinds import Environment, MissingEnvironment
from bot.domain.planning.fields import misread
from bot.ports import Denied, OutOfReach

METADATA_TIMEOUT_S = 1.0


class AwsIdentity(Options):
    """Who we are at Amazon. Without names and profile, the usual places are looked at."""

    access_key_env: VariableName | None = None
    secret_key_env: VariableName | None = None
    session_env: VariableName | None = None
    profile: str | None = None
    timeout: Deadline = timedelta(seconds=10)

    @model_validator(mode="after")
    def _one_way_to_be_known(self) -> AwsIdentity:
        if (self.access_key_env is None) != (self.secret_key_env is None):
            raise misread("access_key_env and secret_key_env go together", "name both variables, or neither")
        if self.session_env and not self.access_key_env:
            raise misread("session_env needs access_key_env", "name access_key_env and secret_key_env too")
        if self.profile and self.access_key_env:
            raise misread("either a profile or access_key_env", "leave one of them out")
        return self


class Signer:
    """Signs requests to one service of one region (Signature Version 4)."""

    def __init__(self, options: AwsIdentity, environment: Environment, service: str, region: str) -> None:
        self._options, self._environment = options, environment
        self._service, self._region = service, region
        # At debug level it writes down what is signed, a session's token included.
        logging.getLogger("botocore").setLevel(logging.WARNING)
        self._named = self._from_names()
        self._found: Any = None

    async def signed(self, url: str, body: str) -> tuple[dict[str, str], Collection[str]]:
        """The headers of a form that is posted, and what in them or behind them mustn't be quoted.

        Raises Denied where nobody says who we are, OutOfReach where that can't be found out in time.
        """
        try:
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
        except ImportError as missing:
            raise Denied("this needs a library: pip install 'perch[aws]' where Perch runs") from missing
        keys = await self._keys()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        request = AWSRequest(method="POST", url=url, data=body.encode(), headers=headers)
        SigV4Auth(keys, self._service, self._region).add_auth(request)
        return dict(request.headers.items()), {secret for secret in (keys.secret_key, keys.token) if secret}

    async def _keys(self) -> Any:
        from botocore.credentials import ReadOnlyCredentials

        if self._named:
            return ReadOnlyCredentials(*self._named)
        seconds = self._options.timeout.total_seconds()
        try:
            # Looking and renewing block, on a file, on a metadata service or on STS.
            return await in_own_thread(lambda _: self._look(), seconds)
        except TimeoutError as error:
            raise OutOfReach(f"AWS: no credentials within {seconds:g} s") from error
        except Exception as error:
            raise _in_our_words(error) from error

    def _look(self) -> Any:
        if self._found is None:
            self._found = self._resolver().load_credentials()
        if self._found is None:
            raise Denied("AWS: no credentials were found; name access_key_env and secret_key_env, or a profile")
        return self._found.get_frozen_credentials()

    def _resolver(self) -> Any:
        """https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html"""
        from botocore import credentials as theirs
        from botocore.session import Session

        session = Session(profile=self._options.profile)
        profile = self._options.profile or session.get_config_variable("profile") or "default"

        def client(name: str, **given: Any) -> Any:
            return session.create_client(name, region_name=self._region, **given)

        fetcher = theirs.InstanceMetadataFetcher(timeout=METADATA_TIMEOUT_S, user_agent=session.user_agent())
        by_profile = [
            theirs.SharedCredentialProvider(session.get_config_variable("credentials_file"), profile_name=profile),
            theirs.ConfigProvider(session.get_config_variable("config_file"), profile_name=profile),
        ]
        web = theirs.AssumeRoleWithWebIdentityProvider(
            lambda: session.full_config, client, profile, disable_env_vars=self._options.profile is not None
        )
        if self._options.profile:
            return theirs.CredentialResolver([web, *by_profile])
        ambient = [theirs.ContainerProvider(self._environment), theirs.InstanceMetadataProvider(fetcher)]
        return theirs.CredentialResolver([theirs.EnvProvider(self._environment), web, *by_profile, *ambient])

    def _from_names(self) -> tuple[str, str, str | None] | None:
        """Raises MissingEnvironment."""
        options = self._options
        if not options.access_key_env or not options.secret_key_env:
            return None
        session = self._value(options.session_env) if options.session_env else None
        return self._value(options.access_key_env), self._value(options.secret_key_env), session

    def _value(self, name: str) -> str:
        if not (value := self._environment.get(name, "").strip()):
            raise MissingEnvironment(name)
        return value


def _in_our_words(error: Exception) -> Denied | OutOfReach:
    """botocore's trouble in finding credentials. Its texts may quote files, so they aren't."""
    from botocore import exceptions as theirs

    if isinstance(error, Denied | OutOfReach):
        return error
    if isinstance(error, theirs.HTTPClientError | theirs.MetadataRetrievalError | OSError):
        return OutOfReach(f"AWS: what gives credentials can't be reached ({type(error).__name__})")
    return Denied(f"AWS: credentials can't be had ({type(error).__name__}); look at the profile and the role")
