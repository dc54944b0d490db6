"""``dataflow-health rebuild``: makes one recording again, from a stage on."""

import json
from typing import Unpack

import click

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options, open_client, open_ledger
from dataflow_health.cli.options import json_option, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator, run_days
from dataflow_health.cli.records import Where, refuse_with_url
from dataflow_health.clock import utc_now
from dataflow_health.operations import rebuild


@click.command()
@click.argument("recording")
@click.option(
    "--from",
    "stage",
    type=click.Choice(rebuild.FIRST_STAGES),
    default=rebuild.FIRST_STAGES[0],
    show_default=True,
    help="First stage that makes its output again.",
)
@click.option("--reason", default="", help="Reason for the audit log.")
@operator_option
@backend_options
@json_option
@report_errors
def command(
    *,
    recording: str,
    stage: str,
    reason: str,
    as_json: bool,
    **where: Unpack[Where],
) -> None:
    """Make the files and results of one recording again, from a stage on.

    RECORDING is an id or a unique prefix of one, at least six digits. Everything after download can
    be made again from the kept archive. Exit code 0 when the recording is done at every stage, 1
    when it is not. With --url, the daemon there runs them, and exit code 0 says that they are
    queued.
    """
    home, url, operator_name = where["home"], where["url"], where["operator_name"]
    if url:
        refuse_with_url(url, "--operator", operator_name, "the audit log names the API key")
        queued = open_client(home, url).rebuild(recording, stage=stage, reason=reason)
        line = f"Queued at {queued.stages} stages, on {queued.day}; the daemon runs them."
        click.echo(queued.model_dump_json() if as_json else line)
        return
    settings, deps = open_ledger(home)
    engine = deps.engine
    records = rebuild.plan(engine, recording, stage)
    rebuild.begin(engine, records, current_operator(operator_name), reason=reason, at=utc_now())
    console = terminal.console(stderr=True, quiet=as_json)
    failed = run_days(settings, [records[0].arrival_day], console)
    unfinished = [each for each in rebuild.plan(engine, recording, stage) if each.state != "done"]
    _print(recording, len(records), [each.stage for each in unfinished], as_json=as_json)
    raise SystemExit(int(bool(failed or unfinished)))


def _print(recording: str, count: int, unfinished: list[str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"stages": count, "unfinished": unfinished}))
    elif unfinished:
        terminal.console().print(
            f"Not done at {', '.join(unfinished)}. To see why: dataflow-health explain {recording}"
        )
    else:
        terminal.console().print(f"Made again at {count} stages.")
