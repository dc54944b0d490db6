import contextlib
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples

from dataflow_health.errors import ConfigError
from dataflow_health.flight.layout import FrameBits, Linear
from dataflow_health.layout_import.ags_frd import import_frd
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health.layout_import.layout_yaml import to_yaml
from dataflow_health_tests.layout_import.damage import damaged_fields

FRD = """// 2|Frame Id\tFrame Name
1|647A-1\tMAP
2|3\t1 Hz\t1\t\t3\t0
2|7\tslow\t1\t4\t1\t0
3|3\t2\tLong B\t
3|3\t1\tLong A\t
3|3\t3\tC\t
3|7\t1\tD\t
4|Long A\tA
4|Long B\tB
"""


def par(name: str, kind: str, bits: int, *more: str, sign: str = "", compute: str = "") -> str:
    cells = [name, rf"of {name} \\r\\nhere", kind, "", "", "", sign, str(bits), str(bits), "", "N"]
    cells += ["", compute, "", "", "", "", "", "", "", "7.0", "kg", *[""] * 5]
    return "\n".join(["1|" + "\t".join(cells), *more, ""])


PAR = (
    par("A", "BNR LINEAR (A*X)", 15, sign="16", compute="Resol=.25")
    + par("B", "PACKED BITS", 2, "6|1\tON")
    + par("C", "COMPUTED ON BOARD", 32)
    + par("D", "CHARACTER", 8)
    + par("unused", "CONSTANT", 0)
)


def vec(folder, frd=FRD, table=PAR):
    path = folder / "000767.vec"
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("000767.frd", frd.encode("utf-16"))
        archive.writestr("000767.par", table.encode("utf-16"))
    path.write_bytes(raw.getvalue())
    return path


def test_frames_and_parameters_of_a_vec_are_read(tmp_path):
    imported = import_layout(vec(tmp_path))
    found = imported.layouts["000767"].parameters
    assert imported.warnings == ()
    assert {name: each.place for name, each in found.items()} == {
        "A": FrameBits(frame=3, bit=1, width=16),
        "B": FrameBits(frame=3, bit=17, width=2),
        "C": FrameBits(frame=3, bit=19, width=32),
        "D": FrameBits(frame=7, bit=1, width=8, rate_hz=0.25),
    }
    assert [each.coding for each in found.values()] == ["bnr", "unsigned", "float", "characters"]
    assert (found["A"].conversion, found["A"].unit) == (Linear(scale=0.25), "kg")
    assert found["B"].states == {1: "ON"}
    assert "words_per_subframe" not in to_yaml(imported.layouts["000767"])


@pytest.mark.parametrize(
    ("frd", "table", "warning"),
    [
        (FRD + "9|odd\n", PAR, ".frd line '9|odd': unknown record"),
        (FRD + "3|3\tx\tC\n", PAR, ".frd line '3|3 x C': invalid literal"),
        (FRD, PAR.replace("PACKED BITS", "PACKED"), "B: unknown type 'PACKED'; left out"),
        (FRD, PAR.replace("Resol=.25", "Magic"), "A: unknown computation 'Magic'; left out"),
        (FRD, PAR.replace("1|B", "1|X"), "B: in frame 3, but its width is not known; left out"),
        (FRD, PAR.replace("\t8\t8\t", "\t8\t\t"), "D: in the .par table, invalid literal"),
        (FRD, PAR.replace("\t8\t8\t", "\t8\t999\t"), "D: in the .par table, a width of 999 bits"),
    ],
)
def test_what_is_not_understood_is_named(frd, table, warning):
    imported = import_frd("x", frd, table)
    assert any(each.startswith(warning) for each in imported.warnings), imported.warnings


def test_a_table_without_frames_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"the \.frd table declares no frame"):
        import_layout(vec(tmp_path, frd=""))


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged_fields(FRD, "\t"), damaged_fields(PAR, "\t"))
def test_odd_fields_are_imported_or_an_error(tmp_path, frd, table):
    with contextlib.suppress(ConfigError):
        import_layout(
            vec(
                tmp_path,
                frd.encode("utf-8", "replace").decode(),
                table.encode("utf-8", "replace").decode(),
            )
        )
