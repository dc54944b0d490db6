"""Imports AGS layouts: ``.vec``, a zip of text tables, or its tables ``.fra`` and ``.par``.

A ``.vec`` of ARINC 767 has ``.frd`` instead of ``.fra`` (``ags_frd.py``).

Tables are lines ``<record>|<field><tab><field>...``; lines that start with ``//`` name the fields
of each record. ``.fra`` gives the location of recorded bits, and which bits of an ARINC 429 word
they are; ``.par`` gives the meaning of the bits of that word (``ags_par.py``).
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataflow_health.flight.layout import SUPERFRAME_FRAMES, Counter, Parameter
from dataflow_health.layout_import import imported_layout
from dataflow_health.layout_import.ags_frd import import_frd
from dataflow_health.layout_import.ags_par import (
    ParEntry,
    Record,
    numbered_records,
    read_par,
    to_parameter,
)
from dataflow_health.layout_import.bit_fields import BitField, drop_duplicates
from dataflow_health.layout_import.imported_layout import (
    ImportedLayouts,
    UnsupportedParameterError,
    decode_text,
    file_error,
    file_errors,
    make_layout,
    unique_name,
)

_FRA_RECORDS = {"1", "2", "3", "4", "6", "7"}
_SYNC_BITS = 12
_FIRST_COUNTER = "1"
"""Last field of a record 3, which no heading names: taken for the number of its counter."""

LARGEST_TABLE_BYTES = 64 << 20
"""Largest table of a ``.vec``, unpacked; those of real aircraft have a few megabytes."""
_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, NotImplementedError, OSError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip
"""Errors of ``zipfile`` for a damaged, encrypted or unusually compressed archive."""


@dataclass(slots=True)
class _FraTable:
    """Records of a ``.fra`` table.

    Attributes:
        head: Record 1: words, sync words and superframe counters.
        regular: Records 2: locations in every frame.
        slots: Records 3 by number: words set apart for a superframe.
        superframe: Records 4: locations in a superframe.
        warnings: Everything that is not supported.
    """

    head: Record
    regular: list[tuple[int, Record]] = field(default_factory=list)
    slots: dict[str, Record] = field(default_factory=dict)
    superframe: list[tuple[int, Record]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def words_per_subframe(self) -> int:
        return int(self.head[1])

    @property
    def has_second_counter(self) -> bool:
        return bool("".join(self.head[13:18]).strip())

    @property
    def first_frame(self) -> int:
        """Counter value of the superframe's first frame."""
        return int(self.head[11] or 0)


def import_vec(path: Path) -> ImportedLayouts:
    """Imports a ``.vec`` archive; its layout has the name of the ``.fra`` table in it.

    Raises:
        ConfigError: The file is no zip archive, or a table is missing or invalid.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            tables = dict(_read_tables(archive))
    except _BROKEN_ZIP as error:
        problem = f"not a zip archive, or a damaged one: {error}"
        raise file_error(path, problem, "a .vec made by AGS") from error
    if ".frd" in tables and ".par" in tables and ".fra" not in tables:
        name, frd = tables[".frd"]
        with file_errors(path):
            return import_frd(name, decode_text(frd), decode_text(tables[".par"][1]))
    missing = [suffix for suffix in (".fra", ".par") if suffix not in tables]
    if missing:
        problem = f"the archive contains no {' and no '.join(missing)} table"
        raise file_error(path, problem, "a .vec made by AGS")
    name, fra = tables[".fra"]
    with file_errors(path):
        return _import_tables(name, path, decode_text(fra), decode_text(tables[".par"][1]))


def _read_tables(archive: zipfile.ZipFile) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Suffix, name and content of each table; other members are not unpacked.

    Raises:
        BadZipFile: A table is larger than any layout.
    """
    for info in archive.infolist():
        path = Path(info.filename)
        if path.suffix.lower() not in {".fra", ".frd", ".par"}:
            continue
        with archive.open(info) as member:
            content = member.read(LARGEST_TABLE_BYTES + 1)
        if len(content) > LARGEST_TABLE_BYTES:
            raise zipfile.BadZipFile(f"{path.name!r} unpacks to more than {LARGEST_TABLE_BYTES} B")
        yield path.suffix.lower(), (path.stem, content)


def import_fra_par(fra: Path, par: Path) -> ImportedLayouts:
    """Imports the two tables as files; the layout has the name of the ``.fra`` file.

    Raises:
        ConfigError: The ``.fra`` table has no frame record, or an invalid one.
    """
    name = fra.name.lower().removesuffix(".txt").removesuffix(".fra")
    fra_text, par_text = decode_text(fra.read_bytes()), decode_text(par.read_bytes())
    with file_errors(fra):
        return _import_tables(name, fra, fra_text, par_text)


def _import_tables(name: str, path: Path, fra: str, par: str) -> ImportedLayouts:
    table = _parse_fra(path, fra)
    entries, par_warnings = read_par(par)
    warnings = [*table.warnings, *par_warnings]
    parameters: dict[str, Parameter] = {}
    for ags_name, fields in _parameter_bit_fields(table, warnings):
        if ags_name not in entries:
            warnings.append(f"{ags_name}: recorded, but not described in the .par table; left out")
            continue
        parameter = _parameter(ags_name, entries[ags_name], fields, warnings)
        if parameter is not None:
            parameters[unique_name(ags_name, parameters)] = parameter
    layout = make_layout(
        f"Imported from AGS layout {name}.",
        table.words_per_subframe,
        _counter(table.head),
        parameters,
        warnings,
        _sync_words(table.head, warnings),
    )
    return ImportedLayouts({name: layout}, tuple(warnings))


def _parameter(
    name: str, entry: ParEntry, fields: list[BitField], warnings: list[str]
) -> Parameter | None:
    distinct = drop_duplicates(fields)
    if len(distinct) < len(fields):
        warnings.append(f"{name}: {len(fields) - len(distinct)} locations are repeated; read once")
    parameter, own_warnings = to_parameter(entry, distinct)
    warnings.extend(f"{name}: {warning}" for warning in own_warnings)
    return parameter


def _parse_fra(path: Path, fra: str) -> _FraTable:
    records = list(numbered_records(fra))
    heads = [record for _, kind, record in records if kind == "1"]
    if not heads:
        raise file_error(path, "the .fra table has no frame record", "a line that starts with 1|")
    table = _FraTable(heads[0])
    for line, kind, record in records:
        if kind == "2":
            table.regular.append((line, record))
        elif kind == "3":
            table.slots[record[0]] = record
        elif kind == "4":
            table.superframe.append((line, record))
        elif kind not in _FRA_RECORDS:
            table.warnings.append(f"unknown .fra record {kind}|: {' '.join(record)}")
    if len(heads) > 1 or table.has_second_counter:
        table.warnings.append("a second superframe counter is declared; only the first is read")
    return table


def _parameter_bit_fields(
    table: _FraTable, warnings: list[str]
) -> Iterator[tuple[str, list[BitField]]]:
    """Name and bit fields of every parameter, in the file's order.

    A name in both tables is two parameters: one in every frame, and one in the superframe.
    """
    regular = _read_locations(
        table.regular,
        lambda record: _regular_bit_field(record, table.words_per_subframe),
        warnings,
    )
    superframe = _read_locations(
        table.superframe, lambda record: _superframe_bit_field(record, table), warnings
    )
    warnings += [
        f"{name}: recorded in frames and in the superframe; read as two parameters"
        for name in regular
        if name in superframe
    ]
    yield from regular.items()
    yield from superframe.items()


def _read_locations(
    records: Sequence[tuple[int, Record]],
    read: Callable[[Record], BitField],
    warnings: list[str],
) -> dict[str, list[BitField]]:
    """Locations by name; a parameter with a line that cannot be read is left out as a whole."""
    found: dict[str, list[BitField]] = {}
    left_out: set[str] = set()
    for line, record in records:
        try:
            found.setdefault(record[0], []).append(read(record))
        except (UnsupportedParameterError, *imported_layout.MALFORMED) as problem:
            left_out.add(record[0])
            place = f"{record[0]} (line {line} of .fra)"
            warnings.append(f"{place}: {imported_layout.first_problem(problem)}; left out")
    return {name: fields for name, fields in found.items() if name not in left_out}


def _regular_bit_field(record: Record, words: int) -> BitField:
    """Record 2: one location, repeated evenly by its rate in samples per frame.

    Raises:
        UnsupportedParameterError: The samples of the rate have no even places.
    """
    rate, subframe, word, out, bits, top = (int(part) for part in record[2:8])
    times = max(rate // 4, 1)
    if rate not in (1, 2, 4 * times) or words % times:
        problem = f"{rate} samples per frame are not supported: 1, 2, or 4 times a part of {words}"
        raise UnsupportedParameterError(problem)
    step = 4 // min(rate, 4)
    subframes = tuple(sorted((subframe - 1 + offset) % 4 + 1 for offset in range(0, 4, step)))
    return BitField(word, out - bits + 1, out, top, subframes, times=times, spacing=words // times)


def _superframe_bit_field(record: Record, table: _FraTable) -> BitField:
    """Record 4: a location in the word that record 3 sets apart for its superframe.

    Raises:
        UnsupportedParameterError: Its superframe is not one of 16 frames of the first counter.
    """
    period, number, frame, out, bits, top = (int(part) for part in record[2:8])
    slot = table.slots.get(str(number))
    if slot is None or period < 1 or SUPERFRAME_FRAMES % period:
        raise UnsupportedParameterError(f"superframe {number} of period {period} is not supported")
    if table.has_second_counter and slot[5:6] != (_FIRST_COUNTER,):
        problem = f"superframe {number} is not known to be numbered by the first counter"
        raise UnsupportedParameterError(problem)
    frames = sorted(
        (frame - 1 + table.first_frame + offset) % SUPERFRAME_FRAMES
        for offset in range(0, SUPERFRAME_FRAMES, period)
    )
    return BitField(int(slot[2]), out - bits + 1, out, top, (int(slot[1]),), tuple(frames))


def _sync_words(head: Record, warnings: list[str]) -> tuple[int, int, int, int]:
    if int(head[2]) != _SYNC_BITS:
        warnings.append(f"sync words have {head[2]} bits; only the first {_SYNC_BITS} are used")
    first, second, third, fourth = (int(word[:3], 16) for word in head[3:7])
    return first, second, third, fourth


def _counter(head: Record) -> Counter | None:
    if not head[7]:
        return None
    subframe, word, out, bits = (int(part) for part in head[7:11])
    return Counter(word=word, bits=(out - bits + 1, out), subframe=subframe)
