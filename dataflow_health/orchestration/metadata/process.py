"""What Dagster shows of a process file: owner, icons, live checks and runbook."""

import re
from collections.abc import Mapping

import dagster as dg

from dataflow_health.health.duration import format_duration
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.process import Process
from dataflow_health.orchestration.metadata import runbook

KINDS = {
    "database_answers": "sql",
    "disk_free": "disk",
    "file_exists": "folder",
    "source_opens": "folder",
    "http_answers": "http",
    "spark_workers": "spark",
    "spark_jobs": "spark",
    "airflow_runs": "airflow",
    "database_tables": "sql",
    "dagster_daemon": "dagster",
}
"""Icon of an external process, by kind of check."""

MAX_KINDS = 3
"""Dagster shows no more."""

_OWNER = re.compile(r"team:\S+|[^@\s]+@[^@\s]+\.[^@\s]+")


def owners(process: Process) -> list[str]:
    """The owner, if Dagster accepts it: an e-mail address or ``team:name``."""
    return [process.owner] if _OWNER.fullmatch(process.owner) else []


def kinds(process: Process) -> set[str]:
    """Icons of an external process."""
    known = [KINDS[check.kind] for check in process.checks if check.kind in KINDS]
    return set(list(dict.fromkeys(["external", *known]))[:MAX_KINDS])


def live_checks(process: Process) -> dict[str, LiveCheck]:
    """The live checks of a process by name."""
    return {check.name: check for check in process.checks if isinstance(check, LiveCheck)}


def metadata(process: Process) -> Mapping[str, dg.MetadataValue]:
    """Live checks and runbook of a process."""
    rows = [
        dg.TableRecord(
            {
                "check": name,
                "kind": check.kind,
                "every": format_duration(check.every),
                "within": format_duration(check.within),
                "retries": check.retries,
                "severity": check.severity,
            }
        )
        for name, check in live_checks(process).items()
    ]
    table = {"live_checks": dg.MetadataValue.table(rows)} if rows else {}
    return {**table, **runbook.metadata(process.runbook)}
