import io
import json
from datetime import UTC, date, datetime

from rich.console import Console

from dataflow_health.cli.fleet import fleet_table, silent_sentences
from dataflow_health.health.status import Status
from dataflow_health.schemas import AircraftHealth, AlgorithmCoverage, FleetHealth
from dataflow_health.settings import Settings


def test_aircraft_come_worst_first_with_their_quarantined_recordings(
    run, installation: Settings
) -> None:
    result = run("fleet", "--home", installation.home, "--days", 3660)
    rows = [line.split() for line in result.output.splitlines()[2:]]
    assert [row[1] for row in rows[:2]] == ["HB-Z03", "HB-Z07"]
    assert rows[0][2:4] == ["4", "×1"]  # noqa: RUF001
    assert result.exit_code == 1


def test_the_json_is_the_fleet(run, installation: Settings) -> None:
    fleet = json.loads(run("fleet", "--home", installation.home, "--json").output)
    assert len(fleet["aircraft"]) == 8


def test_an_aircraft_to_which_no_algorithm_applies_is_named_with_what_is_not_mapped() -> None:
    shared = {"arrival_day": date(2026, 11, 20), "algorithms": 50, "recorder": "garmin_csv"}
    silent = AlgorithmCoverage(**shared, applicable=0, missing=("e1_ng", "e2_ng"))
    twin = AlgorithmCoverage(**shared, applicable=19, layout="twin", missing=("nr",))
    aircraft = AircraftHealth(tail="B-1026", status=Status.WARNING, coverage=(silent, twin))
    at = datetime(2026, 11, 20, tzinfo=UTC)
    fleet = FleetHealth(at=at, since_day=at.date(), stages=(), aircraft=(aircraft,))
    assert silent_sentences(fleet) == [
        "0 of 50 algorithms apply to B-1026 (garmin_csv): parameters without a sample: e1_ng, e2_ng"
    ]
    console = Console(file=io.StringIO(), width=160)
    console.print(fleet_table(fleet))
    assert "0/50, 19/50" in console.file.getvalue()
