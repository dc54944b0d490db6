"""Kind ``airflow_runs``: Airflow is well and the newest run of each DAG succeeded."""

from dataflow_health.monitoring.collectors import airflow_runs

probe = airflow_runs.assess
