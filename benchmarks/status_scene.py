"""A ledger as a busy operator has it after months: many recordings, days, checks and answers."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, RECORDING_STAGES
from dataflow_health.storage.records import observations, results
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PER_ARCHIVE = 5
AIRCRAFT = 40


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is; one recording in ``bad_every`` is in quarantine at parse."""

    recordings: int = 10_000
    days: int = 200
    algorithms: int = 50
    checks: int = 60
    bad_every: int = 1000


def more_processes(folder: Path, catalogue: Catalogue, size: Size) -> Path:
    """A folder of the operator's own processes that brings the checks up to ``size.checks``."""
    declared = sum(len(process.checks) for process in catalogue.processes.values())
    target = folder / "processes"
    target.mkdir(parents=True)
    for number in range(max(0, size.checks - declared)):
        (target / f"service_{number:02d}.yaml").write_text(
            "describes: A service of the operator's own.\n"
            "external: true\nbefore: [download]\n"
            "checks:\n"
            f"  - {{kind: tcp_answers, address: '127.0.0.1:{20000 + number}', every: PT1H}}\n"
        )
    return folder


def fill(engine: Engine, catalogue: Catalogue, size: Size, now: datetime = NOW) -> None:
    """Writes the ledger, the answers of all checks for every day, and the results."""
    with writing(engine) as connection:
        for table, made in _rows(size, now):
            connection.execute(insert(table), made)
        answers = list(_runs(size, catalogue, now))
        results.bulk_insert(connection, tables.algorithm_run, answers)
    observations.save(engine, list(_observed(size, catalogue, now)))


def day_of(number: int, size: Size, now: datetime) -> date:
    """Arrival day of a recording."""
    return now.date() - timedelta(days=number * size.days // size.recordings)


def recording_id(number: int) -> str:
    """Id of a recording."""
    return hashlib.sha256(f"recording {number}".encode()).hexdigest()


def _rows(size: Size, now: datetime) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    archives = [_archive(n, size, now) for n in range(0, size.recordings, PER_ARCHIVE)]
    yield tables.archive, archives
    arrivals = [{"archive_id": a["id"], "outcome": "accepted", **_arrival(a)} for a in archives]
    yield tables.arrival, arrivals
    yield (
        tables.archive_stage,
        [
            {"archive_id": a["id"], "stage": stage, **_work(a["arrival_day"], a["arrived_at"])}
            for a in archives
            for stage in ARCHIVE_STAGES
        ],
    )
    recordings = [_recording(n, size, now) for n in range(size.recordings)]
    yield tables.recording, recordings
    yield tables.member, [_member(each) for each in recordings]
    yield (
        tables.recording_stage,
        [row for n, r in enumerate(recordings) for row in _passages(n, r, size)],
    )


def _archive(number: int, size: Size, now: datetime) -> dict[str, Any]:
    day = day_of(number, size, now)
    at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    name = f"{_tail(number)}_{day:%Y%m%d}_{number}.zip"
    return {
        "id": hashlib.sha256(f"archive {number}".encode()).hexdigest(),
        "name": name,
        "source": "landing",
        "size_bytes": 3_000_000,
        "arrival_day": day.isoformat(),
        "arrived_at": at,
        "received_at": at,
        "received_by": "benchmark",
        "path": f"download/{name}",
    }


def _arrival(archive: dict[str, Any]) -> dict[str, Any]:
    kept = ("source", "name", "size_bytes", "arrived_at", "arrival_day")
    at = archive["arrived_at"]
    return {key: archive[key] for key in kept} | {"modified_at": at, "seen_at": at}


def _tail(number: int) -> str:
    return f"HB-Z{number // PER_ARCHIVE % AIRCRAFT:02d}"


def _recording(number: int, size: Size, now: datetime) -> dict[str, Any]:
    archive = _archive(number - number % PER_ARCHIVE, size, now)
    return {
        "id": recording_id(number),
        "archive_id": archive["id"],
        "member": f"flight_{number}.rdf",
        "recorder": "generic_rdf",
        "layout": "generic_twin_256",
        "tail": _tail(number),
        "size_bytes": 2_760_000,
        "arrival_day": archive["arrival_day"],
        "arrived_at": archive["arrived_at"],
    }


def _member(recording: dict[str, Any]) -> dict[str, Any]:
    return {
        "archive_id": recording["archive_id"],
        "path": recording["member"],
        "arrival_day": recording["arrival_day"],
        "outcome": "recording",
        "recording_id": recording["id"],
        "size_bytes": recording["size_bytes"],
    }


def is_bad(number: int, size: Size) -> bool:
    """Whether a recording is in quarantine."""
    return number % size.bad_every == size.bad_every - 1


def _passages(number: int, recording: dict[str, Any], size: Size) -> list[dict[str, Any]]:
    stages = RECORDING_STAGES[:1] if is_bad(number, size) else RECORDING_STAGES
    work = _work(recording["arrival_day"], recording["arrived_at"])
    if is_bad(number, size):
        work |= {"state": "quarantined", "reason": "no_sync", "detail": "no sync word found"}
    return [{"recording_id": recording["id"], "stage": stage, **work} for stage in stages]


def _work(day: str, at: datetime) -> dict[str, Any]:
    return {
        "arrival_day": day,
        "state": "done",
        "reason": None,
        "detail": None,
        "attempts": 1,
        "bytes_in": 2_760_000,
        "bytes_out": 560_000,
        "rows_out": 7200,
        "code_version": "1",
        "measurements": {"started_at": at.isoformat(), "duration_s": 7200},
        "run_id": "benchmark",
        "started_at": at,
        "finished_at": at + timedelta(minutes=5),
    }


def _runs(size: Size, catalogue: Catalogue, now: datetime) -> Iterator[tuple[Any, ...]]:
    names = sorted(catalogue.algorithms)[: size.algorithms]
    for number in range(size.recordings):
        if is_bad(number, size):
            continue
        day = day_of(number, size, now)
        at = datetime(day.year, day.month, day.day, 6, 10, tzinfo=UTC)
        for place, name in enumerate(names):
            found = (number + place) % 97 == 0
            yield (
                recording_id(number), name, "1", "1", _tail(number), day.isoformat(),
                "found" if found else "clear", "", int(found), at,
            )  # fmt: skip


def _observed(size: Size, catalogue: Catalogue, now: datetime) -> Iterator[Observation]:
    days = [now.date() - timedelta(days=n) for n in range(size.days)]
    bad_days = {day_of(n, size, now) for n in range(size.recordings) if is_bad(n, size)}
    for name, process in catalogue.processes.items():
        for check in process.checks:
            if check.kind != "asset_check":
                yield _answer(name, check.name, now)
                continue
            for day in days:
                bad = name == "parse" and check.name == "frames_in_sync" and day in bad_days
                yield _answer(name, check.name, now, day, bad=bad)
        if not process.external:
            yield _answer(name, STEP, now)


def _answer(
    process: str, check: str, at: datetime, day: date | None = None, *, bad: bool = False
) -> Observation:
    item = Evidence(stage=process, reason="no_sync", tail="HB-Z01", byte_offset=0, first_seen_at=at)
    return Observation(
        process=process,
        check=check,
        outcome="failed" if bad else "passed",
        at=at,
        arrival_day=day,
        detail="quarantined (1: no_sync) = 0" if bad else "recordings (0) = 0",
        evidence=(item,) if bad else (),
    )
