"""One namespace of one cluster: get, list, watch and apply, each call with its deadline, faults in our words.

Server-side apply: who applies owns the fields that it named, and what it named last time and doesn't name now is taken
away. So whatever changes something applies under a name of its own, `perch-…`:
https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import yaml
from lightkube import AsyncClient, KubeConfig
from lightkube.config.client_adapter import ConnectionParams
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, SERVICE_ACCOUNT, SingleConfig
from lightkube.config.models import Cluster as ClusterEntry
from lightkube.config.models import Context, User
from lightkube.core.exceptions import ConfigError
from lightkube.core.generic_client import GenericAsyncClient
from lightkube.core.resource import NamespacedResourceG
from lightkube.types import PatchType

from adapters.http import excerpt
from adapters.kubernetes.events import changes_in
from adapters.kubernetes.faults import KNOWN, refused, translated
from adapters.kubernetes.options import ClusterOptions
from bot.domain.kinds import Environment
from bot.ports import Denied, OutOfReach

Resource = TypeVar("Resource", bound=NamespacedResourceG)
Answer = TypeVar("Answer")


class Cluster:
    """Connects at the first call. Methods raise OutOfReach, Denied or Nonsense within the deadline."""

    def __init__(
        self, options: ClusterOptions, environment: Environment, account: Path = Path(SERVICE_ACCOUNT)
    ) -> None:
        self._options, self._environment, self._account = options, environment, account
        self._seconds = options.timeout.total_seconds()
        self._client: AsyncClient | None = None
        self._streams: GenericAsyncClient | None = None
        self._user: User | None = None
        self.place = options.place

    async def get(self, kind: type[Resource], name: str) -> Resource:
        """One object as it stands."""
        return await self._within(lambda client: client.get(kind, name, namespace=self._options.namespace))

    async def list(self, kind: type[Resource], labels: Mapping[str, str]) -> Sequence[Resource]:
        """All objects with these labels, page by page."""

        async def pages(client: AsyncClient) -> list[Resource]:
            found = client.list(kind, namespace=self._options.namespace, chunk_size=500, labels=dict(labels) or None)
            return [each async for each in found]

        return await self._within(pages)

    async def changes(
        self, kind: type[Resource], longest: timedelta, name: str = "", labels: Mapping[str, str] | None = None
    ) -> AsyncGenerator[str]:
        """The type of each change of one object, or of those with these labels, as the server tells it.

        Begins with an ADDED for each that there is, since no version is asked for: so no version can be outdated, and
        nothing is missed between opening it and the first look after. Ends when the server ends it, after `longest` at
        the latest; there is no deadline for a word in between. lightkube's own watch isn't used: it opens a stream
        that ended again at once, for ever and without a pause.
        """
        asked = {
            "fieldSelector": f"metadata.name={name}" if name else None,
            "labelSelector": ",".join(f"{key}={value}" for key, value in (labels or {}).items()) or None,
            "timeoutSeconds": str(max(1, int(longest.total_seconds()))),
        }
        with self._our_faults():
            response = await self._opened(kind, asked)
            try:
                if response.status_code != httpx2.codes.OK:
                    async with asyncio.timeout(self._seconds):
                        body = (await response.aread()).decode(errors="replace")
                    raise refused(response.status_code, body, self.place, _secrets(self._user))
                async for change in changes_in(response.aiter_bytes(), self.place, _secrets(self._user)):
                    yield change
            finally:
                await response.aclose()

    async def _opened(self, kind: type[Resource], asked: Mapping[str, str | None]) -> httpx2.Response:
        """A stream whose headers are there. Streams have connections of their own: no call waits for one of theirs."""
        if self._streams is None:
            params = ConnectionParams(timeout=httpx2.Timeout(self._seconds, read=None), trust_env=False)
            self._streams = GenericAsyncClient(params, self._config())
        streams, namespace = self._streams, self._options.namespace
        request = streams.prepare_request("list", kind, namespace=namespace, watch=True, params=dict(asked))
        async with asyncio.timeout(self._seconds):
            answer: httpx2.Response = await streams.send(  # type: ignore[no-untyped-call]
                streams.build_adapter_request(request), stream=True
            )
        return answer

    async def apply(
        self,
        kind: type[Resource],
        name: str,
        fields: Mapping[str, Any],
        manager: str,
        force: bool,
        dry_run: bool = False,
    ) -> Resource:
        """Server-side apply: these fields are ours now. Raises Denied that names the owner where another has them."""
        info = kind._api_info.resource
        api_version = f"{info.group}/{info.version}" if info.group else info.version
        body = {"apiVersion": api_version, "kind": info.kind, "metadata": {"name": name}, **fields}
        return await self._patch(kind, name, body, PatchType.APPLY, manager, force, dry_run)

    async def patch(
        self, kind: type[Resource], name: str, steps: Sequence[Mapping[str, Any]], manager: str, dry_run: bool = False
    ) -> Resource:
        """JSON patch, all its steps or none, its `test` steps included."""
        return await self._patch(kind, name, list(steps), PatchType.JSON, manager, False, dry_run)

    async def _patch(
        self, kind: type[Resource], name: str, body: Any, way: PatchType, manager: str, force: bool, dry_run: bool
    ) -> Resource:
        return await self._within(
            lambda client: client.patch(
                kind,
                name,
                body,
                namespace=self._options.namespace,
                patch_type=way,
                field_manager=manager,
                force=force,
                dry_run=dry_run,
            )
        )

    async def aclose(self) -> None:
        """Let go of connections."""
        for each in (self._client, self._streams):
            if each is not None:
                await each.close()
        self._client = self._streams = None

    async def _within(self, call: Callable[[AsyncClient], Awaitable[Answer]]) -> Answer:
        with self._our_faults():
            client = self._connected()
            async with asyncio.timeout(self._seconds):
                return await call(client)

    @contextmanager
    def _our_faults(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise OutOfReach(f"{self.place} didn't answer within {self._seconds:g} s") from error
        except KNOWN as error:
            # The cause's text may quote the request, its token included, so it isn't kept.
            raise translated(error, self.place, _secrets(self._user)) from None

    def _connected(self) -> AsyncClient:
        if self._client is None:
            limit = httpx2.Timeout(self._seconds)
            self._client = AsyncClient(self._config(), timeout=limit, trust_env=False)
        return self._client

    def _config(self) -> SingleConfig:
        config = _config(self._options, self._environment, self._account)
        self._user = config.user
        return config


def _config(options: ClusterOptions, environment: Environment, account: Path) -> SingleConfig:
    """A kubeconfig that the plan or KUBECONFIG names, or the cluster that we run in, or `~/.kube/config`."""
    named = options.kubeconfig or environment.get("KUBECONFIG", "").split(":")[0]
    if not named and environment.get("KUBERNETES_SERVICE_HOST"):
        return _inside(options, environment, account)
    try:
        config = KubeConfig.from_file(named or DEFAULT_KUBECONFIG).get(options.context)
    except ConfigError as error:
        raise Denied(f"{options.place}: {excerpt(str(error))}") from error
    except (OSError, KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        # Its text may quote the file.
        raise Denied(f"{options.place}: the kubeconfig {named or DEFAULT_KUBECONFIG} can't be read") from (
            error if isinstance(error, OSError) else None
        )
    if config is None or (config.user and (config.user.exec or config.user.auth_provider)):
        raise Denied(
            f"{options.place}: Perch runs no program for its token; put a token or certificate in the kubeconfig"
        )
    return config


def _inside(options: ClusterOptions, environment: Environment, account: Path) -> SingleConfig:
    """By the pod's account; its token is read again when it's refused, since it's renewed every hour.

    https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
    """
    if options.context:
        raise Denied(f"{options.place}: inside a cluster there are no contexts; take `context` out, or set KUBECONFIG")
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment.get("KUBERNETES_SERVICE_PORT", "443")
    name = f"[{host}]" if ":" in host else host
    return SingleConfig(
        context_name="",
        context=Context(cluster="", namespace=options.namespace),
        cluster=ClusterEntry(server=f"https://{name}:{port}", certificate_auth=str(account / "ca.crt")),
        user=User(token_file=str(account / "token")),
    )


def _secrets(user: User | None) -> frozenset[str]:
    """What mustn't be quoted when the far side echoes it."""
    if user is None:
        return frozenset()
    kept = {user.token, user.password}
    if user.token_file and Path(user.token_file).is_file():
        kept.add(Path(user.token_file).read_text(encoding="utf-8").strip())
    return frozenset(word for word in kept if word)
