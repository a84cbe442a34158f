"""What several processes, freezes and signatures need."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _replicas()
    _freezes()
    _signatures()


def _replicas() -> None:
    """Leases that let several equal processes share the work."""


def _freezes() -> None:
    """Freezes: by service, or everywhere."""


def _signatures() -> None:
    """Signed evidence."""
