"""Generates ``docs/reference/sql.md``: every view, table, column, key and index."""

import sys
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Column, Index, Table
from sqlalchemy.dialects import postgresql

from dataflow_health.storage.sql.tables import metadata
from dataflow_health.storage.sql.views import View, views
from docs.generate.markdown import code, replace_generated, table

BY_NAME: Mapping[str, str] = {
    "action": "Action, such as write_off or acknowledge",
    "algorithm": "Name of the algorithm",
    "archive_id": "The archive",
    "arrival_day": "UTC day of arrival",
    "arrived_at": "When its archive was written at the source",
    "at": "When it happened",
    "attempts": "Number of attempts",
    "begun_at": "When the step began",
    "bytes_in": "Bytes read",
    "bytes_out": "Bytes written",
    "cause": "Reason code, or the kind of failure",
    "channel": "Channel of the alert rule",
    "check_name": "Check of the process",
    "closed_at": "When it ended; empty while it is open",
    "created_at": "When it was written",
    "due_at": "When it is to be sent",
    "evidence": "What the check found: files, offsets, expected and found values",
    "failures": "Items that fail now",
    "finished_at": "When it was finished or refused",
    "flapping": "Whether it opens and ends again and again",
    "found_at": "When it was found",
    "id": "Number, ascending",
    "incident_id": "The incident",
    "judged_at": "When it was judged",
    "link": "Page of the check in Dagster, or empty",
    "max_failures": "Most items that failed at once",
    "observed_at": "When the check ran last",
    "opened_at": "When it opened",
    "parser_version": "Version of the code and configuration that parsed the recording",
    "process": "Name of the process",
    "reason": "Reason in words",
    "recorder": "Name of the recorder's YAML file",
    "recording_id": "The recording",
    "rows_in": "Rows or samples read",
    "rows_out": "Rows or samples written",
    "rule": "Name of the alert rule",
    "run_id": "Dagster run",
    "severity": "Severity",
    "size_bytes": "Size",
    "source": "URL of the source, password masked",
    "stage": "Name of the stage",
    "started_at": "When its last run began on it",
    "succeeded": "Whether the action was done",
    "updated_at": "When it changed last",
    "uploaded_at": "When the result was loaded",
}
"""What a column holds that has no comment of its own, by its name."""

BY_COLUMN: Mapping[str, str] = {
    "declared_algorithm.name": "Name of the algorithm",
    "delivery.kind": "opened, flapping, unmuted, reminder, escalated, recovered, digest or finding",
    "finding.detail": "Measured value with its parameter",
    "incident.state": "open, acknowledged, muted or resolved",
    "observation.outcome": "passed, failed, errored, running or unknown",
    "scrub_damage.detail": "Expected and found value",
    "scrub_damage.reason": "Reason code",
    "scrub_share.number": "Number of the share",
    "streak.document": "The counters",
}
"""The same for one column."""

HEADER = ("column", "type", "null", "description")


def update(page: str) -> str:
    """Replaces the sections of the views and tables in a page."""
    of_views = map(view_section, views(metadata))
    return replace_generated(page, [*of_views, *map(section, metadata.tables.values())])


def view_section(view: View) -> str:
    """Heading, description and columns of a view."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    rows = [
        (
            code(column.name),
            column.type.compile(dialect).lower(),
            view.descriptions.get(column.name) or _known(column.name),
        )
        for column in view.statement.selected_columns
    ]
    heading = f"## {code(view.name)}\n\nView. {view.comment}.\n"
    return "\n".join([heading, table(("column", "type", "description"), rows)])


def _known(name: str) -> str:
    """What a column of a table of findings holds."""
    of_findings = ("finding", "finding_triage", "finding_count", "analysed_flight")
    found = [
        description(column)
        for table_name in of_findings
        for column in metadata.tables[table_name].columns
        if column.name == name
    ]
    return found[0]


def section(declared: Table) -> str:
    """Heading, description, columns and indexes of a table."""
    rows = [_row(column) for column in declared.columns]
    parts = [f"## {code(declared.name)}\n\n{declared.comment}.\n", table(HEADER, rows)]
    if declared.indexes:
        indexes = sorted(declared.indexes, key=lambda index: str(index.name))
        parts.append("\n".join(["Indexes:\n", *map(_index, indexes)]) + "\n")
    return "\n".join(parts)


def description(column: "Column[object]") -> str:
    """What a column holds: its own comment, or what columns of its name hold everywhere."""
    return (
        column.comment
        or BY_COLUMN.get(f"{column.table.name}.{column.name}", "")
        or (BY_NAME.get(column.name, ""))
    )


def _row(column: "Column[object]") -> tuple[str, ...]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return (
        code(column.name) + (" **key**" if column.primary_key else ""),
        column.type.compile(dialect).lower(),
        "yes" if column.nullable else "",
        description(column),
    )


def _index(index: Index) -> str:
    names = ", ".join(code(column.name) for column in index.columns)
    condition = index.dialect_options["postgresql"]["where"]
    unique = "unique " if index.unique else ""
    partial = f" where {code(str(condition))}" if condition is not None else ""
    return f"- {unique}{names}{partial}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(update(path.read_text(encoding="utf-8")), encoding="utf-8")
