"""The findings of an aircraft by algorithm or severity are found by indexes.

Downgrade: nothing is lost.
"""

from alembic import op

from dataflow_health.storage.sql.migrations import statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the indexes."""
    statements.execute(op.get_bind(), revision, "up")


def downgrade() -> None:
    """Drops the indexes."""
    statements.execute(op.get_bind(), revision, "down")
