"""Alembic migrations of the ledger and results."""
