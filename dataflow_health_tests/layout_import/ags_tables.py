"""AGS tables written by hand for tests, as real ones may not be shipped."""

from collections.abc import Sequence
from pathlib import Path

from dataflow_health.flight.layout import Layout, Parameter
from dataflow_health.layout_import.layout_file import import_layout

FRAME = ["1|S\t256\t12\t247\t5B8\tA47\tDB8\t2\t100\t4\t4\t1\t\t\t\t\t\t", "6|GOODFRAME", "7|0"]
SLOT = "3|1\t3\t200\t12\t12\t1"


def regular(name: str, rate: int, subframe: int, word: int, out: int, bits: int, top: int) -> str:
    """Record 2: a location in every frame."""
    return f"2|{name}\t1\t{rate}\t{subframe}\t{word}\t{out}\t{bits}\t{top}\tImposed\t0\t1\t1\t"


def slow(name: str, frame: int, out: int, bits: int, top: int, period: int = 16) -> str:
    """Record 4: a location in the superframe."""
    return f"4|{name}\t1\t{period}\t1\t{frame}\t{out}\t{bits}\t{top}\t0\t1\t1"


def par(
    name: str,
    kind: str,
    top: int,
    bits: int,
    *more: str,
    sign: str = "",
    complement: str = "2",
    offset: str = "",
    value: str = "",
    decimals: str = ".",
    unit: str = "",
) -> str:
    """The records of one parameter of a ``.par`` table."""
    head = [
        name, f"{name}  described", kind, "X/1/00", "//", "0", sign, str(top), str(bits),
        complement if sign else "", "N", offset, value, "0", "9", "0", "9", "DECIMAL", "", "",
        decimals, unit, "A", "2009-02-27", "1", "Float", "",
    ]  # fmt: skip
    return "\n".join(["1|" + "\t".join(head), *more, "10|\t", "11|0\t0", "12|-1", "13|"])


def write_tables(
    folder: Path, fra: Sequence[str], *pars: str, frame: Sequence[str] = FRAME
) -> Path:
    """Writes ``000123.fra`` and ``000123.par``; the path of the first."""
    (folder / "000123.fra").write_text("\n".join(["// 1|Frame", *frame, *fra]), "utf-16")
    (folder / "000123.par").write_text("\n".join(["// 1|Name", *pars]), "utf-16")
    return folder / "000123.fra"


def read_tables(
    folder: Path, fra: Sequence[str], *pars: str, frame: Sequence[str] = FRAME
) -> tuple[Layout, tuple[str, ...]]:
    """The imported layout and its warnings."""
    imported = import_layout(write_tables(folder, fra, *pars, frame=frame))
    return imported.layouts["000123"], imported.warnings


def read_parameter(folder: Path, fra: Sequence[str], *pars: str) -> Parameter:
    """The only parameter of an imported layout."""
    (parameter,) = read_tables(folder, fra, *pars)[0].parameters.values()
    return parameter
