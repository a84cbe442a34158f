"""An API server that remembers each value that a variable of a Deployment was set to."""

from __future__ import annotations

from typing import Any

from tests.fakes.kubernetes.server import ApiServer, Change


class Remembering(ApiServer):
    """`seen` holds the values of one variable in the order in which they were written, repetitions left out."""

    def __init__(self, name: str, variable: str) -> None:
        super().__init__()
        self._name, self._variable = name, variable
        self.seen: list[str] = []

    def value(self, name: str, variable: str) -> str:
        """A variable as the Deployment's template has it."""
        return _variables(self.body("deployments", name))[variable]

    def _write(self, resource: str, name: str, change: Change, dry_run: bool) -> dict[str, Any]:
        body = super()._write(resource, name, change, dry_run)
        if not dry_run and (resource, name) == ("deployments", self._name):
            value = _variables(body)[self._variable]
            self.seen += [value] if self.seen[-1:] != [value] else []
        return body


def _variables(body: dict[str, Any]) -> dict[str, str]:
    [container] = body["spec"]["template"]["spec"]["containers"]
    return {each["name"]: str(each["value"]) for each in container["env"]}
