"""Which cluster, and which namespace of it; how a plan says so."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator

from adapters.options import Deadline, Options
from bot.domain.planning.fields import misread

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def _name(value: str) -> str:
    if "${" not in value and not _NAME.fullmatch(value):
        raise misread("that is no name in Kubernetes", "they have small letters, digits, - and . only")
    return value


Name = Annotated[str, AfterValidator(_name)]
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"""


class ClusterOptions(Options):
    """`context` of the kubeconfig that is named here or by KUBECONFIG; without one, the cluster that Perch runs in.

    `timeout` is of one request.
    """

    namespace: Name
    context: str | None = None
    kubeconfig: str | None = None
    timeout: Deadline = timedelta(seconds=10)

    @property
    def place(self) -> str:
        """`kubernetes prod denis`: context and namespace, for people and as part of a target."""
        return f"kubernetes {self.context} {self.namespace}" if self.context else f"kubernetes {self.namespace}"
