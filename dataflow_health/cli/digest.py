"""``dataflow-health digest``: what one shift hands over to the next."""

import json

import click

from dataflow_health import wiring
from dataflow_health.alerting import digest
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.operations.quarantine import describe_item


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def command(*, as_json: bool) -> None:
    """What is open, what ended within a day, what waits in quarantine, whose mute ends soon."""
    deps = wiring.dependencies(load_settings(quiet=True))
    now = deps.clock()
    given = digest.collect_digest(deps.engine, now)
    if as_json:
        incidents = {
            "open": given.standing,
            "ended": given.ended,
            "resolved_but_failing": given.still_failing,
        }
        told = {
            name: [each.model_dump(mode="json") for each in found]
            for name, found in incidents.items()
        }
        rest = {
            "quarantine": [
                describe_item(row, now).model_dump(mode="json") for row in given.quarantined
            ],
            "unaccounted": given.unbalanced,
        }
        click.echo(json.dumps({"at": now.isoformat(), **told, **rest}))
        return
    owners = {name: process.owner for name, process in deps.catalogue.processes.items()}
    message = digest.digest_message(given, owners)
    click.echo(f"{message.title}\n\n{message.text}", nl=False)
