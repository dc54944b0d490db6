"""Findings have the state that people judged, and the audit log is found by what it is about.

Downgrade: nothing is lost; the state follows from the judgements.
"""

from alembic import op

from dataflow_health.storage.sql.migrations import statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column, filled from the judgements, and the indexes."""
    statements.execute(op.get_bind(), revision, "up")


def downgrade() -> None:
    """Drops the column and the indexes."""
    statements.execute(op.get_bind(), revision, "down")
