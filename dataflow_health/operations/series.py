"""Series of one parameter of one recording, for plots."""

import difflib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.flight.downsample import Floats, break_at_gaps, keep_extremes
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.schemas import ParameterSeries, RecordedParameter
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.queries.recording_history import read_history

SECOND = "second"
"""Column of the time, the first of the file."""
MAX_CACHED = 32
"""Parameters whose samples are kept, so that panning reads no file."""


def parameters(engine: Engine, lake: Lake, id_prefix: str) -> tuple[RecordedParameter, ...]:
    """Parameters of a recording, by name.

    Raises:
        NotFound: No such recording, or it has no parameters yet.
        StorageError: The file cannot be read.
        DatabaseError: The database does not answer.
    """
    decoded = _decoded(lake, *_file(engine, id_prefix), None)
    found = (
        RecordedParameter(
            name=name,
            unit=series.parameter.unit,
            describes=series.parameter.describes,
            rate_hz=series.counts.size / max(len(decoded.second), 1),
            is_text=series.parameter.is_text,
        )
        for name, series in decoded.series.items()
    )
    return tuple(sorted(found, key=lambda each: each.name))


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
        StorageError: The file cannot be read.
        DatabaseError: The database does not answer.
    """
    decoded = _decoded(lake, *_file(engine, id_prefix), parameter)
    declared = decoded.series[parameter].parameter
    if declared.is_text:
        raise NotFound(f"{parameter} is text and has no series of numbers")
    at_s, values = _samples(decoded, parameter)
    first_s, last_s = float(decoded.second[0]), float(decoded.second[-1]) + 1
    from_s = first_s if span[0] is None else span[0]
    to_s = last_s if span[1] is None else span[1]
    inside = slice(np.searchsorted(at_s, from_s), np.searchsorted(at_s, to_s, side="right"))
    gaps = _gaps(decoded)
    shown = break_at_gaps(*keep_extremes(at_s[inside], values[inside], columns), gaps)
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


def _file(engine: Engine, id_prefix: str) -> tuple[str, str]:
    """Path and digest of a recording's parameters."""
    history = read_history(engine, id_prefix)
    for record in _compressed(history.stages):
        return str(record.output_path), str(record.output_digest)
    name = history.recording.id[:12]
    last = history.stages[-1] if history.stages else None
    state = f"stage {last.stage} is {last.state}" if last else "no stage has it"
    raise NotFound(f"{name} has no parameters yet: {state}")


def _compressed(stages: Sequence[StageRecord]) -> Iterator[StageRecord]:
    return (each for each in stages if each.stage == "compress" and each.output_path)


@lru_cache(MAX_CACHED)
def _decoded(lake: Lake, path: str, _digest: str, parameter: str | None) -> DecodedRecording:
    """The recording with one parameter or all; a file with another digest is read again."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(lake.read(path)))
    if parameter is None:
        return recording_table.from_table(file.read())
    names = [name for name in file.schema_arrow.names if name != SECOND]
    if parameter not in names:
        near = difflib.get_close_matches(parameter, names, n=3) or names[:3]
        raise NotFound(f"no parameter {parameter!r}; did you mean {', '.join(near)}?")
    return recording_table.from_table(file.read([SECOND, parameter]))


def _samples(decoded: DecodedRecording, name: str) -> tuple[Floats, Floats]:
    """Time and value of every sample, in order of time."""
    found = decoded.series[name]
    at_s = decoded.second[found.rows][:, None] + np.asarray(found.offsets_s)[None, :]
    return at_s.astype(np.float64).ravel(), to_values(found).ravel()


def _gaps(decoded: DecodedRecording) -> Floats:
    """End and begin of the seconds around each gap of the recording."""
    before = np.flatnonzero(np.diff(decoded.second) > 1)
    second = decoded.second.astype(np.float64)
    return np.stack([second[before] + 1, second[before + 1]], axis=1)
