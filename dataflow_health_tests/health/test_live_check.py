"""Live checks: defaults and validation of every kind."""

from datetime import timedelta
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.timed_check import TimedCheck

CHECK = TypeAdapter(LiveCheck)
URL = {"url": "sqlite://"}


def validate(kind, **given):
    return CHECK.validate_python({"kind": kind} | given)


def test_every_kind_is_a_timed_check_with_a_kind_of_its_own():
    kinds = [get_args(each.model_fields["kind"].annotation)[0] for each in get_args(LiveCheck)]
    assert len(set(kinds)) == len(kinds)
    assert all(issubclass(each, TimedCheck) for each in get_args(LiveCheck))


@pytest.mark.parametrize(
    ("kind", "given", "defaults"),
    [
        ("file_age", {"path": "/x", "at_most": "PT1H"}, {"pattern": ""}),
        ("disk_free", {"path": "/x"}, {"at_least_pct": 5.0, "at_least_gb": 0.0}),
        ("queue_age", {"path": "/x", "at_most": "PT1H"}, {"pattern": "*"}),
        ("http_answers", URL, {"status": 200, "json_body": {}}),
        ("tcp_answers", {"address": "h:1"}, {"sends": "", "expects": ""}),
        ("process_runs", {"command": "x"}, {"at_least": 1}),
        ("spark_workers", {}, {"master": "local[*]", "url": "", "at_least": 1}),
        ("dagster_daemon", {}, {"daemons": (), "at_most": timedelta(seconds=90)}),
        ("query_returns", URL | {"query": "SELECT 1", "equals": 1}, {"at_least": None}),
        ("rows_between", URL | {"table": "a", "at_least": 1}, {"instant": "", "during": None}),
    ],
)
def test_defaults(kind, given, defaults):
    check = validate(kind, **given)
    assert check.name == kind
    assert {name: getattr(check, name) for name in defaults} == defaults


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("disk_free", {"path": "/x", "at_least_pct": 101}, "at_least_pct"),
        ("disk_free", {"path": "/x", "at_least_gb": -1}, "at_least_gb"),
        ("query_returns", URL | {"query": "SELECT 1"}, "needs equals, at_least or at_most"),
        ("query_returns", URL | {"query": "DROP TABLE a", "equals": 1}, "pattern"),
        ("freshness", URL | {"query": "DELETE FROM a", "at_most": "PT1H"}, "pattern"),
        ("rows_between", URL | {"table": "a; DROP", "at_least": 1}, "pattern"),
        ("rows_between", URL | {"table": "a"}, "needs at_least or at_most"),
        ("rows_between", URL | {"table": "a", "at_least": 1, "instant": "at"}, "go together"),
        ("rows_between", URL | {"table": "a", "at_least": 1, "during": "PT1H"}, "go together"),
        ("http_answers", URL | {"status": 99}, "status"),
        ("http_answers", URL | {"status": 600}, "status"),
        ("tcp_answers", {}, "needs address or address_from"),
        ("process_runs", {"command": ""}, "command"),
        ("process_runs", {"command": "x", "at_least": 0}, "at_least"),
        ("spark_workers", {"at_least": 0}, "at_least"),
        ("python", {"entry_point": "os.system"}, "pattern"),
    ],
)
def test_an_invalid_check_is_refused_with_the_reason(kind, given, message):
    with pytest.raises(ValidationError, match=message):
        validate(kind, **given)


@pytest.mark.parametrize("query", ["SELECT 1", "  select 1", "WITH a AS (SELECT 1) SELECT 2"])
def test_reading_statements_are_accepted(query):
    assert validate("query_returns", query=query, at_most=1, **URL).query == query


@pytest.mark.parametrize("given", [{"equals": 0}, {"at_least": 0}, {"at_most": 0}])
def test_a_query_may_expect_zero(given):
    assert validate("query_returns", query="SELECT 1", **URL, **given)


@pytest.mark.parametrize("given", [{"address": "h:1"}, {"address_from": "ADDRESS"}])
def test_an_address_comes_from_the_file_or_the_environment(given):
    assert validate("tcp_answers", **given)
