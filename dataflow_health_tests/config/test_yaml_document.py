import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.config import yaml_document


def faults_of(text):
    return [str(fault) for fault in yaml_document.read("f.yaml", text.encode()).faults]


def test_every_key_and_list_item_has_its_line():
    document = yaml_document.read(
        "f.yaml", b"# note\na: 1\nb:\n  - {c: 2}\n  - d: 3\n    e: |\n      text\n"
    )
    assert document.data == {"a": 1, "b": [{"c": 2}, {"d": 3, "e": "text\n"}]}
    assert {yaml_document.dotted(path): line for path, line in document.lines.items()} == {
        "": 2, "a": 2, "b": 3, "b.0": 4, "b.0.c": 4, "b.1": 5, "b.1.d": 5, "b.1.e": 6,
    }  # fmt: skip


def test_a_path_that_is_not_in_the_file_has_the_line_of_what_is_above_it():
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
def test_a_scalar_means_what_it_looks_like(text, value):
    found = yaml_document.read("f.yaml", f"key: {text}\n".encode()).data["key"]
    assert found == value
    assert type(found) is type(value)


def test_states_may_be_numbered():
    assert yaml_document.read("f.yaml", b"{0: OFF, 1: ON}").data == {0: "OFF", 1: "ON"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: the key a is here twice, first on line 1"),
        ("a:\n  - x: 1\n    x: 2\n", "f.yaml:3: a.0.x: the key x is here twice, first on line 2"),
        ("a:\n\tb: 1\n", "f.yaml:2: a tab indents this line (spaces only)"),
        ("a: 1\nb: [1, 2\nc: 3\n", "f.yaml:3: not YAML: while parsing a flow sequence"),
        ("a: b: c\n", "f.yaml:1: not YAML: mapping values are not allowed in this context"),
        ("", "f.yaml: the file is empty"),
        ("# only a note\n", "f.yaml: the file is empty"),
        ("\n- 1\n", "f.yaml:2: the file is not a mapping"),
        ("just words\n", "f.yaml:1: the file is not a mapping"),
        ("a: &x 1\nb: *x\n", "f.yaml:2: b: an alias (*name) stands here"),
        ("a: !!python/name:os.system\n", "f.yaml:1: a: a tag (tag:yaml.org,2002:python/name:os"),
        ("a: 1\n<<: {b: 2}\n", "f.yaml:2: << cannot be a key"),
        ("? [1]\n: 2\n", "f.yaml:1: this cannot be a key"),
        ("a: 1\ntrue: 2\n", "f.yaml:2: true cannot be a key"),
        ("a: 1\nb: \x07\n", "f.yaml:2: a control character stands here"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: not YAML: expected a single document"),
        ("a: " + "[" * 30 + "]" * 30, "f.yaml:1: a: nested deeper than 20 levels"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_text_is_told_with_its_line(text, told):
    (fault,) = faults_of(text)
    assert fault.startswith(told)


def test_all_mistakes_of_a_file_are_told_at_once():
    assert len(faults_of("a: 1\na: 2\nb: !x 3\n? {}\n: 4\n")) == 3


def test_bytes_that_are_no_text_are_told_with_their_line():
    (fault,) = yaml_document.read("f.yaml", b"a: 1\nb: \xff\n").faults
    assert (fault.line, fault.problem) == (2, "not UTF-8")


KEYS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8).filter(
    lambda key: key not in yaml_document.WORDS
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
def test_what_is_written_as_yaml_is_read_back(data):
    text = yaml.dump(data, Dumper=Writer, allow_unicode=True)
    document = yaml_document.read("f.yaml", text.encode())
    assert not [fault for fault in document.faults if "control character" not in fault.problem]
    if not document.faults:
        assert document.data == data


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_it_raise(raw):
    document = yaml_document.read("f.yaml", raw)
    assert document.faults or document.data is not None
    assert all(fault.file == "f.yaml" and fault.problem for fault in document.faults)
