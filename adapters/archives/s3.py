"""Kind `s3` (E9): objects in a bucket of S3-compatible storage, by obstore (`pip install perch[s3]`).

An object is never replaced: it's written on the condition that its key is free, and a newer content goes beside.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from adapters.archives.names import below, beside, checked
from adapters.archives.options import DEFAULT, Deadline, Template
from adapters.options import Options, VariableName
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.ports import Denied, OutOfReach
from bot.ports.archives import Parcel

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store


def _address(value: str) -> str:
    if not value.startswith(("https://", "http://", "${")):
        raise misread("an endpoint begins with https:// or http://", "write https://minio.example:9000")
    if "@" in value.partition("://")[2].partition("/")[0]:
        raise misread("an address holds no user or password", "name them by access_key_env and secret_key_env")
    return value.rstrip("/")


def _bucket(value: str) -> str:
    if "${" not in value and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value):
        raise misread("that is no bucket's name", "3 to 63 lower-case letters, digits, dots and dashes; no address")
    return value


class S3Options(Options):
    """`keep: [{kind: s3, bucket: …}]`. Without `endpoint` it's Amazon's own for the region."""

    bucket: Annotated[str, AfterValidator(_bucket)]
    endpoint: Annotated[str, AfterValidator(_address)] | None = None
    region: str = "us-east-1"
    folder: Template = DEFAULT
    access_key_env: VariableName
    secret_key_env: VariableName
    session_env: VariableName | None = None
    timeout: Deadline = timedelta(seconds=60)


class S3:
    """The `Archive` port over a bucket."""

    def __init__(self, options: S3Options, environment: Environment) -> None:
        self._options, self._environment = options, environment
        self._store: S3Store | None = None

    @property
    def target(self) -> str:
        where = f" at {self._options.endpoint}" if self._options.endpoint else ""
        return f"s3 {self._options.bucket}{where}"

    async def put(self, parcel: Parcel) -> str:
        files = checked(parcel.files)
        folder = below(self._options.folder, parcel)
        with self._in_our_words():
            async with asyncio.timeout(self._options.timeout.total_seconds()):
                for name, content in files.items():
                    await self._keep(folder, name, content, parcel.number)
        return f"s3://{self._options.bucket}/{folder}"

    async def rehearse(self) -> str:
        with self._in_our_words():
            from obstore import list_with_delimiter_async

            async with asyncio.timeout(self._options.timeout.total_seconds()):
                await list_with_delimiter_async(self._opened(), "perch-looks-only")
        return "the bucket answers"

    async def aclose(self) -> None:
        self._store = None

    async def _keep(self, folder: str, name: str, content: bytes, number: int) -> None:
        """Under its own name, or beside what stands there with another content."""
        for free in beside(name, number):
            key = f"{folder}/{free}"
            if await self._same(key, content):
                return
            if await self._create(key, content):
                return
        raise Denied(f"{self.target} holds too many versions of {folder}/{name}; clear it out")

    async def _create(self, key: str, content: bytes) -> bool:
        """False where the key is taken: by a try whose answer was lost, by another process, or by something else."""
        from obstore import put_async
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            await put_async(self._opened(), key, content, mode="create", use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            return await self._same(key, content)
        return True

    async def _same(self, key: str, content: bytes) -> bool:
        from obstore import get_async

        try:
            found = await get_async(self._opened(), key)
            return found.meta["size"] == len(content) and bytes(await found.bytes_async()) == content
        except FileNotFoundError as fault:
            if "NoSuchBucket" in str(fault):
                raise
            return False

    def _opened(self) -> S3Store:
        if self._store is None:
            from obstore.store import S3Store

            options, seconds = self._options, self._options.timeout
            config: S3Config = {
                "bucket": options.bucket,
                "region": options.region,
                "access_key_id": self._named(options.access_key_env),
                "secret_access_key": self._named(options.secret_key_env),
            }
            if options.endpoint:
                config["endpoint"] = options.endpoint
            if options.session_env:
                config["session_token"] = self._named(options.session_env)
            self._store = S3Store(
                config=config,
                # The engine tries again, with longer pauses than a client would.
                retry_config={"max_retries": 0, "retry_timeout": seconds},
                client_options={
                    "timeout": seconds,
                    "connect_timeout": timedelta(seconds=10),
                    "allow_http": (options.endpoint or "").startswith("http://"),
                },
            )
        return self._store

    def _named(self, variable: str) -> str:
        value = self._environment.get(variable, "")
        if not value:
            raise Denied(f"the environment variable {variable} is not set where Perch runs")
        return value

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            within = self._options.timeout.total_seconds()
            raise OutOfReach(f"{self.target} didn't answer within {within:g} s") from None
        except (Denied, OutOfReach):
            raise
        except Exception as fault:
            raise self._fault(fault) from fault

    def _fault(self, fault: Exception) -> Denied | OutOfReach:
        """The library's error as one line: what S3 calls it, where it says so."""
        if isinstance(fault, ImportError):
            return Denied("S3 needs a library: pip install 'perch[s3]' where Perch runs")
        from obstore import exceptions as theirs

        said = str(fault)
        code = next(iter(_CODE.findall(said)), "")
        if isinstance(fault, FileNotFoundError) or code == "NoSuchBucket":
            return Denied(f"{self.target}: there is no such bucket")
        if isinstance(fault, theirs.PermissionDeniedError | theirs.UnauthenticatedError) or code in _REFUSED:
            return Denied(f"{self.target} refuses us ({code or 'no right to do that'})")
        if isinstance(fault, theirs.NotSupportedError | theirs.InvalidPathError) or code in _FINAL:
            return Denied(f"{self.target} can't do what is asked ({code or type(fault).__name__})")
        status = next(iter(_STATUS.findall(said)), "")
        return OutOfReach(f"{self.target}: {code or status or 'no answer'}")


_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"\b([345]\d\d [A-Z][A-Za-z ]{2,30})")
_FINAL = frozenset({"InvalidBucketName", "NotImplemented", "PermanentRedirect", "AuthorizationHeaderMalformed"})
_REFUSED = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "AllAccessDisabled"}
)
