import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.config import yaml_document


def issues_of(text):
    return [str(issue) for issue in yaml_document.read("f.yaml", text.encode()).issues]


def test_every_key_and_list_item_has_its_line():
    document = yaml_document.read(
        "f.yaml", b"# note\na: 1\nb:\n  - {c: 2}\n  - d: 3\n    e: |\n      text\n"
    )
    assert document.data == {"a": 1, "b": [{"c": 2}, {"d": 3, "e": "text\n"}]}
    assert {yaml_document.format_path(path): line for path, line in document.lines.items()} == {
        "": 2, "a": 2, "b": 3, "b.0": 4, "b.0.c": 4, "b.1": 5, "b.1.d": 5, "b.1.e": 6,
    }  # fmt: skip


def test_a_missing_path_has_the_line_of_its_nearest_parent():
    document = yaml_document.read("f.yaml", b"a: 1\nb:\n  c: 2\n")
    assert document.line(("b", "missing", 3)) == 2
    assert document.line(("missing",)) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("OFF", "OFF"), ("no", "no"), ("12:30", "12:30"), ("1_0", "1_0"), ("2024-01-31",) * 2,
        ("0x247", 0x247), ("0o17", 15), ("017", 17), ("-4", -4), ("1e3", 1000.0), (".5", 0.5),
        ("'7'", "7"), ('"true"', "true"), ("true", True), ("~", None), ("", None),
    ],
)  # fmt: skip
def test_scalars_follow_the_yaml_1_2_core_schema(text, value):
    found = yaml_document.read("f.yaml", f"key: {text}\n".encode()).data["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_may_be_whole_numbers():
    assert yaml_document.read("f.yaml", b"{0: OFF, 1: ON}").data == {0: "OFF", 1: "ON"}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: duplicate key a, first used on line 1"),
        ("a:\n  - x: 1\n    x: 2\n", "f.yaml:3: a.0.x: duplicate key x, first used on line 2"),
        ("a:\n\tb: 1\n", "f.yaml:2: indented with a tab (indent with spaces)"),
        ("a: 1\nb: [1, 2\nc: 3\n", "f.yaml:3: invalid YAML: while parsing a flow sequence"),
        ("a: b: c\n", "f.yaml:1: invalid YAML: mapping values are not allowed in this context"),
        ("", "f.yaml: the file is empty"),
        ("# only a note\n", "f.yaml: the file is empty"),
        ("\n- 1\n", "f.yaml:2: the file is not a mapping"),
        ("just words\n", "f.yaml:1: the file is not a mapping"),
        ("a: &x 1\nb: *x\n", "f.yaml:2: b: aliases (*name) are not supported"),
        ("a: !!python/name:os\n", "f.yaml:1: a: tags are not supported: tag:yaml.org,2002:python"),
        ("a: 1\n<<: {b: 2}\n", "f.yaml:2: invalid key <<"),
        ("? [1]\n: 2\n", "f.yaml:1: invalid key (text or"),
        ("a: 1\ntrue: 2\n", "f.yaml:2: invalid key true"),
        ("a: 1\nb: \x07\n", "f.yaml:2: control character in this line"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: invalid YAML: expected a single document"),
        ("a: " + "[" * 30 + "]" * 30, "f.yaml:1: a: nested deeper than 20 levels"),
        ("b: 1\na:\n " + "[" * 100_000, "f.yaml:3: nested deeper than 20 levels"),
        ("- " * 50_000, "f.yaml:1: nested deeper than 20 levels"),
        ("? " * 50_000, "f.yaml:1: nested deeper than 20 levels"),
        ("a: " + "{a: " * 20_000, "f.yaml:1: nested deeper than 20 levels"),
        ("b: 1\na: " + "9" * 5_000, "f.yaml:2: a: a number of 5,000 characters"),
        ("a:\n  - -" + "9" * 5_000 + ".0", "f.yaml:2: a.0: a number of 5,003 characters"),
        ("a: 0x" + "f" * 5_000, "f.yaml:1: a: a number of 5,002 characters"),
        ("a: 1e999", "f.yaml:1: a: the number 1e999 is too large"),
    ],
)  # fmt: skip
def test_a_syntax_mistake_is_reported_with_its_line(text, start):
    (issue,) = issues_of(text)
    assert issue.startswith(start)


def test_all_mistakes_of_a_file_are_reported_at_once():
    assert len(issues_of("a: 1\na: 2\nb: !x 3\n? {}\n: 4\n")) == 3


def test_bytes_that_are_not_utf_8_are_reported_with_their_line():
    (issue,) = yaml_document.read("f.yaml", b"a: 1\nb: \xff\n").issues
    assert (issue.line, issue.problem) == (2, "not UTF-8")


KEYS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8).filter(
    lambda key: key not in yaml_document.CONSTANTS
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(string.printable.replace("\r", ""), max_size=20)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)


class Writer(yaml.SafeDumper):
    """Quotes all text, since YAML 1.1 and 1.2 disagree on what else looks like a number."""

    def ignore_aliases(self, data):
        return True


Writer.add_representer(
    str, lambda writer, text: writer.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_yaml_written_by_another_library_is_read_back(data):
    text = yaml.dump(data, Dumper=Writer, allow_unicode=True)
    document = yaml_document.read("f.yaml", text.encode())
    assert not [issue for issue in document.issues if "control character" not in issue.problem]
    if not document.issues:
        assert document.data == data


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_input_raises(raw):
    document = yaml_document.read("f.yaml", raw)
    assert document.issues or document.data is not None
    assert all(issue.file == "f.yaml" and issue.problem for issue in document.issues)


def test_a_key_of_5000_digits_is_reported():
    assert issues_of("? " + "9" * 5_000 + "\n: 1\n")[0].startswith("f.yaml:1: a number of 5,000")
