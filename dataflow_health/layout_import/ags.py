"""AGS layouts: ``.vec``, a zip of text tables, or its tables ``.fra`` and ``.par`` as text.

Tables are lines ``<record>|<field><tab><field>...``; lines that start with ``//`` name the fields
of each record. ``.fra`` says where bits are recorded and which bits of an ARINC 429 word they are;
``.par`` says what the bits of that word mean.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.layout import SUPERFRAME_FRAMES, Counter, Layout, Parameter
from dataflow_health.layout_import.ags_value import ParEntry, read_par, to_parameter
from dataflow_health.layout_import.bit_fields import BitField, drop_duplicates
from dataflow_health.layout_import.imported_layout import (
    ImportedLayouts,
    decode_text,
    find_clock,
    unique_name,
)

Record = tuple[str, ...]

_FRA_RECORDS = {"1", "2", "3", "4", "6", "7"}
_SYNC_BITS = 12


@dataclass(slots=True)
class _FraTable:
    """A ``.fra`` table taken apart; ``doubts`` collects what is not understood."""

    head: Record
    regular: list[Record] = field(default_factory=list)
    slots: dict[str, Record] = field(default_factory=dict)
    superframe: list[Record] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def import_vec(path: Path) -> ImportedLayouts:
    """A ``.vec`` archive; its layout is named as the ``.fra`` table in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            tables = {
                Path(n).suffix.lower(): (Path(n).stem, archive.read(n)) for n in archive.namelist()
            }
    except zipfile.BadZipFile as error:
        raise _config_error(path, f"is no zip archive: {error}", "a .vec made by AGS") from error
    missing = [suffix for suffix in (".fra", ".par") if suffix not in tables]
    if missing:
        raise _config_error(
            path, f"holds no {' and no '.join(missing)} table", "a .vec made by AGS"
        )
    name, fra = tables[".fra"]
    return _import_tables(name, path, decode_text(fra), decode_text(tables[".par"][1]))


def import_fra_par(fra: Path, par: Path) -> ImportedLayouts:
    """The two tables as files; the layout is named as the ``.fra`` file."""
    name = fra.name.lower().removesuffix(".txt").removesuffix(".fra")
    return _import_tables(name, fra, decode_text(fra.read_bytes()), decode_text(par.read_bytes()))


def _import_tables(name: str, path: Path, fra: str, par: str) -> ImportedLayouts:
    tables = _parse_fra(path, fra)
    meanings, doubts = read_par(_split_records(par))
    doubts = [*tables.doubts, *doubts]
    parameters: dict[str, Parameter] = {}
    for given, pieces in _parameter_bit_fields(tables, doubts):
        if given not in meanings:
            doubts.append(f"{given}: recorded, but not described in the .par table; left out")
            continue
        made = _parameter(given, meanings[given], pieces, doubts)
        if made is not None:
            parameters[unique_name(given, parameters)] = made
    layout = Layout(
        describes=f"Imported from AGS layout {name}.",
        words_per_subframe=int(tables.head[1]),
        sync_words=_sync_words(tables.head, doubts),
        counter=_counter(tables.head),
        clock=find_clock(parameters),
        parameters=parameters,
    )
    return ImportedLayouts({name: layout}, tuple(doubts))


def _parameter(
    name: str, meaning: ParEntry, pieces: list[BitField], doubts: list[str]
) -> Parameter | None:
    once = drop_duplicates(pieces)
    if len(once) < len(pieces):
        doubts.append(f"{name}: {len(pieces) - len(once)} placements are listed twice; read once")
    parameter, told = to_parameter(meaning, once)
    doubts.extend(f"{name}: {text}" for text in told)
    return parameter


def _parse_fra(path: Path, fra: str) -> _FraTable:
    records = list(_split_records(fra))
    heads = [record for kind, record in records if kind == "1"]
    if not heads:
        raise _config_error(
            path, "its .fra table has no frame record", "a line that starts with 1|"
        )
    tables = _FraTable(heads[0])
    for kind, record in records:
        if kind == "2":
            tables.regular.append(record)
        elif kind == "3":
            tables.slots[record[0]] = record
        elif kind == "4":
            tables.superframe.append(record)
        elif kind not in _FRA_RECORDS:
            tables.doubts.append(f".fra record {kind}| is not known: {' '.join(record)}")
    if len(heads) > 1 or "".join(heads[0][13:18]).strip():
        tables.doubts.append("a second superframe counter is declared; only the first is read")
    return tables


def _split_records(text: str) -> Iterable[tuple[str, Record]]:
    for line in text.splitlines():
        kind, bar, rest = line.partition("|")
        if bar and not line.startswith("//"):
            yield kind.strip(), tuple(part.strip() for part in rest.split("\t"))


def _parameter_bit_fields(
    tables: _FraTable, doubts: list[str]
) -> Iterator[tuple[str, list[BitField]]]:
    """Pieces of every parameter, in the file's order.

    A name in both tables is two parameters: recorded in every frame, and once in a superframe.
    """
    words = int(tables.head[1])
    regular: dict[str, list[BitField]] = {}
    for record in tables.regular:
        regular.setdefault(record[0], []).append(_regular_bit_field(record, words))
    superframe: dict[str, list[BitField]] = {}
    for record in tables.superframe:
        piece = _superframe_bit_field(record, tables, doubts)
        if piece is not None:
            superframe.setdefault(record[0], []).append(piece)
    doubts += [
        f"{name}: recorded in two ways; read as two" for name in regular if name in superframe
    ]
    yield from regular.items()
    yield from superframe.items()


def _regular_bit_field(record: Record, words: int) -> BitField:
    """Record 2: one location, repeated evenly by the rate in samples a frame."""
    rate, subframe, word, out, bits, top = (int(part) for part in record[2:8])
    apart = 4 // min(rate, 4)
    subframes = tuple(sorted((subframe - 1 + step) % 4 + 1 for step in range(0, 4, apart)))
    times = max(rate // 4, 1)
    return BitField(word, out - bits + 1, out, top, subframes, times=times, apart=words // times)


def _superframe_bit_field(record: Record, tables: _FraTable, doubts: list[str]) -> BitField | None:
    """Record 4: a place in the word that record 3 sets apart for its superframe."""
    period, number, frame, out, bits, top = (int(part) for part in record[2:8])
    slot = tables.slots.get(str(number))
    if slot is None or SUPERFRAME_FRAMES % period:
        doubts.append(f"{record[0]}: superframe {number} of period {period} is not known; left out")
        return None
    first = int(tables.head[11] or 0)
    frames = tuple((frame - 1 + first + k) % SUPERFRAME_FRAMES for k in range(0, 16, period))
    return BitField(int(slot[2]), out - bits + 1, out, top, (int(slot[1]),), tuple(sorted(frames)))


def _sync_words(head: Record, doubts: list[str]) -> tuple[int, int, int, int]:
    if int(head[2]) != _SYNC_BITS:
        doubts.append(f"sync words of {head[2]} bits; their first {_SYNC_BITS} are looked for")
    first, second, third, fourth = (int(word[:3], 16) for word in head[3:7])
    return first, second, third, fourth


def _counter(head: Record) -> Counter | None:
    if not head[7]:
        return None
    subframe, word, out, bits = (int(part) for part in head[7:11])
    return Counter(word=word, bits=(out - bits + 1, out), subframe=subframe)


def _config_error(path: Path, problem: str, allowed: str) -> ConfigError:
    return ConfigError((ConfigIssue(path.name, 0, "", problem, allowed),))
