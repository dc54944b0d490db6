"""A real recording: every value equals that of another decoder, or differs for a stated reason."""

import zipfile
from collections import Counter

import pytest

from benchmarks.wqar import DATA, PAGE, REASONS, compare, to_markdown
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.quality import assess_quality
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.layout_import.layout_file import import_layout

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the real recording is next to the repository, not in it"
)

DIFFERING = {
    "twice": {"ISOV1", "MAS_WAR_FO", "LAT_DEV_REQ"},
    "sign": {
        "BODY_LATG", "ELEVL", "LAT_DEV_PROV_C", "ROLL_FO", "RUD_PDL", "YAW_TRM", "YD_ORD",
    },
    "digits": {
        "ADF_FRQ1", "ADF_FRQ2", "DME_FRQ2", "ILS_FRQ1", "SN_ENG1", "SN_ENG2", "SW_PN1", "VOR_FRQ2",
    },
    "split": {
        "ADF_FRQ2", "EPR2", "GW", "HV_MDA_MDH", "LONGPGPS", "LONP_FO", "N11", "SN_ENG1", "SN_ENG2",
        "SW_PN1",
    },
    "shared": {"FF1", "LATP", "LATP_FO"},
    "text": {"CITY_FROM_R", "CITY_TO_R", "FNO_P1234", "FNO_P3", "FNO_P5678"},
}  # fmt: skip
"""Parameters that differ from the reference, by reason of ``benchmarks/wqar.py``."""


@pytest.fixture(scope="module")
def compared():
    return compare()


def test_every_reference_value_is_equal_or_differs_for_a_known_reason(compared):
    assert len(compared) == 427
    assert [row.parameter for row in compared if not row.reasons] == []
    for reason, names in DIFFERING.items():
        assert {row.parameter for row in compared if reason in row.reasons} == names
    listed = set().union(*DIFFERING.values())
    for row in compared:
        if row.parameter not in listed:
            assert set(row.reasons) <= {"equal", "start", "end"}


def test_samples_around_the_first_and_last_superframe_explain_the_rest(compared):
    reasons = Counter(reason for row in compared for reason in row.reasons)
    assert set(reasons) == set(REASONS)
    assert reasons["equal"] == 344


def test_the_page_matches_the_comparison(compared):
    assert PAGE.read_text() == to_markdown(compared)


@pytest.mark.slow
def test_the_whole_recording_is_decoded_and_not_refused():
    layout = import_layout(DATA / "010888.vec").layouts["010888"]
    raw = zipfile.ZipFile(next(DATA.glob("*.wgl.zip"))).read("raw.dat")
    decoded = decode(raw, Arinc717Recorder(kind="arinc717", members=("raw.dat",)), layout)
    assert (decoded.encoding, decoded.duration_s, decoded.lost_s) == ("le16", 292, 0)
    assert decoded.notes == ("start time unknown: the clock starts at 16:05:52, without a date",)
    assert not any(remark.refuse for remark in assess_quality(decoded, layout, None))
