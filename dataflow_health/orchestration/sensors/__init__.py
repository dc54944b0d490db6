"""Dagster sensors: arrivals, live checks and alerts."""
