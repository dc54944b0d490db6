"""Triggers that number every change of a check result, whatever writes it.

Readers continue from a number, so a result that was changed by hand must have a new one. A result
that was deleted has none: nothing that was summed up holds then.
"""

from collections.abc import Iterator

from sqlalchemy import MetaData, event

from dataflow_health.storage.sql.day_count_triggers import NEXT_NUMBER, only_on

_KEY = ("process", "check_name", "part", "arrival_day")
_SAME = " AND ".join(f"{name} = NEW.{name}" for name in _KEY)
_NUMBER = "(SELECT max(changed) FROM observation)"

_FORGET = "DELETE FROM settled_history;"


def attach(metadata: MetaData) -> None:
    """Creates the triggers with the tables, and drops what they leave behind with them."""
    for dialect in NEXT_NUMBER:
        for statement in statements(dialect):
            event.listen(metadata, "after_create", only_on(dialect, statement))
    for name in ("number_observation", "forget_settled_history"):
        dropped = f"DROP FUNCTION IF EXISTS {name}() CASCADE"
        event.listen(metadata, "before_drop", only_on("postgresql", dropped))


def statements(dialect: str) -> Iterator[str]:
    """Statements that create the triggers."""
    yield from _on_sqlite() if dialect == "sqlite" else _on_postgresql()


def _on_sqlite() -> Iterator[str]:
    renumber = f"UPDATE observation SET changed = {_NUMBER} + 1 WHERE {_SAME};"
    for happened, is_old in (
        ("INSERT", f"NEW.changed < {_NUMBER}"),
        ("UPDATE", "NEW.changed <= OLD.changed"),
    ):
        yield (
            f"CREATE TRIGGER observation_numbered_{happened} AFTER {happened} ON observation"
            f" WHEN {is_old} BEGIN\n{renumber}\nEND"
        )
    yield (f"CREATE TRIGGER observation_deleted AFTER DELETE ON observation BEGIN\n{_FORGET}\nEND")


def _on_postgresql() -> Iterator[str]:
    yield (
        "CREATE FUNCTION number_observation() RETURNS trigger AS $number$ BEGIN"
        f" NEW.changed := {NEXT_NUMBER['postgresql']}; RETURN NEW; END $number$ LANGUAGE plpgsql"
    )
    yield (
        "CREATE TRIGGER observation_numbered BEFORE INSERT OR UPDATE ON observation"
        " FOR EACH ROW EXECUTE FUNCTION number_observation()"
    )
    yield (
        "CREATE FUNCTION forget_settled_history() RETURNS trigger AS $forget$ BEGIN"
        f" {_FORGET} RETURN NULL; END $forget$ LANGUAGE plpgsql"
    )
    yield (
        "CREATE TRIGGER observation_deleted AFTER DELETE ON observation"
        " FOR EACH STATEMENT EXECUTE FUNCTION forget_settled_history()"
    )
