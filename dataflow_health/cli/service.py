"""``dataflow-health service``: the programs of ``up``, in the background or not."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import psutil
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.options import home_option, json_option, load_settings, report_errors
from dataflow_health.cli.sign_in import sign_in_url
from dataflow_health.clock import utc_now
from dataflow_health.errors import NotAllowed
from dataflow_health.health.duration import format_duration
from dataflow_health.operations import service_control, service_log
from dataflow_health.operations.service_control import SERVICES, Action, Request, UpState
from dataflow_health.operations.sign_in import SignInStore

START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 120.0
"""Each of the programs has 20 s to end, and they end one after the other."""
POLL_S = 0.3

service_argument = click.argument("service", required=False, type=click.Choice(SERVICES))


@click.group()
def command() -> None:
    """Show, start, stop or restart the programs of 'dataflow-health up'.

    SERVICE is code-server, ui, daemon or api; without it, all of them. Servers that systemd or
    Docker Compose runs one by one are theirs to stop: systemctl, docker compose.
    """


@command.command("status")
@home_option
@json_option
@report_errors
def status_command(*, home: Path | None, as_json: bool) -> None:
    """Show each program: state, process, since when. Exit code 1 unless all of them run."""
    state = service_control.read(load_settings(home, quiet=True).home)
    _print(state, as_json=as_json)
    raise SystemExit(int(state is None or not _runs(state)))


@command.command("start")
@service_argument
@click.option("--port", help="Port of the Dagster UI, as of 'up'.")
@click.option("--host", help="Address to listen on, as of 'up'.")
@click.option("--api-port", help="Port of the API, as of 'up'.")
@home_option
@json_option
@report_errors
def start_command(
    *, service: str | None, home: Path | None, as_json: bool, **options: str | None
) -> None:
    """Start 'dataflow-health up' in the background, or the SERVICE that was stopped in it.

    Prints the link that signs a browser in, once all programs run. What is running stays as it is.
    """
    folder = load_settings(home, quiet=True).home
    if service is not None:
        _ask(folder, service, "start", as_json=as_json)
    else:
        given = {name.replace("_", "-"): value for name, value in options.items() if value}
        _print(_start(folder, given), as_json=as_json)
        if not as_json:
            _print_link(folder)


@command.command("stop")
@service_argument
@home_option
@json_option
@report_errors
def stop_command(*, service: str | None, home: Path | None, as_json: bool) -> None:
    """Stop 'dataflow-health up', or one SERVICE of it until it is started again.

    Runs in progress end with it, and are started again with it. While the daemon is stopped, no
    archive is processed and no alert is sent; the board says so.
    """
    folder = load_settings(home, quiet=True).home
    if service is not None:
        _ask(folder, service, "stop", as_json=as_json)
        return
    _stop(folder)
    _print(None, as_json=as_json)


@command.command("restart")
@service_argument
@home_option
@json_option
@report_errors
def restart_command(*, service: str | None, home: Path | None, as_json: bool) -> None:
    """Restart 'dataflow-health up' in the background with its ports, or one SERVICE of it."""
    folder = load_settings(home, quiet=True).home
    if service is not None:
        _ask(folder, service, "restart", as_json=as_json)
        return
    options = _stop(folder)
    _print(_start(folder, options), as_json=as_json)
    if not as_json:
        _print_link(folder)


def _ask(home: Path, service: str, action: Action, *, as_json: bool) -> None:
    done = service_control.ask(home, Request(service, action), START_TIMEOUT_S)
    text = f"{done.name} is {done.state}" + (f" (process {done.pid})" if done.pid else "")
    click.echo(done.model_dump_json() if as_json else text)


def _start(home: Path, options: Mapping[str, str]) -> UpState:
    """Starts ``up`` apart from this terminal, and waits until its programs run."""
    state = service_control.read(home)
    if state is not None:
        if options:
            raise NotAllowed("'dataflow-health up' runs already: stop it first to change its ports")
        return state
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    logs = home / service_log.FOLDER
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (logs / "up.log").open("wb") as log:
        os.fchmod(log.fileno(), 0o600)  # it holds a link that signs a browser in
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "dataflow_health.cli", "up", "--quiet", "--home", home, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def started() -> UpState | None:
        found = service_control.read_of(home, process.pid)
        return found if found is not None and _runs(found) and _answers(found) else None

    end_s = time.monotonic() + START_TIMEOUT_S
    while (found := started()) is None:
        if process.poll() is not None or time.monotonic() > end_s:
            said = "\n".join(service_log.last_lines(logs / "up.log", 5))
            raise NotAllowed(f"'dataflow-health up' did not start:\n{said}")
        time.sleep(POLL_S)
    return found


def _stop(home: Path) -> Mapping[str, str]:
    """Ends ``up``, if there is one, and returns the options that it had."""
    state = service_control.read(home)
    if state is None:
        return {}
    if _is_of_systemd(state.pid):
        raise NotAllowed("systemd runs this 'dataflow-health up': systemctl stops and restarts it")
    process = psutil.Process(state.pid)
    process.send_signal(signal.SIGTERM)
    service_control.wait_until_ended(home, STOP_TIMEOUT_S)
    psutil.wait_procs([process], STOP_TIMEOUT_S)
    return state.options


def _is_of_systemd(pid: int) -> bool:
    """Whether systemd started this very process, and would start it again (systemd.exec)."""
    return psutil.Process(pid).environ().get("SYSTEMD_EXEC_PID") == str(pid)


def _runs(state: UpState) -> bool:
    return bool(state.services) and all(each.state == "running" for each in state.services)


def _answers(state: UpState) -> bool:
    """Whether the UI and the API, if there is one, take connections."""
    host = state.options["host"]
    ports = (int(state.options[name]) for name in ("port", "api-port"))
    return all(_is_open(host, port) for port in ports if port)


def _is_open(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def _print_link(home: Path) -> None:
    store = SignInStore(home)
    click.echo(f"Open: {sign_in_url(store, store.url(os.geteuid()))}")


def _print(state: UpState | None, *, as_json: bool) -> None:
    if as_json:
        click.echo("null" if state is None else state.model_dump_json())
    elif state is None:
        click.echo("'dataflow-health up' is not running.")
    else:
        terminal.console().print(_table(state, utc_now()))


def _table(state: UpState, now: datetime) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("service", "state", "process", "since", "failures"):
        table.add_column(name, no_wrap=True)
    for each in state.services:
        since = each.started_s and now - datetime.fromtimestamp(each.started_s, UTC)
        shown = format_duration(since) if since and each.state == "running" else ""
        failures = str(each.failures) if each.failures else ""
        table.add_row(each.name, each.state, str(each.pid or ""), shown, failures)
    return table
