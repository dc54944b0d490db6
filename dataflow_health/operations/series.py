"""Series of one parameter of one recording, for plots."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import NotFound
from dataflow_health.flight.downsample import (
    Floats,
    break_at_gaps,
    keep_extremes_of_known,
    long_gaps,
)
from dataflow_health.flight.layout import Parameter
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.operations import parameter_file
from dataflow_health.operations.parameter_file import ParameterFile
from dataflow_health.operations.sized_cache import SizedCache
from dataflow_health.schemas import ParameterSeries, RecordedParameter
from dataflow_health.storage.files.lake import Lake

MAX_CACHED_BYTES = 512 << 20
"""Samples kept, so that panning reads no file: three parameters of ten million samples."""

USUAL = 0.9
"""Share of the steps between two rows of a parameter that are no gap."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Known samples of a parameter, with what every plot of them needs.

    Attributes:
        declared: Declaration of the parameter.
        started_at: UTC time of second 0; None when unknown.
        first_s: First second of the recording.
        last_s: End of its last second.
        at_s: Second of each sample, ascending.
        values: Its value in the parameter's unit.
        period_s: Longest usual time between two samples.
        breaks: (n, 2), seconds around each longer time without a sample.
        gaps: (n, 2), begin and end of each gap of the recording.
    """

    declared: Parameter
    started_at: datetime | None
    first_s: float
    last_s: float
    at_s: Floats
    values: Floats
    period_s: float
    breaks: Floats
    gaps: Floats

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.at_s.nbytes + self.values.nbytes + self.breaks.nbytes


def parameters(
    engine: Engine, lake: Lake, id_prefix: str, catalogue: Catalogue | None = None
) -> tuple[RecordedParameter, ...]:
    """Parameters of a recording, by name.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        id_prefix: Id of the recording, or a unique prefix of it.
        catalogue: What is declared; with it, quantities of the vocabulary are among them.

    Raises:
        NotFound: No such recording, or it has no parameters yet.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    return parameter_file.parameters(parameter_file.find(engine, lake, id_prefix), catalogue)


def series(
    engine: Engine,
    lake: Lake,
    id_prefix: str,
    parameter: str,
    span: tuple[float | None, float | None],
    columns: int,
    catalogue: Catalogue | None = None,
) -> ParameterSeries:
    """Samples of a parameter in engineering units, as many as a plot can show.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        id_prefix: Id of the recording, or a unique prefix of it.
        parameter: Name of the parameter.
        span: First and last second; None for the recording's own.
        columns: Width of the plot in pixels.
        catalogue: What is declared; with it, the parameter may be a quantity of the vocabulary.

    Raises:
        NotFound: No such recording or parameter, or it has no parameters yet, or it is text.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    found = samples(parameter_file.find(engine, lake, id_prefix), parameter, catalogue)
    from_s = found.first_s if span[0] is None else span[0]
    to_s = found.last_s if span[1] is None else span[1]
    begin = int(np.searchsorted(found.at_s, from_s))
    end = max(begin, int(np.searchsorted(found.at_s, to_s, side="right")))
    shown = found.at_s[begin:end], found.values[begin:end]
    kept = keep_extremes_of_known(*shown, columns)
    at_s, values = break_at_gaps(*kept, _breaks(found, from_s, to_s, columns))
    return ParameterSeries(
        parameter=parameter,
        unit=found.declared.unit,
        states=found.declared.states,
        started_at=found.started_at,
        first_s=found.first_s,
        last_s=found.last_s,
        samples=end - begin,
        at_s=tuple(at_s.tolist()),
        values=_with_none(values),
        gaps=tuple((before, after) for before, after in found.gaps.tolist()),
    )


def samples(file: ParameterFile, name: str, catalogue: Catalogue | None = None) -> Samples:
    """Known samples of a parameter, kept for the next plot of it.

    Raises the errors of :func:`series`.
    """
    key = (file.lake, file.path, parameter_file.version(file, catalogue), name)
    return _CACHE.get(key, lambda: _read(file, name, catalogue))


def known_samples(decoded: DecodedRecording, name: str) -> tuple[Floats, Floats]:
    """Second and value of every known sample of a parameter, in order of time."""
    found = decoded.series[name]
    at_s = decoded.second[found.rows][:, None] + np.asarray(found.offsets_s)[None, :]
    values = to_values(found).ravel()
    is_known = ~np.isnan(values)
    return at_s.astype(np.float64).ravel()[is_known], values[is_known]


_CACHE: SizedCache[tuple[Lake, str, str, str], Samples] = SizedCache(
    MAX_CACHED_BYTES, lambda found: found.nbytes
)


def _read(file: ParameterFile, name: str, catalogue: Catalogue | None) -> Samples:
    parameter_file.refuse_unknown(file, name, catalogue)
    decoded = parameter_file.read(file, [name], catalogue)
    if name not in decoded.series:
        raise NotFound(f"{name} cannot be made from the parameters of {file.recording.id[:12]}")
    at_s, values = known_samples(decoded, name)
    period_s = _period_s(decoded, name)
    return Samples(
        declared=decoded.series[name].parameter,
        started_at=decoded.started_at,
        first_s=float(decoded.second[0]),
        last_s=float(decoded.second[-1]) + 1,
        at_s=at_s,
        values=values,
        period_s=period_s,
        breaks=long_gaps(at_s, period_s),
        gaps=_gaps(decoded),
    )


def _with_none(values: Floats) -> tuple[float | None, ...]:
    """Values with None for NaN, of which there are few."""
    plain: list[float | None] = values.tolist()
    for place in np.flatnonzero(np.isnan(values)).tolist():
        plain[place] = None
    return tuple(plain)


def _breaks(found: Samples, from_s: float, to_s: float, columns: int) -> Floats:
    """Times without a sample that a plot shows: longer than usual, and than one of its pixels."""
    first, last = found.breaks[:, 0], found.breaks[:, 1]
    is_inside = (first >= from_s) & (last <= to_s)
    longest_s = max(found.period_s, (to_s - from_s) / columns)
    shown: Floats = found.breaks[is_inside & (last - first > 1.5 * longest_s)]
    return shown


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
