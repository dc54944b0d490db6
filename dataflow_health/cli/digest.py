"""``dataflow-health digest``: summary for a shift handover."""

import json

import click

from dataflow_health.alerting import digest
from dataflow_health.cli.backend import open_ledger
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.operations.quarantine import describe_item


@click.command()
@json_option
@report_errors
def command(*, as_json: bool) -> None:
    """Print a shift handover: open and recently ended incidents, quarantine, ending mutes."""
    _, deps = open_ledger()
    now = deps.clock()
    processes = deps.catalogue.processes
    handover = digest.collect_digest(deps.engine, processes, now)
    if not as_json:
        owners = {name: process.owner for name, process in processes.items()}
        message = digest.digest_message(handover, owners)
        click.echo(f"{message.title}\n\n{message.text}", nl=False)
        return
    incidents = {
        "open": handover.open,
        "ended": handover.ended,
        "resolved_but_failing": handover.still_failing,
    }
    document = {
        "at": now.isoformat(),
        **{
            name: [incident.model_dump(mode="json") for incident in found]
            for name, found in incidents.items()
        },
        "quarantine": [
            describe_item(record, now).model_dump(mode="json") for record in handover.quarantined
        ],
        "unaccounted": handover.unaccounted,
    }
    click.echo(json.dumps(document))
