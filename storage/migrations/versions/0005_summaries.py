"""Ended rollouts summed up. Those of before are filled in when they are first asked for, and bit by bit by upkeep.

A migration says what was right at its time: it names columns itself and imports nothing of Perch.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "summaries",
        sa.Column("rollout", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("plan", "environment", "state")),
        sa.Column("ended_at", UTCDateTime(), nullable=False),
        sa.Column("head_number", sa.Integer(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("summaries_by_plan", "summaries", ["plan", "ended_at"])
    op.create_index("summaries_by_end", "summaries", ["ended_at"])
    # All that tells whether a summary is out of date: no row of a rollout is read for it.
    ended: dict[str, Any] = {"sqlite_where": sa.text("live = 0"), "postgresql_where": sa.text("NOT live")}
    op.create_index("ended_rollouts", "rollouts", ["plan", "ended_at", "id", "head_number"], **ended)
