import contextlib

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples

from dataflow_health.errors import ConfigError
from dataflow_health.layout_import.xml_tree import line_error, read_xml
from dataflow_health_tests.layout_import.damage import damaged

XML = b"""<?xml version="1.0"?>
<a xmlns="http://x/ours/" xmlns:o="http://x/other/">
  <b at="1"> one </b>
  <o:b>theirs<b>hidden</b></o:b>
  <c><b>two</b></c>
</a>
"""


def read(folder, content):
    path = folder / "x.xml"
    path.write_bytes(content)
    return read_xml(path, "ours/")


def test_elements_have_line_text_and_attributes_and_foreign_ones_are_left_out(tmp_path):
    root = read(tmp_path, XML).find("a")
    (first,) = root.all("b")
    assert (first.line, first.text, first.attributes) == (3, "one", {"at": "1"})
    assert [child.name for child in root.children] == ["b", "c"]
    assert (root.value("c", "b"), root.value("c", "x", default="none")) == ("two", "none")
    assert root.find() is root


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", 1, "no element found"),
        (b"<a>\n<b></a>", 2, "mismatched tag"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>\n<a>&x;</a>', 1, "document type"),
        (b"<a>\n&x;</a>", 2, "undefined entity"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', 1, "encoding"),
        (b"\n" + b"<a>" * 40, 2, "more than 32 elements deep"),
    ],
)
def test_a_wrong_file_is_an_error_with_its_line(tmp_path, content, line, problem):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, content)
    (issue,) = caught.value.issues
    assert (issue.file, issue.line) == ("x.xml", line)
    assert problem in issue.problem


def test_a_file_or_tree_that_is_too_large_is_an_error(tmp_path, monkeypatch):
    for limit in ("_MAX_ELEMENTS", "_MAX_BYTES"):
        monkeypatch.setattr(f"dataflow_health.layout_import.xml_tree.{limit}", 2)
        with pytest.raises(ConfigError, match="2"):
            read(tmp_path, XML)


def test_line_0_is_the_whole_file(tmp_path):
    assert str(line_error(tmp_path / "x.xml", 0, "is wrong", "be right")) == (
        "x.xml: is wrong (be right)"
    )


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged(XML))
def test_damaged_xml_is_read_or_an_error(tmp_path, content):
    with contextlib.suppress(ConfigError):
        assert read(tmp_path, content).children
