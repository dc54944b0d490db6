"""Kind ``database_tables``: a database has its tables, and new rows arrive."""

from dataflow_health.monitoring.collectors import database_tables

probe = database_tables.assess
