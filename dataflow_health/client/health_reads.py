"""What the client reads of the pipeline's health: status, reasons, diagram, aircraft."""

from datetime import datetime

from dataflow_health.client.connection import Connection, iso, segment
from dataflow_health.health.error_budget import ErrorBudget
from dataflow_health.health.report import ProcessHealth
from dataflow_health.schemas import (
    AircraftCoverage,
    AircraftReadiness,
    Explanation,
    FleetHealth,
    FleetReadiness,
    HealthStatus,
    PipelineExplanation,
    ServiceHealth,
    Session,
    StatusCalendar,
    StatusDiff,
    WorkBetween,
)


class HealthReads(Connection):
    """Requests for the health of processes and aircraft."""

    def status(self, at: datetime | None = None) -> HealthStatus:
        """Status of every process, now or at a time in the past."""
        return self._get_model(HealthStatus, "/status", {"at": iso(at)})

    def process(self, name: str) -> ProcessHealth:
        """Status of one process.

        Raises:
            NotFound: No process has this name.
        """
        return self._get_model(ProcessHealth, f"/status/{segment(name)}")

    def explain_pipeline(self) -> PipelineExplanation:
        """Failed processes with their evidence."""
        return self._get_model(PipelineExplanation, "/explain")

    def explain_process(self, name: str) -> Explanation:
        """Reason for the status of one process.

        Raises:
            NotFound: No process has this name.
        """
        return self._get_model(Explanation, f"/explain/{segment(name)}")

    def status_diff(self, before: datetime, after: datetime) -> StatusDiff:
        """Processes whose status differs between two times."""
        query = {"before": iso(before), "after": iso(after)}
        return self._get_model(StatusDiff, "/changes", query)

    def work_between(self, before: datetime, after: datetime) -> WorkBetween:
        """Recordings that arrived and findings that were loaded between two times."""
        return self._get_model(
            WorkBetween, "/changes/work", {"before": iso(before), "after": iso(after)}
        )

    def status_days(self, days: int = 90) -> StatusCalendar:
        """Worst status and seconds in each status of every process, by UTC day."""
        return self._get_model(StatusCalendar, "/history", {"days": days})

    def diagram(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as Mermaid text."""
        return self._get("/diagram", {"at": iso(at), "expand": expand}).text

    def diagram_svg(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as SVG."""
        return self._get("/diagram/svg", {"at": iso(at), "expand": expand}).text

    def diagram_png(self, at: datetime | None = None, *, expand: bool = False) -> bytes:
        """Diagram as PNG."""
        return self._get("/diagram/png", {"at": iso(at), "expand": expand}).content

    def badge(self, process: str) -> str:
        """Status of one process as a small SVG picture."""
        return self._get(f"/badge/{segment(process)}.svg").text

    def fleet_health(self, days: int) -> FleetHealth:
        """Health of every aircraft at every stage, worst first."""
        return self._get_model(FleetHealth, "/fleet", {"days": days})

    def fleet_readiness(self) -> FleetReadiness:
        """Readiness and next departure of every aircraft."""
        return self._get_model(FleetReadiness, "/fleet/ready")

    def aircraft_readiness(self, tail: str) -> AircraftReadiness:
        """Whether an aircraft is ready, with the reason.

        Raises:
            NotFound: No archive or recording is of this aircraft.
        """
        return self._get_model(AircraftReadiness, f"/fleet/{segment(tail)}/ready")

    def aircraft_coverage(self, tail: str, days: int) -> AircraftCoverage:
        """Algorithms that apply to an aircraft, and the parameters that each of the others lacks.

        Args:
            tail: Tail number.
            days: Number of arrival days, today included.

        Raises:
            NotFound: The aircraft has no results.
            ApiUnreachable: The API did not answer.
        """
        path = f"/fleet/{segment(tail)}/coverage"
        return self._get_model(AircraftCoverage, path, {"days": days})

    def error_budgets(self) -> tuple[ErrorBudget, ...]:
        """Error budget and burn rates of every service level objective."""
        return self._get_model(tuple[ErrorBudget, ...], "/slos")

    def service_health(self) -> ServiceHealth:
        """Version of the API, and age of its report.

        Raises:
            ApiError: The API cannot report the pipeline's health.
        """
        return self._get_model(ServiceHealth, "/health")

    def session(self) -> Session:
        """What this client may do, and where the Dagster UI shows the processes."""
        return self._get_model(Session, "/session")

    def metrics(self) -> str:
        """Metrics in the text format of Prometheus."""
        return self._get("/metrics").text
