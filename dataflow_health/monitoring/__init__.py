"""Live checks and health reports: what is observed, how it is judged, what is kept. No Dagster."""
