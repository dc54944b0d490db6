"""Small FRED files (ARINC 647A-1) for the tests of their importers."""

from collections.abc import Iterable
from pathlib import Path

from dataflow_health.flight.layout import Layout
from dataflow_health.layout_import.layout_file import import_layout

SYNCS = ("001001000111", "010110111000", "101001000111", "110110111000")
LINEAR = '<Poly_Coeff><Coeff_Pair index="1">2.5</Coeff_Pair></Poly_Coeff>'


def elements(name: str, values: Iterable[object]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for value in values)


def component(*words: int, bits=((1, 12),), subframes=((1, 2, 3, 4),), more: str = "") -> str:
    ranges = (
        f"<OneBasedIntRange_Start>{low}</OneBasedIntRange_Start>"
        f"<OneBasedIntRange_End>{high}</OneBasedIntRange_End>"
        for low, high in bits
    )
    return (
        f"<Component><Word_Numbers>{elements('Word_Num', words)}</Word_Numbers>"
        + elements("Subframe_Numbers", (elements("Subframe_Num", each) for each in subframes))
        + elements("Bits", ranges)
        + f"{more}</Component>"
    )


def values(kind: str = "Unsigned Binary", *steps: str, more: str = "") -> str:
    return (
        f"<Range><Data_Type>{kind}</Data_Type>{more if kind == 'BCD' else ''}"
        f"{elements('Conversion_Step', steps)}{more if kind != 'BCD' else ''}</Range>"
    )


def parameter(name: str, *parts: str) -> str:
    """A parameter on one line, of the kind whose elements it has."""
    kind = "Parameter767" if any("Number_of_Bits" in part for part in parts) else "Parameter717"
    return f"<{kind}><Name>{name}</Name>{''.join(parts)}</{kind}>"


def fred_717(
    *parameters: str, bits: int = 12, syncs=SYNCS, seconds: str = "", words: object = 64
) -> bytes:
    """A file of 64 words; the first parameter is on line 5."""
    return "\n".join([
        '<FREDFile xmlns="http://www.aviation-ia.com/aeec/SupportFiles/647a-1/"><FRED717>',
        f"<Subframe><Bits_Per_Word>{bits}</Bits_Per_Word>",
        f"<Words_Per_Subframe>{words}</Words_Per_Subframe>{seconds}",
        f"<Subframes_Per_Frame>4</Subframes_Per_Frame><Sync_Pattern>{elements('Sync_Code', syncs)}"
        "</Sync_Pattern></Subframe>",
        *parameters,
        "</FRED717></FREDFile>",
    ]).encode()  # fmt: skip


def fred_767(*parts: str) -> bytes:
    """A file of ARINC 767; the first part is on line 2."""
    head = '<FREDFile xmlns="http://www.aviation-ia.com/aeec/SupportFiles/647a-1/"><FRED767>'
    return "\n".join([head, *parts, "</FRED767></FREDFile>"]).encode()


def imported(folder: Path, content: bytes) -> tuple[Layout, tuple[str, ...]]:
    """The layout of a file's bytes, and the warnings."""
    path = folder / "small.xml"
    path.write_bytes(content)
    result = import_layout(path)
    return result.layouts["small"], result.warnings
