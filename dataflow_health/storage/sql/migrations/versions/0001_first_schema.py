"""The ledger, its records and the results.

Downgrade: all tables, with what is in them.
"""

from alembic import op

from dataflow_health.storage.sql.migrations import statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates all tables."""
    statements.execute(op.get_bind(), revision, "up")


def downgrade() -> None:
    """Drops all tables."""
    statements.execute(op.get_bind(), revision, "down")
