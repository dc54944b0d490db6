"""Dagster jobs: one arrival day, the canary, a rerun."""
