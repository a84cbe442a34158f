"""Where the papers of ended rollouts go."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keepings",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("rollout", sa.String(), sa.ForeignKey("rollouts.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("not_before", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("done_at", UTCDateTime()),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_until", UTCDateTime()),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("waiting_keepings", "keepings", ["not_before"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("keepings_by_rollout", "keepings", ["rollout", "made_at"])
    _swept()


def _swept() -> None:
    """What ended under an older version stays as it is: nobody is mailed about last year's rollouts."""
    op.add_column("rollouts", sa.Column("swept", sa.Integer(), nullable=False, server_default="0"))
    op.execute(sa.text("UPDATE rollouts SET swept = head_number WHERE ended_at IS NOT NULL"))
    op.create_index(
        "unswept_rollouts",
        "rollouts",
        ["ended_at"],
        sqlite_where=sa.text("watched = 0 AND ended_at IS NOT NULL AND swept <> head_number"),
        postgresql_where=sa.text("NOT watched AND ended_at IS NOT NULL AND swept <> head_number"),
    )
