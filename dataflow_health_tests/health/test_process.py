"""Processes and checks as they are declared."""

from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

import dataflow_health
from dataflow_health.health.check import AssetCheck
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.live_check import DatabaseAnswers, LiveCheck
from dataflow_health.health.process import Process
from dataflow_health_tests.health.factories import asset_check, live_check, make_process

SHIPPED = Path(dataflow_health.__file__).parent / "config" / "processes"
STAGES = ("download", "extract", "parse", "compress", "store", "ingest", "analyse", "load")


def shipped() -> dict[str, Process]:
    return {path.stem: _shipped_process(path) for path in SHIPPED.glob("*.yaml")}


@cache
def _shipped_process(path: Path) -> Process:
    return Process.model_validate(YAML(typ="safe", pure=True).load(path))


def test_a_live_check_is_named_by_its_kind_unless_it_has_a_name() -> None:
    kind = {"kind": "database_answers", "url": "sqlite://", "within": "PT2S"}
    unnamed, named = make_process(checks=[kind, kind | {"name": "replica"}]).checks
    assert (unnamed.name, named.name) == ("database_answers", "replica")
    assert isinstance(unnamed, DatabaseAnswers)
    assert unnamed.within == timedelta(seconds=2)


def test_a_result_is_reused_for_the_interval_unless_declared_otherwise() -> None:
    plain, kept = make_process(
        checks=[live_check("a", every="PT7S"), live_check("b", every="PT7S", ttl="PT1M")]
    ).checks
    assert not isinstance(plain, AssetCheck)
    assert not isinstance(kept, AssetCheck)
    assert (plain.reused_for.seconds, kept.reused_for.seconds) == (7, 60)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ({"kind": "asset_check"}, "Field required"),
        ({"kind": "nope", "name": "a"}, "does not match any of the expected tags"),
        (asset_check("a", within="PT2S"), "Extra inputs are not permitted"),
        (asset_check("Not A Name"), "should match pattern"),
        (asset_check("a", severity="fatal"), "'warning' or 'error'"),
        (live_check(within=5), "5 has no unit, write an ISO 8601 duration such as PT5S"),
        (live_check(within="PT0S"), "greater than 0 seconds"),
        (live_check(within="soon"), "should be a valid timedelta"),
        (live_check(retries=99), "less than or equal to 10"),
        ({"kind": "database_answers"}, "needs url or url_from"),
        ({"kind": "file_exists"}, "needs path or path_from"),
        ({"kind": "tcp_answers"}, "needs address or address_from"),
        ({"kind": "query_returns", "url": "x", "query": "SELECT 1"}, "needs equals"),
        ({"kind": "query_returns", "url": "x", "query": "DROP TABLE a"}, "should match pattern"),
        ({"kind": "rows_between", "url": "x", "table": "a"}, "needs at_least or at_most"),
        (
            {"kind": "rows_between", "url": "x", "table": "a", "at_least": 3, "at_most": 2},
            "at_least 3.0 is above at_most 2.0",
        ),
        (
            {"kind": "rows_between", "url": "x", "table": "a", "at_least": 3, "during": "PT1H"},
            "instant and during go together",
        ),
        ({"kind": "rows_between", "url": "x", "table": "a; DROP"}, "should match pattern"),
        ({"kind": "python", "entry_point": "os.system"}, "should match pattern"),
    ],
)
def test_an_invalid_check_is_refused_with_the_reason(
    check: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        make_process(checks=[check])


def test_check_names_are_unique_within_a_process() -> None:
    with pytest.raises(ValidationError, match="check a: 2 checks have this name"):
        make_process(checks=[asset_check("a"), asset_check("a")])


@pytest.mark.parametrize("name", ["step", "ledger"])
def test_names_of_undeclared_checks_are_reserved(name: str) -> None:
    with pytest.raises(ValidationError, match=f"check {name}: this name is reserved"):
        make_process(checks=[asset_check(name)])


def test_the_eight_shipped_stages_are_in_order() -> None:
    pipeline = Pipeline.of(shipped())
    stages = [name for name in pipeline.order if not pipeline.processes[name].external]
    assert tuple(stages) == STAGES


def test_every_shipped_process_has_a_description_an_owner_and_a_runbook() -> None:
    for name, process in shipped().items():
        assert process.describes, name
        assert process.owner, name
        assert process.runbook.startswith("docs/runbooks/"), name
        assert all(check.describes for check in process.checks), name
        assert process.checks, name


def test_every_stage_checks_conservation() -> None:
    for name in STAGES:
        assert "conservation" in {check.name for check in shipped()[name].checks}


def test_external_processes_have_live_checks_and_stages_have_asset_checks() -> None:
    for name, process in shipped().items():
        live = {isinstance(check, LiveCheck) for check in process.checks}
        assert live == {process.external}, name
