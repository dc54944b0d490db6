"""deploy/systemd: every unit restarts its program, which is the one of docker-compose.yml."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy/systemd"
UNITS = sorted(FOLDER.glob("*.service"))
PROGRAM = "ExecStart=/opt/dataflow-health/.venv/bin/"
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ELSEWHERE = {
    "0.0.0.0": "127.0.0.1",
    "workspace.yaml": "/etc/dataflow-health/workspace.yaml",
}


def lines(unit: Path) -> list[str]:
    return unit.read_text().splitlines()


def command(unit: Path) -> list[str]:
    [line] = [line for line in lines(unit) if line.startswith(PROGRAM)]
    return line.removeprefix(PROGRAM).split()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_restarts_its_program_for_ever(unit: Path) -> None:
    assert {"Restart=always", "StartLimitIntervalSec=0", "User=dataflow-health"} <= set(lines(unit))


@pytest.mark.parametrize("service", ["code-server", "webserver", "daemon", "api"])
def test_the_programs_of_the_target_are_those_of_compose(service: str) -> None:
    unit = FOLDER / f"dataflow-health-{service}.service"
    given = [ELSEWHERE.get(word, word) for word in SERVICES[service]["command"]]
    assert command(unit) == given
    assert unit.name in (FOLDER / "dataflow-health.target").read_text()
