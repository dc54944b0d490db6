"""Documentation that is wrong fails here: links, commands, YAML, the source tree."""

import re
import shlex
from pathlib import Path

import pytest

from dataflow_health.config import (
    BUILTIN_FOLDER,
    catalogue,
    worked_examples,
    yaml_document,
    yaml_schema,
)
from dataflow_health_tests import factories
from docs.generate import cli_reference

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
LINK = re.compile(r"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
HEADING = re.compile(r"^#+ (.*)$", re.M)


def prose(text):
    return FENCE.sub("", text)


def anchors(text):
    headings = HEADING.findall(prose(text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def calls(text):
    """Every ``dataflow-health ...`` line in the code blocks of a page."""
    for language, block in FENCE.findall(text):
        if language in {"", "bash", "sh", "shell", "console"}:
            for line in block.splitlines():
                line = line.removeprefix("$ ").removeprefix("uv run ").partition("#")[0].strip()
                if not line.startswith("./start test"):
                    line = re.sub(r"^\./start ", "dataflow-health ", line)
                if line.startswith("dataflow-health "):
                    yield shlex.split(line)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text()
    for target in LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there.read_text()), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_code_blocks_are_real(page):
    known = dict(cli_reference.commands())
    for words in calls(page.read_text()):
        named = [words[:length] for length in range(len(words), 0, -1)]
        command = next((known[tuple(part)] for part in named if tuple(part) in known), None)
        assert command is not None, f"dataflow-health {shlex.join(words)}"
        options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        used = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert used <= options | {"--help"}, f"dataflow-health {shlex.join(words)}"


def yaml_examples():
    pages = [
        (ROOT / page).read_text() for page in ("docs/yaml.md", "docs/howto/outside_systems.md")
    ]
    return [
        block for page in pages for language, block in FENCE.findall(page) if language == "yaml"
    ]


@pytest.mark.parametrize("text", yaml_examples(), ids=lambda text: text.partition("\n")[0])
def test_every_example_of_yaml_is_right(text):
    file = re.match(r"# ((?:\w+/)?\w+\.yaml)\n", text)[1]
    folder = yaml_schema.SINGLE_FILES.get(file) or file.partition("/")[0]
    document = yaml_document.read(file, text.encode())
    model, issues = catalogue.validate(folder, document)
    assert issues == []
    assert model is not None


def test_the_algorithm_of_the_readme_is_new_and_its_worked_example_passes(tmp_path):
    (text,) = [block for language, block in FENCE.findall(README) if language == "yaml"]
    (name,) = re.findall(r"`config/algorithms/(\w+)\.yaml`", README)
    assert name not in factories.catalogue().algorithms
    (tmp_path / "algorithms").mkdir()
    (tmp_path / "algorithms" / f"{name}.yaml").write_text(text)
    with_it = catalogue.load(BUILTIN_FOLDER, tmp_path)
    assert list(worked_examples.run(with_it)) == []


def test_the_tree_of_the_architecture_page_is_the_tree():
    (block,) = [text for language, text in FENCE.findall(ARCHITECTURE) if language == "text"]
    above = {}
    for line in block.splitlines():
        depth, name = len(line) - len(line.lstrip()), line.split()[0]
        above[depth] = (above[depth - 2] if depth else ROOT) / name
        assert above[depth].exists(), above[depth]
        assert above[depth].is_dir() == name.endswith("/"), name
        assert len(line.split(maxsplit=1)) == 2, f"{name} has no words"


def test_every_part_of_the_package_is_in_that_tree():
    (block,) = [text for language, text in FENCE.findall(ARCHITECTURE) if language == "text"]
    package = (ROOT / "dataflow_health").iterdir()
    parts = {path.name for path in package if path.is_dir() or path.suffix == ".py"}
    parts -= {"__init__.py", "__pycache__"}
    assert {name for name in parts if f"  {name}" not in block} == set()


def typical_changes():
    """Rows of the table in ``docs/architecture.md``: the change, and the files it names."""
    page = (ROOT / "docs/architecture.md").read_text()
    table = page.partition("## Where to change what")[2]
    rows = [line.strip("| ").split("|") for line in table.splitlines() if line.startswith("| ")]
    return [
        (cells[0].strip(), re.findall(r"`([\w./]+)`", "".join(cells[1:]))) for cells in rows[2:]
    ]


def test_the_architecture_page_names_twelve_typical_changes():
    assert len(typical_changes()) == 12


@pytest.mark.parametrize(("change", "files"), typical_changes())
def test_every_file_of_a_typical_change_exists(change, files):
    assert files, change
    for file in files:
        path = ROOT / file
        assert path.parent.is_dir() if path.stem == "NAME" else path.exists(), file


NAMED_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/guarantees.md"])
def test_every_promise_names_a_test_that_exists(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = NAMED_TEST.findall(text)
    assert len(named) >= 15
    missing = [
        f"{file}::{test}"
        for file, test in named
        if f"def {test}(" not in (ROOT / "dataflow_health_tests" / file).read_text()
    ]
    assert missing == []


def test_every_sentence_of_the_guarantees_and_every_threat_has_a_test():
    promised = (ROOT / "docs/guarantees.md").read_text().partition("## What is not promised")[0]
    sentences = re.split(r"\n- ", promised)[1:]
    threats = re.findall(r"^\| .*\|$", (ROOT / "SECURITY.md").read_text(), re.M)[2:]
    assert [each for each in sentences + threats if not NAMED_TEST.search(each)] == []
