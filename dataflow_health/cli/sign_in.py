"""``dataflow-health sign-in``: a link that signs a browser in to the Dagster UI."""

import json
import os
from pathlib import Path

import click

from dataflow_health.cli.options import home_option, json_option, load_settings, report_errors
from dataflow_health.clock import utc_now
from dataflow_health.operations.sign_in import SignInStore


@click.command()
@home_option
@json_option
@report_errors
def command(*, home: Path | None, as_json: bool) -> None:
    """Print a link that signs one browser in to the Dagster UI.

    Run it with the home of the UI and as the user that the UI runs as. The link works once, within
    a day. The browser then stays signed in for 30 days. To sign all browsers out, remove the folder
    sign_in in the home.
    """
    store = SignInStore(load_settings(home).home)
    link = sign_in_url(store, store.url(os.geteuid()))
    click.echo(json.dumps({"url": link}) if as_json else link)


def sign_in_url(store: SignInStore, public_url: str) -> str:
    """Link that signs a browser in.

    Args:
        store: Tokens of the installation.
        public_url: URL of the Dagster UI.
    """
    return f"{public_url.rstrip('/')}/sign-in?token={store.issue_token(utc_now())}"
