"""One namespace of one cluster: get, list and apply, each call with its deadline, faults in our words.

Server-side apply: who applies owns the fields that it named, and what it named last time and doesn't name now is taken
away. So whatever changes something applies under a name of its own, `perch-…`:
https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import yaml
from lightkube import AsyncClient, KubeConfig
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, SERVICE_ACCOUNT, SingleConfig
from lightkube.config.models import Cluster as ClusterEntry
from lightkube.config.models import Context, User
from lightkube.core.exceptions import ConfigError
from lightkube.core.resource import NamespacedResourceG
from lightkube.types import PatchType

from adapters.http import excerpt
from adapters.kubernetes.faults import KNOWN, translated
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
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _within(self, call: Callable[[AsyncClient], Awaitable[Answer]]) -> Answer:
        try:
            client = self._connected()
            async with asyncio.timeout(self._seconds):
                return await call(client)
        except TimeoutError as error:
            raise OutOfReach(f"{self.place} didn't answer within {self._seconds:g} s") from error
        except KNOWN as error:
            # The cause's text may quote the request, its token included, so it isn't kept.
            raise translated(error, self.place, _secrets(self._user)) from None

    def _connected(self) -> AsyncClient:
        if self._client is None:
            config = _config(self._options, self._environment, self._account)
            self._user = config.user
            limit = httpx2.Timeout(self._seconds)
            self._client = AsyncClient(config, timeout=limit, trust_env=False)
        return self._client


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
