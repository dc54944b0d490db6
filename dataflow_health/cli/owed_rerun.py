"""``dataflow-health rerun --owed``: run the algorithms that owe answers."""

import json

import click

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.pipeline_run import pay_owed
from dataflow_health.health.owed_answers import describe
from dataflow_health.operations import owed
from dataflow_health.settings import Settings
from dataflow_health.storage.queries import owed_answers, owed_recordings
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator


def run(
    settings: Settings, operator: Operator, *, reason: str, dry_run: bool, as_json: bool
) -> int:
    """Pays everything that is owed in one run; returns the exit code."""
    deps = wiring.dependencies(settings)
    owed.declare(deps.engine, deps.catalogue, deps.clock())
    before = owed_answers.read(deps.engine)
    days = owed.days_to_run(before)
    recordings = owed_recordings.find(deps.engine)
    answers = sum(len(each.algorithms) for each in recordings)
    ended_well = True
    unanswered = {each.id: len(each.algorithms) for each in recordings}
    if days and not dry_run:
        audit_log.record(
            deps.engine, operator, "rerun", describe(before), reason=reason, at=deps.clock()
        )
        # Progress goes to standard error, so that standard output holds only the JSON.
        ended_well = pay_owed(settings, terminal.console(stderr=True, quiet=as_json))
        unanswered = owed_recordings.unanswered(deps.engine, recordings)
    left = sum(unanswered.values())
    if as_json:
        summary = {
            "dry_run": dry_run, "days": days, "owed": answers, "still_owed": left,
            "ended_well": ended_well,
        }  # fmt: skip
        click.echo(json.dumps(summary))
    else:
        click.echo(_sentence(describe(before), days, answers - left, answers, dry_run=dry_run))
        if not ended_well:
            click.echo("The run failed; to see the reason: dataflow-health status")
        if left and not dry_run:
            count = len(unanswered)
            noun = "recording lacks" if count == 1 else "recordings lack"
            click.echo(f"{count} {noun} answers; to see the reason: dataflow-health status")
    return 0 if dry_run else int(bool(left or not ended_well))


def _sentence(
    described: str, days: tuple[str, ...], paid: int, answers: int, *, dry_run: bool
) -> str:
    if not days:
        return "Nothing is owed: every analysed recording has all answers."
    if dry_run:
        return f"{described}, on {', '.join(days)}. Nothing was changed."
    return f"{paid} of {answers} owed answers are there now, on {', '.join(days)}."
