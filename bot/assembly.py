"""The engine over real adapters and storage, as settings say: what `perch run`, the shell verbs and the tests share."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from adapters.archives import KINDS as ARCHIVES
from adapters.diagnosis import KINDS as DIAGNOSIS
from adapters.effects import KINDS as EFFECTS
from adapters.notifiers import KINDS as NOTIFIERS
from adapters.notify.mail import Mail, Server
from adapters.sources import KINDS as SOURCES
from adapters.tasks import KINDS as TASKS
from adapters.traffic import CONFIRM, KILL, TRAFFIC
from bot.domain.kinds import Kinds
from bot.domain.plan import Part
from bot.domain.secret_names import PERCHS_OWN
from bot.domain.signatures import Signer
from bot.engine.archiving import Archiving
from bot.plugins import ROLES, Plugin, Plugins
from bot.ports import Clock, Directory, KillFiles
from bot.redaction import Redactor, secrets_in
from bot.settings import BadSetting, Settings
from bot.wiring import Engine, Wiring, recounts
from storage.archive.archiving import Archive
from storage.database import Database
from storage.keep_setting import BadKeep, read_keep
from storage.plans import PlanFolder
from storage.signing import BadKey, KnownKeys, read_public_keys, read_signing_key
from storage.spool import KillFolder
from storage.verifying import NO_KEYS

log = logging.getLogger(__name__)

__all__ = [
    "Engine",
    "all_kinds",
    "all_plugins",
    "build_archiving",
    "build_engine",
    "keep_of",
    "known_keys",
    "mailer_of",
    "our_kinds",
    "recounts",
    "signer_of",
    "utc_now",
]


def utc_now() -> datetime:
    """The one real clock."""
    return datetime.now(UTC)


def our_kinds() -> Kinds:
    """Every kind that comes with Perch."""
    return Kinds(
        sources=SOURCES,
        traffic=TRAFFIC,
        kill=KILL,
        confirm=CONFIRM,
        diagnosis=DIAGNOSIS,
        effects=EFFECTS,
        archives=ARCHIVES,
        notifiers=NOTIFIERS,
        tasks=TASKS,
    )


def all_kinds() -> Kinds:
    """Every kind that a plan may name: ours, and those of other packages that are installed."""
    return _plugins().kinds()


def all_plugins() -> Sequence[Plugin]:
    """What other packages bring, each tried."""
    return _plugins().all()


def _plugins() -> Plugins:
    ours = our_kinds()
    return Plugins({role: getattr(ours, role) for role in ROLES}, redact=_without_secrets)


def _without_secrets(text: str) -> str:
    """What a package says that breaks as it is loaded, whatever of our environment it quotes (law 8)."""
    return Redactor(secrets_in(os.environ))(text)


def build_engine(
    settings: Settings,
    environment: Mapping[str, str],
    database: Database,
    directory: Directory,
    clock: Clock = utc_now,
    kinds: Kinds | None = None,
    files: Callable[[Path], KillFiles] = KillFolder,
    redact: Redactor | None = None,
) -> Engine:
    """The engine with real adapters over an open database. Nothing is started, and nothing outside is touched."""
    kinds = kinds or all_kinds()
    plans = PlanFolder(settings.plans, kinds)
    redact = redact or Redactor(secrets_in(environment))
    redact.spare(plans.names())
    database.archive = settings.archive_folder
    for_plans = {name: value for name, value in environment.items() if name not in PERCHS_OWN}
    wiring = Wiring(
        keep=_keep_or_nothing(settings, kinds),
        mailer=mailer_of(settings, clock, redact),
        kinds=kinds,
        plans=plans,
        environment=for_plans,
        database=database,
        files=files(settings.state),
        directory=directory,
        clock=clock,
        redact=redact,
        signer=signer_of(settings),
        keys=known_keys(settings),
    )
    return wiring.engine()


def build_archiving(settings: Settings, database: Database, clock: Clock = utc_now) -> Archiving:
    """What archives measurements daily. On several machines only into a folder that somebody named: the one beside the
    state is a machine's own, and may go with it. Raises BadKey."""
    after = settings.archived_after if database.one_machine or settings.archive else None
    return Archiving(Archive(database, settings.archive_folder, signer_of(settings)), after, clock)


def signer_of(settings: Settings) -> Signer | None:
    """Who signs evidence; None where no key is set. Raises BadKey."""
    key = settings.signing_key.get_secret_value()
    return read_signing_key(key) if key else None


def known_keys(settings: Settings) -> KnownKeys:
    """The keys whose signatures count in a report. One that can't be read stops nothing: a way down least of all."""
    try:
        own = settings.signing_key.get_secret_value()
        given = read_public_keys([settings.public_keys])
        return KnownKeys([*given, *(read_public_keys([read_signing_key(own).public]) if own else ())])
    except BadKey as bad:
        log.warning("%s Reports don't check signatures meanwhile", bad)
        return NO_KEYS


def keep_of(settings: Settings, kinds: Kinds) -> tuple[Part, ...]:
    """Where papers go of plans that don't say. Raises BadSetting."""
    try:
        return read_keep(settings.keep, kinds)
    except BadKeep as bad:
        raise BadSetting(f"PERCH_KEEP: {bad}. Set PERCH_KEEP to a good value, or unset it to keep nothing.") from None


def _keep_or_nothing(settings: Settings, kinds: Kinds) -> tuple[Part, ...]:
    """`perch run` has refused a bad one at its start; a shell's way down doesn't depend on it (law 2)."""
    try:
        return keep_of(settings, kinds)
    except BadSetting as bad:
        log.error("%s", bad)
        return ()


def mailer_of(settings: Settings, clock: Clock, redact: Redactor) -> Mail | None:
    """Who sends mail; None where no server is set."""
    url = settings.smtp_url.get_secret_value()
    server = Server.read(url, settings.smtp_password.get_secret_value()) if url else None
    return Mail(server, settings.mail_from, clock, redact) if server else None
