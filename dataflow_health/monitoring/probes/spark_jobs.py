"""Kind ``spark_jobs``: the newest applications of Spark have no failed job."""

from dataflow_health.monitoring.collectors import spark_jobs

probe = spark_jobs.assess
