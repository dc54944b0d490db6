from pathlib import Path

import yaml

from dataflow_health.operations import dagster_home
from dataflow_health_tests import installation


def test_the_home_gets_the_shipped_configuration_and_a_landing_folder(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path)
    dagster_home.prepare(settings)
    written = (settings.dagster_home / "dagster.yaml").read_text()
    assert written == dagster_home.shipped_config().read_text()
    assert isinstance(yaml.safe_load(written), dict)
    assert Path(settings.source_url).is_dir()


def test_a_configuration_of_the_operator_is_kept(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path)
    settings.dagster_home.mkdir(parents=True)
    (settings.dagster_home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    dagster_home.prepare(settings)
    kept = (settings.dagster_home / "dagster.yaml").read_text()
    assert kept == "telemetry: {enabled: false}\n"


def test_no_folder_is_created_for_a_source_by_url(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path, source_url="sftp://files.example/landing")
    dagster_home.prepare(settings)
    assert [path.name for path in tmp_path.iterdir()] == [settings.dagster_home.name]


def test_a_new_home_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    dagster_home.prepare(installation.settings(home))
    assert home.stat().st_mode & 0o777 == 0o700
