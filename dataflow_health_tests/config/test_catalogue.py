from textwrap import dedent

import pytest

from dataflow_health.config import catalogue as load
from dataflow_health.errors import ConfigError

LAYOUT = """\
describes: Two parameters.
words_per_subframe: 64
parameters:
  engine_1_ng_pct:
    unit: "%"
    words: [2, 34]
  engine_1_oil_pressure_psi:
    unit: psi
    words: [3]
    valid_range: [0, 200]
"""
RECORDER = """\
kind: arinc717
members: ['(?P<tail>[A-Z-]+)\\.rdf$']
layout: small
"""
PROCESS = """\
describes: Where archives come from.
after: [aircraft]
checks:
  - {kind: disk_free, path: /, within: PT2S}
"""
ALGORITHM = """\
describes: Oil pressure is low while the engine runs.
source: Generic.
kind: exceedance
when: engine_1_oil_pressure_psi < 35 and engine_1_ng_pct > 60
lasting: PT5S
during: [airborne]
severity: warning
"""
RIGHT = {
    "layouts/small.yaml": LAYOUT,
    "recorders/card.yaml": RECORDER,
    "processes/aircraft.yaml": "describes: The fleet.\nexternal: true\n",
    "processes/download.yaml": PROCESS,
    "algorithms/oil_pressure_low.yaml": ALGORITHM,
}


def folder_of(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return root


def faults_of(*folders):
    with pytest.raises(ConfigError) as caught:
        load.load(*folders)
    return caught.value.issues


def test_everything_right_becomes_a_catalogue(tmp_path):
    catalogue = load.load(folder_of(tmp_path, RIGHT))
    assert list(catalogue.processes) == ["aircraft", "download"]
    assert list(catalogue.algorithms) == ["oil_pressure_low"]
    assert list(catalogue.recorders) == ["card"]
    assert catalogue.layouts["small"].parameters["engine_1_ng_pct"].rate_hz == 2
    assert catalogue.files["layouts/small"] == tmp_path / "layouts/small.yaml"
    assert catalogue.overridden == ()


def test_what_is_built_in_is_right():
    catalogue = load.load(load.builtin_folder())
    assert {"parse", "spark"} <= set(catalogue.processes)
    assert len(catalogue.algorithms) >= 20
    assert {"garmin_csv", "generic_rdf", "wqar"} <= set(catalogue.recorders)


MISTAKES = {
    "unknown key": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("lasting:", "lastin:"),
        5, "lastin", "unknown key lastin", "did you mean lasting?",
    ),
    "missing key": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("describes:", "# describes:"),
        2, "", "the key describes is missing", "text, at least 1 character",
    ),
    "wrong type": (
        "layouts/small.yaml", LAYOUT.replace("words: [3]", "words: 3"),
        9, "parameters.engine_1_oil_pressure_psi.words", "words must be a list", "",
    ),
    "wrong type deep inside": (
        "layouts/small.yaml", LAYOUT.replace("[2, 34]", "[2, two]"),
        6, "parameters.engine_1_ng_pct.words.1", "two is not allowed here", "a whole number",
    ),
    "value out of range": (
        "layouts/small.yaml", LAYOUT.replace("[2, 34]", "[2, 0]"),
        6, "parameters.engine_1_ng_pct.words.1", "0 is not allowed here", "at least 1",
    ),
    "word outside the subframe": (
        "layouts/small.yaml", LAYOUT.replace("[3]", "[65]"),
        7, "parameters.engine_1_oil_pressure_psi", "word 65 is outside 1..64", "",
    ),
    "too many entries": (
        "layouts/small.yaml", LAYOUT.replace("[0, 200]", "[0, 100, 200]"),
        10, "parameters.engine_1_oil_pressure_psi.valid_range", "too many entries, 3", "list of 2",
    ),
    "one entry of two": (
        "layouts/small.yaml", LAYOUT.replace("[0, 200]", "[0]"),
        10, "parameters.engine_1_oil_pressure_psi.valid_range", "entry 2 is missing", "a number",
    ),
    "unknown kind": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("exceedance", "exceedence"),
        3, "kind", "unknown kind exceedence", "did you mean exceedance? known: disagreement, exc",
    ),
    "no kind": (
        "recorders/card.yaml", RECORDER.replace("kind: arinc717", "describes: Card."),
        1, "", "the key kind is missing", "one of arinc717, csv",
    ),
    "unknown kind of check": (
        "processes/download.yaml", PROCESS.replace("disk_free", "disc_free"),
        4, "checks.0.kind", "unknown kind disc_free", "did you mean disk_free?",
    ),
    "two checks of one name": (
        "processes/download.yaml", PROCESS + "  - {kind: disk_free, path: /}\n",
        5, "checks.1", "2 checks have this name", "",
    ),
    "unknown parameter": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("engine_1_ng_pct", "engine_1_ng_pc"),
        4, "when", "unknown parameter engine_1_ng_pc", "did you mean engine_1_ng_pct?",
    ),
    "condition that cannot be read": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace(" < 35", " < (35"),
        4, "when", "cannot read", "parameters, numbers",
    ),
    "condition that is no condition": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace(" > 60", ""),
        4, "when", "'engine_1_ng_pct' cannot stand here", "parameters, numbers",
    ),
    "duration without a unit": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("PT5S", "5"),
        5, "lasting", "5 is not an ISO 8601 duration", "",
    ),
    "duration of a check": (
        "processes/download.yaml", PROCESS.replace("PT2S", "2 s"),
        4, "checks.0.within", "2 s is not allowed here", "an ISO 8601 duration such as PT5S",
    ),
    "unknown phase": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("[airborne]", "[hover, airbourne]"),
        6, "during.1", "airbourne is not allowed here", "one of power_off, start, ground",
    ),
    "after an unknown process": (
        "processes/download.yaml", PROCESS.replace("[aircraft]", "[aircraft, aircrafts]"),
        2, "after.1", "unknown process aircrafts", "did you mean aircraft?",
    ),
    "processes in a circle": (
        "processes/aircraft.yaml", "describes: The fleet.\nafter:\n  - download\n",
        3, "after.0", "processes run in a circle: aircraft -> download -> aircraft", "never come",
    ),
    "unknown layout": (
        "recorders/card.yaml", RECORDER.replace("layout: small", "layout: smal"),
        3, "layout", "unknown layout smal", "did you mean small?",
    ),
    "unknown layout of a tail": (
        "recorders/card.yaml", RECORDER + "layouts:\n  HB-ZAA: smal\n",
        5, "layouts.HB-ZAA", "unknown layout smal", "did you mean small?",
    ),
    "bad pattern": (
        "recorders/card.yaml", "kind: arinc717\nmembers:\n  - ok\n  - '(?P<tail>[A-Z'\n",
        4, "members.1", "not a regular expression: unterminated character set", "",
    ),
    "unknown group": (
        "recorders/card.yaml", RECORDER.replace("<tail>", "<tial>"),
        2, "members.0", "unknown group tial", "did you mean tail?",
    ),
    "bad time format": (
        "recorders/card.yaml", RECORDER + "started_at_format: '%Y%Q'\n",
        4, "started_at_format", "not a time format", "%Y%m%dT%H%M%S",
    ),
    "entry that cannot be imported": (
        "algorithms/own.yaml",
        "kind: python\nentry: nowhere.at_all:f\ndescribes: Own.\nsource: Own.\nseverity: info\n",
        2, "entry", "'nowhere.at_all:f' cannot be imported", "",
    ),
    "duplicate key": (
        "layouts/small.yaml", LAYOUT + "  engine_1_ng_pct: {words: [5]}\n",
        11, "parameters.engine_1_ng_pct", "the key engine_1_ng_pct is here twice", "keep one",
    ),
    "tab": ("processes/aircraft.yaml", "describes: x\nchecks:\n\t- a\n", 3, "", "a tab", "spaces"),
    "bad YAML": ("processes/aircraft.yaml", "describes: x\nafter: [a\n", 3, "", "not YAML", ""),
    "empty file": ("processes/aircraft.yaml", "", 0, "", "the file is empty", "`key: value`"),
    "not a mapping": ("processes/aircraft.yaml", "- x\n", 1, "", "not a mapping", "`key: value`"),
    "name with capitals": (
        "algorithms/Oil-Low.yaml", ALGORITHM, 0, "", "Oil-Low cannot be a name", "lowercase",
    ),
    "other suffix": ("layouts/big.yml", LAYOUT, 0, "", "the name ends in .yml", "big.yaml"),
    "folder of nothing": (
        "algorithm/x.yaml", ALGORITHM, 0, "", "nothing is read from the folder algorithm",
        "did you mean algorithms?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_once_with_file_line_and_what_is_allowed(tmp_path, mistake):
    name, text, line, where, problem, allowed = MISTAKES[mistake]
    (fault,) = faults_of(folder_of(tmp_path, RIGHT | {name: text}))
    assert (fault.file, fault.line, fault.key) == (name, line, where)
    assert problem in fault.problem
    assert allowed in fault.allowed


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path):
    wrong = {
        "algorithms/oil_pressure_low.yaml": ALGORITHM.replace("PT5S", "5").replace("kind", "knid"),
        "layouts/small.yaml": LAYOUT.replace("[3]", "[0]").replace("unit: psi", "units: psi"),
        "recorders/card.yaml": RECORDER.replace("small", "large"),
    }
    told = [(f.file, f.line) for f in faults_of(folder_of(tmp_path, RIGHT | wrong))]
    assert told == [
        ("algorithms/oil_pressure_low.yaml", 1),
        ("layouts/small.yaml", 8),
        ("layouts/small.yaml", 9),
        ("recorders/card.yaml", 3),
    ]


def test_a_broken_file_does_not_make_others_wrong(tmp_path):
    broken = {
        "layouts/small.yaml": LAYOUT.replace("64", "sixty"),
        "processes/aircraft.yaml": "describe: The fleet.\n",
    }
    files = {fault.file for fault in faults_of(folder_of(tmp_path, RIGHT | broken))}
    assert files == set(broken)


def test_columns_of_a_delimited_recorder_are_parameters(tmp_path):
    recorder = "kind: csv\nmembers: ['csv$']\ncolumns: {NG: n1_pct}\n"
    algorithm = ALGORITHM.replace("engine_1_ng_pct", "n1_pct")
    changed = {"recorders/log.yaml": recorder, "algorithms/oil_pressure_low.yaml": algorithm}
    catalogue = load.load(folder_of(tmp_path, RIGHT | changed))
    assert catalogue.algorithms["oil_pressure_low"].names >= {"n1_pct"}


def test_a_later_folder_adds_and_replaces(tmp_path):
    ours = folder_of(tmp_path / "ours", RIGHT)
    theirs = folder_of(
        tmp_path / "theirs",
        {
            "algorithms/oil_pressure_low.yaml": ALGORITHM.replace("35", "40"),
            "algorithms/oil_pressure_lower.yaml": ALGORITHM.replace("35", "20"),
        },
    )
    catalogue = load.load(ours, theirs)
    assert str(catalogue.algorithms["oil_pressure_low"].when).startswith(
        "engine_1_oil_pressure_psi < 40"
    )
    assert set(catalogue.algorithms) == {"oil_pressure_low", "oil_pressure_lower"}
    assert catalogue.overridden == ("algorithms/oil_pressure_low",)
    assert catalogue.files["algorithms/oil_pressure_low"].is_relative_to(theirs)


def test_a_folder_that_is_not_there_is_a_fault(tmp_path):
    (fault,) = faults_of(tmp_path / "nowhere")
    assert fault.problem == "no such folder"


def test_a_digest_changes_with_the_meaning_and_not_with_the_prose(tmp_path):
    def layout(name, text):
        return load.load(folder_of(tmp_path / name, RIGHT | {"layouts/small.yaml": text})).layouts[
            "small"
        ]

    same = load.layout_digest(layout("first", LAYOUT))
    assert len(same) == 12
    assert load.layout_digest(layout("prose", LAYOUT.replace("Two", "A pair of"))) == same
    assert load.layout_digest(layout("word", LAYOUT.replace("[3]", "[4]"))) != same


def test_the_catalogue_has_a_digest_that_any_file_changes(tmp_path):
    first = load.load(folder_of(tmp_path / "first", RIGHT))
    second = load.load(folder_of(tmp_path / "second", RIGHT | {"algorithms/b.yaml": ALGORITHM}))
    again = load.load(tmp_path / "first")
    assert load.catalogue_digest(first) == load.catalogue_digest(again)
    assert load.catalogue_digest(first) != load.catalogue_digest(second)
