import io
import json
from datetime import UTC, date, datetime, timedelta

from rich.console import Console

from dataflow_health.cli import terminal
from dataflow_health.cli.fleet import (
    break_sentences,
    continuity_table,
    fleet_table,
    format_sentences,
    narrow_fleet_table,
    silent_sentences,
)
from dataflow_health.flight.algorithms.coverage import NO_SAMPLE_OF
from dataflow_health.health.continuity import Continuity
from dataflow_health.health.flight_breaks import FlightBreak
from dataflow_health.health.format_drift import FormatChange
from dataflow_health.health.status import Status
from dataflow_health.schemas import AircraftHealth, AlgorithmCoverage, FleetHealth
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database
from dataflow_health_tests.operations.results import insert_results


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


def test_a_narrow_terminal_shows_every_aircraft_whole(run, installation: Settings) -> None:
    shown = run("fleet", "--home", installation.home, "--days", 3660, "--json")
    table = narrow_fleet_table(FleetHealth.model_validate_json(shown.output))
    console = Console(file=io.StringIO(), width=64)
    console.print(table)
    lines = console.file.getvalue().splitlines()
    assert lines[1].split()[:4] == ["aircraft", "at", "load", "unfinished"]
    assert sum("parse " in line for line in lines) == 2
    assert not [line for line in lines if "…" in line]
    assert terminal.natural_width(table) <= 64


def test_what_each_algorithm_lacks_is_listed_for_one_aircraft(run, installation: Settings) -> None:
    engine = database.connect(installation.database_url.get_secret_value())
    reasons = {"rotor_droop": "", "oil": f"{NO_SAMPLE_OF}oil_psi", "ratio": "divides by zero"}
    insert_results(engine, "e" * 64, reasons, tail="HB-Z77")
    engine.dispose()
    shown = run("fleet", "--home", installation.home, "--days", 3660, "--lacking", "HB-Z77")
    title, _, *rows = shown.output.splitlines()
    assert title.strip() == "1 of 3 algorithms apply to HB-Z77 (card, twin)"
    assert [row.strip().split(maxsplit=1) for row in rows] == [
        ["oil", "oil_psi"],
        ["ratio", "divides by zero"],
    ]
    as_json = run(
        "fleet", "--home", installation.home, "--days", 3660, "--lacking", "HB-Z77", "--json"
    )
    assert json.loads(as_json.output)["coverage"][0]["lacking"] == {"oil": ["oil_psi"]}


def test_continuity_is_shown_in_hours_and_as_a_picture_of_the_days(
    run, installation: Settings
) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    broken = FlightBreak(after="a" * 64, at=at, missing_s=90)
    unread = FlightBreak(
        before="b" * 64, at=at - timedelta(days=1), unread=("cc is in work at parse",)
    )
    found = Continuity(
        recorder="card", recordings=3, recorded_s=9000, flown_s=10000, longest_stand_s=7200,
        breaks=(broken,), open_breaks=(unread,),
        flown_days=(date(2026, 11, 18), date(2026, 11, 20)),
    )  # fmt: skip
    aircraft = (
        AircraftHealth(tail="HB-ZAA", status=Status.HEALTHY, continuity=(found,)),
        AircraftHealth(tail="HB-ZAB", status=Status.UNKNOWN),
    )
    fleet = FleetHealth(at=at, since_day=at.date(), stages=(), aircraft=aircraft)
    console = Console(file=io.StringIO(), width=100)
    console.print(continuity_table(fleet))
    row = console.file.getvalue().splitlines()[2]
    days = f"{'·' * 18}▪?×"  # noqa: RUF001
    assert row.split() == ["HB-ZAA", "card", "2.8", "90.0", "%", "1", "2", "h", days]
    known = "2026-11-20 00:00Z: aaaaaaaaaaaa ends in the air"
    first, second = break_sentences(fleet)
    assert first == f"HB-ZAA {known}, missing time in the air: 1 min 30 s"
    assert second.endswith("what follows may be in what is not read: cc is in work at parse")
    change = FormatChange(
        at=at, known_at=at, recording_id="b" * 64, recorder="card", vanished=("oil", "ng")
    )
    changed = aircraft[0].model_copy(update={"format_changes": (change,)})
    sentences = format_sentences(fleet.model_copy(update={"aircraft": (changed,)}))
    assert sentences == ["HB-ZAA 2026-11-20 00:00Z card: vanished: oil, ng"]
    assert format_sentences(fleet) == ["No recording changed its format since 2026-11-20."]
    printed = run("fleet", "--home", installation.home, "--continuity", "--formats")
    assert "No recording changed its format" in printed.output
    assert "missing parts" in printed.output
