"""Series of one parameter of one recording, for plots."""

import difflib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.flight.downsample import Floats, break_at_gaps, keep_extremes, long_gaps
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.operations import recorded_file
from dataflow_health.operations.sized_cache import SizedCache
from dataflow_health.schemas import ParameterSeries, RecordedParameter
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.queries.recording_history import read_history

SECOND = "second"
"""Column of the time, the first of the file."""
MAX_LISTS = 256
"""Recordings whose list of parameters is kept."""
MAX_CACHED_BYTES = 256 << 20
"""Samples kept, so that panning reads no file."""

USUAL = 0.9
"""Share of the steps between two rows of a parameter that are no gap."""


def parameters(engine: Engine, lake: Lake, id_prefix: str) -> tuple[RecordedParameter, ...]:
    """Parameters of a recording, by name.

    Raises:
        NotFound: No such recording, or it has no parameters yet.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    return _list(lake, *_file(engine, id_prefix))


def series(
    engine: Engine,
    lake: Lake,
    id_prefix: str,
    parameter: str,
    span: tuple[float | None, float | None],
    columns: int,
) -> ParameterSeries:
    """Samples of a parameter in engineering units, as many as a plot can show.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        id_prefix: Id of the recording, or a unique prefix of it.
        parameter: Name of the parameter.
        span: First and last second; None for the recording's own.
        columns: Width of the plot in pixels.

    Raises:
        NotFound: No such recording or parameter, or it has no parameters yet, or it is text.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    decoded = _read(engine, lake, id_prefix, parameter)
    declared = decoded.series[parameter].parameter
    at_s, values = _samples(decoded, parameter)
    first_s, last_s = float(decoded.second[0]), float(decoded.second[-1]) + 1
    from_s = first_s if span[0] is None else span[0]
    to_s = last_s if span[1] is None else span[1]
    inside = slice(np.searchsorted(at_s, from_s), np.searchsorted(at_s, to_s, side="right"))
    breaks = long_gaps(at_s[inside], max(_period_s(decoded, parameter), (to_s - from_s) / columns))
    shown = break_at_gaps(*keep_extremes(at_s[inside], values[inside], columns), breaks)
    gaps = _gaps(decoded)
    return ParameterSeries(
        parameter=parameter,
        unit=declared.unit,
        states=declared.states,
        started_at=decoded.started_at,
        first_s=first_s,
        last_s=last_s,
        samples=len(at_s[inside]),
        at_s=tuple(shown[0].tolist()),
        values=tuple(None if np.isnan(value) else value for value in shown[1].tolist()),
        gaps=tuple((before, after) for before, after in gaps.tolist()),
    )


def aircraft(engine: Engine, id_prefix: str) -> str:
    """Tail of a recording's aircraft.

    Raises:
        NotFound: No such recording.
        DatabaseError: The database does not answer.
    """
    return read_history(engine, id_prefix).recording.tail


def samples(
    engine: Engine, lake: Lake, id_prefix: str, parameter: str
) -> tuple[str, Floats, Floats]:
    """Unit of a parameter, and the second and the value of each of its known samples.

    Raises the errors of :func:`series`.
    """
    decoded = _read(engine, lake, id_prefix, parameter)
    return (decoded.series[parameter].parameter.unit, *_samples(decoded, parameter))


def _read(engine: Engine, lake: Lake, id_prefix: str, parameter: str) -> DecodedRecording:
    """The recording with one parameter, which is none of text."""
    key = (lake, *_file(engine, id_prefix), parameter)
    decoded = _CACHE.get(key, lambda: _decode(*key))
    if decoded.series[parameter].parameter.is_text:
        raise NotFound(f"{parameter} is text and has no series of numbers")
    return decoded


def _file(engine: Engine, id_prefix: str) -> tuple[str, str]:
    """Path and digest of a recording's parameters."""
    history = read_history(engine, id_prefix)
    for record in _compressed(history.stages):
        recorded_file.require_kept(record.file_removed_at, history.recording.id)
        return str(record.output_path), str(record.output_digest)
    name = history.recording.id[:12]
    last = history.stages[-1] if history.stages else None
    state = f"stage {last.stage} is {last.state}" if last else "no stage has it"
    raise NotFound(f"{name} has no parameters yet: {state}")


def _compressed(stages: Sequence[StageRecord]) -> Iterator[StageRecord]:
    return (each for each in stages if each.stage == "compress" and each.output_path)


@lru_cache(MAX_LISTS)
def _list(lake: Lake, path: str, digest: str) -> tuple[RecordedParameter, ...]:
    found = recorded_file.parameters(recorded_file.open_file(lake, path, digest))
    return tuple(sorted(found, key=lambda each: each.name))


def _decode(lake: Lake, path: str, digest: str, parameter: str) -> DecodedRecording:
    """The recording with one parameter only."""
    file = recorded_file.open_file(lake, path, digest)
    names = [name for name in file.schema_arrow.names if name != SECOND]
    if parameter not in names:
        near = difflib.get_close_matches(parameter, names, n=3) or names[:3]
        raise NotFound(f"no parameter {parameter!r}; did you mean {', '.join(near)}?")
    return recording_table.from_table(file.read([SECOND, parameter]))


def _bytes_of(decoded: DecodedRecording) -> int:
    kept = (each.rows.nbytes + each.counts.nbytes for each in decoded.series.values())
    return decoded.second.nbytes + sum(kept)


_CACHE: SizedCache[tuple[Lake, str, str, str], DecodedRecording] = SizedCache(
    MAX_CACHED_BYTES, _bytes_of
)


def _samples(decoded: DecodedRecording, name: str) -> tuple[Floats, Floats]:
    """Time and value of every known sample, in order of time."""
    found = decoded.series[name]
    at_s = decoded.second[found.rows][:, None] + np.asarray(found.offsets_s)[None, :]
    values = to_values(found).ravel()
    is_known = ~np.isnan(values)
    return at_s.astype(np.float64).ravel()[is_known], values[is_known]


def _period_s(decoded: DecodedRecording, name: str) -> float:
    """Longest usual time from one sample of a parameter to the next.

    A slow parameter may come in the second 0 and 1 of four, so that the mean says too little.
    """
    found = decoded.series[name]
    steps = np.diff(decoded.second[found.rows])
    row_s = np.quantile(steps, USUAL, method="lower") if steps.size else 1
    within = [*found.offsets_s, found.offsets_s[0] + float(row_s)]
    return float(np.diff(within).max())


def _gaps(decoded: DecodedRecording) -> Floats:
    """End and begin of the seconds around each gap of the recording."""
    before = np.flatnonzero(np.diff(decoded.second) > 1)
    second = decoded.second.astype(np.float64)
    return np.stack([second[before] + 1, second[before + 1]], axis=1)
