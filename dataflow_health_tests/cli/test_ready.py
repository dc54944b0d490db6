import json
from datetime import UTC, datetime

import pytest

from dataflow_health.cli.ready import readiness_text
from dataflow_health.schemas import AircraftReadiness, AlgorithmFinding
from dataflow_health.settings import Settings


@pytest.mark.parametrize(
    ("tail", "code", "text"),
    [
        ("HB-Z00", 0, "HB-Z00 is ready: the newest recording, arrived "),
        ("HB-Z03", 1, "HB-Z03 is not ready: HB-Z03_"),
        ("HB-ZZZ", 2, "no archive or recording is of the aircraft 'HB-ZZZ'; aircraft: HB-Z00, "),
    ],
)
def test_the_exit_code_is_the_answer(
    run, installation: Settings, tail: str, code: int, text: str
) -> None:
    result = run("ready", tail, "--home", installation.home)
    assert (result.exit_code, result.output.startswith(text)) == (code, True), result.output


def test_the_json_is_the_answer(run, installation: Settings) -> None:
    result = run("ready", "HB-Z03", "--home", installation.home, "--json")
    found = json.loads(result.output)
    assert (result.exit_code, found["ready"]) == (1, False)
    assert [each["reason"] for each in found["open_items"]] == ["no_sync"]


def test_alerts_follow_the_answer() -> None:
    alert = AlgorithmFinding(
        algorithm="torque", number=0, severity="alert", start_s=5, end_s=6, detail="112 %"
    )
    at = datetime(2026, 11, 20, tzinfo=UTC)
    found = AircraftReadiness(
        tail="HB-ZAA", ready=True, reason="all loaded", last_loaded_at=at, alerts=(alert,)
    )
    assert readiness_text(found) == ("HB-ZAA is ready: all loaded\n  alert by torque at 5 s: 112 %")
