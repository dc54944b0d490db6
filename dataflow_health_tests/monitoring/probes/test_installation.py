from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health_tests.monitoring.probes.probing import NOW, probe


def context_of(environment: Mapping[str, str]) -> ProbeContext:
    return ProbeContext(NOW, 10.0, environment)


def test_the_ledger_is_the_one_in_the_environment(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    with installation.ledger(context_of(environment)) as opened, opened.connect() as connection:
        assert connection.scalar(select(1)) == 1
    assert opened.url == engine.url
    assert opened.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_before_the_first_start_has_created_its_tables_the_ledger_says_nothing(
    environment: Mapping[str, str],
) -> None:
    result = probe({"kind": "error_budgets"}, environment)
    assert result.outcome == "unknown"
    assert "no tables yet" in result.detail


@pytest.mark.parametrize("kind", ["messages_delivered", "error_budgets"])
def test_an_invalid_file_fails_no_check_but_that_of_the_configuration(
    kind: str, tmp_path: Path, environment: Mapping[str, str]
) -> None:
    (tmp_path / "own" / "processes").mkdir(parents=True)
    (tmp_path / "own" / "processes" / "link.yaml").write_text("described: A link.\n")
    invalid = {**environment, "DATAFLOW_HEALTH_CONFIG": str(tmp_path / "own")}
    result = probe(
        {"kind": kind, "at_most": "PT5M"} if "messages" in kind else {"kind": kind}, invalid
    )
    assert (result.outcome, "see configuration_loads" in result.detail) == ("unknown", True)
    assert probe({"kind": "configuration_loads"}, invalid).outcome in {"failed", "errored"}


def test_the_newest_valid_configuration_stays_in_use_while_a_file_is_invalid(
    tmp_path: Path, engine: Engine, environment: Mapping[str, str]
) -> None:
    (tmp_path / "own" / "processes").mkdir(parents=True)
    own = {**environment, "DATAFLOW_HEALTH_CONFIG": str(tmp_path / "own")}
    assert probe({"kind": "error_budgets"}, own).outcome == "passed"
    (tmp_path / "own" / "processes" / "link.yaml").write_text("described: A link.\n")
    assert probe({"kind": "configuration_loads"}, own).outcome == "errored"
    assert probe({"kind": "error_budgets"}, own).outcome == "passed"


def test_yaml_is_parsed_again_only_after_a_change(
    tmp_path: Path, environment: Mapping[str, str]
) -> None:
    (tmp_path / "own" / "processes").mkdir(parents=True)
    context = context_of({**environment, "DATAFLOW_HEALTH_CONFIG": str(tmp_path / "own")})
    first = installation.load_catalogue(context)
    assert installation.load_catalogue(context) is first
    (tmp_path / "own" / "processes" / "link.yaml").write_text("describes: A link.\n")
    assert "link" in installation.load_catalogue(context).processes
