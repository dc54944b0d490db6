from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER, catalogue
from dataflow_health_tests.config.config_files import (
    ALGORITHM,
    LAYOUT,
    RECORDER,
    VALID_FILES,
    issues_of,
    mistakes_test,
    write_files,
)


def test_valid_files_become_a_catalogue(tmp_path: Path) -> None:
    loaded = catalogue.load(write_files(tmp_path, VALID_FILES))
    assert list(loaded.processes) == ["aircraft", "download"]
    assert list(loaded.algorithms) == ["oil_pressure_low"]
    assert list(loaded.recorders) == ["card"]
    assert loaded.layouts["small"].parameters["engine_1_ng_pct"].rate_hz == 2
    assert loaded.files["layouts/small"] == tmp_path / "layouts/small.yaml"
    assert loaded.overridden == ()


def test_the_builtin_configuration_is_valid() -> None:
    loaded = catalogue.load(BUILTIN_FOLDER)
    assert {"parse", "spark"} <= set(loaded.processes)
    assert len(loaded.algorithms) >= 20
    assert {"garmin_csv", "generic_rdf", "wqar"} <= set(loaded.recorders)


MISTAKES = {
    "duplicate key": (
        "layouts/small.yaml", LAYOUT + "  engine_1_ng_pct: {words: [5]}\n",
        11, "parameters.engine_1_ng_pct", "duplicate key engine_1_ng_pct, first used on line 4",
        "keep one",
    ),
    "tab": (
        "processes/aircraft.yaml", "describes: x\nchecks:\n\t- a\n",
        3, "", "indented with a tab", "spaces",
    ),
    "bad YAML": ("processes/aircraft.yaml", "describes: x\nafter: [a\n", 3, "", "invalid YAML", ""),
    "empty file": ("processes/aircraft.yaml", "", 0, "", "the file is empty", "`key: value`"),
    "not a mapping": ("processes/aircraft.yaml", "- x\n", 1, "", "not a mapping", "`key: value`"),
    "name with capitals": (
        "algorithms/Oil-Low.yaml", ALGORITHM, 0, "", "invalid file name Oil-Low", "lowercase",
    ),
    "other suffix": (
        "layouts/big.yml", LAYOUT, 0, "", "unsupported file extension .yml", "big.yaml",
    ),
    "folder of nothing": (
        "algorithm/x.yaml", ALGORITHM, 0, "", "unknown folder algorithm",
        "did you mean algorithms?",
    ),
}  # fmt: skip

test_a_mistake_is_reported_once_with_file_line_and_valid_values = mistakes_test(MISTAKES)


def test_all_issues_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    wrong = {
        "algorithms/oil_pressure_low.yaml": ALGORITHM.replace("PT5S", "5").replace("kind", "knid"),
        "layouts/small.yaml": LAYOUT.replace("[3]", "[0]").replace("unit: psi", "units: psi"),
        "recorders/card.yaml": RECORDER.replace("small", "large"),
    }
    reported = [(f.file, f.line) for f in issues_of(write_files(tmp_path, VALID_FILES | wrong))]
    assert reported == [
        ("algorithms/oil_pressure_low.yaml", 1),
        ("layouts/small.yaml", 8),
        ("layouts/small.yaml", 9),
        ("recorders/card.yaml", 3),
    ]


def test_a_later_folder_adds_and_replaces_files(tmp_path: Path) -> None:
    ours = write_files(tmp_path / "ours", VALID_FILES)
    theirs = write_files(
        tmp_path / "theirs",
        {
            "algorithms/oil_pressure_low.yaml": ALGORITHM.replace("35", "40"),
            "algorithms/oil_pressure_lower.yaml": ALGORITHM.replace("35", "20"),
        },
    )
    loaded = catalogue.load(ours, theirs)
    assert str(loaded.algorithms["oil_pressure_low"].when).startswith(
        "engine_1_oil_pressure_psi < 40"
    )
    assert set(loaded.algorithms) == {"oil_pressure_low", "oil_pressure_lower"}
    assert loaded.overridden == ("algorithms/oil_pressure_low",)
    assert loaded.files["algorithms/oil_pressure_low"].is_relative_to(theirs)


def test_a_missing_folder_is_an_issue(tmp_path: Path) -> None:
    (issue,) = issues_of(tmp_path / "nowhere")
    assert issue.problem == "the folder does not exist"


def test_the_digest_of_a_layout_ignores_its_description(tmp_path: Path) -> None:
    def layout(name, text):
        return catalogue.load(
            write_files(tmp_path / name, VALID_FILES | {"layouts/small.yaml": text})
        ).layouts["small"]

    same = catalogue.layout_digest(layout("first", LAYOUT))
    assert len(same) == 12
    assert catalogue.layout_digest(layout("prose", LAYOUT.replace("Two", "A pair of"))) == same
    assert catalogue.layout_digest(layout("word", LAYOUT.replace("[3]", "[4]"))) != same


def test_the_digest_of_the_catalogue_changes_with_any_file(tmp_path: Path) -> None:
    first = catalogue.load(write_files(tmp_path / "first", VALID_FILES))
    second = catalogue.load(
        write_files(tmp_path / "second", VALID_FILES | {"algorithms/b.yaml": ALGORITHM})
    )
    again = catalogue.load(tmp_path / "first")
    assert catalogue.catalogue_digest(first) == catalogue.catalogue_digest(again)
    assert catalogue.catalogue_digest(first) != catalogue.catalogue_digest(second)
