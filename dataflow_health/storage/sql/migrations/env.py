"""Runs migrations on the connection that ``storage.sql.database.upgrade`` provides."""

from alembic import context

from dataflow_health.storage.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
