"""Modules without a test module of their name, each with the reason."""

REASONS: dict[str, str] = {
    "flight/recording.py": "data classes without code; the decoders' tests check them",
    "cli/local_annotations.py": "test_annotation.py calls every method on a real installation",
    "simulator/fault_kind.py": "models without logic; simulator/test_faults.py tests every kind",
    "stages/stage.py": "data classes without code; the tests of every stage use them",
    "health/outside_system.py": "data classes without code; the tests of every collector fill them",
    "monitoring/collectors/airflow_api.py": "test_airflow_runs.py signs in and reads by it",
    "monitoring/collectors/airflow_dags.py": "test_airflow_runs.py describes by it",
    "monitoring/collectors/database_schema.py": "test_database_tables.py describes by it",
    "monitoring/collectors/spark_api.py": "test_spark_jobs.py reads by it",
    "monitoring/collectors/spark_applications.py": "test_spark_jobs.py describes by it",
    "monitoring/probes/airflow_runs.py": "collectors/test_airflow_runs.py tests what runs",
    "monitoring/probes/database_tables.py": "collectors/test_database_tables.py tests what runs",
    "monitoring/probes/spark_jobs.py": "collectors/test_spark_jobs.py tests what runs",
    "monitoring/probes/signal_store.py": "test_signals_arrive.py opens it with and without tables",
    "storage/signals/tables.py": "tables without code; all tests of this folder use them",
    "storage/sql/migrations/env.py": "Alembic runs it; every test with a database does",
    "storage/sql/migrations/versions/0001_first_schema.py": (
        "storage/sql/test_migrations.py goes up and down with rows in its tables"
    ),
    "storage/sql/migrations/versions/0002_state_of_findings.py": (
        "storage/sql/test_migrations.py goes up and down with rows in its tables"
    ),
    "storage/sql/migrations/versions/0003_findings_of_an_aircraft.py": (
        "storage/sql/test_migrations.py goes up and down with rows in its tables"
    ),
    "storage/sql/migrations/statements.py": "storage/sql/test_migrations.py executes all of them",
}
"""Where the tests of a module are, when they are not in the module of its name."""
