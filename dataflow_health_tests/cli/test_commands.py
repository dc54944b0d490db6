"""What every command offers: JSON, and the API by its URL, or the reason why not."""

import pytest

from dataflow_health.cli import COMMANDS
from docs.generate.cli_reference import commands

SERVERS = "serves until interrupted"
THIS_MACHINE = "works on files or processes of this machine"
WITHOUT_JSON = {
    "up": SERVERS, "code-server": SERVERS, "ui": SERVERS, "api": SERVERS,
    "completion": "prints a script for a shell",
}  # fmt: skip
WITHOUT_URL = {
    "demo": THIS_MACHINE, "run": THIS_MACHINE, "land": THIS_MACHINE, "up": SERVERS, "ui": SERVERS,
    "api": SERVERS, "code-server": SERVERS, "sign-in": "the link is made of a secret in the home",
    "service status": THIS_MACHINE, "service start": THIS_MACHINE, "service stop": THIS_MACHINE,
    "service restart": THIS_MACHINE, "logs tail": THIS_MACHINE,
    "runs": "runs are Dagster's; its own API, GraphQL, lists them",
    "layout import": THIS_MACHINE, "layout map": THIS_MACHINE,
    "layout tails": THIS_MACHINE, "layout try": THIS_MACHINE, "new": THIS_MACHINE,
    "validate": THIS_MACHINE, "completion": THIS_MACHINE, "version": THIS_MACHINE,
    "config show": "settings of this machine's environment; a server's are not for its readers",
    "doctor": THIS_MACHINE,
    "export findings": "writes all rows to a file; the API answers in pages",
    "export series": "writes every sample to a file; the API thins them out for a plot",
    "pseudonym": "needs the key, which no server gives away",
    "ledger schema": "changes the database of this installation, which its API needs",
    "ledger rebuild": "repairs a lost ledger from the lake, without which no API answers",
    "retention": "removes what is old from the lake and the database of this installation",
    "scrub": "reads the whole lake and the whole database",
    "audit verify": "an audit by the server under audit proves nothing",
    "alert rules": "shows the channels of this machine's environment",
    "alert test": "sends with the channels of this machine's environment",
    "alert send": "sends with the channels of this machine's environment",
    "canary": "runs the stages in this process",
    "digest": "has no route; it is built of incidents and quarantine, which have",
}  # fmt: skip

LEAVES = {
    " ".join(words): {option for parameter in command.params for option in parameter.opts}
    for words, command in commands()
    if not getattr(command, "commands", None) or getattr(command, "invoke_without_command", False)
}


def test_all_commands_are_looked_at() -> None:
    assert {words.split()[0] for words in LEAVES} == set(COMMANDS)


@pytest.mark.parametrize(("option", "without"), [("--json", WITHOUT_JSON), ("--url", WITHOUT_URL)])
def test_every_command_has_the_option_or_a_written_reason(
    option: str, without: dict[str, str]
) -> None:
    lacking = {words for words, options in LEAVES.items() if option not in options}
    assert lacking - without.keys() == set()
    assert without.keys() - lacking == set(), "these have the option, or are gone"


def test_a_stage_that_is_called_as_a_command_names_the_command_that_runs_it(run) -> None:
    result = run("ingest", "x.zip")
    assert result.exit_code == 2
    assert "'dataflow-health run ingest' runs it" in result.output
    assert "'dataflow-health land FILE...' brings archives" in result.output
    assert "land" not in run("parse").output.split("Error:")[1]


def test_a_misspelt_command_is_refused(run) -> None:
    assert "No such command 'sttus'" in run("sttus").output
