"""Compares the decoder with another one on a real recording, and writes docs/wqar.md.

The recording, its layout and the reference values may not be shipped. They are read from
``shared/data/wqar-arinc717`` next to the repository, or from the folder given as argument. Where
the two decoders differ, the reference value is computed from ours, which verifies the explanation.
"""

import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import Linear
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.flight.recording import DecodedRecording, Series
from dataflow_health.layout_import.layout_file import import_layout

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "wqar-arinc717"
PAGE = ROOT / "docs" / "wqar.md"

SUPERFRAME_S = 64
FRAME_S = 4

REASONS = {
    "equal": "All values are equal.",
    "start": (
        "The reference starts with the first complete superframe, 40 s into the recording; it "
        "omits the sample of the incomplete superframe before, which ours includes."
    ),
    "end": (
        "The reference reads beyond the end of the file and adds a sample of zeros; the "
        "recording ends before that frame of the superframe."
    ),
    "twice": (
        "The layout lists the same position twice; the reference contains every sample twice."
    ),
    "split": (
        "One value is recorded in several words. The reference contains each part as a separate "
        "sample with the other bits zero; combined bit by bit, the parts equal ours."
    ),
    "sign": (
        "The recorder omits bits between the sign (bit 29) and the data. In two's complement "
        "they are copies of the sign; the reference uses zeros, so each negative value is too "
        "low by exactly their weight. Positive values are equal."
    ),
    "shared": (
        "Like split, but the coarse and the fine part share one bit, in which they differ in "
        "some samples. Ours uses the bit of the fine part, and the higher bits of the coarse part."
    ),
    "digits": (
        "Binary coded decimal digits. The layout defines a decimal point, and an offset of 100 "
        "MHz for VOR, ILS and DME; the reference contains the bare digits."
    ),
    "text": (
        "Characters are in several words. The reference contains each part as a separate text "
        "with NUL in the other positions; combined they equal ours, without trailing blanks."
    ),
}
"""Reasons for differences; a parameter may have several."""


@dataclass(frozen=True, slots=True)
class ComparedParameter:
    """Result for one reference file.

    Attributes:
        number: Number in the name of the reference file.
        parameter: Name in the layout.
        ours: Number of our samples.
        reference: Number of samples in the reference.
        reasons: Keys of :data:`REASONS`; empty if a difference is not explained.
    """

    number: int
    parameter: str
    ours: int
    reference: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Samples of a parameter, ours and the reference's, each in time order."""

    series: Series
    times_s: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    reference_s: npt.NDArray[np.float64]
    reference: list[str]


def compare(folder: Path = DATA) -> list[ComparedParameter]:
    """Compares all reference files of a folder."""
    layout = import_layout(folder / "010888.vec").layouts["010888"]
    archive = next(folder.glob("*.wgl.zip"))
    raw = zipfile.ZipFile(archive).read("raw.dat")
    decoded = decode(raw, Arinc717Recorder(kind="arinc717", members=("raw.dat",)), layout)
    files = sorted((folder / "reference").glob("ref_*.csv"), key=_number)
    return [_compare(decoded, file) for file in files]


def _number(file: Path) -> int:
    return int(file.name.removeprefix("ref_").partition(".")[0])


def _compare(decoded: DecodedRecording, file: Path) -> ComparedParameter:
    number, name = _number(file), file.name.partition(".")[2].removesuffix(".csv")
    rows = [
        line.split("\t") for line in file.read_bytes().decode("latin-1").split("\n")[1:] if line
    ]
    # CMC_FAIL is two parameters of one name; the reference has the regular one under both numbers.
    pair = _pair(decoded, decoded.series[name], rows)
    return ComparedParameter(
        number, name, len(pair.values), len(rows), _explain(pair, decoded.duration_s)
    )


def _pair(decoded: DecodedRecording, series: Series, rows: Sequence[Sequence[str]]) -> _Pair:
    times = (decoded.second[series.rows][:, None] + np.array(series.offsets_s)).reshape(-1)
    values = to_values(series).reshape(-1)
    valid = np.flatnonzero(np.isfinite(values) | series.parameter.is_text)
    order = valid[np.argsort(times[valid], kind="stable")]
    return _Pair(
        series=series,
        times_s=times[order],
        counts=series.counts.reshape(-1)[order].astype(np.int64),
        values=values[order],
        reference_s=np.array([float(row[0]) for row in rows]),
        reference=[row[1] for row in rows],
    )


def _explain(pair: _Pair, duration_s: int) -> tuple[str, ...]:
    """Reasons that explain the difference, in order; empty if none does."""
    reasons: list[str] = []
    if pair.series.parameter.samples[0][0].frames:
        pair, reasons = _align(pair, duration_s)
    checks: dict[str, Callable[[_Pair], bool]] = {
        "equal": _is_equal,
        "twice": _is_twice,
        "sign": _is_sign,
        "digits": _is_digits,
        "split": _is_split,
        "shared": _is_shared,
        "text": _is_text,
    }
    for reason, holds in checks.items():
        if holds(pair):
            found = [*reasons, *([reason] if reason != "equal" or not reasons else [])]
            is_split_too = reason == "digits" and len(pair.reference) > len(pair.values)
            return tuple(found + (["split"] if is_split_too else []))
    return ()


def _align(pair: _Pair, duration_s: int) -> tuple[_Pair, list[str]]:
    """Limits both to the time from the reference's first superframe to the end of the file."""
    frame = max(part.frames[0] for part in pair.series.parameter.samples[0])
    ours = pair.times_s >= pair.reference_s[0]
    theirs = pair.reference_s + FRAME_S * frame < duration_s
    reasons = [r for r, kept in (("start", ours), ("end", theirs)) if not kept.all()]
    aligned = _Pair(
        pair.series,
        pair.times_s[ours],
        pair.counts[ours],
        pair.values[ours],
        pair.reference_s[theirs],
        [value for value, kept in zip(pair.reference, theirs, strict=True) if kept],
    )
    return aligned, reasons


def _numbers(pair: _Pair) -> npt.NDArray[np.float64] | None:
    try:
        return np.array([float(value) for value in pair.reference])
    except ValueError:
        return None


def _close(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> bool:
    return ours.shape == theirs.shape and bool(np.allclose(ours, theirs, rtol=1e-9, atol=1e-9))


def _in_time(pair: _Pair) -> bool:
    """Whether times differ by at most the spacing of the reference's evenly spread samples."""
    is_slow = bool(pair.series.parameter.samples[0][0].frames)
    spacing = SUPERFRAME_S if is_slow else max(FRAME_S, np.diff(pair.reference_s, prepend=0).max())
    return bool((np.abs(pair.times_s - pair.reference_s) <= spacing).all())


def _is_equal(pair: _Pair) -> bool:
    if pair.series.parameter.is_text:
        ours = [pair.series.text[count] for count in pair.counts]
        return [text.rstrip(" \0") for text in pair.reference] == ours and _in_time(pair)
    theirs = _numbers(pair)
    return theirs is not None and _close(pair.values, theirs) and _in_time(pair)


def _is_twice(pair: _Pair) -> bool:
    """Whether the reference repeats some of our values within each frame."""
    theirs = _numbers(pair)
    if theirs is None or len(theirs) <= len(pair.values):
        return False
    frames = range(int(pair.reference_s[-1]) // FRAME_S + 1)
    ours_by = [np.unique(pair.values[pair.times_s // FRAME_S == frame]) for frame in frames]
    theirs_by = [np.unique(theirs[pair.reference_s // FRAME_S == frame]) for frame in frames]
    return all(_close(a, b) for a, b in zip(ours_by, theirs_by, strict=True))


def _is_sign(pair: _Pair) -> bool:
    """Whether each negative value is too low by the weight of the bits below the sign."""
    theirs, parameter = _numbers(pair), pair.series.parameter
    conversion = parameter.conversion
    if theirs is None or parameter.coding != "bnr" or not isinstance(conversion, Linear):
        return False
    sign = conversion.scale * 2 ** (parameter.width - 1)
    lower = [(2**bits - 1) * sign for bits in range(1, 5)]
    return any(_close(pair.values - (pair.values < 0) * low, theirs) for low in lower)


def _is_digits(pair: _Pair) -> bool:
    """Whether the reference has the bare digits as one number, or as numbers that add up to it."""
    theirs, parameter = _numbers(pair), pair.series.parameter
    if theirs is None or parameter.coding != "bcd":
        return False
    parts = theirs.reshape(len(pair.values), -1) if len(theirs) % len(pair.values) == 0 else None
    digits = pair.counts.astype(np.float64)
    return parts is not None and any(_close(digits * 10**k, parts.sum(axis=1)) for k in range(3))


def _is_split(pair: _Pair) -> bool:
    """Whether the bits of all parts combine to our count."""
    theirs, conversion = _numbers(pair), pair.series.parameter.conversion
    if theirs is None or len(theirs) % len(pair.values) or not isinstance(conversion, Linear):
        return False
    parts = np.rint(theirs / conversion.scale).astype(np.int64).reshape(len(pair.values), -1)
    return bool((np.bitwise_or.reduce(parts, axis=1) == pair.counts).all())


def _is_shared(pair: _Pair) -> bool:
    """Whether the bits of both parts combine to our count without one bit of the coarse part."""
    theirs, conversion = _numbers(pair), pair.series.parameter.conversion
    if theirs is None or len(theirs) != 2 * len(pair.values) or not isinstance(conversion, Linear):
        return False
    coarse, fine = np.rint(theirs / conversion.scale).astype(np.int64).reshape(-1, 2).T
    return any(bool(((coarse & ~(1 << bit) | fine) == pair.counts).all()) for bit in range(32))


def _is_text(pair: _Pair) -> bool:
    if not pair.series.parameter.is_text or len(pair.reference) % len(pair.values):
        return False
    size = len(pair.reference) // len(pair.values)
    groups = [pair.reference[at : at + size] for at in range(0, len(pair.reference), size)]
    joined = ["".join(max(letters) for letters in zip(*group, strict=True)) for group in groups]
    return [text.rstrip(" \0") for text in joined] == [pair.series.text[c] for c in pair.counts]


HEAD = """\
# A real recording, decoded twice

The archive of a wireless quick access recorder (A330, 512 words a second, 292 seconds), its AGS
layout, and the values of another decoder come from the public repository osnosn/FlightDataDecode
(LGPL-2.1); they are not part of this project. `python -m benchmarks.wqar` decodes the recording,
compares every reference file, and writes this page. Where the two differ, it computes the
reference value from ours, so each reason is verified for every sample of its parameters. The
tests run the same comparison.
"""

TIMES = """\
Times: our time of a sample is that of its word, second + (word - 1) / 512. The reference spreads
the samples of a frame evenly over its four seconds, and uses the start of a superframe for its
samples; the two never differ by more than that spacing.
"""

FINDINGS = """\
## Findings about the layout

- CMC_FAIL is recorded twice: in every frame and in the superframe. The reference contains the
  former under both numbers; ours contains the latter as CMC_FAIL_2.
- The texts are ZJHK, ZGSZ and CSN8765, the first two as in a report in the same archive. The
  reference contains them in parts.
- The serial numbers of the engines are 177735 and 125735, but 735177 and 735125 in that report:
  the layout swaps the two halves. We follow the layout.
- Fuel flow of both engines (FF1 in the reference) jumps between 8156 and 24592 lb/h from one
  second to the next. The unit of its coarse part is 4096 lb/h, not 8192 as in the layout: the bit
  shared by both parts contradicts itself. The import reports this bit; users of the layout should
  move the coarse part down by one bit.
"""


def to_markdown(compared: Sequence[ComparedParameter]) -> str:
    """Formats the page: summary, reasons and a table of all parameters."""
    reasons = [reason for row in compared for reason in row.reasons]
    equal = reasons.count("equal")
    unexplained = sum(not row.reasons for row in compared)
    lines = [
        HEAD,
        f"{len(compared)} reference files: {equal} parameters are equal, "
        f"{len(compared) - equal - unexplained} differ for a reason, {unexplained} are unexplained",
        "",
        TIMES,
        "| reason | parameters | explanation |",
        "|---|---|---|",
        *(f"| {key} | {reasons.count(key)} | {text} |" for key, text in REASONS.items()),
        "",
        FINDINGS,
        "## All parameters",
        "",
        "| no. | parameter | our samples | reference samples | result |",
        "|---|---|---|---|---|",
        *(_line(row) for row in compared),
    ]
    return "\n".join(lines) + "\n"


def _line(row: ComparedParameter) -> str:
    state = ", ".join(row.reasons) or "unexplained"
    return f"| {row.number} | {row.parameter} | {row.ours} | {row.reference} | {state} |"


def main() -> None:
    """Compares all reference files and writes the page."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    PAGE.write_text(to_markdown(compare(folder)))
    print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
