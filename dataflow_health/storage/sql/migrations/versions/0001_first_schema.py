"""The ledger, its records and the results.

Before the first release this revision creates the tables as ``tables.py`` declares them. Copy the
declarations into this file, so that it stays as it is, before a second revision is written.
"""

from alembic import op

from dataflow_health.storage.sql.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates all tables."""
    metadata.create_all(op.get_bind(), checkfirst=False)


def downgrade() -> None:
    """Drops all tables."""
    metadata.drop_all(op.get_bind(), checkfirst=False)
