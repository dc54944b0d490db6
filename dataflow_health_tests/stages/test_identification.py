from datetime import UTC, datetime

import pytest

from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.stages.identification import identify, near_matches
from dataflow_health_tests.factories import catalogue

BY_ARCHIVE = Arinc717Recorder(
    kind="arinc717",
    members=(r"raw\.dat$",),
    archives=(r"(?P<tail>B-\d+)_(?P<started_at>\d{14})-(?P<layout>\d+)",),
    started_at_format="%Y%m%d%H%M%S",
)
BY_MEMBER = Arinc717Recorder(
    kind="arinc717", members=(r"(?P<tail>[A-Z-]+)\.rdf",), archives=(r"(?P<tail>[A-Z-]+)_",)
)


def test_the_names_of_archive_and_member_together_identify_a_recording() -> None:
    found = identify("B-8888_20010102171005-10888.zip", "raw.dat", {"wqar": BY_ARCHIVE})
    assert found is not None
    assert (found.recorder, found.tail, found.layout) == ("wqar", "B-8888", "10888")
    assert found.started_at == datetime(2001, 1, 2, 17, 10, 5, tzinfo=UTC)
    assert found.archive_tail is None


def test_a_recorder_with_patterns_for_archives_needs_both_names_to_match() -> None:
    assert identify("other.zip", "raw.dat", {"wqar": BY_ARCHIVE}) is None


def test_an_archive_named_for_another_aircraft_is_reported() -> None:
    found = identify("HB-ZAB_1.zip", "HB-ZAA.rdf", {"r": BY_MEMBER})
    assert found is not None
    assert (found.tail, found.archive_tail) == ("HB-ZAA", "HB-ZAB")


def test_the_first_matching_recorder_by_name_is_taken() -> None:
    found = identify("HB-ZAA_1.zip", "HB-ZAA.rdf", {"b": BY_MEMBER, "a": BY_MEMBER})
    assert found is not None
    assert found.recorder == "a"


@pytest.mark.parametrize("digits", ["20010230171005", "20011302171005"])
def test_a_start_that_is_no_date_is_left_out(digits: str) -> None:
    found = identify(f"B-8888_{digits}-10888.zip", "raw.dat", {"wqar": BY_ARCHIVE})
    assert found is not None
    assert found.started_at is None


@pytest.mark.parametrize(
    ("name", "tail"),
    [
        ("N123AB_20261120T081200Z.rdf", "N123AB"), ("card/JA6789_20261120T081200Z.rdf", "JA6789"),
        ("HL9601_20261120T081200Z.rdf", "HL9601"), ("HB-ZAA_20261120T081200Z.rdf", "HB-ZAA"),
        ("UPLOAD_20261120T081200Z.rdf", None), ("RAN123_20261120T081200Z.rdf", None),
        ("CARD-N123AB_20261120T081200Z.rdf", "N123AB"), ("n123ab_20261120T081200Z.rdf", "N123AB"),
        ("N2_20261120T081200Z.rdf", None), ("N1A_20261120T081200Z.rdf", "N1A"),
    ],
)  # fmt: skip
def test_tails_without_a_hyphen_are_recognised(name: str, tail: str | None) -> None:
    found = identify("upload.zip", name, catalogue().recorders)
    assert (found and found.tail) == tail


def test_an_archive_of_a_ground_link_may_have_a_tail_without_a_hyphen() -> None:
    name = "JA6789_20261120081200-10888.wgl.zip"
    found = identify(name, "raw.dat", catalogue().recorders)
    assert found is not None
    assert (found.tail, found.layout, found.archive_tail) == ("JA6789", "10888", None)


@pytest.mark.parametrize(
    ("archive", "path", "sentence"),
    [
        ("upload.zip", "raw.dat", "wqar: raw.dat matches, but the archive's name does not match "),
        ("B-8888_20010102171005-10888.zip", "x.bin",
         r"wqar: the archive's name matches, but no member matches raw\.dat$"),
        ("upload.zip", "HB-ZAA_1.rdf",
         r"rdf: HB-ZAA_1.rdf matches up to HB-ZAA_, where (?P<at>\d{8})\.rdf is expected"),
    ],
)  # fmt: skip
def test_patterns_that_nearly_match_are_named(archive: str, path: str, sentence: str) -> None:
    rdf = Arinc717Recorder(kind="arinc717", members=(r"([A-Z-]+)_(?P<at>\d{8})\.rdf",))
    (near,) = near_matches(archive, ["readme.txt", path], {"wqar": BY_ARCHIVE, "rdf": rdf})
    assert near.startswith(sentence)


def test_nothing_nearly_matches_a_text_file() -> None:
    assert list(near_matches("upload.zip", ["readme.txt"], catalogue().recorders)) == []
