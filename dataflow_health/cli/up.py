"""``dataflow-health up``: the Dagster UI, its daemon with all sensors, and the API."""

import json
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataflow_health import masking, settings
from dataflow_health.alerting import broadcast
from dataflow_health.alerting.outgoing import Outgoing
from dataflow_health.cli import DAGSTER_NOTICES
from dataflow_health.cli.code_server import LOCATION, reachable
from dataflow_health.cli.options import home_option, load_settings, report_errors
from dataflow_health.cli.sign_in import sign_in_url
from dataflow_health.operations import home_claim, service_log, spare_run
from dataflow_health.operations.service_control import ControlFolder
from dataflow_health.operations.service_log import ServiceLog
from dataflow_health.operations.sign_in import SignInStore
from dataflow_health.operations.supervisor import Program, Supervisor
from dataflow_health.settings import Settings

if TYPE_CHECKING:
    from dataflow_health.config.catalogue import Catalogue

PORT = 3000
API_PORT = 8000
HOST = "127.0.0.1"
SPARE_AFTER_S = 30.0
"""Seconds after which a process is made ready for the next run: the servers start first."""
ARCHIVE_AFTER_S = 60.0


@click.command()
@home_option
@click.option("--port", default=PORT, show_default=True, help="Port of the Dagster UI.")
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--api-port", default=API_PORT, show_default=True, help="Port of the API; 0 for none."
)
@click.option("--quiet", is_flag=True, help="Print no output of the servers; 'logs tail' has it.")
@report_errors
def command(*, home: Path | None, port: int, host: str, api_port: int, quiet: bool) -> None:
    """Serve the Dagster UI, its daemon with all sensors, and the API until interrupted.

    A zip archive in the landing folder is processed automatically, up to the results in SQL. A
    server that dies is started again; after five failures in a row all channels are sent
    "monitoring stopped", and the exit code is 1. The output of each is kept in the folder logs of
    the home, for 'logs tail'; 'service' shows, stops and restarts them.
    """
    chosen = load_settings(home)
    chosen.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with home_claim.claim(chosen.home):
        home_claim.check_port(host, port, "--port")
        if api_port:
            home_claim.check_port(host, api_port, "--api-port")
        catalogue = _prepare(chosen)
        landing = masking.mask_url(chosen.source_url)
        environ = child_environment(chosen, host, port, api_port)
        link = sign_in_url(SignInStore(chosen.home), environ[f"{settings.PREFIX}PUBLIC_URL"])
        click.echo(f"Open:    {link}\nLanding: {landing}")
        with tempfile.TemporaryDirectory(prefix="dataflow-health-") as folder:
            programs = _programs(Path(folder), host, port, api_port, chosen.log_format)
            if chosen.spare_run:
                programs += [_spare(Path(folder), environ), _class_archive()]
            for each in programs:
                each.log = ServiceLog(chosen.home / service_log.FOLDER / f"{each.service}.log")
            options = {"host": host, "port": str(port), "api-port": str(api_port)}
            control = ControlFolder(chosen.home, options)
            run = partial(Supervisor, programs, environ, control=control, echoes=not quiet)
            raise SystemExit(_supervise(run, environ, catalogue, chosen))


def _prepare(chosen: Settings) -> "Catalogue":
    """Creates what the programs need, and returns what is declared."""
    from dataflow_health import wiring
    from dataflow_health.operations import dagster_home
    from dataflow_health.orchestration import instance_storage, later_ticks

    deps = wiring.dependencies(chosen)
    dagster_home.prepare(chosen)
    instance_storage.create(chosen.dagster_home)
    later_ticks.forget(chosen.dagster_home)
    return deps.catalogue


def _programs(folder: Path, host: str, port: int, api_port: int, log_format: str) -> list[Program]:
    """Code server, UI and daemon of Dagster, and the API unless its port is 0."""
    python, socket = [sys.executable, "-m"], folder / "code-server"
    workspace = _write_workspace(folder / "workspace.yaml", socket)
    daemon = str(Path(sys.executable).with_name("dagster-daemon"))
    form = ["--log-format", "json"] if log_format == "json" else []
    place, ours = ["--host", host, "--port"], [*python, "dataflow_health.cli"]
    programs = [
        Program(
            "Dagster's code server",
            [*ours, "code-server", "--socket", str(socket)],
            "code-server",
        ),
        Program(
            "the Dagster UI",
            [*ours, "ui", *place, str(port), *workspace],
            "ui",
            starts_with=socket,
        ),
        Program(
            "Dagster's daemon",
            [daemon, "run", *workspace, *form],
            "daemon",
            starts_with=socket,
            follows_clock=True,
        ),
    ]
    if api_port:
        programs.append(Program("the API", [*ours, "api", *place, str(api_port)], "api"))
    return programs


def _spare(folder: Path, environ: dict[str, str]) -> Program:
    """The process that stands ready for the next run; the programs find its socket in a folder."""
    environ[spare_run.FOLDER_VARIABLE] = str(folder)
    return Program(
        "the process that stands ready",
        [sys.executable, "-m", "dataflow_health.cli.spare_run", str(folder)],
        "code-server",  # where the log of runs is
        starts_s=time.monotonic() + SPARE_AFTER_S,
        is_spare=True,
    )


def _class_archive() -> Program:
    """Makes the archive from which later processes start Java, once the first stands ready.

    At a low priority, so that it hardly delays a run; at the lowest it would not end while the
    machine is busy.
    """
    return Program(
        "the archive of Spark's classes",
        ["nice", "-n", "10", sys.executable, "-m", "dataflow_health.cli.class_archive"],
        "code-server",
        starts_s=time.monotonic() + ARCHIVE_AFTER_S,
        is_spare=True,
        is_once=True,
    )


def _origin(host: str, port: int) -> str:
    name = reachable(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def _write_workspace(path: Path, socket: Path) -> list[str]:
    """Writes the workspace file and returns the options that name it."""
    server = {"socket": str(socket), "location_name": LOCATION}
    path.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))
    return ["--workspace", str(path)]


def child_environment(chosen: Settings, host: str, port: int, api_port: int) -> dict[str, str]:
    """Environment of the child processes: links in messages and pages lead to the chosen ports.

    It marks them, so that the next ``up`` of this home ends what this one leaves behind if it dies.

    Args:
        chosen: Settings of the installation.
        host: Address that the servers listen on.
        port: Port of the Dagster UI.
        api_port: Port of the API; 0 for none.
    """
    environ = settings.export(chosen) | {home_claim.MARK: str(chosen.home)}
    environ.setdefault(f"{settings.PREFIX}PUBLIC_URL", _origin(host, port))
    environ.setdefault("PYTHONUNBUFFERED", "1")  # or lines would wait in the program
    environ.setdefault("PYTHONWARNINGS", ",".join(f"ignore:{each}" for each in DAGSTER_NOTICES))
    if api_port:
        environ.setdefault(f"{settings.PREFIX}API_URL", _origin(host, api_port))
        environ.setdefault(f"{settings.PREFIX}BOARD_URL", _origin(host, api_port))
    return environ


def _supervise(
    make: Callable[..., Supervisor],
    environ: Mapping[str, str],
    catalogue: "Catalogue",
    chosen: Settings,
) -> int:
    """Keeps the programs running until the user interrupts, or one cannot be kept running.

    A shell starts background programs with SIGINT ignored, and their children inherit that. The
    children are stopped with SIGINT, so it is handled from here on.

    Returns:
        0 after an interrupt, else 1.
    """
    signal.signal(signal.SIGTERM, _interrupted)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is under nohup
        signal.signal(signal.SIGHUP, _interrupted)
    signal.signal(signal.SIGINT, _interrupted)

    from dataflow_health.orchestration import later_ticks

    send = Outgoing(chosen, catalogue.recorders, environ).send

    def announce(title: str, lines: Mapping[str, str]) -> None:
        lines = {**lines, "Machine": platform.node()}
        broadcast.send(catalogue.alerts.values(), title, lines, environ, send)

    try:
        forget = partial(later_ticks.forget, chosen.dagster_home)
        reason = make(announce=announce, on_set_back=forget).run()
    except KeyboardInterrupt:
        click.echo("Stopping.")
        return 0
    click.echo(f"Monitoring stopped: {reason}. Its output above says why.", err=True)
    return 1


def _interrupted(*_: object) -> None:
    """Ends the supervision once; a second signal must not leave programs running."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
