"""Records of the ledger for the commands: of this machine's installation, or of an API."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict, Unpack

import click

from dataflow_health import schemas
from dataflow_health.alerting import incident_commands
from dataflow_health.cli.backend import backend_options, open_client, open_ledger
from dataflow_health.cli.local_annotations import LocalAnnotations
from dataflow_health.cli.options import json_option, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator
from dataflow_health.client import Client
from dataflow_health.health.incident import Incident
from dataflow_health.health.lineage import Lineage
from dataflow_health.operations import (
    finding_trend,
    findings,
    impact,
    lineage,
    owed,
    quarantine,
    recordings,
    series,
    systems,
)
from dataflow_health.operations.findings import JudgedEvent
from dataflow_health.operations.impact import ChangeKind
from dataflow_health.operations.lineage import Direction
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine as ledger_quarantine
from dataflow_health.storage.ledger.states import REFUSED, State
from dataflow_health.storage.queries.finding_trend import Grouping, TrendFilter
from dataflow_health.storage.queries.findings import FindingFilter
from dataflow_health.storage.queries.present_declarations import PresentDeclarations
from dataflow_health.storage.records import audit_log, incidents
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql.database import reading

_IS_OPEN = {"open": True, "ended": False, "all": None}


class Where(TypedDict):
    """Options of an action: whose records, and in whose name."""

    home: Path | None
    url: str | None
    operator_name: str | None


class QuarantineOptions(TypedDict):
    """Options that select items of the quarantine; None selects all."""

    stage: str | None
    day: str | None
    tail: str | None
    reason_code: str | None


def action_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every action of an operator, and how its errors are reported."""
    note = click.option("--note", default="", help="Note for the audit log.")
    return note(operator_option(backend_options(json_option(report_errors(function)))))


def open_records(
    home: Path | None, url: str | None, operator_name: str | None = None
) -> "LocalRecords | Client":
    """Records of this machine's installation, or of an API.

    Args:
        home: Data folder of the installation; None for the one in the settings.
        url: URL of an API; None for this machine's installation.
        operator_name: Name for the audit log; None for the login name.

    Raises:
        NotFound: This machine has no ledger.
        ApiError: ``url`` is not a URL.
        UsageError: A name is given for an API, which names the caller by the key.
    """
    if url is None:
        return LocalRecords(*open_ledger(home), current_operator(operator_name))
    refuse_with_url(url, "--operator", operator_name, "the audit log names the API key")
    return open_client(home, url)


def refuse_with_url(url: str | None, option: str, value: object, reason: str) -> None:
    """Refuses an option that has no effect on an API.

    Args:
        url: URL of the API; None without one.
        option: The option.
        value: Its value; empty when it is not given.
        reason: Why it has no effect.

    Raises:
        UsageError: Both are given.
    """
    if url and value:
        raise click.UsageError(f"leave out {option} with --url: {reason}")


class LocalRecords(LocalAnnotations):
    """This machine's installation, with the methods of the client."""

    def __init__(self, settings: Settings, deps: Dependencies, operator: Operator) -> None:
        """Keeps what the methods need; the operator is the one that the audit log names."""
        self.settings = settings
        self.deps = deps
        self._engine = deps.engine
        self._operator = operator

    def findings(self, **query: Any) -> schemas.FindingPage:  # noqa: ANN401
        """One page of findings, newest first; keywords are the fields of the filter."""
        return findings.page(self._engine, FindingFilter(**query))

    def finding_trend(
        self,
        *,
        from_at: datetime | None = None,
        to_at: datetime | None = None,
        by: Grouping = "algorithm",
        **query: str,
    ) -> schemas.FindingTrend:
        """Findings by month and per 100 flight hours."""
        first, last = finding_trend.span(from_at, to_at, self.deps.clock())
        return finding_trend.read(self._engine, TrendFilter(first, last, **query), by)

    def judge(
        self, finding: schemas.FindingEntry, *, state: str, reason: str = ""
    ) -> schemas.JudgedFinding:
        """Confirms a finding, dismisses it with a reason, or makes it new again."""
        event = JudgedEvent(
            finding.recording, finding.algorithm, finding.number,
            finding.start_s, finding.severity, finding.detail,
        )  # fmt: skip
        now = self.deps.clock()
        findings.judge(self._engine, event, self._operator, state=state, reason=reason, at=now)
        return schemas.JudgedFinding.model_validate({"state": state})

    def ledger_balance(self, day: str = "") -> schemas.LedgerBalance:
        """Input and output counts of all stages, for one day or for all days."""
        processes = self.deps.catalogue.processes
        return recordings.ledger_balance(self._engine, processes, self.deps.clock(), day or None)

    @cached_property
    def _declared(self) -> PresentDeclarations:
        codec, now = self.settings.tsv_codec, self.deps.clock()
        return owed.compare(self._engine, self.deps.catalogue, codec, now)

    def owed_work(self) -> schemas.OwedWork:
        """Recordings without an answer of an algorithm as it is declared now."""
        return owed.owed_work(self._engine, self.deps.clock(), self._declared)

    def owed_recordings(
        self, *, algorithm: str = "", day: str = "", limit: int = 50
    ) -> schemas.RecordingDebtPage:
        """Single recordings without an answer of a declared algorithm, newest day first."""
        return owed.recordings(
            self._engine, algorithm=algorithm, day=day, limit=limit, declared=self._declared
        )

    def impact(self, name: str, kind: ChangeKind | None = None) -> schemas.ChangeImpact:
        """What a change of what has this name would redo."""
        return impact.impact(self._engine, self.deps.catalogue, name, kind, self.deps.clock())

    def _read_lineage(self, recording: str) -> Lineage:
        return lineage.read(self._engine, self.deps.catalogue, recording, self.deps.lake.url)

    def lineage(
        self, node: str, *, direction: Direction = "both", depth: int | None, recording: str = ""
    ) -> schemas.LineageGraph:
        """A node with all that it is made from and all that is made from it."""
        return lineage.graph(self._read_lineage(recording), node, direction, depth)

    def lineage_path(self, first: str, last: str, *, recording: str = "") -> schemas.LineagePath:
        """A shortest way between two nodes, and all others."""
        return lineage.path(self._read_lineage(recording), first, last)

    def systems(self) -> tuple[schemas.OutsideSystemEntry, ...]:
        """Other programs that are declared, in short."""
        return systems.entries(self._engine, self.deps.catalogue.processes, self.deps.clock())

    def system(self, process: str) -> tuple[schemas.OutsideSystem, ...]:
        """What the programs of one process run."""
        processes, now = self.deps.catalogue.processes, self.deps.clock()
        return systems.find(self._engine, processes, process, now)

    def ask_systems(self, process: str) -> None:
        """Asks the programs of a process, or all when it is empty, what they run now."""
        from dataflow_health import wiring

        dependencies = wiring.probe_dependencies(self.settings, None)
        systems.ask(self._engine, self.deps.catalogue.processes, dependencies, process)

    def incidents(
        self, *, state: str = "open", process: str = "", limit: int = 50
    ) -> tuple[Incident, ...]:
        """Incidents, newest first."""
        is_open = _IS_OPEN[state]
        found = incidents.find(self._engine, is_open=is_open, process=process or None, limit=limit)
        return tuple(found)

    def incident(self, number: int) -> Incident:
        """One incident."""
        with reading(self._engine) as connection:
            return incidents.get(connection, number)

    def acknowledge(self, number: int, *, note: str = "") -> Incident:
        """Acknowledges an incident."""
        return incident_commands.acknowledge(
            self._engine, number, self._operator, note=note, now=self.deps.clock()
        )

    def mute(self, number: int, *, until: datetime, ticket: str, note: str = "") -> Incident:
        """Mutes the notifications of an incident until a given time."""
        now = self.deps.clock()
        return incident_commands.mute(
            self._engine, number, self._operator, note=note, until=until, ticket=ticket, now=now
        )

    def unmute(self, number: int, *, note: str = "") -> Incident:
        """Ends a mute early."""
        return incident_commands.unmute(
            self._engine, number, self._operator, note=note, now=self.deps.clock()
        )

    def resolve(self, number: int, *, how: str, note: str = "") -> Incident:
        """Resolves an incident by hand, with the way it ended."""
        return incident_commands.resolve(
            self._engine, number, self._operator, how=how, note=note, now=self.deps.clock()
        )

    def quarantine(
        self, *, written_off: bool = False, **filters: Unpack[QuarantineOptions]
    ) -> tuple[schemas.QuarantinedItem, ...]:
        """Items in quarantine that match the filters, oldest first."""
        states: tuple[State, ...] = ("written_off",) if written_off else REFUSED
        found = ledger_quarantine.find(self._engine, states=states, **filters)
        now = self.deps.clock()
        return tuple(quarantine.describe_item(record, now) for record in found)

    def quarantined(self, id_prefix: str) -> schemas.QuarantinedDetail:
        """One quarantined item, with the original bytes around the failure."""
        record = ledger_quarantine.get(self._engine, id_prefix)
        return quarantine.describe_detail(self.deps, record)

    def parameters(self, recording: str) -> tuple[schemas.RecordedParameter, ...]:
        """Parameters of one recording, with unit and rate."""
        return series.parameters(self._engine, self.deps.lake, recording, self.deps.catalogue)

    def series(self, recording: str, parameter: str, px: int = 1000) -> schemas.ParameterSeries:
        """Samples of one parameter, as many as a plot of ``px`` pixels shows."""
        deps, span = self.deps, (None, None)
        return series.series(deps.engine, deps.lake, recording, parameter, span, px, deps.catalogue)

    def audit(
        self, *, action: str = "", operator: str = "", limit: int = 50
    ) -> tuple[schemas.AuditEntryResponse, ...]:
        """Actions of operators, newest first."""
        found = audit_log.read(
            self._engine, limit=limit, action=action or None, operator=operator or None
        )
        return tuple(schemas.AuditEntryResponse.model_validate(entry._asdict()) for entry in found)
