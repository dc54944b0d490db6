-- Runs once, on an empty volume. Dagster keeps its own tables apart from the ledger and the results:
-- both are migrated by Alembic, which wants a database to itself.
CREATE DATABASE dagster;
