"""What several processes, freezes and signatures need."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _replicas()
    _freezes()
    _signatures()


def _replicas() -> None:
    """Leases that let several equal processes share the work, and who committed a delivery's effect."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
    )
    op.add_column("inbox", sa.Column("lease_owner", sa.String()))
    op.add_column("inbox", sa.Column("lease_until", UTCDateTime()))
    op.add_column("inbox", sa.Column("acted_by", sa.String()))


def _freezes() -> None:
    """Freezes: by service, or everywhere."""
    op.create_table(
        "freezes",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime()),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("body", sa.Text(), nullable=False),
    )
    standing = sa.text("ended_at IS NULL")
    op.create_index("standing_freezes", "freezes", ["since"], sqlite_where=standing, postgresql_where=standing)


def _signatures() -> None:
    """Signed evidence: who signed a record, and a chain's head, beside what is hashed."""
    for name, columns in _SIGNATURES.items():
        for column in columns:
            op.add_column(name, sa.Column(column, sa.String(), nullable=True))


_SIGNATURES = {
    "evidence": ("key", "signature"),
    "rollouts": ("head_key", "head_signature"),
    "chain_heads": ("key", "signature"),
}
