"""What Dagster's UI shows beside assets, runs and checks."""
