"""The parameters of one recording: its own, and the quantities of the vocabulary made from them."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select

from dataflow_health.config.catalogue import Catalogue, mapping_digest
from dataflow_health.errors import NotFound
from dataflow_health.flight.mapping import MappedSource, ParameterMapping, select_mapping
from dataflow_health.flight.parameter_mapping import apply_mapping
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.operations import recorded_file
from dataflow_health.schemas import RecordedParameter
from dataflow_health.storage.files import parquet_bytes, recording_table
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.queries import recording_history
from dataflow_health.storage.queries.recording_history import RecordingRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SECOND = "second"
"""Column of the time, the first of the file."""
MAX_LISTS = 256
"""Recordings whose list of parameters is kept."""


@dataclass(frozen=True, slots=True)
class ParameterFile:
    """The file that the stage compress made of a recording.

    Attributes:
        recording: The recording.
        lake: Files of the stages.
        path: Path in the lake.
        digest: SHA-256 of the bytes that were written.
    """

    recording: RecordingRow
    lake: Lake
    path: str
    digest: str

    def open(self) -> "pq.ParquetFile":
        """The file, checked against its digest.

        Raises:
            NotAllowed: It is missing or damaged.
            StorageError: The lake cannot be read.
        """
        return recorded_file.open_file(self.lake, self.path, self.digest)


class FileReading:
    """A file with the catalogue that reads it, as a key of caches: equal when its values are."""

    def __init__(self, file: ParameterFile, catalogue: Catalogue) -> None:
        self.file, self.catalogue = file, catalogue
        self._version = (file.path, version(file, catalogue))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileReading) and other._version == self._version

    def __hash__(self) -> int:
        return hash(self._version)


def find(engine: Engine, lake: Lake, id_prefix: str) -> ParameterFile:
    """The file of the recording whose id begins with a prefix.

    Raises:
        NotFound: No such recording, or it has no parameters yet.
        NotAllowed: Retention removed the file.
        DatabaseError: The database does not answer.
    """
    recording, work = recording_history.find(engine, id_prefix), tables.recording_stage
    columns = (work.c.stage, work.c.state, work.c.output_path, work.c.output_digest)
    statement = select(*columns, work.c.file_removed_at).where(work.c.recording_id == recording.id)
    rows = fetch(engine, statement)
    for row in rows:
        if row.stage == "compress" and row.output_path:
            recorded_file.require_kept(row.file_removed_at, recording.id)
            return ParameterFile(recording, lake, str(row.output_path), str(row.output_digest))
    states = ", ".join(f"stage {row.stage} is {row.state}" for row in rows) or "no stage has it"
    raise NotFound(f"{recording.id[:12]} has no parameters yet: {states}")


def parameters(file: ParameterFile, catalogue: Catalogue | None) -> tuple[RecordedParameter, ...]:
    """Parameters by name; with a catalogue also the quantities that its mapping makes.

    Raises:
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    own = {each.name: each for each in _own_parameters(file.lake, file.path, file.digest)}
    mapping = _mapping(file, catalogue)
    if mapping is None or catalogue is None:
        return tuple(own.values())
    made = {
        name: RecordedParameter(
            name=name,
            unit=catalogue.terms[name].unit,
            describes=catalogue.terms[name].describes,
            rate_hz=own[source.parameter].rate_hz,
            recorded_as=source.parameters,
        )
        for name, candidates in mapping.quantities.items()
        if (source := _first_present(candidates, own))
    }
    return tuple(sorted({**own, **made}.values(), key=lambda each: each.name))


def version(file: ParameterFile, catalogue: Catalogue | None) -> str:
    """What the values depend on: the file's digest and that of its mapping."""
    mapping = _mapping(file, catalogue)
    if mapping is None or catalogue is None:
        return file.digest
    return f"{file.digest} {mapping_digest(mapping, catalogue.terms)}"


def read(
    file: ParameterFile,
    names: Iterable[str],
    catalogue: Catalogue | None,
    opened: "pq.ParquetFile | None" = None,
) -> DecodedRecording:
    """The recording with some parameters or quantities only, as far as it has them.

    Args:
        file: The file.
        names: Parameters of the recorder, or quantities of the vocabulary.
        catalogue: What is declared; None for the recorder's parameters only.
        opened: The same file when it is open already.

    Raises:
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    opened = opened or file.open()
    wanted, mapping = set(names), _mapping(file, catalogue)
    own = [name for name in opened.schema_arrow.names if name != SECOND]
    made = {
        name: candidates
        for name, candidates in (mapping.quantities if mapping else {}).items()
        if name in wanted and _first_present(candidates, own)
    }
    sources = {part for each in made.values() for one in each for part in one.parameters}
    needed = [name for name in own if name in wanted | sources]
    decoded = recording_table.from_table(parquet_bytes.read(opened, [SECOND, *needed]))
    if mapping is None or catalogue is None or not made:
        return decoded
    only = mapping.model_copy(update={"quantities": made})
    return apply_mapping(decoded, only, catalogue.terms).recording


def refuse_unknown(file: ParameterFile, name: str, catalogue: Catalogue | None) -> None:
    """Returns when a recording has a parameter that is not text.

    Raises:
        NotFound: It has none of this name, or it is text.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    known = {each.name: each for each in parameters(file, catalogue)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3) or list(known)[:3]
        raise NotFound(f"no parameter {name!r}; did you mean {', '.join(near)}?")
    if known[name].is_text:
        raise NotFound(f"{name} is text and has no series of numbers")


@lru_cache(MAX_LISTS)
def _own_parameters(lake: Lake, path: str, digest: str) -> tuple[RecordedParameter, ...]:
    found = recorded_file.parameters(recorded_file.open_file(lake, path, digest))
    return tuple(sorted(found, key=lambda each: each.name))


def _mapping(file: ParameterFile, catalogue: Catalogue | None) -> ParameterMapping | None:
    if catalogue is None:
        return None
    recording = file.recording
    return select_mapping(catalogue.mappings, recording.recorder, recording.layout)


def _first_present(
    candidates: Sequence[MappedSource], own: Mapping[str, object] | Sequence[str]
) -> MappedSource | None:
    """The first source of which the recording has every parameter."""
    return next((each for each in candidates if all(name in own for name in each.parameters)), None)
