"""Where a command's answers come from: this machine's installation, or an API by its URL."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import click
from sqlalchemy import Engine, make_url

from dataflow_health.cli.options import load_settings
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER, process_config
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.errors import DatabaseError, NotFound
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring import health_service
from dataflow_health.schemas import (
    AlgorithmRunPage,
    Explanation,
    FleetHealth,
    HealthStatus,
    PipelineExplanation,
    RecordingHistory,
    StatusDiff,
)
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database


class Backend(Protocol):
    """What answers; the API's client is one too."""

    def status(self, at: datetime | None = None) -> HealthStatus:
        """How everything is, or was at an instant."""
        ...

    def explain_pipeline(self) -> PipelineExplanation:
        """Every cause with its evidence."""
        ...

    def explain_process(self, name: str) -> Explanation:
        """Why one process is as it is."""
        ...

    def status_diff(self, before: datetime, after: datetime) -> StatusDiff:
        """What differs between two instants."""
        ...

    def diagram(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """The report as Mermaid text."""
        ...

    def diagram_svg(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """The report as SVG."""
        ...

    def fleet_health(self, days: int) -> FleetHealth:
        """Aircraft by stage, worst first."""
        ...

    def algorithm_runs(self, **wanted: Any) -> AlgorithmRunPage:  # noqa: ANN401
        """One page of the drill-down table."""
        ...

    def recording_history(self, beginning: str) -> RecordingHistory:
        """One recording's way."""
        ...


def backend_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say where answers come from."""
    home = click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder that everything is kept in; DATAFLOW_HEALTH_HOME when not given.",
    )
    url = click.option("--url", help="Ask the API there instead, as http://localhost:8000.")
    return home(url(function))


def open_backend(home: Path | None, url: str | None) -> Backend:
    """The installation of this machine, or the API there.

    Raises:
        NotFound: This machine has none.
        ApiError: ``url`` is none.
    """
    chosen = load_settings(home, quiet=True)
    if url is None:
        return LocalBackend(chosen)
    from dataflow_health.client import Client

    client = Client(url, chosen.api_key.get_secret_value())
    click.get_current_context().call_on_close(client.close)
    return client


class LocalBackend:
    """This machine's installation, read without Dagster."""

    def __init__(self, chosen: Settings) -> None:
        """Opens the ledger; one that is away is reported, not raised.

        Raises:
            NotFound: There is no ledger yet.
            ConfigError: The declared YAML is wrong.
        """
        self.settings = chosen
        self.catalogue: ProcessConfig = process_config.load(BUILTIN_FOLDER, *chosen.config_folders)
        self.engine, self.fault = _open(chosen)
        self.live: tuple[Observation, ...] = ()

    def probe(self) -> None:
        """Asks every live check once, for the answers from now on."""
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
        """How everything is, or was at an instant.

        While the ledger is away nothing that was kept can be read, so the world is asked, as the
        API does.
        """
        if at is not None:
            return health_service.as_of(self.engine, self.catalogue, at)
        if self.fault and not self.live:
            self.probe()
        return health_service.current(lambda: self.engine, self.catalogue, utc_now(), self.live)

    def explain_pipeline(self) -> PipelineExplanation:
        """Every cause with its evidence."""
        from dataflow_health.operations import explain

        return explain.explain_pipeline(self.status())

    def explain_process(self, name: str) -> Explanation:
        """Why one process is as it is."""
        from dataflow_health.operations import explain

        return explain.explain_process(self.status(), name)

    def status_diff(self, before: datetime, after: datetime) -> StatusDiff:
        """What differs between two instants."""
        from dataflow_health.diagram import report_diff

        changes = report_diff.compare(self.status(before), self.status(after))
        return StatusDiff(before_at=before, after_at=after, changes=changes)

    def diagram(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """The report as Mermaid text."""
        from dataflow_health.diagram import mermaid
        from dataflow_health.monitoring.dagster_links import asset_paths

        report = self.status(at)
        keys = asset_paths(each.name for each in report.processes)
        url = self.settings.public_url
        return mermaid.draw(report, expand=expand, base_url=url, asset_keys=keys)

    def diagram_svg(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """The report as SVG.

        Raises:
            RendererMissing: The extra that draws it is not installed.
        """
        from dataflow_health.diagram import render

        return render.svg(self.diagram(at, expand=expand))

    def fleet_health(self, days: int) -> FleetHealth:
        """Aircraft by stage, worst first."""
        from dataflow_health.operations import fleet

        return fleet.fleet_health(self.engine, self.status(), days)

    def algorithm_runs(self, **wanted: Any) -> AlgorithmRunPage:  # noqa: ANN401
        """One page of the drill-down table."""
        from dataflow_health.operations import recordings
        from dataflow_health.storage.queries.algorithm_runs import RunFilter

        return recordings.algorithm_runs(self.engine, RunFilter(**wanted))

    def recording_history(self, beginning: str) -> RecordingHistory:
        """One recording's way."""
        from dataflow_health.operations import recordings

        return recordings.recording_history(self.engine, beginning)


def _open(chosen: Settings) -> tuple[Engine, str]:
    """The ledger, and why it does not answer; empty when it does."""
    given = make_url(chosen.database_url.get_secret_value())
    path = given.database or ""
    if given.get_backend_name() == "sqlite" and path != ":memory:" and not Path(path).exists():
        raise NotFound(
            f"no ledger at {path}: give --home, or make one with dataflow-health demo or up"
        )
    engine = database.connect(chosen.database_url.get_secret_value())
    try:
        database.upgrade(engine)
    except DatabaseError as fault:
        if "upgrade dataflow-health" in str(fault):
            raise
        return engine, str(fault)
    return engine, ""
