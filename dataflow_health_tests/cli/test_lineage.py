from dataflow_health_tests.cli.conftest import OperatorShell


def test_the_lineage_of_a_node_is_listed_upstream_first(shell: OperatorShell) -> None:
    lines = shell.output("lineage", "algorithm:rotor_droop", "--depth", "1").splitlines()
    assert lines[0].startswith(" -1  ")
    assert lines[-1].startswith(" +1  version:rotor_droop/")
    found = shell.json("lineage", "algorithm:rotor_droop", "--direction", "upstream")
    assert found["nodes"][-1]["node"] == "algorithm:rotor_droop"
    assert "did you mean" in shell.output("lineage", "rotor_droop", code=2)


def test_a_way_between_two_nodes_is_one_line(shell: OperatorShell) -> None:
    first, last = "column:rotor_speed_pct", "algorithm:rotor_droop"
    way = f"{first} -> {last}"
    assert shell.output("lineage", first, "--to", last).strip() == way
    assert shell.output("lineage", last, "--to", first).strip() == way
    other = "recorder:garmin_csv"
    assert "no way leads" in shell.output("lineage", "layout:generic_twin_256", "--to", other)
