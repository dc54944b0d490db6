"""Modules without a test module of their name, each with the reason."""

REASONS: dict[str, str] = {
    "flight/recording.py": "data classes without code; the decoders' tests check them",
    "cli/local_annotations.py": "test_annotation.py calls every method on a real installation",
    "simulator/fault_kind.py": "models without logic; simulator/test_faults.py tests every kind",
    "stages/stage.py": "data classes without code; the tests of every stage use them",
    "monitoring/probes/signal_store.py": "test_signals_arrive.py opens it with and without tables",
    "storage/signals/tables.py": "tables without code; all tests of this folder use them",
    "storage/sql/migrations/env.py": "Alembic runs it; every test with a database does",
    "storage/sql/migrations/versions/0001_first_schema.py": (
        "storage/sql/test_database.py compares its tables with the models"
    ),
}
"""Where the tests of a module are, when they are not in the module of its name."""
