import contextlib

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from dataflow_health.errors import ConfigError
from dataflow_health.layout_import.fred import import_fred
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health_tests.layout_import.damage import damaged, damaged_fields
from dataflow_health_tests.layout_import.fred_files import (
    LINEAR,
    component,
    fred_717,
    fred_767,
    imported,
    parameter,
    values,
)
from dataflow_health_tests.layout_import.test_fred_717 import COUNTER, CYCLES
from dataflow_health_tests.layout_import.test_fred_767 import HEIGHT, SPEED, frame

SMALL = (
    fred_717(
        COUNTER,
        parameter("P", component(34, more=CYCLES), values("Signed Binary", LINEAR)),
        parameter("Q", component(59), component(58, bits=[(1, 3)]), values("BCD")),
    ),
    fred_767(frame(3, "Speed", "Height"), HEIGHT, SPEED),
)


@pytest.mark.parametrize(
    ("content", "names"), [(SMALL[0], ["SFC", "P", "Q"]), (SMALL[1], ["Speed", "Height"])]
)
def test_a_file_of_either_standard_is_read(tmp_path, content, names):
    assert list(imported(tmp_path, content)[0].parameters) == names
    assert import_fred(tmp_path / "small.xml") == import_layout(tmp_path / "small.xml")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (fred_717().replace(b"FRED717", b"FRED573"), "small.xml:1: the file has neither FRED717"),
        (b"<report/>", "small.xml: the file has no FREDFile of ARINC 647A-1"),
    ],
)
def test_another_file_is_an_error(tmp_path, content, problem):
    with pytest.raises(ConfigError) as caught:
        imported(tmp_path, content)
    assert str(caught.value).startswith(problem)


def test_xml_in_a_folder_is_read_only_when_no_other_layout_is_there(tmp_path):
    assert imported(tmp_path, fred_717(COUNTER))[0] == import_layout(tmp_path).layouts["small"]
    (tmp_path / "a320.PRM").write_text("DAT1 00 0064 00 00 0\n")
    assert set(import_layout(tmp_path).layouts) == {"a320"}


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SMALL).flatmap(lambda small: damaged(small) | odd_fields(small)))
def test_a_damaged_file_is_imported_or_an_error(tmp_path, content):
    with contextlib.suppress(ConfigError):
        imported(tmp_path, content)


def odd_fields(small: bytes) -> st.SearchStrategy[bytes]:
    return damaged_fields(small.decode(), ">").map(lambda text: text.encode("utf-8", "replace"))
