"""Alert cycles over a real ledger: check results go in, cycles run, time passes."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from dataflow_health.alerting import apprise_channel, delivery, incident_engine
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.incident_engine import AlertConfig
from dataflow_health.alerting.message_format import Message
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Incident
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.health.process import Process
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import evaluation
from dataflow_health.storage.records import incidents, observations
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.health.factories import asset_check, live_check, make_process

CHANNEL = "PHONE"
RULE = AlertRule(describes="All.", channels=(CHANNEL,))
PROCESSES = {
    "parse": make_process(
        checks=[asset_check("frames_in_sync"), asset_check("clock", severity="warning")],
    ),
    "load": make_process(after=["parse"], checks=[asset_check("rows_landed")]),
    "database": make_process(external=True, before=["load"], checks=[live_check()]),
}


class AlertScene:
    """A ledger, an alert rule with one channel, and a clock."""

    def __init__(
        self, engine: Engine, url: str, processes: dict[str, Process] = PROCESSES, **rule: Any
    ) -> None:
        self.engine = engine
        self.store = SqlIncidentStore(engine)
        self.processes = processes
        self.rules = {"all": AlertRule.model_validate(RULE.model_dump() | rule)}
        self.environment = {CHANNEL: url}
        self.now = NOON
        self.pause = lambda _step: None

    def notifier(self) -> Notifier:
        links = MessageLinks("http://dagster.example", {"parse": "parse/parameters"})
        return Notifier(self.rules, self.environment, links, self.send, self.pause)

    def send(self, url: str, message: Message) -> str:
        return apprise_channel.send(url, message, self.environment)

    def record(
        self, process: str, check: str, outcome: str, *evidence: Evidence, day: str | None = DAY
    ) -> None:
        """Records a check result of now."""
        observed = Observation.model_validate(
            {
                "process": process, "check": check, "outcome": outcome, "at": self.now,
                "arrival_day": day, "evidence": evidence, "detail": f"{check} ({outcome})",
            }
        )  # fmt: skip
        observations.save(self.engine, [observed])

    def run_cycle(self, after: timedelta = timedelta(minutes=1)) -> None:
        """Updates incidents and sends messages; then time passes."""
        self.update_incidents()
        self.pause("after updating incidents")
        delivery.deliver(self.store, self.notifier(), self.now)
        self.now += after

    def skip_cycle(self, after: timedelta = timedelta(minutes=1)) -> None:
        """Time passes without a cycle."""
        self.now += after

    def make_report(self) -> HealthReport:
        """The board as the ledger has it now."""
        records = evaluation.read_records(self.engine, self.now)
        return evaluation.make_report(ProcessConfig(self.processes, {}), records, self.now)

    def update_incidents(
        self, report: HealthReport | None = None, *, plans_messages: bool = True
    ) -> None:
        """Updates incidents from a report, by default one of now."""
        report = report or self.make_report()
        self.pause("before updating incidents")
        config = AlertConfig(self.processes, self.rules if plans_messages else None)
        problems = find_problems(report)
        incident_engine.update_incidents(self.store, config, report, problems, self.now)

    def open_incidents(self) -> list[Incident]:
        return incidents.find(self.engine, is_open=True)

    def due_deliveries(self) -> list[Delivery]:
        with self.store.reading() as stored:
            return list(stored.due_deliveries())


def make_evidence(number: int, *, tail: str = "HB-ZAC", reason: str = "no_sync") -> Evidence:
    return Evidence(
        stage="parse", reason=reason, tail=tail, archive=f"{tail}_{number}.zip",
        member=f"{tail}_{number}.rdf", recording_id=f"{number:064x}", byte_offset=4096, frame=12,
        expected="0x247", found="0x000",
    )  # fmt: skip
