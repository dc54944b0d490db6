from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.health.outside_check import SystemCheck, require_web_address

CHECK: TypeAdapter[SystemCheck] = TypeAdapter(SystemCheck)
WEB = {"url": "https://airflow.example:8443/base"}


def test_a_check_of_another_program_is_asked_twice_a_minute() -> None:
    check = CHECK.validate_python({"kind": "airflow_runs"} | WEB)
    assert (check.every, check.within) == (timedelta(seconds=30), timedelta(seconds=10))


def test_a_master_alone_is_an_address() -> None:
    check = CHECK.validate_python({"kind": "spark_jobs", "master_url": "http://m:8080"})
    assert check.kind == "spark_jobs"
    assert check.reads_master_only
    both = CHECK.validate_python({"kind": "spark_jobs", "master_url": "http://m:8080"} | WEB)
    assert both.kind == "spark_jobs"
    assert not both.reads_master_only


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "airflow_runs"}, "needs url or url_from"),
        ({"kind": "spark_jobs"}, "needs url or url_from"),
        ({"kind": "airflow_runs", "at_most": "PT1H"} | WEB, "at_most needs dags"),
        ({"kind": "spark_jobs", "at_most": "PT1H"} | WEB, "at_most needs applications"),
        ({"kind": "airflow_runs", "user": "a"} | WEB, "user and password_from go together"),
        ({"kind": "airflow_runs", "user": "a", "password_from": "WORD"} | WEB, "pattern"),
        ({"kind": "airflow_runs", "password": "x"} | WEB, "Extra inputs"),
        (
            {"kind": "spark_jobs", "master_url": "http://m:8080", "applications": ["a"]},
            "read from url",
        ),
        ({"kind": "database_tables", "url": "x", "tables": {"a;b": {}}}, "pattern"),
        (
            {"kind": "database_tables", "url": "x", "tables": {"a": {"newest": "at"}}},
            "newest and at_most go together",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CHECK.validate_python(given)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "airflow.example",
        "http://",
        "https://user:pw@airflow.example",
        "https://token@airflow.example",
        "https://airflow.example/?token=x",
        "https://airflow.example/#x",
        "https://air flow.example",
        "https://airflow.example/\r\nX-Key: 1",
    ],
)
def test_an_address_is_that_of_a_web_server_without_a_user(url: str) -> None:
    with pytest.raises(ValueError, match="the address"):
        require_web_address(url)
    with pytest.raises(ValidationError, match="the address"):
        CHECK.validate_python({"kind": "airflow_runs", "url": url})
