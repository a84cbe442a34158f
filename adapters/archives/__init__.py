"""Where the papers of an ended rollout are kept (E9): the kinds that plans and PERCH_KEEP may name under `keep:`.

A kind is a file (`folder`, `git`, `s3`) with its options and what is built from them; the other files here are what
kinds are made of.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.archives.folder import Folder, FolderOptions
from adapters.archives.git import Git, GitOptions
from adapters.archives.s3 import S3, S3Options
from bot.domain.kinds import Kind
from bot.ports.archives import Archive

KINDS: Mapping[str, Kind[Archive]] = {
    "folder": Kind(FolderOptions, Folder),
    "git": Kind(GitOptions, Git),
    "s3": Kind(S3Options, S3),
}
