"""The rules of the code, checked by reading it."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from dataflow_health_tests.unmirrored_modules import REASONS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dataflow_health"
TESTS = Path(__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
TEST_MODULES = sorted(TESTS.rglob("*.py"))
PYTHON_FILES = [*MODULES, *TEST_MODULES, *sorted((ROOT / "benchmarks").rglob("*.py")),
                *sorted((ROOT / "docs").rglob("*.py"))]  # fmt: skip
STAGES = ("download", "extract", "parse", "compress", "store", "ingest", "analyse", "load")

NAMES_WITHOUT_MEANING = {
    "utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "lib", "core",
    "handler",
}  # fmt: skip

THIRD_PARTY = {
    "errors": set(),
    "health": {"pydantic"},
    "flight": {"numpy", "pint", "pydantic", "sqlglot", "tsdownsample"},
}
"""What the lowest layers may import besides the standard library and this package."""

READS_THE_CLOCK = (
    "clock.py", "wiring.py", "monitoring", "alerting", "operations",
    "orchestration", "cli", "api", "definitions.py",
)  # fmt: skip

PUBLIC = {f"{PACKAGE.name}.{name}" for name in ("client", "plugins", "schemas")}
"""All that pages, examples and an operator's own code may import of this package."""

PLUGINS = [TESTS / "orchestration" / "operators.py", ROOT / "benchmarks" / "fault_algorithm.py"]
"""Modules that stand for an operator's own code."""

PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

CLOCKS = {
    "time.monotonic", "time.perf_counter", "time.process_time", "time.time", "monotonic",
    "perf_counter", "resource.getrusage",
}  # fmt: skip

ALLOWED_CLOCK_ASSERTIONS = {
    "waiting.py": "the limit is a guard against a hang",
    "api/test_caching.py": "the bound grows with the time that passed",
}

MAY_HOLD_UNTYPED_DICTS = {"storage", "api"}

NAMES_OF_THE_OLD_LANGUAGE = {"told", "tells", "telling"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    """The first folder below the package or the tests; the folder beside them otherwise."""
    first, *below = path.relative_to(ROOT).parts
    return below[0] if first in (PACKAGE.name, TESTS.name) else first


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module, parsed and walked once for all tests."""
    return tuple(ast.walk(tree_of(path)))


def files_with(words: Iterable[str], paths: Iterable[Path]) -> Iterator[Path]:
    """Files with at least one of some words in them, so that the others need no parsing."""
    any_word = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    return (path for path in paths if any_word.search(path.read_text()))


def modules_in(*folders: str) -> list[Path]:
    return [path for path in MODULES if room_of(path) in folders]


def imported_by(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            assert node.module is not None
            yield node.module


def dotted_name(node: ast.AST) -> str:
    """``a.b.c`` of a name or attribute; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value)
        return owner and f"{owner}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def uses(path: Path, *dotted: str) -> list[str]:
    """Lines of a module that use one of some dotted names, such as ``os.environ``."""
    return [
        f"{name_of(path)}:{node.lineno}: {ast.unparse(node)}"
        for mentioned in files_with(dotted, [path])
        for node in nodes_of(mentioned)
        if isinstance(node, ast.Attribute) and dotted_name(node) in dotted
    ]


def test_imports_follow_the_layers():
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("layer", THIRD_PARTY)
def test_the_lowest_layers_import_almost_no_libraries(layer):
    allowed = THIRD_PARTY[layer] | sys.stdlib_module_names | {"dataflow_health"}
    for path in modules_in(layer, f"{layer}.py"):
        unexpected = {name for name in imported_by(path) if name.split(".")[0] not in allowed}
        assert not unexpected, name_of(path)


def test_every_module_of_orchestration_imports_dagster():
    free = [
        path
        for path in modules_in("orchestration")
        if path.name != "__init__.py"
        and "dagster" not in {name.split(".")[0] for name in imported_by(path)}
    ]
    assert [name_of(path) for path in free] == []


def python_in(path: Path) -> list[ast.Module]:
    """A Python file, or every block of Python in a page of Markdown."""
    text = path.read_text()
    blocks = [text] if path.suffix == ".py" else PYTHON_BLOCK.findall(text)
    return [ast.parse(block, filename=str(path)) for block in blocks]


def imports_of_the_package(path: Path) -> set[str]:
    found = set()
    for tree in python_in(path):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.module == PACKAGE.name:
                found |= {f"{PACKAGE.name}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
    return {name for name in found if name.split(".")[0] == PACKAGE.name}


def test_documents_examples_and_plugins_import_only_what_is_public():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    examples = [path for path in tracked_files() if path.match("examples/*/*.py")]
    outside = [*pages, *examples, *PLUGINS]
    used = {path: imports_of_the_package(path) for path in outside}
    assert any(used[path] for path in pages), "no page imports anything: are blocks still found?"
    private = {name_of(path): names - PUBLIC for path, names in used.items() if names - PUBLIC}
    assert private == {}


def test_only_settings_reads_the_environment():
    readers = ("os.environ", "os.getenv", "os.environb")
    found = [
        line for path in MODULES if path.name != "settings.py" for line in uses(path, *readers)
    ]
    assert found == []


def test_the_lower_layers_get_the_time_as_an_argument():
    clocks = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
    pure = [path for path in MODULES if room_of(path) not in READS_THE_CLOCK]
    assert [line for path in pure for line in uses(path, *clocks)] == []


def test_nothing_prints():
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.Call) and dotted_name(node.func) == "print"
    ]
    assert found == []


def test_module_names_have_a_meaning():
    parts = {part: path for path in MODULES for part in (path.stem, path.parent.name)}
    assert not NAMES_WITHOUT_MEANING & set(parts)


def test_private_parts_of_dagster_are_not_imported():
    private = [
        f"{name_of(path)}: {name}"
        for path in MODULES
        for name in imported_by(path)
        if name.startswith(("dagster._", "dagster_shared"))
    ]
    assert private == []


def test_annotations_are_evaluated_when_a_module_is_imported():
    late = [name_of(path) for path in MODULES if "__future__" in set(imported_by(path))]
    assert late == [], "Dagster and pydantic read annotations when a module is imported"


def test_a_class_name_is_defined_once():
    defined = defaultdict(list)
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                defined[node.name].append(f"{name_of(path)}:{node.lineno}")
    twice = {name: lines for name, lines in defined.items() if len(lines) > 1}
    assert twice == {}


def test_rows_and_messages_are_typed():
    untyped = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if room_of(path) not in MAY_HOLD_UNTYPED_DICTS
        for node in nodes_of(path)
        if isinstance(node, ast.Subscript) and ast.unparse(node) == "dict[str, Any]"
    ]
    assert untyped == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_one_name_everywhere(stage):
    files = [
        PACKAGE / "stages" / f"{stage}.py",
        PACKAGE / "config" / "processes" / f"{stage}.yaml",
        TESTS / "stages" / f"test_{stage}.py",
    ]
    assert [name_of(file) for file in files if not file.exists()] == []


def mirrored_test(module: Path) -> Path:
    return TESTS / module.relative_to(PACKAGE).with_name(f"test_{module.name}")


def test_every_module_has_a_test_module_of_its_name_or_a_written_reason():
    modules = {path for path in MODULES if path.name not in ("__init__.py", "__main__.py")}
    without = {
        path.relative_to(PACKAGE).as_posix() for path in modules if not mirrored_test(path).exists()
    }
    assert without - REASONS.keys() == set()
    assert REASONS.keys() - without == set(), "these have a test module, or are gone"
    assert all(len(reason.split()) > 3 for reason in REASONS.values())


def test_every_folder_of_tests_mirrors_a_folder_of_the_package():
    folders = {path.parent for path in TESTS.rglob("test_*.py")} - {TESTS, TESTS / "docs"}
    unexpected = [f for f in folders if not (PACKAGE / f.relative_to(TESTS)).is_dir()]
    assert unexpected == []


def reads_a_clock(node: ast.AST, durations: set[str]) -> bool:
    """Whether an expression calls a clock or uses a name that was computed from one."""
    return any(
        (isinstance(each, ast.Call) and dotted_name(each.func) in CLOCKS)
        or (isinstance(each, ast.Name) and each.id in durations)
        for each in ast.walk(node)
    )


def clock_assertions(function: ast.FunctionDef) -> list[int]:
    """Lines of a function that assert on wall-clock time."""
    durations: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and reads_a_clock(node.value, durations):
            durations |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)
                          and isinstance(each.ctx, ast.Store)}  # fmt: skip
    asserts = [node for node in ast.walk(function) if isinstance(node, ast.Assert)]
    return [node.lineno for node in asserts if reads_a_clock(node.test, durations)]


def is_marked_timing(function: ast.FunctionDef) -> bool:
    return any("mark.timing" in ast.unparse(each) for each in function.decorator_list)


def test_only_tests_marked_timing_assert_on_wall_clock_time():
    found = [
        f"{name_of(path)}:{line}"
        for path in files_with(CLOCKS, TEST_MODULES)
        if {"time", "resource"} & set(imported_by(path))
        and path.relative_to(TESTS).as_posix() not in ALLOWED_CLOCK_ASSERTIONS
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef) and not is_marked_timing(node)
        for line in clock_assertions(node)
    ]
    assert found == [], "use waiting.wait_until, or mark the test timing"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("begun = time.monotonic()\nassert time.monotonic() - begun < 2", [3]),
        ("took = perf_counter() - begun\nassert took < 1", [3]),
        ("used = resource.getrusage(0)\nassert used.ru_utime < 1", [3]),
        ("pairs.append((time.monotonic(), 1))\nassert pairs", []),
        ("begun = time.monotonic()\nassert passed", []),
    ],
)
def test_an_assertion_on_wall_clock_time_is_found(body, lines):
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    (function,) = ast.parse(f"def test():\n{indented}").body
    assert clock_assertions(function) == lines


def names_in(node: ast.AST) -> list[str | None]:
    """The names that a node defines or uses; strings that may be a key or a column among them."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return [name]
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.keyword(arg=name):
            return [name]
        case ast.alias(name=name, asname=alias):
            return [name, alias]
        case ast.Constant(value=str(text)) if text.isidentifier():
            return [text]
    return []


def words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_names_are_words_that_people_search_for():
    found = [
        f"{name_of(path)}: {name}"
        for path in files_with(NAMES_OF_THE_OLD_LANGUAGE, PYTHON_FILES)
        if path != Path(__file__)
        for node in nodes_of(path)
        for name in names_in(node)
        if name and words_of(name) & NAMES_OF_THE_OLD_LANGUAGE
    ]
    assert found == []


def test_keys_of_data_files_are_words_that_people_search_for():
    key = re.compile(r"""^\s*(?:- )?["']?(\w+)["']?\s*:""", re.MULTILINE)
    data = [path for path in tracked_files() if path.suffix in (".json", ".yaml", ".yml", ".toml")]
    found = [
        f"{name_of(path)}: {name}"
        for path in data
        for name in key.findall(path.read_text(errors="replace"))
        if words_of(name) & NAMES_OF_THE_OLD_LANGUAGE
    ]
    assert found == []


@cache
def tracked_files() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def test_no_path_of_one_machine_is_written_down():
    texts = (".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".json", "justfile", "run")
    homes = ("/wo" + "rk/", "/ro" + "ot/")
    found = [
        f"{name_of(path)}: {home}"
        for path in tracked_files()
        if path.name.endswith(texts)
        for home in homes
        if home in path.read_text(errors="replace")
    ]
    assert found == []
