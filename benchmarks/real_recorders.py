"""Reads every real sample beside the repository, and writes docs/real_recorders.md.

The samples may not be shipped. They are read from ``shared/data`` next to the repository. Nothing
is tuned for this page: layouts are imported as they are, and the mapping of a layout is the one
that ``layout map --suggest`` proposes, unchecked.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks import helicopter_phases, wqar
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import Catalogue, load
from dataflow_health.errors import ConfigError, Refused
from dataflow_health.flight.algorithms.algorithm import run_algorithms
from dataflow_health.flight.algorithms.coverage import APPLICABLE
from dataflow_health.flight.decoders import DECODERS
from dataflow_health.flight.mapping import ParameterMapping
from dataflow_health.flight.mapping_suggestion import suggest_sources
from dataflow_health.flight.parameter import decoded_flight, to_values
from dataflow_health.flight.parameter_mapping import apply_mapping
from dataflow_health.flight.recorder import Arinc717Recorder, Arinc767Recorder, Irig106Recorder
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series
from dataflow_health.layout_import.layout_file import import_layout

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "real_recorders.md"
MIN_CONFIDENCE = 0.5
TOLERANCE = 1e-6

HEAD = """\
# Real recorders

Recordings made by others, which the code was not written for. They are not part of this project.
`python -m benchmarks.real_recorders` reads them from `../shared/data` and writes this page; a test
compares the two. What lacks is said as it is: an airliner has no rotor.

*Equal* counts parameters of which every sample equals another decoder's; *differing* those that
differ, by reason; *not understood* the rest. A sample without reference values has none of the
three. *Applying* counts algorithms: as decoded, and with a mapping: the shipped one for Garmin
logs, else the one that `layout map --suggest` proposes, unchecked. Findings are those with the
mapping; on an airliner or a light aeroplane they show that values arrive, not that something was
wrong.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Result of one sample.

    Attributes:
        name: Path below the folder of samples.
        parameters: Number of decoded parameters.
        equal: Parameters equal to the reference; None without one.
        differing: Parameters that differ, by reason.
        not_understood: Names of parameters that differ without a known reason.
        applying: Algorithms that apply as decoded, and with the mapping; None without a recording.
        findings: Findings by algorithm, with the mapping.
        remark: Sentence for what the numbers do not say.
    """

    name: str
    parameters: int = 0
    equal: int | None = None
    differing: Mapping[str, int] = field(default_factory=dict)
    not_understood: tuple[str, ...] = ()
    applying: tuple[int, int] | None = None
    findings: Mapping[str, int] = field(default_factory=dict)
    remark: str = ""


def read_samples(folder: Path = DATA) -> list[Sample]:
    """Reads all samples of a folder, in the order of the page."""
    catalogue = load(BUILTIN_FOLDER)
    return [sample for read in READERS for sample in read(folder, catalogue)]


def to_markdown(samples: Sequence[Sample], algorithms: int) -> str:
    """Formats the page.

    Args:
        samples: Results.
        algorithms: Number of shipped algorithms.
    """
    lines = [
        HEAD,
        f"Of {algorithms} algorithms:",
        "",
        "| sample | parameters | equal | differing | not understood | applying | findings |",
        "|---|---|---|---|---|---|---|",
        *map(_row, samples),
        "",
        *(f"- `{sample.name}`: {sample.remark}" for sample in samples if sample.remark),
    ]
    return "\n".join(lines) + "\n"


def _row(sample: Sample) -> str:
    compared = sample.equal is not None
    differing = ", ".join(f"{count} {reason}" for reason, count in sample.differing.items())
    findings = ", ".join(f"{name} {count}" for name, count in sample.findings.items())
    cells = (
        f"`{sample.name}`",
        str(sample.parameters),
        str(sample.equal) if compared else "",
        (differing or "0") if compared else "",
        (", ".join(sample.not_understood) or "0") if compared else "",
        " and ".join(map(str, sample.applying or ())),
        findings,
    )
    return f"| {' | '.join(cells)} |"


def _read_wqar(folder: Path, catalogue: Catalogue) -> Iterator[Sample]:
    source = folder / "wqar-arinc717"
    compared = wqar.compare(source)
    reasons = Counter(
        reason
        for row in compared
        for reason in row.reasons
        if row.reasons and "equal" not in row.reasons
    )
    layout = import_layout(source / "010888.vec").layouts["010888"]
    archive = next(source.glob("*.wgl.zip"))
    raw = zipfile.ZipFile(archive).read("raw.dat")
    recorder = Arinc717Recorder(kind="arinc717", members=("raw.dat",))
    decoded = DECODERS["arinc717"](raw, recorder, layout)
    yield _applied(
        Sample(
            f"wqar-arinc717/{archive.name}",
            equal=sum("equal" in row.reasons for row in compared),
            differing=reasons,
            not_understood=tuple(row.parameter for row in compared if not row.reasons),
            remark="An airliner. The reasons, several for some parameters, are those of "
            "[docs/wqar.md](wqar.md).",
        ),
        catalogue,
        decoded,
    )


def _read_airfase(folder: Path, catalogue: Catalogue) -> Iterator[Sample]:
    source = folder / "airfase"
    layout = import_layout(source / "1024.PRM").layouts["1024"]
    recorder = Arinc717Recorder(kind="arinc717", members=("raw.dat",))
    decoded = DECODERS["arinc717"]((source / "raw.dat").read_bytes(), recorder, layout)
    files = {path.stem: path for path in sorted((source / "reference").glob("*.csv"))}
    corrected = {path.stem: path for path in sorted((source / "corrected").glob("*.csv"))}
    wrong = [
        name
        for name, path in sorted((files | corrected).items())
        if name != "index" and not _equals(decoded.series[name], _column(path))
    ]
    yield _applied(
        Sample(
            "airfase/raw.dat",
            equal=len(decoded.series) - len(wrong) - len(corrected),
            differing={"corrected (the reference decoder is wrong)": len(corrected)},
            not_understood=tuple(wrong),
            remark="An airliner. Two parameters equal the corrected reference: the decoder that "
            "made the other took the first of several rows.",
        ),
        catalogue,
        decoded,
    )


def _read_arinc767(folder: Path, catalogue: Catalogue) -> Iterator[Sample]:
    source = folder / "arinc767"
    layout = import_layout(source / "078711.vec").layouts["078711"]
    path = next(source.glob("B-*.zip"))
    archive = zipfile.ZipFile(path)
    recorder = Arinc767Recorder(kind="arinc767", members=("x",))
    decoded = DECODERS["arinc767"](archive.read(archive.namelist()[0]), recorder, layout)
    equal, wrong = 0, []
    with zipfile.ZipFile(source / "reference" / "series.zip") as reference:
        for member in reference.namelist():
            rows = list(csv.reader(io.StringIO(reference.read(member).decode(), newline="")))[1:]
            name = member.removesuffix(".csv")
            if _equals(decoded.series[name], [value for _, value in rows]):
                equal += 1
            else:
                wrong.append(name)
    yield _applied(
        Sample(
            f"arinc767/{path.name}",
            equal=equal,
            not_understood=tuple(wrong),
            remark="An airliner. Half of the parameters have reference values.",
        ),
        catalogue,
        decoded,
    )


def _read_irig106(folder: Path, catalogue: Catalogue) -> Iterator[Sample]:
    for path in sorted((folder / "irig106_chapter10").glob("*.c10")):
        recorder = Irig106Recorder(kind="irig106", members=("x",))
        name = f"irig106_chapter10/{path.name}"
        try:
            decoded = DECODERS["irig106"](path.read_bytes(), recorder, None)
        except Refused as refusal:
            yield Sample(name, remark=f"Refused by name: {refusal.reason}: {refusal.detail}.")
        else:
            remark = "Its discretes have no names; a layout would give them."
            yield _applied(Sample(name, remark=remark), catalogue, decoded)


def _read_garmin(folder: Path, catalogue: Catalogue) -> Iterator[Sample]:
    for path in sorted(folder.glob("garmin*/*.csv")):
        decoded = DECODERS["csv"](path.read_bytes(), catalogue.recorders["garmin_csv"], None)
        mapping = catalogue.mappings["garmin_csv"]
        remark = (
            "A light aeroplane: no torque, NG, NF, rotor, gearbox, hydraulics, radio altitude or "
            "weight on wheels. Algorithms on the hover apply, as its phases are known, and can "
            "find nothing."
        )
        sample = Sample(f"{path.parent.name}/{path.name}", remark=remark)
        yield _applied(sample, catalogue, decoded, mapping)


def _read_helicopter_phases(folder: Path, catalogue: Catalogue) -> Iterator[Sample]:
    source = folder / "helicopter_phases"
    flight = helicopter_phases.read_flight(source)
    results = run_algorithms(catalogue.algorithms, flight)
    applying = sum(each.outcome in APPLICABLE for each in results)
    scores = [
        (name, helicopter_phases.score_phases(flight, source / name))
        for name in helicopter_phases.TRUTH_FILES
    ]
    right = " and ".join(
        f"in {score.right_share:.1%} of the {score.asserted_s:,} seconds of `{name}`"
        for name, score in scores
    )
    yield Sample(
        f"{source.name}/{helicopter_phases.FLIGHT_FILE}",
        len(flight.values),
        applying=(applying, applying),
        findings={each.algorithm: len(each.findings) for each in results if each.findings},
        remark="A helicopter without weight on wheels, radio altitude and rotor speed; its columns "
        f"are read as our quantities. Ground and air are right {right} (at least 97.0% asked), and "
        f"unknown in {scores[0][1].unknown_share:.1%} of the flight's {len(flight.second):,} "
        "seconds (less than 2.0% asked). Both torques are one series, so nothing about a single "
        "engine can be found.",
    )


def _read_fred(folder: Path, _catalogue: Catalogue) -> Iterator[Sample]:
    for path in sorted((folder / "fred").glob("*.xml")):
        name = f"fred/{path.name}"
        try:
            layouts = import_layout(path).layouts
        except ConfigError as error:
            yield Sample(name, remark=f"A layout without a recording, refused by name: {error}.")
        else:
            count = sum(len(layout.parameters) for layout in layouts.values())
            yield Sample(name, count, remark="A layout without a recording.")


READERS: tuple[Callable[[Path, Catalogue], Iterator[Sample]], ...] = (
    _read_wqar,
    _read_airfase,
    _read_arinc767,
    _read_fred,
    _read_irig106,
    _read_garmin,
    _read_helicopter_phases,
)


def _applied(
    sample: Sample,
    catalogue: Catalogue,
    decoded: DecodedRecording,
    mapping: ParameterMapping | None = None,
) -> Sample:
    """The sample with what the algorithms say, without and with a mapping."""
    mapped = apply_mapping(decoded, mapping or _suggested(catalogue, decoded), catalogue.terms)
    before, after = (
        [
            each
            for each in run_algorithms(catalogue.algorithms, flight)
            if each.outcome in APPLICABLE
        ]
        for flight in map(decoded_flight, (decoded, mapped.recording))
    )
    return replace(
        sample,
        parameters=len(decoded.series),
        applying=(len(before), len(after)),
        findings={each.algorithm: len(each.findings) for each in after if each.findings},
    )


def _suggested(catalogue: Catalogue, decoded: DecodedRecording) -> ParameterMapping:
    parameters = {name: series.parameter for name, series in decoded.series.items()}
    found = suggest_sources(parameters, catalogue.terms, min_confidence=MIN_CONFIDENCE)
    return ParameterMapping(
        layouts=("sample",),
        quantities={name: tuple(each.source for each in some) for name, some in found.items()},
    )


def _column(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return [row[1] for row in list(csv.reader(file))[1:]]


def _equals(series: Series, reference: Sequence[str]) -> bool:
    """Whether all samples equal the reference; numbers to a millionth, as it rounds them."""
    if series.parameter.is_text:
        present = series.counts[series.counts != MISSING]
        return [series.text[each] for each in present] == [each.strip() for each in reference]
    values = to_values(series).ravel()
    values = values[np.isfinite(values)]
    expected = np.array(reference, dtype=float)
    return len(values) == len(expected) and np.allclose(values, expected, TOLERANCE, 1e-4)


def main() -> None:
    """Reads all samples and writes the page."""
    PAGE.write_text(to_markdown(read_samples(), len(load(BUILTIN_FOLDER).algorithms)))
    print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
