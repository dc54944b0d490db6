import json

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
