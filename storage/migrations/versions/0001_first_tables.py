"""The first tables.

A migration says what was right at its time: it names columns itself and imports nothing of Perch.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rollouts()
    _evidence()
    _inbox_and_outbox()
    _measurements()
    op.create_table(
        "marks",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("at", UTCDateTime(), nullable=False),
    )


def _rollouts() -> None:
    op.create_table(
        "frozen_plans",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("tree", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_table(
        "rollouts",
        sa.Column("id", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("plan", "environment", "service", "state")),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_until", UTCDateTime()),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("plan_digest", sa.String(), sa.ForeignKey("frozen_plans.digest"), nullable=False),
        sa.Column("head_number", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    # Each database sees that a query may use the index when the query says the very same thing.
    live: dict[str, Any] = {"sqlite_where": sa.text("live = 1"), "postgresql_where": sa.text("live")}
    op.create_index("one_live_rollout", "rollouts", ["plan", "environment"], unique=True, **live)
    watched: dict[str, Any] = {"sqlite_where": sa.text("watched = 1"), "postgresql_where": sa.text("watched")}
    op.create_index("due_rollouts", "rollouts", ["due_at"], **watched)
    op.create_index("rollouts_by_plan", "rollouts", ["plan", "started_at"])
    op.create_index("rollouts_by_start", "rollouts", ["started_at"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("chain", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "at", "actor")),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sqlite_with_rowid=False,
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "chain_heads",
        sa.Column("chain", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
    )


def _inbox_and_outbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("done_at", UTCDateTime()),
    )
    _index("waiting_deliveries", "inbox", ["at"], where="done_at IS NULL")
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("turn", sa.Integer()),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("rollout", "key", "lane", "say")),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("thread", sa.Boolean(), nullable=False),
        sa.Column("broadcast", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("edits", "only_for")),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("not_before", UTCDateTime()),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("ended_at", UTCDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_keys", "outbox", ["rollout", "key"], unique=True)
    _index("unsent_messages", "outbox", ["rollout", "lane", "number"], where="state IN ('waiting', 'sending')")
    _index("edits_of", "outbox", ["rollout", "edits"], where="edits <> ''")
    op.create_table(
        "places",
        *(sa.Column(name, sa.String(), primary_key=True) for name in ("rollout", "key")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("channel", "ts")),
    )
    op.create_index("places_by_ts", "places", ["channel", "ts"])


def _measurements() -> None:
    op.create_table(
        "measurements",
        sa.Column("rollout", sa.String(), sa.ForeignKey("rollouts.id"), primary_key=True),
        sa.Column("metric", sa.String(), primary_key=True),
        sa.Column("at", UTCDateTime(), primary_key=True),
        sa.Column("value", sa.Float()),
        sa.Column("missing", sa.String()),
        sa.Column("detail", sa.String(), nullable=False),
        sqlite_with_rowid=False,
    )


def _index(name: str, table: str, columns: list[str], *, where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence "
        "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END",
        "CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence "
        "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END",
        # INSERT OR REPLACE deletes without asking the trigger above.
        "CREATE TRIGGER evidence_no_replace BEFORE INSERT ON evidence "
        "WHEN (NEW.chain, NEW.number) IN (SELECT chain, number FROM evidence) "
        "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION evidence_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'evidence is append-only'; END $$",
        "CREATE TRIGGER evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_append_only()",
    ),
}
