"""The findings of one algorithm on one aircraft are found by an index.

Downgrade: nothing is lost.
"""

from alembic import op

from dataflow_health.storage.sql.migrations import statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the index."""
    statements.execute(op.get_bind(), revision, "up")


def downgrade() -> None:
    """Drops the index."""
    statements.execute(op.get_bind(), revision, "down")
