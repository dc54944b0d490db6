"""Actions and reports for a person: rerun, quarantine, canary, environment check. No Dagster."""
