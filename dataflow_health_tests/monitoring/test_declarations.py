from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.monitoring.declarations import Declarations
from dataflow_health.storage.records import declared_algorithms
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests import factories
from dataflow_health_tests.factories import NOON

YAML = (BUILTIN_FOLDER / "algorithms" / "rotor_speed_low.yaml").read_text()


def names(engine: Engine) -> set[str]:
    return {row.name for row in fetch(engine, select(tables.declared_algorithm))}


@pytest.fixture
def config(tmp_path: Path) -> ConfigReloader:
    (tmp_path / "algorithms").mkdir()
    return ConfigReloader((BUILTIN_FOLDER, tmp_path))


def test_an_algorithm_is_saved_when_its_file_comes_and_goes(
    engine: Engine, config: ConfigReloader, tmp_path: Path
) -> None:
    declarations = Declarations(config)
    declarations.save_if_changed(engine, NOON)
    shipped = set(factories.catalogue().algorithms)
    assert names(engine) == shipped
    file = tmp_path / "algorithms" / "rotor_speed_very_low.yaml"
    file.write_text(YAML)
    config.reload_if_changed()
    declarations.save_if_changed(engine, NOON)
    assert names(engine) == shipped | {"rotor_speed_very_low"}
    file.unlink()
    config.reload_if_changed()
    declarations.save_if_changed(engine, NOON)
    assert names(engine) == shipped


def test_an_invalid_file_changes_nothing(
    engine: Engine, config: ConfigReloader, tmp_path: Path
) -> None:
    declarations = Declarations(config)
    declarations.save_if_changed(engine, NOON)
    (tmp_path / "algorithms" / "wrong.yaml").write_text("kind: no_such_kind\n")
    config.reload_if_changed()
    declarations.save_if_changed(engine, NOON)
    assert names(engine) == set(factories.catalogue().algorithms)


def test_a_database_that_is_away_is_tried_again(
    engine: Engine, config: ConfigReloader, tmp_path: Path
) -> None:
    declarations = Declarations(config)
    with pytest.raises(DatabaseError):
        declarations.save_if_changed(database.connect(f"sqlite:///{tmp_path}"), NOON)
    declarations.save_if_changed(engine, NOON)
    assert names(engine)


def test_what_another_process_saved_is_put_right_within_a_minute(
    engine: Engine, config: ConfigReloader
) -> None:
    declarations = Declarations(config)
    declarations.save_if_changed(engine, NOON)
    declared_algorithms.replace(engine, {"of_another_version": "1"}, NOON)
    declarations.save_if_changed(engine, NOON + timedelta(seconds=59))
    assert names(engine) == {"of_another_version"}
    declarations.save_if_changed(engine, NOON + timedelta(minutes=1))
    assert names(engine) == set(factories.catalogue().algorithms)
