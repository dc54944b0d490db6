"""Dagster asset checks of stages and of process health."""
