"""Files that tools outside the package read: they parse, and name commands that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(path: Path) -> list[dict[str, Any]]:
    (job,) = yaml.safe_load(path.read_text())["jobs"].values()
    return list(job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda each: each.stem)
def test_a_workflow_runs_the_command_that_every_machine_runs(path: Path) -> None:
    assert "bash .ci/run" in [each.get("run") for each in steps(path)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda each: each.stem)
def test_a_workflow_may_write_no_more_than_it_needs(path: Path) -> None:
    permissions = yaml.safe_load(path.read_text())["permissions"]
    assert permissions == {"contents": "write" if path.stem == "release" else "read"}


def test_the_hooks_run_what_ci_runs() -> None:
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    ci = (ROOT / ".ci" / "run").read_text()
    for hook in repo["hooks"]:
        assert hook["language"] == "system"  # the tools of uv.lock, and no network
        tool = hook["entry"].removeprefix("uv run --frozen ").split(" --")[0]
        assert tool in ci or tool == "dataflow-health validate"


def test_every_form_of_an_issue_has_what_its_page_needs() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    for path in forms:
        form = yaml.safe_load(path.read_text())
        if path.stem == "config":
            continue
        assert {"name", "description", "body"} <= form.keys()
        assert any(each.get("validations", {}).get("required") for each in form["body"])
    assert len(forms) == 3


def test_the_files_that_a_release_takes_exist() -> None:
    (copied,) = (s["run"] for s in steps(ROOT / ".github/workflows/release.yml")
                 if s.get("run", "").startswith("cp "))  # fmt: skip
    assert all((ROOT / name).exists() for name in re.findall(r"\S+\.(?:json|md)", copied))


def test_the_development_container_forwards_the_ports_of_up() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["forwardPorts"] == [3000, 8000]
    assert "uv sync --frozen" in container["postCreateCommand"]
    assert json.loads((ROOT / ".github" / "renovate.json").read_text())["extends"]
