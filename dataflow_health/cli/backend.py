"""Backend of the read commands: this machine's installation, or an API by its URL."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click
from sqlalchemy import Engine, make_url

from dataflow_health.cli.options import home_option, load_settings
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER, process_config
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.errors import ConfigError, DatabaseError, NotFound
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring import health_service
from dataflow_health.schemas import (
    AircraftCoverage,
    AircraftReadiness,
    AlgorithmRunPage,
    Explanation,
    FleetHealth,
    HealthStatus,
    PipelineExplanation,
    RecordingHistory,
    StatusDiff,
)
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database, server_limits

if TYPE_CHECKING:
    from dataflow_health.client import Client
    from dataflow_health.stages.stage import Dependencies


class Backend(Protocol):
    """Source of a read command's data; the API's client is one too."""

    def status(self, at: datetime | None = None) -> HealthStatus:
        """Status of every process, now or at a time in the past."""
        ...

    def explain_pipeline(self) -> PipelineExplanation:
        """Failed processes with their evidence."""
        ...

    def explain_process(self, name: str) -> Explanation:
        """Reason for the status of one process."""
        ...

    def status_diff(self, before: datetime, after: datetime) -> StatusDiff:
        """Processes whose status differs between two times."""
        ...

    def diagram(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as Mermaid text."""
        ...

    def diagram_svg(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as SVG."""
        ...

    def fleet_health(self, days: int) -> FleetHealth:
        """Health of every aircraft at every stage, worst first."""
        ...

    def aircraft_coverage(self, tail: str, days: int) -> AircraftCoverage:
        """Algorithms that apply to an aircraft, and the parameters that the others lack."""
        ...

    def aircraft_readiness(self, tail: str) -> AircraftReadiness:
        """Whether an aircraft is ready, with the reason."""
        ...

    def algorithm_runs(self, **query: Any) -> AlgorithmRunPage:  # noqa: ANN401
        """One page of algorithm runs."""
        ...

    def recording_history(self, id_prefix: str) -> RecordingHistory:
        """History of one recording."""
        ...


def backend_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options ``--home`` and ``--url``, which select the backend."""
    url = click.option("--url", help="Use this API instead, such as http://localhost:8000.")
    return home_option(url(function))


def open_backend(home: Path | None, url: str | None) -> Backend:
    """Opens this machine's installation, or an API.

    Args:
        home: Data folder of the installation; None for the one in the settings.
        url: URL of an API; None for this machine's installation.

    Raises:
        NotFound: This machine has no installation.
        ApiError: ``url`` is not a URL.
    """
    return LocalBackend(load_settings(home, quiet=True)) if url is None else open_client(home, url)


def open_client(home: Path | None, url: str) -> "Client":
    """Opens an API with the key of the settings, until the command ends.

    Args:
        home: Data folder of an installation; None for the one in the settings.
        url: URL of the API.

    Raises:
        ApiError: ``url`` is not a URL.
    """
    from dataflow_health.client import Client

    client = Client(url, load_settings(home, quiet=True).api_key.get_secret_value())
    click.get_current_context().call_on_close(client.close)
    return client


def open_ledger(home: Path | None = None) -> "tuple[Settings, Dependencies]":
    """Settings and dependencies of this machine's installation, which has a ledger.

    Args:
        home: Data folder of the installation; None for the one in the settings.

    Raises:
        NotFound: There is no ledger yet.
    """
    from dataflow_health import wiring

    settings = load_settings(home, quiet=True)
    require_ledger(settings)
    return settings, wiring.dependencies(settings)


class LocalBackend:
    """This machine's installation, read without Dagster."""

    def __init__(self, settings: Settings) -> None:
        """Connects to the ledger; one that is unreachable is reported in the status.

        Raises:
            NotFound: There is no ledger yet.
        """
        self.settings = settings
        self.catalogue = _declared(settings)
        self.engine, self.ledger_error = _connect(settings)
        self.live: tuple[Observation, ...] = ()

    def probe(self) -> None:
        """Runs every live check once; later calls use the results."""
        from dataflow_health import settings
        from dataflow_health.health.graph import Pipeline
        from dataflow_health.monitoring.probes.runner import ProbeDependencies
        from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
        from dataflow_health.orchestration.instance_state import HomeInstanceState

        dagster = HomeInstanceState(self.settings.dagster_home)
        dagster.wait()
        dependencies = ProbeDependencies(utc_now, settings.export(self.settings), dagster)
        self.live = ProbeScheduler(Pipeline(self.catalogue.processes), dependencies).probe_due()

    def status(self, at: datetime | None = None) -> HealthStatus:
        """Status of every process, now or at a time in the past.

        While the ledger is unreachable, runs the live checks, as the API does: their saved results
        cannot be read.
        """
        if at is not None:
            return health_service.as_of(self.engine, self.catalogue, at)
        if self.ledger_error and not self.live:
            self.probe()
        return health_service.current(lambda: self.engine, self.catalogue, utc_now(), self.live)

    def explain_pipeline(self) -> PipelineExplanation:
        """Failed processes with their evidence."""
        from dataflow_health.operations import explain

        return explain.explain_pipeline(self.status())

    def explain_process(self, name: str) -> Explanation:
        """Reason for the status of one process."""
        from dataflow_health.operations import explain

        return explain.explain_process(self.status(), name)

    def status_diff(self, before: datetime, after: datetime) -> StatusDiff:
        """Processes whose status differs between two times."""
        from dataflow_health.diagram import report_diff

        changes = report_diff.compare(self.status(before), self.status(after))
        return StatusDiff(before_at=before, after_at=after, changes=changes)

    def diagram(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as Mermaid text."""
        from dataflow_health.diagram import mermaid
        from dataflow_health.monitoring.dagster_links import asset_paths

        report = self.status(at)
        keys = asset_paths(process.name for process in report.processes)
        url = self.settings.public_url
        return mermaid.draw(report, expand=expand, base_url=url, asset_keys=keys)

    def diagram_svg(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as SVG.

        Raises:
            RendererMissing: The extra ``svg`` is not installed.
        """
        from dataflow_health.diagram import render

        return render.svg(self.diagram(at, expand=expand))

    def fleet_health(self, days: int) -> FleetHealth:
        """Health of every aircraft at every stage, worst first."""
        from dataflow_health.operations import fleet

        return fleet.fleet_health(self.engine, self.status(), days)

    def aircraft_coverage(self, tail: str, days: int) -> AircraftCoverage:
        """Algorithms that apply to an aircraft, and the parameters that the others lack."""
        from dataflow_health.operations import coverage, fleet

        since = fleet.first_day(self.status().at, days)
        return coverage.aircraft_coverage(self.engine, tail, since)

    def aircraft_readiness(self, tail: str) -> AircraftReadiness:
        """Whether an aircraft is ready, with the reason."""
        from dataflow_health.operations import readiness

        return readiness.aircraft_readiness(self.engine, tail)

    def algorithm_runs(self, **query: Any) -> AlgorithmRunPage:  # noqa: ANN401
        """One page of algorithm runs."""
        from dataflow_health.operations import recordings
        from dataflow_health.storage.queries.algorithm_runs import RunFilter

        return recordings.algorithm_runs(self.engine, RunFilter(**query))

    def recording_history(self, id_prefix: str) -> RecordingHistory:
        """History of one recording."""
        from dataflow_health.operations import recordings

        return recordings.recording_history(self.engine, id_prefix)


def _declared(settings: Settings) -> ProcessConfig:
    """The declared processes; while the operator's YAML is invalid, those that are built in.

    What is red can be read then too, and the reason stands above it.
    """
    try:
        return process_config.load(BUILTIN_FOLDER, *settings.config_folders)
    except ConfigError as error:
        click.echo(f"{error}\nThis shows the built-in processes only.", err=True)
        return process_config.load(BUILTIN_FOLDER)


def require_ledger(settings: Settings) -> None:
    """Nothing where there is a ledger: what is absent must not read as empty.

    Raises:
        NotFound: There is no ledger yet, as when the home is misspelt.
    """
    url = make_url(settings.database_url.get_secret_value())
    path = url.database or ""
    if url.get_backend_name() == "sqlite" and path != ":memory:" and not Path(path).exists():
        raise NotFound(
            f"no ledger at {path}: give --home, or create one with dataflow-health demo or up"
        )


def _connect(settings: Settings) -> tuple[Engine, str]:
    """Connects to the ledger; returns the engine, and an error when the ledger is unreachable.

    Raises:
        NotFound: There is no ledger yet.
        DatabaseError: The ledger's schema is newer than this version.
    """
    require_ledger(settings)
    limits = server_limits.from_settings(settings)
    engine = database.connect(settings.database_url.get_secret_value(), limits)
    try:
        database.upgrade(engine)
    except DatabaseError as error:
        if "upgrade dataflow-health" in str(error):
            raise
        return engine, str(error)
    return engine, ""
