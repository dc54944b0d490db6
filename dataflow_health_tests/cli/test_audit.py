from dataflow_health_tests.cli.conftest import OperatorShell


def actions(shell: OperatorShell, *words: object) -> list[str]:
    return [entry["action"] for entry in shell.json("audit", *words)]


def test_actions_are_listed_newest_first_and_filtered(shell: OperatorShell) -> None:
    shell.output("incident", "ack", 1, "--operator", "anna", "--note", "mine")
    shell.output("incident", "resolve", 1, "--as", "fixed", "--operator", "bert")
    assert actions(shell) == ["resolve", "acknowledge"]
    assert actions(shell, "--operator", "anna") == ["acknowledge"]
    assert actions(shell, "--action", "resolve") == ["resolve"]
    assert actions(shell, "--limit", 1) == ["resolve"]
    output = shell.output("audit")
    assert "anna" in output
    assert "incident 1" in output


def test_an_empty_audit_log_says_so(shell: OperatorShell) -> None:
    assert "no matching entries" in shell.output("audit")


def test_an_unknown_action_is_refused_with_the_known_ones(shell: OperatorShell) -> None:
    assert "write_off" in shell.output("audit", "--action", "delete", code=2)


def test_an_untouched_log_is_intact_and_keeps_its_head(shell: OperatorShell) -> None:
    shell.output("incident", "ack", 1, "--operator", "anna", "--note", "mine")
    head = shell.json("audit", "verify")["head"]
    assert f"1 entries, head {head}" in shell.output("audit", "verify", "--head", head)
    assert "lacks the given head" in shell.output("audit", "verify", "--head", "f" * 64, code=1)


def test_the_log_of_a_home_without_a_ledger_is_not_intact(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "misspelt"))
    result = run("audit", "verify")
    assert result.exit_code == 2
    assert "no ledger at" in result.output
    assert not (tmp_path / "misspelt" / "ledger.sqlite").exists()
