"""Response models shared by the API, its client and the command line."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, computed_field

from dataflow_health.diagram.report_diff import ProcessChange
from dataflow_health.health.continuity import Continuity
from dataflow_health.health.format_drift import FormatChange
from dataflow_health.health.observation import Counts, Evidence, StateCounts
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.health.readiness import Readiness
from dataflow_health.health.report import CheckHealth, HealthReport
from dataflow_health.health.saved_view import SavedView
from dataflow_health.health.status import Status
from dataflow_health.health.status_day import StatusDay


class ResponseModel(BaseModel):
    """Base of all response models: immutable; the validator is built on first use."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class HealthStatus(HealthReport):
    """Health report, with the errors that limit how far it can be trusted.

    Attributes:
        version: Hash of the report without timestamps; used as the ETag.
        ledger_error: Reason the ledger could not be read; empty when it was. While it is set,
            values from the ledger are the last ones read, or UNKNOWN.
        config_errors: Errors in the current YAML files. While there are any, the last valid
            configuration stays in use.
    """

    version: str = ""
    ledger_error: str = ""
    config_errors: tuple[str, ...] = ()


class Explanation(ResponseModel):
    """Reason for the status of one process, with evidence and remedies.

    Attributes:
        process: Name of the process.
        status: Current status.
        since: Time of the last status change.
        reason: Reason for the status, in one line.
        checks: Checks that are not HEALTHY.
        evidence: Evidence of the failures, down to the byte.
        blocked_by: Processes this one waits for.
        blocks: Processes that wait for this one.
        blocked_recordings: Number of recordings waiting between this process and ``blocks``.
        steps: What a person does first, in words.
        commands: Shell commands that repair it, once the steps are done.
        links: URLs of related pages, by title.
    """

    process: str
    status: Status
    since: AwareDatetime | None = None
    reason: str = ""
    checks: tuple[CheckHealth, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    blocked_by: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    blocked_recordings: int = 0
    steps: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    links: Mapping[str, str] = {}


class PipelineExplanation(ResponseModel):
    """Explanation of the whole pipeline's status: FAILED processes first, then WARNING ones."""

    at: AwareDatetime
    status: Status
    causes: tuple[Explanation, ...]


class AircraftStage(StateCounts):
    """Status of one aircraft at one stage, and its recordings there by state."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    stage: str
    status: Status
    last_finished_at: AwareDatetime | None = None


class AlgorithmCoverage(ResponseModel):
    """Algorithms that apply to the recordings of one aircraft, recorder and layout.

    Attributes:
        recorder: Recorder kind.
        layout: Layout of the frames; None without one.
        arrival_day: Newest arrival day with results, on which this stands.
        algorithms: Number of algorithms with a result.
        applicable: Number of those that apply.
        missing: Parameters that the others lack, those that most of them lack first.
        lacking: Parameters that each of the others lacks, by algorithm; for one aircraft only.
        reasons: Reason of each other algorithm that does not apply though it lacks no parameter:
            it failed, or divides by zero; for one aircraft only.
    """

    recorder: str
    layout: str | None = None
    arrival_day: date
    algorithms: int
    applicable: int
    missing: tuple[str, ...] = ()
    lacking: Mapping[str, tuple[str, ...]] = {}
    reasons: Mapping[str, str] = {}

    @property
    def is_silent(self) -> bool:
        """Whether no algorithm applies."""
        return self.applicable == 0


class AircraftCoverage(ResponseModel):
    """Algorithms that apply to one aircraft, by recorder and layout.

    Attributes:
        tail: Tail number.
        since_day: First arrival day included.
        coverage: One entry per recorder and layout.
    """

    tail: str
    since_day: date
    coverage: tuple[AlgorithmCoverage, ...]


class AircraftHealth(ResponseModel):
    """Health of one aircraft across all stages.

    Attributes:
        tail: Tail number; empty for open archives whose name has no known one.
        status: Worst status of its stages; WARNING at least when no algorithm applies to the
            recordings of one of its recorders or layouts.
        recordings: Number of recordings ever received.
        last_arrived_at: Arrival time of its newest recording, or of a newer open archive.
        stages: One entry per stage, in pipeline order.
        coverage: Algorithms that apply, by recorder and layout.
        continuity: Hours recorded of hours flown, by recorder; none of one without a known start.
        format_changes: Recordings from which on a parameter vanished, or changed its rate, unit or
            range.
    """

    tail: str
    status: Status
    recordings: int = 0
    last_arrived_at: AwareDatetime | None = None
    stages: tuple[AircraftStage, ...] = ()
    coverage: tuple[AlgorithmCoverage, ...] = ()
    continuity: tuple[Continuity, ...] = ()
    format_changes: tuple[FormatChange, ...] = ()


class FleetHealth(ResponseModel):
    """Health of every aircraft at every stage, worst first.

    Attributes:
        at: Evaluation time, UTC.
        since_day: First arrival day included. Unfinished recordings are included whatever their
            arrival day.
        stages: Stage names, in pipeline order.
        aircraft: One entry per aircraft.
    """

    at: AwareDatetime
    since_day: date
    stages: tuple[str, ...]
    aircraft: tuple[AircraftHealth, ...]


class AlgorithmRun(ResponseModel):
    """Result of one algorithm on one recording: one row of the drill-down table.

    ``algorithm`` and the fields that depend on it are None for a recording not analysed yet.
    """

    recording: str
    tail: str
    arrival_day: date
    algorithm: str | None = None
    version: str | None = None
    outcome: str | None = None
    findings: int | None = None
    reason: str | None = None
    uploaded_at: AwareDatetime | None = None
    archive: str = ""
    member: str = ""
    recorder: str = ""
    layout: str | None = None
    arrived_at: AwareDatetime | None = None


class AlgorithmRunPage(ResponseModel):
    """One page of the drill-down table, with the total number of matching rows."""

    rows: tuple[AlgorithmRun, ...]
    total: Annotated[int, Field(ge=0)]
    limit: int
    offset: int


class RecordingStage(ResponseModel):
    """Result of one stage for one recording, or for the archive it came in."""

    stage: str
    state: str
    reason: str | None = None
    detail: str | None = None
    byte_offset: int | None = None
    frame: int | None = None
    hex: str = ""
    bytes_in: int | None = None
    bytes_out: int | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    output_path: str | None = None
    output_digest: str | None = None
    file_removed_at: AwareDatetime | None = None
    code_version: str | None = None
    run_id: str | None = None
    attempts: int = 0
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None


class AlgorithmFinding(ResponseModel):
    """One event found by an algorithm in a recording."""

    algorithm: str
    number: int
    severity: str
    start_s: float
    end_s: float
    start_at: AwareDatetime | None = None
    peak: float | None = None
    peak_at_s: float | None = None
    detail: str = ""


class FindingEntry(AlgorithmFinding):
    """One finding in the list of all findings, with what a person judged of it.

    Attributes:
        recording: Recording id.
        tail: Aircraft.
        pseudonym: Name of the aircraft in exports; empty without a key of pseudonyms.
        state: ``new``, ``confirmed`` or ``dismissed``.
        reason: Reason of the judgement.
        operator: Who judged it.
        judged_at: When it was judged, UTC.
    """

    recording: str
    tail: str
    pseudonym: str = ""
    state: str = "new"
    reason: str = ""
    operator: str = ""
    judged_at: AwareDatetime | None = None


class FindingPage(ResponseModel):
    """One page of findings, newest first.

    Attributes:
        findings: Findings of the page.
        total: Number of findings that match.
        is_capped: True when there are more than ``total``; no more were counted.
        undated: Number of findings that match but for their time, which is unknown. They are
            listed by ``undated=true`` only.
    """

    findings: tuple[FindingEntry, ...]
    total: Annotated[int, Field(ge=0)]
    is_capped: bool = False
    undated: Annotated[int, Field(ge=0)] = 0
    limit: int
    offset: int


class FlownHours(ResponseModel):
    """Analysed flights of a UTC month.

    Attributes:
        month: The month, as ``2026-11``.
        flights: Recordings whose results are loaded.
        flown_h: Their hours in the air.
    """

    month: str
    flights: Annotated[int, Field(ge=0)]
    flown_h: Annotated[float, Field(ge=0)]


class TrendPoint(FlownHours):
    """Findings of a UTC month.

    Attributes:
        findings: Number of findings, with the dismissed ones.
        dismissed: Findings that a person dismissed.
        per_100_h: Findings per 100 flight hours, without the dismissed ones; None without flights.
    """

    findings: Annotated[int, Field(ge=0)]
    dismissed: Annotated[int, Field(ge=0)] = 0
    per_100_h: float | None = None


class TrendLine(ResponseModel):
    """Findings of one algorithm or aircraft, month by month.

    Attributes:
        name: Algorithm or aircraft.
        pseudonym: Name of the aircraft in exports; empty without a key of pseudonyms.
        points: One for each month.
    """

    name: str
    pseudonym: str = ""
    points: tuple[TrendPoint, ...]


class FindingTrend(ResponseModel):
    """Findings by month.

    Attributes:
        by: What has a line: ``algorithm`` or ``tail``.
        months: The months, ascending.
        flown: Flights of all chosen aircraft, one for each month.
        lines: Those with the most findings, the most first.
        names: Number of algorithms or aircraft with findings; more than there are lines if some
            are left out.
    """

    by: Literal["algorithm", "tail"]
    months: tuple[str, ...]
    flown: tuple[FlownHours, ...]
    lines: tuple[TrendLine, ...]
    names: Annotated[int, Field(ge=0)]


class AircraftReadiness(Readiness):
    """Whether an aircraft is ready, as far as its recordings say, with the reason.

    Attributes:
        alerts: Findings of severity ``alert`` in its newest recordings with results. They do not
            change the answer.
    """

    alerts: tuple[AlgorithmFinding, ...] = ()


class DepartingAircraft(Readiness):
    """Whether an aircraft is ready, and when it departs next.

    Attributes:
        departs_at: Next planned departure; None when none is known.
    """

    departs_at: AwareDatetime | None = None


class FleetReadiness(ResponseModel):
    """Readiness of every aircraft.

    Attributes:
        at: Evaluation time, UTC.
        schedule_error: Why no departures are known; empty when they are.
        aircraft: Those that depart first come first; then those that are not ready.
    """

    at: AwareDatetime
    schedule_error: str = ""
    aircraft: tuple[DepartingAircraft, ...] = ()


class RecordingHistory(ResponseModel):
    """History of one recording from its archive to the results database.

    Attributes:
        recording: Recording id, the SHA-256 of its bytes.
        tail: Tail number of the aircraft.
        named_tail: Tail number in the archive's name, where it differs from ``tail``.
        archive: Name of the archive.
        member: Path of the recording inside the archive.
        recorder: Recorder definition that decoded it.
        layout: Parameter layout that decoded it.
        size_bytes: Size of the recording.
        arrived_at: Arrival time of the archive.
        arrival_day: Arrival day, UTC.
        stages: Results of the stages it has reached, in pipeline order.
        outcomes: Number of algorithm runs by outcome.
        findings: Findings in order of time.
        duplicate_archives: Other archives that hold the same bytes.
    """

    recording: str
    tail: str
    named_tail: str | None = None
    archive: str
    member: str
    recorder: str
    layout: str | None = None
    size_bytes: int
    arrived_at: AwareDatetime
    arrival_day: date
    stages: tuple[RecordingStage, ...]
    outcomes: Mapping[str, int] = {}
    findings: tuple[AlgorithmFinding, ...] = ()
    duplicate_archives: tuple[str, ...] = ()


class StageBalance(Counts):
    """Counts of one stage on one arrival day, or on all days together."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    stage: str
    arrival_day: str = ""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unaccounted(self) -> int:
        """What came in and is in no state; the conservation law says 0."""
        return super().unaccounted


class LedgerBalance(ResponseModel):
    """Input and output counts of all stages, for one arrival day or for all days together."""

    is_balanced: bool
    stages: tuple[StageBalance, ...]


class OwedArrivalDay(ResponseModel):
    """Recordings of one arrival day that an algorithm owes an answer."""

    arrival_day: date
    recordings: int


class OwedAlgorithm(ResponseModel):
    """Answers that one algorithm owes in its present version, newest arrival day first."""

    algorithm: str
    version: str
    answers: int
    since: AwareDatetime
    days: tuple[OwedArrivalDay, ...]


class OutdatedDay(ResponseModel):
    """Recordings of one arrival day that a stage finished with an older version."""

    stage: str
    arrival_day: date
    recordings: int


class OwedWork(ResponseModel):
    """Everything that changed YAML files owe to recordings that were finished before.

    Attributes:
        answers: Answers that algorithms owe for recordings that analyse has finished with.
        algorithms: The same by algorithm.
        outdated: Recordings whose parser, recorder, layout or mapping changed since, at the first
            stage that processes them again, newest arrival day first.
    """

    at: AwareDatetime
    answers: int
    algorithms: tuple[OwedAlgorithm, ...]
    outdated: tuple[OutdatedDay, ...] = ()


class ImpactDay(ResponseModel):
    """Recordings of one arrival day that a change would redo."""

    arrival_day: date
    recordings: int
    hours: float


class ChangeImpact(ResponseModel):
    """What a change would redo, newest arrival day first.

    Attributes:
        name: Name of what changes.
        kind: Kind of what changes: algorithm, layout, recorder, parser or mapping.
        stages: Stages that run again, first to last.
        archives: Archives that extract reads again: all, as any of them may have recordings of a
            changed recorder; 0 when extract does not run again.
        recordings: Recordings that these stages have finished.
        hours: Time that their runs took the last time. One algorithm takes less than all of them.
        days: Recordings and their hours by arrival day, without those of the archives.
    """

    at: AwareDatetime
    name: str
    kind: str
    stages: tuple[str, ...]
    archives: int = 0
    recordings: int
    hours: float
    days: tuple[ImpactDay, ...]


class RecordingDebt(ResponseModel):
    """One recording without an answer of these algorithms."""

    recording: str
    tail: str
    arrival_day: date
    algorithms: tuple[str, ...]


class RecordingDebtPage(ResponseModel):
    """One page of the recordings that are owed an answer, newest arrival day first."""

    recordings: tuple[RecordingDebt, ...]
    limit: int
    offset: int


class StatusDiff(ResponseModel):
    """All status differences between two times."""

    before_at: AwareDatetime
    after_at: AwareDatetime
    changes: tuple[ProcessChange, ...]


class WorkBetween(ResponseModel):
    """New work between two times.

    Attributes:
        before_at: Earlier time, UTC.
        after_at: Later time, UTC.
        recordings: Recordings that arrived.
        findings: Findings that were loaded, by severity.
        is_capped: Whether there are more than the 10,000 recordings or findings counted at most.
    """

    before_at: AwareDatetime
    after_at: AwareDatetime
    recordings: int
    findings: dict[str, int]
    is_capped: bool


class ProcessCalendar(ResponseModel):
    """The days of one process, oldest first.

    Attributes:
        process: Name of the process.
        external: Whether it is no stage of the pipeline.
        days: Every day of the range, those without data as UNKNOWN.
    """

    process: str
    external: bool
    days: tuple[StatusDay, ...]


class StatusCalendar(ResponseModel):
    """Worst status of every process on each of the last days, in pipeline order."""

    first_day: date
    last_day: date
    processes: tuple[ProcessCalendar, ...]


class VocabularyQuantity(ResponseModel):
    """One quantity of the vocabulary.

    Attributes:
        name: Name in algorithms.
        describes: Meaning, with the positive direction where there is one.
        unit: Canonical unit; empty when there is none.
        plausible_range: Lowest and highest value that any helicopter can have.
        states: Texts of a discrete's values.
        synonyms: Other names, in English and as recorders and layouts write them.
        algorithms: Algorithms that use it.
    """

    name: str
    describes: str
    unit: str
    plausible_range: tuple[float, float] | None
    states: Mapping[int, str]
    synonyms: tuple[str, ...]
    algorithms: tuple[str, ...]


class LineageNode(ResponseModel):
    """One node of the lineage.

    Attributes:
        node: ``kind:name``.
        kind: Kind, such as ``column`` or ``algorithm``.
        distance: Arrows between it and the chosen node; negative upstream.
        is_retired: True for a version or an algorithm that is not declared any more.
    """

    node: str
    kind: str
    distance: int = 0
    is_retired: bool = False


class LineageArrow(ResponseModel):
    """From a node that is read to one that is made from it."""

    first: str
    last: str


class LineageGraph(ResponseModel):
    """A node with all that it is made from and all that is made from it."""

    node: str
    nodes: tuple[LineageNode, ...]
    arrows: tuple[LineageArrow, ...]


class LineagePath(ResponseModel):
    """How two nodes are connected, whichever of them is upstream.

    Attributes:
        first: One of the nodes.
        last: The other.
        nodes: A shortest way along the arrows; empty when there is none.
        arrows: All ways along the arrows.
    """

    first: str
    last: str
    nodes: tuple[str, ...]
    arrows: tuple[LineageArrow, ...] = ()


class OutsideSystemEntry(ResponseModel):
    """Another program in short.

    Attributes:
        process: Name of its process.
        check: Name of the check that watches it.
        kind: Kind of the check, such as ``airflow_runs``.
        describes: What it is, in words.
        owner: Person or team responsible.
        address: Its address without a password, or the variable that says it.
        asked_at: When it was last asked what it runs.
        described_at: When it last said it.
        age_s: Seconds since then; None when it never said it.
        error: Why it could not say it when it was last asked; empty when it did.
        version: Version of the program.
        workflows: Number of DAGs or applications.
        tables: Number of tables.
    """

    process: str
    check: str
    kind: str
    describes: str = ""
    owner: str = ""
    address: str = ""
    asked_at: AwareDatetime | None = None
    described_at: AwareDatetime | None = None
    age_s: float | None = None
    error: str = ""
    version: str = ""
    workflows: int = 0
    tables: int = 0


class OutsideSystem(OutsideSystemEntry):
    """Another program and what it runs.

    Attributes:
        description: What it ran at ``described_at``; None when it never said it.
    """

    description: SystemDescription | None = None


class RecordedParameter(ResponseModel):
    """One parameter of a recording.

    Attributes:
        name: Name in the recording's table.
        unit: Engineering unit; empty when there is none.
        describes: Description for people.
        rate_hz: Samples a second; of one below 1 Hz the mean number.
        is_text: Whether its values are text, which has no series.
        recorded_as: Parameters of the recorder that a quantity of the vocabulary is made from;
            empty for the recorder's own.
    """

    name: str
    unit: str = ""
    describes: str = ""
    rate_hz: float
    is_text: bool = False
    recorded_as: tuple[str, ...] = ()


class ParameterSeries(ResponseModel):
    """Samples of a parameter, as many as a plot of some width can show.

    Attributes:
        parameter: Name of the parameter.
        unit: Engineering unit; empty when there is none.
        states: Texts of a discrete's values.
        started_at: UTC time of second 0; None when unknown.
        first_s: First second of the recording.
        last_s: End of its last second.
        samples: Number of known samples in the span, before they were thinned out.
        at_s: Time of each sample in seconds after ``started_at``, ascending.
        values: Value of each sample; None where the parameter has none for longer than its period
            and than one pixel.
        gaps: Begin and end of each gap of the recording, in seconds.
    """

    parameter: str
    unit: str = ""
    states: Mapping[int, str] = {}
    started_at: AwareDatetime | None = None
    first_s: float
    last_s: float
    samples: int
    at_s: tuple[float, ...]
    values: tuple[float | None, ...]
    gaps: tuple[tuple[float, float], ...] = ()


class FlightPhase(ResponseModel):
    """Phase of flight from one second to another."""

    phase: str
    start_s: float
    end_s: float


class FlightPhases(ResponseModel):
    """Phases of flight of a recording, as algorithms see them.

    Attributes:
        started_at: UTC time of second 0; None when unknown.
        first_s: First second of the recording.
        last_s: End of its last second.
        takeoff_s: First second in the air; None when the recording holds no take-off.
        phases: In order of time; where a second has no row, there is none.
    """

    started_at: AwareDatetime | None = None
    first_s: float
    last_s: float
    takeoff_s: float | None = None
    phases: tuple[FlightPhase, ...]


class AlgorithmLimit(ResponseModel):
    """Level of a parameter beyond which an algorithm may find an event.

    Attributes:
        parameter: Name of the parameter.
        value: The level.
        unit: Unit of the parameter.
        algorithm: Name of the algorithm.
        severity: Severity of its findings.
        describes: The limit in one line, with its duration, phases and other conditions.
    """

    parameter: str
    value: float
    unit: str = ""
    algorithm: str
    severity: str
    describes: str


class CurrentValue(ResponseModel):
    """Last known value of a parameter.

    Attributes:
        parameter: Name of the parameter.
        unit: Engineering unit; empty when there is none.
        value: The value.
        text: What a discrete's value stands for.
        at_s: Second of the recording.
        at: The same in UTC; None when the recording's start is unknown.
    """

    parameter: str
    unit: str = ""
    value: float
    text: str = ""
    at_s: float
    at: AwareDatetime | None = None


class CurrentFlight(ResponseModel):
    """Last known values of the newest flight of an aircraft.

    Attributes:
        tail: Aircraft.
        recording: Id of its newest recording with parameters.
        arrived_at: Arrival time of its archive, UTC.
        started_at: Start of the recording by its clock, UTC; None when unknown.
        values: Last known value of each parameter, by name.
        error: Why there are none: the file is missing or damaged.
    """

    tail: str
    recording: str
    arrived_at: AwareDatetime
    started_at: AwareDatetime | None = None
    values: tuple[CurrentValue, ...] = ()
    error: str = ""


class QuarantinedItem(ResponseModel):
    """One archive or recording that a stage refused.

    Attributes:
        id: Id of the archive or recording.
        kind: ``archive`` or ``recording``.
        stage: Stage that refused it.
        state: ``quarantined`` or ``written_off``.
        reason: Reason code in snake case.
        detail: Reason in words, with expected and actual value.
        tail: Tail number of the aircraft; empty for an archive.
        archive: Name of the archive.
        member: Path of the recording inside the archive.
        layout: Layout its frames were decoded with.
        byte_offset: Position of the failure in the file, if there is a single one.
        frame: Frame number of the failure, if there is a single one.
        arrival_day: Arrival day, UTC.
        arrived_at: Arrival time.
        age_s: Seconds since the last refusal.
        attempts: Number of times the stage tried it.
        code_version: Version of the code that refused it.
    """

    id: str
    kind: Literal["archive", "recording"]
    stage: str
    state: str
    reason: str | None
    detail: str | None
    tail: str
    archive: str | None
    member: str
    layout: str | None
    byte_offset: int | None
    frame: int | None
    arrival_day: str
    arrived_at: AwareDatetime
    age_s: int
    attempts: int
    code_version: str | None


class QuarantinedDetail(QuarantinedItem):
    """One quarantined item, with the original bytes around the failure.

    Attributes:
        path: Path of the original file in the lake.
        size_bytes: Size of that file.
        start: Offset of the first byte in ``hex``.
        hex: Bytes around the failure, hexadecimal.
        note: Reason the bytes cannot be read; empty when they can.
    """

    path: str
    size_bytes: int
    start: int
    hex: str
    note: str = ""


class ChangedCount(ResponseModel):
    """Number of items that an action changed."""

    changed: int


class RerunResponse(ResponseModel):
    """Number of items queued, and their arrival days. With ``dry_run``, nothing was changed."""

    items: int
    days: tuple[str, ...]
    dry_run: bool


class RebuildResponse(ResponseModel):
    """Number of stages that make the recording again, and its arrival day."""

    stages: int
    day: str


class JudgedFinding(ResponseModel):
    """State of a finding after the action."""

    state: Literal["new", "confirmed", "dismissed"]


class Annotation(ResponseModel):
    """What a person wrote about a recording, a finding, a process or an incident.

    Attributes:
        id: Id; newer ones have larger ids.
        kind: What it is about.
        recording: Recording id; empty for a process or an incident.
        tail: Aircraft of the recording.
        algorithm: Algorithm of the finding; empty for all else.
        start_s: Second of the recording it is about; None for the whole recording.
        end_s: Last second, when it is about a range.
        process: Name of the process; empty for all else.
        incident: Id of the incident.
        text: Plain text of several lines at most; show it escaped.
        author: Person, or name of the API key.
        created_at: When it was written, UTC.
        edited_at: When its text was changed last, UTC.
    """

    id: int
    kind: Literal["recording", "finding", "process", "incident"]
    recording: str = ""
    tail: str = ""
    algorithm: str = ""
    start_s: float | None = None
    end_s: float | None = None
    process: str = ""
    incident: int | None = None
    text: str
    author: str
    created_at: AwareDatetime
    edited_at: AwareDatetime | None = None


class AuditEntryResponse(ResponseModel):
    """One action of an operator.

    Attributes:
        id: Id of the entry; newer entries have larger ids.
        at: Time of the action, UTC.
        operator: Person, or name of the API key.
        origin: Where the action came from, such as ``cli@host`` or ``api@192.0.2.7``.
        action: Name of the action.
        subject: What it was applied to.
        reason: Reason that the operator gave.
        succeeded: Whether it succeeded.
    """

    id: int
    at: AwareDatetime
    operator: str
    origin: str
    action: str
    subject: str
    reason: str
    succeeded: bool


class Session(ResponseModel):
    """What a front end needs to know about its caller and about the Dagster UI.

    Attributes:
        caller: Name of the key; ``anonymous`` without one.
        may_operate: Whether the caller may act on incidents, quarantine and stages.
        dagster_url: URL of the Dagster UI.
        dagster_pages: URL of each process in the Dagster UI, by name.
    """

    caller: str
    may_operate: bool
    dagster_url: str
    dagster_pages: Mapping[str, str]


class ServiceHealth(ResponseModel):
    """Health of this service.

    Attributes:
        version: Version of the package.
        report_age_s: Age of the health report.
        config_errors: Errors in the current YAML files; the last valid ones stay in use.
    """

    version: str
    report_age_s: float
    config_errors: tuple[str, ...] = ()


class StoredTelemetry(ResponseModel):
    """Number of values of live signals that were stored.

    Attributes:
        stored: Values that are safe now.
        too_old: Values that were left out, older than what is kept.
    """

    stored: int
    too_old: int


class LiveSignal(ResponseModel):
    """A live signal with its newest value.

    Attributes:
        name: Name of the signal.
        first_at: Time of its first point, UTC.
        last_at: Time of its newest point, UTC.
        value: Newest value.
        age_s: Seconds since points of it last arrived.
        source: Aircraft, test rig or program that sent it last.
        unit: Unit of its values; empty when its sender gave none.
        state: ``arriving``, ``silent`` or ``ended``: silent for so long that it is on purpose.
    """

    name: str
    first_at: AwareDatetime
    last_at: AwareDatetime
    value: float
    age_s: float
    source: str = ""
    unit: str = ""
    state: Literal["arriving", "silent", "ended"] = "arriving"


class LimitBand(ResponseModel):
    """Values of a signal beyond a limit; None for no bound on that side.

    Attributes:
        signal: Name of the signal.
        low: Lowest value.
        high: Highest value.
    """

    signal: str
    low: float | None = None
    high: float | None = None


class LiveLimit(ResponseModel):
    """A limit of live signals: an algorithm that runs on them.

    Attributes:
        name: Name of the algorithm.
        describes: What it means.
        severity: ``info``, ``warning`` or ``alert``.
        signals: Signals that it uses.
        bands: Values beyond the limit, where a single signal is compared with a number. The limit
            may ask for more, such as a duration.
    """

    name: str
    describes: str
    severity: str
    signals: tuple[str, ...]
    bands: tuple[LimitBand, ...] = ()


class SignalHistory(ResponseModel):
    """History of a live signal, as many spans as a plot of some width can show.

    Attributes:
        name: Name of the signal.
        at_s: Time of each point, or begin of each span, in seconds since 1970, ascending.
        mean: Mean value.
        low: Lowest value.
        high: Highest value.
        points: Number of points; 1 throughout means that each single point is shown.
    """

    name: str
    at_s: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    points: tuple[int, ...]


class TelemetryHistory(ResponseModel):
    """History of live signals.

    Attributes:
        from_at: Begin of the range, UTC.
        to_at: End of the range, UTC.
        signals: One entry a signal, in the order asked for.
    """

    from_at: AwareDatetime
    to_at: AwareDatetime
    signals: tuple[SignalHistory, ...]


class LimitCrossing(ResponseModel):
    """A finding of an algorithm on live signals.

    Attributes:
        algorithm: Name of the algorithm.
        severity: ``info``, ``warning`` or ``alert``.
        start_at: First point at which its condition held, UTC.
        end_at: Last such point so far, UTC.
        peak: Most extreme value; None when the algorithm has none.
        detail: What was found.
        is_open: Whether the condition held at the newest points.
    """

    algorithm: str
    severity: str
    start_at: AwareDatetime
    end_at: AwareDatetime
    peak: float | None = None
    detail: str = ""
    is_open: bool


class SavedViewEntry(ResponseModel):
    """A saved view of the board in the list of them.

    Attributes:
        name: Name of the view, as in the address ``/?view=NAME``.
        describes: Its title; empty when its file is invalid.
        is_own: Whether it is in the operator's configuration folder, and can be deleted.
        problem: Mistakes in its file; empty when it is valid.
    """

    name: str
    describes: str
    is_own: bool
    problem: str = ""


class SavedViewDetail(ResponseModel):
    """A saved view of the board.

    Attributes:
        name: Name of the view.
        view: What it shows.
        version: Hash of its file, by which a save notices a change by another person.
        is_own: Whether it is in the operator's configuration folder, and can be deleted.
    """

    name: str
    view: SavedView
    version: str
    is_own: bool


class SavedViewResult(ResponseModel):
    """What a save of a view did.

    Attributes:
        name: Name of the view.
        file: Its file in the configuration folder.
        version: Hash of the file now.
        comments_lost: Lines with a comment that were in the file before and are not any more.
    """

    name: str
    file: str
    version: str
    comments_lost: int = 0
