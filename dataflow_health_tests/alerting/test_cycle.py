"""Alert cycles while the ledger is reachable, unreachable, and back again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete

from dataflow_health import settings
from dataflow_health.alerting import cycle
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.message_format import Message
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.alerting.offline_store import OfflineRecords
from dataflow_health.errors import DatabaseError
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.observation import Observation
from dataflow_health.storage.records import incidents, observations
from dataflow_health.storage.sql import database, tables
from dataflow_health_tests import factories
from dataflow_health_tests.alerting.alert_scene import CHANNEL
from dataflow_health_tests.factories import NOON

PROCESS, CHECK = "results_database", "database_answers"
FAILED = "[FAILED] results_database: database_answers failed"
MINUTE = timedelta(minutes=1)


class Outages:
    """Alert cycles, a minute apart, with the ledger reachable or not."""

    def __init__(self, folder, engine):
        self.deps = factories.dependencies(folder, engine)
        self.rules = {}
        self.set_rule()
        self.error = ""
        self.titles = []
        self.texts = []
        self.offline = OfflineRecords()
        self.now = NOON
        self.result = None

    def set_rule(self, **given):
        rule = {"describes": "All.", "channels": [CHANNEL], "processes": [PROCESS]}
        self.rules = {"all": AlertRule.model_validate(rule | given)}

    def set_check(self, **update):
        """Changes the declared check of the ledger's database."""
        catalogue = self.deps.catalogue
        process = catalogue.processes[PROCESS]
        checks = tuple(each.model_copy(update=update) for each in process.checks)
        changed = process.model_copy(update={"checks": checks})
        processes = {**catalogue.processes, PROCESS: changed}
        self.deps = replace(self.deps, catalogue=replace(catalogue, processes=processes))

    def send(self, _url, message):
        if not self.error:
            self.titles.append(message.title)
            self.texts.append(message.text)
        return self.error

    def notifier(self):
        links = MessageLinks("http://dagster.example", {})
        return Notifier(self.rules, {CHANNEL: "memory://"}, links, self.send)

    def run(self, cycles=1, *, reachable, after=MINUTE):
        for _ in range(cycles):
            if reachable:
                self.record_pass()
            self.result = cycle.run_cycle(
                lambda: self.reach(reachable),
                self.deps.catalogue,
                self.notifier(),
                self.offline,
                self.now,
            )
            # Dagster keeps text between two ticks.
            text = self.result.offline.model_dump_json()
            self.offline = OfflineRecords.model_validate_json(text)
            self.now += after

    def reach(self, reachable):
        if not reachable:
            raise DatabaseError("postgresql://db: connection refused")
        return self.deps

    def record_pass(self):
        result = Observation(process=PROCESS, check=CHECK, outcome="passed", at=self.now)
        observations.save(self.deps.engine, [result])

    def stored(self):
        return incidents.find(self.deps.engine)


@pytest.fixture
def outages(tmp_path, engine: Engine):
    made = Outages(tmp_path, engine)
    made.run(reachable=True)
    return made


def test_an_outage_is_announced_once_and_its_end_once_with_its_duration(outages):
    outages.run(5, reachable=False)
    assert outages.titles == [FAILED]
    outages.run(4, reachable=True)
    recovered = "[RECOVERED] results_database: database_answers failed after 6 min"
    assert outages.titles == [FAILED, recovered]
    assert [each.resolution for each in outages.stored()] == ["recovered"]
    assert outages.offline.incidents == ()


def test_a_short_interruption_is_no_outage(outages):
    outages.run(1, reachable=False)
    outages.run(3, reachable=True)
    assert outages.titles == []


def test_opens_after_holds_while_the_ledger_is_unreachable(outages):
    outages.set_check(opens_after=4)
    outages.run(3, reachable=False)
    assert outages.titles == []
    outages.run(1, reachable=False)
    assert outages.titles == [FAILED]


def test_a_check_that_opens_at_once_opens_at_once_while_the_ledger_is_unreachable(outages):
    outages.set_check(opens_after=1)
    outages.run(1, reachable=False)
    assert outages.titles == [FAILED]


def test_working_hours_hold_while_the_ledger_is_unreachable(outages):
    outages.set_rule(hours={"starts": "12:10", "ends": "18:00"})
    outages.run(9, reachable=False)
    assert outages.titles == []
    outages.run(1, reachable=False)
    assert outages.titles == [FAILED]


def test_a_message_that_waits_for_working_hours_survives_the_hand_over(outages):
    outages.set_rule(hours={"starts": "12:10", "ends": "18:00"})
    outages.set_check(closes_after=99)
    outages.run(5, reachable=False)
    outages.run(4, reachable=True)
    assert outages.titles == []
    outages.run(2, reachable=True)
    assert outages.titles == [FAILED]


def test_reminders_and_escalation_hold_while_the_ledger_is_unreachable(outages):
    escalation = {"after": "PT3M", "channels": ["CHIEF"]}
    outages.set_rule(remind_every="PT5M", escalate=escalation, channels=[CHANNEL])
    outages.run(13, reachable=False)
    headline = "results_database: database_answers failed"
    assert outages.titles == [FAILED, f"[STILL FAILED] {headline}", f"[STILL FAILED] {headline}"]
    due = [each for each in outages.offline.deliveries if each.outcome == "due"]
    assert [(each.kind, each.channel, each.error) for each in due] == [
        ("escalated", "CHIEF", "CHIEF is not set")
    ]


def test_reminders_continue_after_the_hand_over(outages):
    outages.set_rule(remind_every="PT5M")
    outages.set_check(closes_after=99)
    outages.run(8, reachable=False)
    outages.run(5, reachable=True)
    kinds = [title.partition("]")[0] for title in outages.titles]
    assert kinds == ["[FAILED", "[STILL FAILED", "[STILL FAILED"]


def test_the_throttle_holds_while_the_ledger_is_unreachable(outages):
    outages.set_rule(remind_every="PT1M", throttle={"at_most": 3, "every": "PT1H"})
    outages.run(20, reachable=False)
    assert len(outages.titles) == 3
    outages.run(50, reachable=False)
    assert len(outages.titles) > 3


def test_a_message_that_could_not_be_sent_is_sent_after_the_outage(outages):
    outages.error = "503"
    outages.run(3, reachable=False)
    outages.error = ""
    outages.run(1, reachable=True)
    assert outages.titles == [FAILED]


def test_a_failed_message_is_not_retried_at_every_cycle_of_an_outage(outages):
    outages.error = "503"
    outages.run(10, reachable=False)
    (due,) = outages.offline.deliveries
    assert (due.attempts, due.error) == (6, "503")
    assert outages.result.failed == 1
    outages.run(1, reachable=False)
    assert outages.result.failed == 0


def test_an_outage_that_returns_before_recovery_is_not_announced_again(outages):
    outages.set_check(closes_after=5)
    outages.run(3, reachable=False)
    outages.run(2, reachable=True)
    outages.run(3, reachable=False)
    assert outages.titles == [FAILED]
    assert len(outages.stored()) == 1


def test_a_database_that_comes_and_goes_is_one_flapping_incident(outages):
    outages.set_check(opens_after=1, closes_after=1)
    for _ in range(8):
        outages.run(1, reachable=False)
        outages.run(1, reachable=True)
    kinds = [title.partition("]")[0] for title in outages.titles]
    assert kinds.count("[FLAPPING") == 1
    assert len(kinds) <= 6


def test_a_cursor_that_was_not_kept_repeats_no_incident_after_the_hand_over(outages):
    outages.run(3, reachable=False)
    before = outages.offline
    outages.run(1, reachable=True)
    outages.offline = before
    outages.run(4, reachable=True)
    assert len(outages.stored()) == 1
    assert [title.partition("]")[0] for title in outages.titles] == ["[FAILED", "[RECOVERED"]


def test_a_ledger_lost_in_the_middle_of_a_cycle_is_an_outage(outages, monkeypatch):
    monkeypatch.setattr(outages, "reach", lambda _reachable: LostLedger(outages.deps))
    outages.run(2, reachable=False)
    assert outages.titles == [FAILED]
    assert "connection lost" in outages.result.ledger_error


def test_a_ledger_that_another_writer_locks_is_an_outage_and_not_a_wait(outages, monkeypatch):
    monkeypatch.setattr(cycle, "LOCKED_AFTER_S", 0.1)
    monkeypatch.setattr(outages, "reach", lambda _reachable: outages.deps)
    engine = outages.deps.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks rows, never the database")
    with database.writing(engine) as other:
        other.execute(delete(tables.lease))
        outages.run(2, reachable=False)
    assert "locked" in outages.result.ledger_error
    assert outages.titles == [FAILED]


class LostLedger:
    """Dependencies whose ledger is lost when it is used."""

    def __init__(self, deps):
        self.catalogue = deps.catalogue

    @property
    def engine(self):
        raise DatabaseError("postgresql://db: connection lost")


def test_a_message_of_an_outage_has_no_number_and_no_command_that_needs_one(outages):
    outages.run(2, reachable=False)
    (text,) = outages.texts
    assert "results_database / database_answers; its number follows" in text
    assert "connection refused" in text
    assert "incident ack" not in text
    assert "docs/runbooks/results_database.md" in text


def test_the_result_says_what_the_cycle_did(outages):
    assert str(outages.result) == "incidents changed: 0; messages sent: 0, failed: 0"
    outages.run(2, reachable=False)
    assert (outages.result.changed, outages.result.sent) == (1, 1)
    assert str(outages.result) == (
        "incidents changed: 1; messages sent: 1, failed: 0; "
        "ledger unreachable: postgresql://db: connection refused"
    )
    assert outages.offline.unreachable_since == NOON + MINUTE


def test_the_digest_is_sent_while_the_ledger_is_reachable(outages):
    outages.set_rule(digest_at="06:00")
    outages.run(2, reachable=False)
    assert outages.titles == [FAILED]
    outages.run(1, reachable=True)
    assert outages.titles[1].startswith("[DIGEST] 2026-11-20: 1 open")
    outages.run(1, reachable=True)
    assert sum(title.startswith("[DIGEST]") for title in outages.titles) == 1


def test_a_notifier_has_the_rules_whose_channels_are_set(outages):
    catalogue = outages.deps.catalogue
    environment = {"DATAFLOW_HEALTH_ALERT_TEAM": "json://127.0.0.1:1/"}
    notifier = cycle.make_notifier(catalogue, settings.load({}), environment)
    assert list(notifier.rules) == ["team"]
    assert notifier.links.assets["parse"] == "parse/parameters"
    assert notifier.links.owners[PROCESS] == catalogue.processes[PROCESS].owner
    assert notifier.send("nonsense://x", Message("", "", "")) != ""
