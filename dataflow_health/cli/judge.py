"""``dataflow-health judge``: confirms or dismisses a finding."""

from typing import Unpack

import click

from dataflow_health.cli.backend import open_backend
from dataflow_health.cli.records import LocalRecords, Where, action_options, open_records
from dataflow_health.client import Client
from dataflow_health.errors import NotFound
from dataflow_health.schemas import FindingEntry

ID_LENGTH = 64
"""Hexadecimal digits of a recording's id, a SHA-256."""
MOST = 500
"""Findings of one algorithm in one recording that are read to find the one to judge."""


@click.command()
@click.argument("recording")
@click.argument("algorithm")
@click.option("--number", type=click.IntRange(0), help="Which one, of several in the recording.")
@click.option(
    "--as",
    "state",
    type=click.Choice(["confirmed", "dismissed", "new"]),
    required=True,
    help="What it is; new takes a judgement back. A dismissal needs --note.",
)
@action_options
def command(
    recording: str,
    algorithm: str,
    *,
    number: int | None,
    state: str,
    note: str,
    as_json: bool,
    **where: Unpack[Where],
) -> None:
    """Confirm a finding, dismiss it with a reason, or make it new again.

    RECORDING is an id or a unique prefix of one, at least six digits; 'findings' shows both.
    """
    records = open_records(**where)
    id_ = recording
    if len(recording) < ID_LENGTH:
        id_ = open_backend(where["home"], where["url"]).recording_history(recording).recording
    finding = _choose(_read(records, id_, algorithm), number, f"{algorithm} in {id_[:12]}")
    judged = records.judge(finding, state=state, reason=note)
    line = f"{algorithm} at {finding.start_s:g} s of {id_[:12]}: {judged.state}"
    click.echo(judged.model_dump_json() if as_json else line)


def _read(records: LocalRecords | Client, recording: str, algorithm: str) -> list[FindingEntry]:
    """Findings of an algorithm in a recording, whether its start is known or not."""
    return [
        finding
        for undated in (False, True)
        for finding in records.findings(
            recording=recording, algorithm=algorithm, undated=undated, limit=MOST
        ).findings
    ]


def _choose(found: list[FindingEntry], number: int | None, subject: str) -> FindingEntry:
    """The finding with a number; without one, the only finding.

    Raises:
        NotFound: There is none.
        UsageError: There are several, and no number says which.
    """
    chosen = [each for each in found if number in {None, each.number}]
    if not chosen:
        raise NotFound(f"there is no such finding: {subject}")
    if len(chosen) > 1:
        starts = ", ".join(f"{each.number} at {each.start_s:g} s" for each in chosen[:10])
        raise click.UsageError(f"{len(chosen)} findings are of {subject}: say --number ({starts})")
    return chosen[0]
