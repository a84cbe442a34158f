"""The flags that Perch itself answers for, and how often each variant was given.

A migration says what was right at its time: it names columns itself and imports nothing of Perch.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flags",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("mirror", sa.Float(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "flag_decisions",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("variant", sa.String(), primary_key=True),
        sa.Column("at", UTCDateTime(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    op.create_index("flag_decisions_by_time", "flag_decisions", ["at"])
