"""The options that say which file: shared by `flag_file` and `env_file`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, model_validator

from adapters.options import Deadline, Options
from adapters.traffic.files import TextFile
from bot.domain.planning.fields import misread


def _plain(value: str) -> str:
    if not value or "\0" in value or ".." in PurePosixPath(value).parts:
        raise misread("a path here has no '..' in it", "write it from the root: /etc/denis/flags.json")
    return value


FilePath = Annotated[str, AfterValidator(_plain)]


class FileOptions(Options):
    """A file, absolute or below `root`; links that lead out of `root` (its own folder unless said) are refused.

    `create` lets the file be missing at first.
    """

    path: FilePath
    root: FilePath | None = None
    create: bool = False
    timeout: Deadline = timedelta(seconds=5)

    @model_validator(mode="after")
    def _from_the_root(self) -> FileOptions:
        if self.root is not None and not self.root.startswith(("/", "${")):
            raise misread("root is not an absolute path", "write it from the root: /etc/denis")
        if self.root is None and not self.path.startswith(("/", "${")):
            raise misread("path is not absolute, and there is no root", "write it from the root: /etc/denis/flags.json")
        return self

    @property
    def file(self) -> TextFile:
        """The file that is meant; nothing is opened."""
        root = self.place.parent if self.root is None else Path(self.root)
        return TextFile(self.place, root, create=self.create, timeout_s=self.timeout.total_seconds())

    @property
    def place(self) -> Path:
        """The whole path; an absolute `path` stays as it is."""
        return Path(self.root or "/") / self.path
