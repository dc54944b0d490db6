"""Incidents and notifications: from a health report to a delivered message. No Dagster."""
