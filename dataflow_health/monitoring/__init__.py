"""Live checks, health reports and the history of status changes. Does not import Dagster."""
