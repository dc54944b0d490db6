"""A fleet's archives, written as they would arrive, and the truth about them."""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.simulator.archive_faults import zipped
from dataflow_health.simulator.event_kinds import MEASURES
from dataflow_health.simulator.fault_kind import FaultKind, File, Member
from dataflow_health.simulator.faults import broken_files, broken_members, fault, recording_bytes
from dataflow_health.simulator.layouts import GENERIC, generic_layout
from dataflow_health.simulator.plan import FleetPlan, Sortie, benchmark_plan, demo_plan, sorties
from dataflow_health.simulator.recorded import Recorded, record
from dataflow_health.simulator.truth import (
    ArchiveTruth,
    EventTruth,
    FaultTruth,
    RecordingTruth,
    Truth,
)

__all__ = ["FleetPlan", "benchmark_plan", "demo_plan", "write_fleet"]

Progress = Callable[[int, int], None]
"""Told how many archives of how many are written."""

_Told = tuple[tuple[ArchiveTruth, ...], tuple[RecordingTruth, ...], tuple[EventTruth, ...]]


def write_fleet(folder: Path, plan: FleetPlan, progress: Progress | None = None) -> Truth:
    """Writes one archive a flight, in the order of arrival.

    Each is written under a hidden name and renamed, so nobody sees half of one; its modification
    time is when it would have arrived. The same plan writes the same bytes.

    Args:
        folder: Made when missing; files of the same names are replaced.
        plan: The fleet.
        progress: Called after every archive.

    Returns:
        What was written, and what must be found in it.

    Raises:
        NotFound: An event or fault has a name that means nothing.
        ValueError: The plan cannot be flown.
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    layout = generic_layout()
    ordered = sorted(sorties(plan), key=lambda sortie: (sortie.arrived_at, sortie.flight.tail))
    told: list[_Told] = []
    for sortie in ordered:
        told.append(_write(folder, plan, sortie, layout))
        if progress:
            progress(len(told), len(ordered))
    return Truth(
        seed=plan.seed,
        archives=tuple(archive for archives, _, _ in told for archive in archives),
        recordings=tuple(recording for _, recordings, _ in told for recording in recordings),
        events=tuple(event for _, _, events in told for event in events),
        measures=MEASURES,
    )


def recording_name(tail: str, started_at: datetime) -> str:
    """A recording's name, as ``config/recorders/generic_rdf.yaml`` reads it."""
    return f"{tail}_{started_at:%Y%m%dT%H%M%SZ}.rdf"


def _write(folder: Path, plan: FleetPlan, sortie: Sortie, layout: Layout) -> _Told:
    kind = fault(sortie.fault) if sortie.fault else None
    recorded = record(sortie.flight, layout)
    rng = np.random.default_rng((sortie.flight.seed, 1))
    raw = recording_bytes(recorded, layout, plan.word_packing, kind, rng)
    members = broken_members(_members(sortie, raw), kind)
    files = broken_files((_archive(sortie, members),), kind)
    for file in files:
        _place(folder, file, sortie.arrived_at)
    faults = (_fault_truth(sortie.fault, kind),) if kind else ()
    archives = tuple(_archive_truth(file, sortie.arrived_at, faults) for file in files)
    # What an archive's fault does to a recording in it, nobody gets to see.
    seen = members if kind is None or kind.loads else (Member(_name(sortie), raw),)
    recordings = {
        _sha256(member.content): _recording_truth(plan, sortie, files[0].name, member, kind, faults)
        for member in reversed(seen)
        if member.name.endswith(".rdf")
    }
    return archives, tuple(recordings.values()), _event_truths(recorded, _sha256(raw))


def _name(sortie: Sortie) -> str:
    return recording_name(sortie.flight.tail, sortie.flight.started_at)


def _members(sortie: Sortie, raw: bytes) -> tuple[Member, ...]:
    name, read_at = _name(sortie), f"{sortie.arrived_at:%Y-%m-%d %H:%M:%S}Z"
    card = f"tail: {sortie.flight.tail}\nread at: {read_at}\nrecordings:\n  {name}\n"
    return Member(name, raw), Member("card.txt", card.encode())


def _archive(sortie: Sortie, members: tuple[Member, ...]) -> File:
    at = sortie.arrived_at
    content = zipped(members, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    return File(f"{sortie.flight.tail}_{at:%Y%m%dT%H%M%SZ}.zip", content)


def _archive_truth(
    file: File, arrived_at: datetime, faults: tuple[FaultTruth, ...]
) -> ArchiveTruth:
    return ArchiveTruth(
        id=_sha256(file.content),
        name=file.name,
        arrived_at=arrived_at,
        size_bytes=len(file.content),
        faults=faults,
    )


def _recording_truth(
    plan: FleetPlan,
    sortie: Sortie,
    archive: str,
    member: Member,
    kind: FaultKind | None,
    faults: tuple[FaultTruth, ...],
) -> RecordingTruth:
    return RecordingTruth(
        id=_sha256(member.content),
        name=member.name,
        archive=archive,
        tail=sortie.flight.tail,
        started_at=sortie.flight.started_at,
        duration_s=sortie.flight.duration_s,
        layout=GENERIC,
        word_packing=kind.word_packing if kind and kind.word_packing else plan.word_packing,
        loads=kind is None or kind.loads,
        faults=faults,
    )


def _place(folder: Path, file: File, arrived_at: datetime) -> None:
    hidden = folder / f".{file.name}.tmp"
    hidden.write_bytes(file.content)
    os.utime(hidden, (arrived_at.timestamp(), arrived_at.timestamp()))
    hidden.replace(folder / file.name)


def _fault_truth(name: str, kind: FaultKind) -> FaultTruth:
    return FaultTruth(
        name=name, level=kind.level, stage=kind.stage, outcome=kind.outcome, reason=kind.reason
    )


def _event_truths(recorded: Recorded, recording: str) -> tuple[EventTruth, ...]:
    return tuple(
        EventTruth(
            algorithm=event.name,
            tail=recorded.plan.tail,
            recording=recording,
            start_s=event.start_s,
            end_s=event.end_s,
            peak=event.peak,
            unit=event.unit,
            also=event.also,
        )
        for event in recorded.events
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
