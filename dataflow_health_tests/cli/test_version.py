import json

import dataflow_health.cli.version as tried


def test_the_program_comes_first_then_what_it_runs_on(run) -> None:
    lines = run("version").output.splitlines()
    assert lines[0].startswith("dataflow-health ")
    assert {line.split()[0] for line in lines} >= {"python", "system", "dagster"}
    assert json.loads(run("version", "--json").output) == tried.versions()
