"""What Alembic runs: always inside the connection and the transaction that `storage.schema` gives it."""

from alembic import context
from sqlmodel import SQLModel

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()
