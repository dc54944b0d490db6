"""A real mail server and a real web server on loopback, and rounds of on call over a ledger."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MailHandler
from sqlalchemy import Engine

from dataflow_health.alerting import apprise_channel, delivery, incident_engine
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.incident_engine import Watched
from dataflow_health.alerting.messages import Message, MessageLinks
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.health.process import Process
from dataflow_health.monitoring import evaluation
from dataflow_health.storage.records import observations
from dataflow_health_tests.factories import DAY, NOON

CHANNEL = "PHONE"


class Mailbox(MailHandler):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Mail] = []

    def handle_message(self, message: Mail) -> None:
        self.got.append(message)


@contextmanager
def mail_server() -> Iterator[tuple[str, Mailbox]]:
    """An SMTP server; its apprise URL and its mailbox."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{controller.port}/?from=ops@example.ch&to=duty@example.ch"
        yield url, box
    finally:
        controller.stop()


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent; refuses while ``status`` says so."""

    status = 200

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.got: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/"

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.got]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.got.append(body)
        self.send_response(self.server.status)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.got.append({"title": f"GET {self.path}"})
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@contextmanager
def web_server(port: int = 0) -> Iterator[Receiver]:
    """An HTTP server."""
    server = Receiver(("127.0.0.1", port))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


RULE = AlertRule(describes="All.", channels=(CHANNEL,))


class AlertScene:
    """On call over a ledger: answers go in, rounds are made, minutes pass."""

    def __init__(
        self, engine: Engine, url: str, processes: dict[str, Process], **rule: Any
    ) -> None:
        self.engine = engine
        self.processes = processes
        self.rules = {"all": AlertRule.model_validate(RULE.model_dump() | rule)}
        self.environment = {CHANNEL: url}
        self.now = NOON
        self.pause = lambda _step: None

    def send(self, url: str, message: Message) -> str:
        return apprise_channel.send(url, message, self.environment)

    def post(self) -> Notifier:
        place = MessageLinks("http://dagster.example", {"parse": "parse/parameters"})
        return Notifier(self.rules, self.environment, place, self.send, self.pause)

    def answer(
        self, process: str, check: str, outcome: str, *evidence: Evidence, day: str | None = DAY
    ) -> None:
        observed = Observation.model_validate(
            {
                "process": process, "check": check, "outcome": outcome, "at": self.now,
                "arrival_day": day, "evidence": evidence, "detail": f"{check} ({outcome})",
            }
        )  # fmt: skip
        observations.save(self.engine, [observed])

    def round(self, after: timedelta = timedelta(minutes=1)) -> None:
        """One look and whatever is due, then some time passes."""
        update_incidents(self)
        self.pause("after looking")
        delivery.deliver(self.engine, self.post(), self.now)
        self.now += after

    def round_passed(self, after: timedelta = timedelta(minutes=1)) -> None:
        """The minute goes by without a look, as for a process that starts later."""
        self.now += after


def update_incidents(duty: AlertScene, at: datetime | None = None) -> None:
    now = at or duty.now
    report = evaluation.make_report(
        ProcessConfig(duty.processes, {}), evaluation.read_records(duty.engine, now), now
    )
    duty.pause("before looking")
    incident_engine.update_incidents(duty.engine, Watched(duty.processes, duty.rules), report, now)


def make_evidence(number: int, *, tail: str = "HB-ZAC", reason: str = "no_sync") -> Evidence:
    return Evidence(
        stage="parse", reason=reason, tail=tail, archive=f"{tail}_{number}.zip",
        member=f"{tail}_{number}.rdf", recording_id=f"{number:064x}", byte_offset=4096, frame=12,
        expected="0x247", found="0x000",
    )  # fmt: skip
