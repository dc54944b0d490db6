"""The house rules of the code, held by reading it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dataflow_health"
TESTS = Path(__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
STAGES = ("download", "extract", "parse", "compress", "store", "ingest", "analyse", "load")

NAMES_THAT_TELL_NOTHING = {
    "utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "lib", "core",
    "handler",
}  # fmt: skip

OUTSIDE = {
    "errors": set(),
    "health": {"pydantic"},
    "flight": {"numpy", "pydantic", "sqlglot"},
}
"""What the lowest layers may import besides the standard library and this package."""

READS_THE_CLOCK = (
    "wiring.py", "monitoring", "alerting", "operations",
    "orchestration", "cli", "api", "definitions.py",
)  # fmt: skip


def name_of(path):
    return str(path.relative_to(ROOT))


def tree_of(path):
    return ast.parse(path.read_text(), filename=str(path))


def modules_in(*folders):
    return [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in folders]


def imported_by(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            yield node.module


def uses(path, *dotted):
    """Places where a module names one of some dotted names, such as ``os.environ``."""
    return [
        f"{name_of(path)}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in dotted
    ]


def test_imports_keep_to_their_layers():
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("layer", OUTSIDE)
def test_the_lowest_layers_import_next_to_nothing(layer):
    allowed = OUTSIDE[layer] | sys.stdlib_module_names | {"dataflow_health"}
    for path in modules_in(layer, f"{layer}.py"):
        strange = {name for name in imported_by(path) if name.split(".")[0] not in allowed}
        assert not strange, name_of(path)


def test_only_settings_read_the_environment():
    readers = ("os.environ", "os.getenv", "os.environb")
    found = [
        place for path in MODULES if path.name != "settings.py" for place in uses(path, *readers)
    ]
    assert found == []


def test_below_orchestration_nothing_reads_the_clock():
    clocks = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
    pure = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] not in READS_THE_CLOCK]
    assert [place for path in pure for place in uses(path, *clocks)] == []


def test_nothing_prints():
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]
    assert found == []


def test_no_module_has_a_name_that_tells_nothing():
    parts = {part: path for path in MODULES for part in (path.stem, path.parent.name)}
    assert not NAMES_THAT_TELL_NOTHING & set(parts)


def test_nothing_reaches_into_dagster():
    private = [
        f"{name_of(path)}: {name}"
        for path in MODULES
        for name in imported_by(path)
        if name.startswith(("dagster._", "dagster_shared"))
    ]
    assert private == []


def test_annotations_are_real_everywhere():
    late = [name_of(path) for path in MODULES if "__future__" in set(imported_by(path))]
    assert late == [], "Dagster and pydantic read annotations when a module is imported"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_one_word_everywhere(stage):
    places = [
        PACKAGE / "stages" / f"{stage}.py",
        PACKAGE / "orchestration" / "assets" / f"{stage}.py",
        PACKAGE / "config" / "processes" / f"{stage}.yaml",
        TESTS / "stages" / f"test_{stage}.py",
    ]
    assert [name_of(place) for place in places if not place.exists()] == []


def test_every_test_module_says_what_it_tests():
    # A test of whole chains may stand in its folder without a module of its name.
    folders = {path.parent for path in TESTS.rglob("test_*.py")} - {TESTS, TESTS / "docs"}
    strange = [f for f in folders if not (PACKAGE / f.relative_to(TESTS)).is_dir()]
    assert strange == []


def test_no_path_of_one_machine_is_written_down():
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode().split("\0")  # fmt: skip
    texts = (".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".json", "justfile", "run")
    homes = ("/wo" + "rk/", "/ro" + "ot/")
    found = [
        f"{name}: {home}"
        for name in files
        if name.endswith(texts) and (ROOT / name).exists()
        for home in homes
        if home in (ROOT / name).read_text(errors="replace")
    ]
    assert found == []
