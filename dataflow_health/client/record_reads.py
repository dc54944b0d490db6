"""What the client reads of recordings: results, findings, ledger, quarantine, incidents, audit."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from dataflow_health.client.connection import Connection, iso, segment
from dataflow_health.health.incident import Incident
from dataflow_health.schemas import (
    AlgorithmLimit,
    AlgorithmRunPage,
    AuditEntryResponse,
    ChangeImpact,
    CurrentFlight,
    FindingPage,
    FindingTrend,
    FlightPhases,
    LedgerBalance,
    LineageGraph,
    LineagePath,
    OutsideSystem,
    OutsideSystemEntry,
    OwedWork,
    ParameterSeries,
    QuarantinedDetail,
    QuarantinedItem,
    RecordedParameter,
    RecordingDebtPage,
    RecordingHistory,
    VocabularyQuantity,
)


class RecordReads(Connection):
    """Requests for rows of the ledger and the results."""

    def algorithm_runs(self, **query: str | int | bool) -> AlgorithmRunPage:
        """One page of algorithm runs; keywords are the query parameters of ``/recordings``."""
        return self._get_model(AlgorithmRunPage, "/recordings", query)

    def recording_history(self, id_prefix: str) -> RecordingHistory:
        """History of one recording.

        Raises:
            NotFound: No recording id begins with the prefix, or several do.
        """
        return self._get_model(RecordingHistory, f"/recordings/{segment(id_prefix)}")

    def parameters(self, recording: str) -> tuple[RecordedParameter, ...]:
        """Parameters of one recording, with unit and rate."""
        path = f"/recordings/{segment(recording)}/parameters"
        return self._get_model(tuple[RecordedParameter, ...], path)

    def series(self, recording: str, parameter: str, px: int = 1000) -> ParameterSeries:
        """Samples of one parameter, as many as a plot of ``px`` pixels shows."""
        path = f"/recordings/{segment(recording)}/series"
        return self._get_model(ParameterSeries, path, {"parameter": parameter, "px": px})

    def phases(self, recording: str) -> FlightPhases:
        """Phases of flight of one recording, and its first take-off."""
        return self._get_model(FlightPhases, f"/recordings/{segment(recording)}/phases")

    def limits(self, recording: str) -> tuple[AlgorithmLimit, ...]:
        """Levels that algorithms give the parameters of one recording."""
        path = f"/recordings/{segment(recording)}/limits"
        return self._get_model(tuple[AlgorithmLimit, ...], path)

    def export(
        self,
        recording: str,
        *,
        parameters: Sequence[str] = (),
        span: tuple[float | None, float | None] = (None, None),
        form: str = "csv",
    ) -> Iterator[bytes]:
        """Every sample of some or all parameters, as a file in parts.

        Args:
            recording: Id of the recording, or a unique prefix of it.
            parameters: Names of parameters; all that are not text when it is empty.
            span: First and last second; None for the recording's own.
            form: ``csv``, ``json`` or ``parquet``.
        """
        query = {"parameter": list(parameters), "from": span[0], "to": span[1], "format": form}
        return self._stream(f"/recordings/{segment(recording)}/export", query)

    def current(self, tail: str = "", parameters: Sequence[str] = ()) -> tuple[CurrentFlight, ...]:
        """Last known value of each parameter in the newest flight of each aircraft."""
        query = {"tail": tail, "parameter": list(parameters)}
        return self._get_model(tuple[CurrentFlight, ...], "/current", query)

    def findings(
        self,
        *,
        from_at: datetime | None = None,
        to_at: datetime | None = None,
        **query: str | int | bool,
    ) -> FindingPage:
        """One page of findings, newest first; keywords are the query parameters of ``/findings``.

        Args:
            from_at: Only from this time on.
            to_at: Only before this time.
            query: The other parameters.
        """
        span = {"from_at": iso(from_at), "to_at": iso(to_at)}
        return self._get_model(FindingPage, "/findings", {**query, **span})

    def export_findings(
        self,
        form: str = "csv",
        *,
        from_at: datetime | None = None,
        to_at: datetime | None = None,
        **query: str | int | bool,
    ) -> Iterator[bytes]:
        """Findings as a file, in parts none of which is kept.

        Args:
            form: ``csv``, ``json`` or ``parquet``.
            from_at: Only from this time on.
            to_at: Only before this time.
            query: The other query parameters of ``/findings/export``.
        """
        span = {"from_at": iso(from_at), "to_at": iso(to_at)}
        return self._stream("/findings/export", {"format": form, **query, **span})

    def finding_trend(
        self,
        *,
        from_at: datetime | None = None,
        to_at: datetime | None = None,
        by: str = "algorithm",
        **query: str,
    ) -> FindingTrend:
        """Findings by month and per 100 flight hours.

        Args:
            from_at: In the first month; 24 months without it.
            to_at: In the last month; this month without it.
            by: What has a line of its own: ``algorithm`` or ``tail``.
            query: The other query parameters of ``/findings/trend``.
        """
        span = {"from_at": iso(from_at), "to_at": iso(to_at)}
        return self._get_model(FindingTrend, "/findings/trend", {"by": by, **query, **span})

    def ledger_balance(self, day: str = "") -> LedgerBalance:
        """Input and output counts of all stages, for one day or for all days."""
        return self._get_model(LedgerBalance, "/ledger", {"day": day})

    def owed_work(self) -> OwedWork:
        """Analysed recordings without an answer of a declared algorithm, by algorithm and day."""
        return self._get_model(OwedWork, "/owed", {})

    def owed_recordings(
        self, *, algorithm: str = "", day: str = "", limit: int = 50
    ) -> RecordingDebtPage:
        """Single recordings without an answer of a declared algorithm, newest day first."""
        query = {"algorithm": algorithm, "day": day, "limit": limit}
        return self._get_model(RecordingDebtPage, "/owed/recordings", query)

    def impact(self, name: str, kind: str | None = None) -> ChangeImpact:
        """Recordings, arrival days and hours that a change of what has this name would redo.

        Raises:
            NotFound: Nothing has this name, or several kinds have it.
        """
        return self._get_model(ChangeImpact, f"/impact/{segment(name)}", {"kind": kind})

    def lineage(
        self,
        node: str,
        *,
        direction: str = "both",
        depth: int | None = None,
        recording: str = "",
    ) -> LineageGraph:
        """A node with all that it is made from and all that is made from it."""
        query = {"node": node, "direction": direction, "depth": depth, "recording": recording}
        return self._get_model(LineageGraph, "/lineage", query)

    def lineage_path(self, first: str, last: str, *, recording: str = "") -> LineagePath:
        """A shortest way between two nodes, and all others; no nodes when there is none."""
        query = {"first": first, "last": last, "recording": recording}
        return self._get_model(LineagePath, "/lineage/path", query)

    def systems(self) -> tuple[OutsideSystemEntry, ...]:
        """Other programs that are declared, in short."""
        return self._get_model(tuple[OutsideSystemEntry, ...], "/systems")

    def system(self, process: str) -> tuple[OutsideSystem, ...]:
        """What the programs of one process run.

        Raises:
            NotFound: No such process is declared.
        """
        return self._get_model(tuple[OutsideSystem, ...], f"/systems/{segment(process)}")

    def vocabulary(self, text: str, limit: int = 50) -> tuple[VocabularyQuantity, ...]:
        """Quantities that match a text, the best first."""
        query = {"text": text, "limit": limit}
        return self._get_model(tuple[VocabularyQuantity, ...], "/vocabulary", query)

    def incidents(
        self, *, state: str = "open", process: str = "", limit: int = 50
    ) -> tuple[Incident, ...]:
        """Incidents, newest first; ``state`` is ``open``, ``ended`` or ``all``."""
        query = {"state": state, "process": process, "limit": limit}
        return self._get_model(tuple[Incident, ...], "/incidents", query)

    def incident(self, number: int) -> Incident:
        """One incident.

        Raises:
            NotFound: There is no such incident.
        """
        return self._get_model(Incident, f"/incidents/{number}")

    def quarantine(
        self, *, written_off: bool = False, **filters: str | None
    ) -> tuple[QuarantinedItem, ...]:
        """Items in quarantine, oldest first; keywords are the parameters of ``/quarantine``."""
        query = {"written_off": written_off, **filters}
        return self._get_model(tuple[QuarantinedItem, ...], "/quarantine", query)

    def quarantined(self, id_prefix: str) -> QuarantinedDetail:
        """One quarantined item: the reason, and the original bytes around the failure.

        Raises:
            NotFound: No such item is in quarantine.
        """
        return self._get_model(QuarantinedDetail, f"/quarantine/{segment(id_prefix)}")

    def audit(
        self, *, action: str = "", operator: str = "", limit: int = 50
    ) -> tuple[AuditEntryResponse, ...]:
        """Actions of operators, newest first."""
        query = {"action": action, "operator": operator, "limit": limit}
        return self._get_model(tuple[AuditEntryResponse, ...], "/audit", query)
