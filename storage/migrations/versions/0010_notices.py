"""Notices to pagers, trackers and hooks go through the queue of keepings: in lanes that don't wait for each other, and
in lines that keep their order.

A migration says what was right at its time: it names columns itself and imports nothing of Perch.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("keepings", sa.Column("lane", sa.String(), nullable=False, server_default=""))
    op.add_column("keepings", sa.Column("line", sa.String(), nullable=False, server_default=""))
    op.add_column("keepings", sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("keepings", sa.Column("newest", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("keepings_in_line", "keepings", ["line", "turn"])
