"""The rows. They hold what queries need as columns, and the domain value as JSON text in `body`.

Rows are not the domain: table models don't validate what they are given, so the modules beside this one turn rows
into domain values and back. Times are aware UTC (SQLModel's UTCDateTime). JSON is kept as text: evidence must come
back byte for byte, and pydantic reads its own text fastest.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Table, Text, text
from sqlmodel import Field, SQLModel


class RolloutRow(SQLModel, table=True):
    """One rollout: where it stands, its lease, and the head of its evidence chain."""

    __tablename__ = "rollouts"
    __table_args__ = (
        Index(
            "one_live_rollout",
            "plan",
            "environment",
            unique=True,
            sqlite_where=text("live = 1"),
            postgresql_where=text("live"),
        ),
        Index("due_rollouts", "due_at", sqlite_where=text("watched = 1"), postgresql_where=text("watched")),
        Index("rollouts_by_plan", "plan", "started_at"),
        Index("rollouts_by_start", "started_at"),
        Index(
            "ended_rollouts",
            "plan",
            "ended_at",
            "id",
            "head_number",
            sqlite_where=text("live = 0"),
            postgresql_where=text("NOT live"),
        ),
        Index(
            "unswept_rollouts",
            "ended_at",
            sqlite_where=text("watched = 0 AND ended_at IS NOT NULL AND swept <> head_number"),
            postgresql_where=text("NOT watched AND ended_at IS NOT NULL AND swept <> head_number"),
        ),
    )

    id: str = Field(primary_key=True)
    plan: str
    environment: str
    service: str
    state: str
    live: bool
    watched: bool
    revision: int
    due_at: datetime
    lease_owner: str | None = None
    lease_until: datetime | None = None
    started_at: datetime
    ended_at: datetime | None = None
    plan_digest: str = Field(foreign_key="frozen_plans.digest")
    head_number: int
    head_hash: str
    head_key: str | None = None
    head_signature: str | None = None
    swept: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The record up to which it was asked what is to be kept of it."""
    body: str = Field(sa_type=Text)


class FrozenPlanRow(SQLModel, table=True):
    """A plan as it stood when a rollout started, under the digest that its approvals and gates name."""

    __tablename__ = "frozen_plans"

    digest: str = Field(primary_key=True)
    tree: str = Field(sa_type=Text)
    at: datetime


class EvidenceRow(SQLModel, table=True):
    """One evidence record; triggers refuse changes, but for what a later record of kind `redacted` names. `at` and
    `body` are the very texts that were hashed."""

    __tablename__ = "evidence"
    # One copy of each record, and no second one in an index that could differ from it.
    __table_args__ = {"sqlite_with_rowid": False}

    chain: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    at: str
    actor: str
    body: str = Field(sa_type=Text)
    previous: str
    hash: str
    key: str | None = None
    signature: str | None = None


class ChainHeadRow(SQLModel, table=True):
    """The head of a chain that belongs to no rollout (the workspace's)."""

    __tablename__ = "chain_heads"

    chain: str = Field(primary_key=True)
    number: int
    hash: str
    key: str | None = None
    signature: str | None = None


class DeliveryRow(SQLModel, table=True):
    """The inbox: one request, once."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index(
            "waiting_deliveries", "at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")
        ),
    )

    key: str = Field(primary_key=True)
    at: datetime
    request: str = Field(sa_type=Text)
    done_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    acted_by: str | None = None


class MessageRow(SQLModel, table=True):
    """The outbox: one message. `turn` is its place in the order; an edit takes over that of the one it replaces."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_keys", "rollout", "key", unique=True),
        Index(
            "unsent_messages",
            "rollout",
            "lane",
            "number",
            sqlite_where=text("state IN ('waiting', 'sending')"),
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
        Index("edits_of", "rollout", "edits", sqlite_where=text("edits <> ''"), postgresql_where=text("edits <> ''")),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    turn: int | None = None
    rollout: str
    key: str
    lane: str
    say: str
    facts: str = Field(sa_type=Text)
    to: str
    thread: bool
    broadcast: bool
    edits: str
    only_for: str
    at: datetime
    state: str
    tries: int = 0
    uncertain: bool = False
    not_before: datetime | None = None
    why: str = ""
    ended_at: datetime | None = None


class PlaceRow(SQLModel, table=True):
    """Where a message of ours stands in Slack."""

    __tablename__ = "places"
    __table_args__ = (Index("places_by_ts", "channel", "ts"),)

    rollout: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    channel: str
    ts: str


class MeasurementRow(SQLModel, table=True):
    """One raw measurement: a value, or why there is none. The same answer seen twice is one row."""

    __tablename__ = "measurements"
    __table_args__ = {"sqlite_with_rowid": False}

    rollout: str = Field(sa_column=Column("rollout", ForeignKey("rollouts.id"), primary_key=True))
    metric: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    value: float | None = None
    missing: str | None = None
    detail: str = ""


class ArchiveRow(SQLModel, table=True):
    """Where a rollout's measurements lie since they were archived; `emptied_at` is when they were gone from here."""

    __tablename__ = "archives"

    rollout: str = Field(sa_column=Column("rollout", ForeignKey("rollouts.id"), primary_key=True))
    folder: str
    file: str
    rows: int
    sha256: str
    at: datetime
    emptied_at: datetime | None = None


class FreezeRow(SQLModel, table=True):
    """One freeze; `service` is "" for one of everything. Without an end it stands, or is to be told as over."""

    __tablename__ = "freezes"
    __table_args__ = (
        Index(
            "standing_freezes",
            "since",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    service: str
    since: datetime
    until: datetime | None = None
    ended_at: datetime | None = None
    body: str = Field(sa_type=Text)


class SummaryRow(SQLModel, table=True):
    """An ended rollout summed up, as of its record `head_number`; `form` is which way it was computed.

    It names its rollout and doesn't hang on it: what is archived is still counted.
    """

    __tablename__ = "summaries"
    __table_args__ = (Index("summaries_by_plan", "plan", "ended_at"), Index("summaries_by_end", "ended_at"))

    rollout: str = Field(primary_key=True)
    plan: str
    environment: str
    state: str
    ended_at: datetime
    head_number: int
    form: int
    body: str = Field(sa_type=Text)


class KeepingRow(SQLModel, table=True):
    """One thing to be kept at one destination, or mailed; `part` and `says` are JSON."""

    __tablename__ = "keepings"
    __table_args__ = (
        Index(
            "waiting_keepings",
            "not_before",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("keepings_by_rollout", "rollout", "made_at"),
        Index("keepings_in_line", "line", "turn"),
    )

    id: str = Field(primary_key=True)
    rollout: str = Field(foreign_key="rollouts.id")
    number: int
    part: str = Field(sa_type=Text)
    says: str = Field(sa_type=Text)
    state: str
    made_at: datetime
    not_before: datetime
    tries: int = 0
    told: bool = False
    lane: str = ""
    line: str = ""
    turn: int = 0
    newest: bool = False
    why: str = Field(default="", sa_type=Text)
    place: str = Field(default="", sa_type=Text)
    done_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None


class LeaseRow(SQLModel, table=True):
    """What one process does at a time, by name."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True)
    owner: str
    until: datetime


class FlagRow(SQLModel, table=True):
    """A flag that Perch answers for; `body` is its routing, "" where no rollout has brought one; weights in percent."""

    __tablename__ = "flags"

    key: str = Field(primary_key=True)
    weight: float
    mirror: float
    off: bool
    body: str = Field(sa_type=Text)


class FlagDecisionsRow(SQLModel, table=True):
    """How often a flag was answered with a variant, in the few seconds from `at`; never for whom."""

    __tablename__ = "flag_decisions"
    __table_args__ = (Index("flag_decisions_by_time", "at"),)

    key: str = Field(primary_key=True)
    variant: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    number: int


RESTORED = "restored"


class MarkRow(SQLModel, table=True):
    """A named moment in the database's own life, such as RESTORED."""

    __tablename__ = "marks"

    name: str = Field(primary_key=True)
    at: datetime


def table(row: type[SQLModel]) -> Table:
    """A row class's table, for Core statements."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
