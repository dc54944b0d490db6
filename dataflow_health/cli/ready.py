"""``dataflow-health ready``: whether the newest recordings of an aircraft have their results."""

from pathlib import Path

import click

from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.schemas import AircraftReadiness


@click.command()
@click.argument("tail")
@backend_options
@json_option
@report_errors
def command(*, tail: str, home: Path | None, url: str | None, as_json: bool) -> None:
    """Show whether all that came from aircraft TAIL lately is analysed and loaded, with the reason.

    Not ready: an archive or recording as new as the newest loaded recording, or newer, is in
    quarantine, waiting or running. Exit code 0 when it is ready, 1 when not, 2 when the aircraft is
    unknown.
    """
    found = open_backend(home, url).aircraft_readiness(tail)
    click.echo(found.model_dump_json() if as_json else readiness_text(found))
    raise SystemExit(int(not found.ready))


def readiness_text(found: AircraftReadiness) -> str:
    """Answer and reason in one line, then the alerts of the newest recordings with results."""
    lines = [f"{found.tail} is {'' if found.ready else 'not '}ready: {found.reason}"]
    lines += [
        f"  alert by {each.algorithm} at {each.start_s:.0f} s: {each.detail}"
        for each in found.alerts
    ]
    return "\n".join(lines)
